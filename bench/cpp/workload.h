// The three losses that are timed, over `n` float32 elements: by type, by name and through the C interface.
#pragma once

#include <fastloss/fastloss.h>
#include <fastloss/fastloss_c.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <span>
#include <vector>

inline constexpr std::int64_t n_classes = 10;

// Every workload has: its name, the type, whether its target holds one label per row of ten classes.
struct MeanSquaredErrorWork {
  static constexpr const char* name = "mse";
  static constexpr bool has_labels = false;
  fastloss::MeanSquaredError loss;
};
struct BinaryCrossEntropyWork {
  static constexpr const char* name = "bce";
  static constexpr bool has_labels = false;
  fastloss::BinaryCrossEntropy loss{.from_logits = true};
};
struct SparseCrossEntropyWork {
  static constexpr const char* name = "ce";
  static constexpr bool has_labels = true;
  fastloss::SparseCategoricalCrossEntropy loss{.from_logits = true};
};

// The arrays of a workload, made once for a size and kept until another is asked for.
template <class Work>
struct Arrays {
  std::int64_t n = 0, rows = 0;
  std::vector<float> pred, grad, target;
  std::vector<std::int64_t> label;
  std::int64_t shape[2] = {0, 0};
  int ndim = 1;

  static Arrays& of(std::int64_t n) {
    static Arrays arrays;
    if (arrays.n != n) arrays = Arrays(n);
    return arrays;
  }

  // The vectors themselves where elements are on their own, else matrices of scores.
  decltype(auto) input() {
    if constexpr (Work::has_labels)
      return fastloss::View(pred.data(), {rows, n_classes});
    else
      return (pred);
  }
  decltype(auto) output() {
    if constexpr (Work::has_labels)
      return fastloss::View(grad.data(), {rows, n_classes});
    else
      return (grad);
  }
  const auto& wanted() const {
    if constexpr (Work::has_labels)
      return label;
    else
      return target;
  }
  fastloss::Axes axes() const { return std::span(shape, static_cast<std::size_t>(ndim)); }
  std::size_t bytes() const {  // of one call: what is read and what is written
    return (pred.size() + grad.size() + target.size()) * sizeof(float) + label.size() * sizeof(std::int64_t);
  }

 private:
  Arrays() = default;
  explicit Arrays(std::int64_t size)
      : n(size), rows(size / n_classes), pred(static_cast<std::size_t>(n)), grad(pred.size()) {
    std::mt19937 random(7);
    for (float& x : pred) x = static_cast<float>(random() * 0x1p-30 - 2.0);
    if (Work::has_labels) {
      label.resize(static_cast<std::size_t>(rows));
      for (std::int64_t& k : label) k = random() % n_classes;
      shape[0] = rows, shape[1] = n_classes, ndim = 2;
    } else {
      target.resize(pred.size());
      for (float& t : target) t = static_cast<float>(random() & 1u);
      shape[0] = n;
    }
  }
};

// The same loss for C, and the struct of its call.
template <class Work>
class CCall {
 public:
  CCall(const Arrays<Work>& arrays, int n_threads) {
    fastloss_parameter from_logits = FASTLOSS_PARAMETER_INIT;
    from_logits.name = "from_logits", from_logits.kind = FASTLOSS_FLAG, from_logits.integer = 1;
    const fastloss::Loss named = Work{}.loss;
    const std::size_t n_parameters = named.parameters().empty() ? 0 : 1;
    if (fastloss_loss_create(named.name().data(), &from_logits, n_parameters, &loss_)) std::abort();
    inputs_[0] = array(arrays, const_cast<float*>(arrays.pred.data()), arrays.ndim, FASTLOSS_FLOAT32);
    inputs_[1] = inputs_[0];
    inputs_[1].data = const_cast<float*>(arrays.target.data());
    if (Work::has_labels) inputs_[1] = array(arrays, const_cast<std::int64_t*>(arrays.label.data()), 1, FASTLOSS_INT64);
    grad_ = array(arrays, const_cast<float*>(arrays.grad.data()), arrays.ndim, FASTLOSS_FLOAT32);
    call_.inputs = inputs_, call_.n_inputs = 2, call_.grad = &grad_, call_.n_grad = 1, call_.n_threads = n_threads;
  }
  CCall(const CCall&) = delete;
  ~CCall() { fastloss_loss_destroy(loss_); }

  bool run(double& value) const { return fastloss_evaluate(loss_, &call_, &value) == FASTLOSS_OK; }

 private:
  static fastloss_array array(const Arrays<Work>& arrays, void* data, std::int32_t ndim, std::int32_t dtype) {
    fastloss_array made = FASTLOSS_ARRAY_INIT;
    made.data = data, made.shape = arrays.shape, made.ndim = ndim, made.dtype = dtype;
    return made;
  }

  fastloss_loss* loss_ = nullptr;
  fastloss_array inputs_[2], grad_;
  fastloss_call call_ = FASTLOSS_CALL_INIT;
};
