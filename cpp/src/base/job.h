// One checked call, as the engines receive it.
#pragma once

#include <fastloss/call.h>

#include <atomic>
#include <cstdint>
#include <mutex>

#include "base/definition.h"
#include "base/exact_sum.h"
#include "base/families.h"
#include "base/operand.h"
#include "base/parallel.h"
#include "base/workspace.h"

namespace fastloss {

struct Job {
  const Definition* definition = nullptr;
  Family family = {};
  int kernel = 0;  // its place among those of the family
  ParameterArray parameters = nullptr;
  // What the parameters of the same role say.
  bool logits = true;
  double smoothing = 0.0, clip = 0.0;
  LogitBend bend;
  const double *class_weight = nullptr, *class_scale = nullptr;  // per class
  std::int64_t ignore_index = 0;
  bool has_ignore_index = false;

  // The inputs, those with a gradient first. Positions are terms; rows and pairs step along inner_stride. A pointwise
  // loss takes numbers: an input with a fixed axis is as many operands.
  int inputs = 2, differentiable = 1;
  Operand input[max_operands];
  std::int8_t source[max_operands] = {};  // which input it comes from
  Interval domain[max_operands];
  bool labels = false;  // the last input holds labels
  Operand element;      // the per-element parameter, constant or per last axis
  bool has_element = false;
  Operand weight;
  bool weighted = false;
  std::int64_t terms = 0;
  std::int64_t inner = 1;  // classes or features

  bool reduced = true;  // a sum is wanted
  bool want_terms = false, want_grad = false, want_hess = false, positive = false;
  bool mean = false;  // derivatives are divided by the total weight
  Operand term_values, grad[max_differentiable], hess[max_differentiable];
  double scale = 1.0;
  int threads = 1;
  ParallelFor parallel_for;
  Workspace* workspace = nullptr;
  bool past_cache = false;                               // the results are too large to stay in the cache
  ExactSum *sum_into = nullptr, *weight_into = nullptr;  // where the totals are kept, too; both or none
};

// The first thing found wrong with the data, by position, whatever the number of threads.
struct Fault {
  enum class Kind { none, input, weight, label, order } kind = Kind::none;
  std::int64_t index = INT64_MAX;  // term (pointwise: element)
  std::int64_t inner = -1;         // class, feature or entry of a term, where there are several
  int input = 0;
  double number = 0.0, other = 0.0;  // order: the number that is larger than another one
  std::int64_t other_inner = -1;     // where that one stands
  int other_input = 0;
  std::int64_t label = 0;
  bool unsigned_label = false;
};

class Faults {
 public:
  // Work that starts at or beyond this position can stop: an earlier fault is known.
  bool beyond(std::int64_t index) const noexcept { return index > first_.load(std::memory_order_relaxed); }
  void report(const Fault& fault) noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (fault.index < fault_.index) {
      fault_ = fault;
      first_.store(fault.index, std::memory_order_relaxed);
    }
  }
  bool any() const noexcept { return fault_.kind != Fault::Kind::none; }
  const Fault& first() const noexcept { return fault_; }

 private:
  std::atomic<std::int64_t> first_{INT64_MAX};
  std::mutex mutex_;
  Fault fault_;
};

struct Outcome {
  double sum = 0.0;     // of w * l
  double weight = 0.0;  // the total weight, the count where there is none
};

// The factor of every derivative: scale, divided by the total weight for the mean; 0 for no weight at all.
inline double derivative_factor(const Job& job, double total_weight) noexcept {
  if (!job.mean) return job.scale;
  return total_weight == 0.0 ? 0.0 : job.scale / total_weight;
}

}  // namespace fastloss
