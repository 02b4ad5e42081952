// Pointwise losses: blocks over threads, runs over a block, passes over a run.
#include "pointwise/engine.h"

#include "block/run.h"
#include "block/total.h"

namespace fastloss {
namespace {

template <class T>
class Engine {
 public:
  Engine(const Job& job, Poll& poll, Faults& faults)
      : job_(job), poll_(poll), faults_(faults), tier_(tier()), passes_(tier_.passes<T>()),
        kernel_(tier_.pointwise<T>()[job.loss * max_variants + job.variant]) {}

  Outcome run() {
    Outcome outcome{0.0, static_cast<double>(job_.terms)};
    const bool fused = job_.weighted && job_.mean && !job_.want_grad;  // weights are summed on the way
    if (job_.weighted && job_.mean && job_.want_grad) outcome.weight = total_weight(job_, poll_, faults_);
    if (faults_.any() || poll_.stopped()) return outcome;
    factor_ = derivative_factor(job_, outcome.weight);
    const std::int64_t blocks = (job_.terms + block_length - 1) / block_length;
    const int threads = threads_for(job_, static_cast<double>(job_.terms) * job_.row->cost);
    SharedSum sum, weight;
    parallel_for(blocks, threads, poll_, [&](std::int64_t begin, std::int64_t end, bool on_caller) {
      Scratch scratch;
      LocalSum local_sum(sum, blocks), local_weight(weight, blocks);
      for (std::int64_t block = begin; block < end; ++block) {
        if (faults_.beyond(block * block_length) || ((block & 15) == 0 && poll_.tick(on_caller))) break;
        if (!process(block, scratch, fused)) break;
        if (job_.reduced) local_sum.add(sum_of_lanes(scratch.sum));
        if (fused) local_weight.add(sum_of_lanes(scratch.weight_sum));
      }
      if (job_.past_cache) fence();
    });
    outcome.sum = sum.value();
    if (fused) outcome.weight = weight.value();
    return outcome;
  }

 private:
  struct Scratch {
    alignas(64) T pred[run_length];
    alignas(64) T target[run_length];
    alignas(64) T element[run_length];
    alignas(64) T value[run_length];
    alignas(64) T grad[run_length];
    alignas(64) T hess[run_length];
    alignas(64) double weight[run_length];
    alignas(64) double sum[lanes];
    alignas(64) double weight_sum[lanes];
  };

  bool process(std::int64_t block, Scratch& s, bool fused) noexcept {
    const std::int64_t first = block * block_length, last = std::min(first + block_length, job_.terms);
    std::fill(s.sum, s.sum + lanes, 0.0);
    std::fill(s.weight_sum, s.weight_sum + lanes, 0.0);
    for (std::int64_t index = first; index < last; index += run_length) {
      const int n = static_cast<int>(std::min<std::int64_t>(run_length, last - index));
      const T* pred = fetch(passes_, job_.input[0], index, n, s.pred);
      const T* target = fetch(passes_, job_.input[1], index, n, s.target);
      if (bounded(job_.pred_domain) && !check_domain(tier_, job_, 0, job_.pred_domain, pred, index, n, faults_))
        return false;
      if (bounded(job_.target_domain) && !check_domain(tier_, job_, 1, job_.target_domain, target, index, n, faults_))
        return false;
      const T* element = s.element;
      if (job_.element.data != nullptr && (job_.element.ndim != 0 || index == first))
        element = fetch(passes_, job_.element, index, n, s.element);
      const double* weight = nullptr;
      if (job_.weighted) {
        weight = fetch_weights(tier_.passes<double>(), job_, index, n, s.weight, faults_);
        if (weight == nullptr) return false;
      }
      map(pred, target, element, s, padded(n));
      finish(index, n, weight, s, fused);
    }
    return true;
  }

  static bool bounded(const Interval& domain) noexcept { return domain.low > -infinity || domain.high < infinity; }

  void map(const T* pred, const T* target, const T* element, Scratch& s, int n) const noexcept {
    const bool value = job_.reduced || job_.want_terms;
    const auto call = [&](Mode mode) {
      kernel_.map[static_cast<int>(mode)](pred, target, element, s.value, s.grad, s.hess, n, job_.parameters);
    };
    if (job_.want_hess) {
      call(job_.positive ? Mode::grad_positive : Mode::grad_hess);
      if (value) call(Mode::value);
    } else {
      call(!job_.want_grad ? Mode::value : value ? Mode::value_grad : Mode::grad);
    }
  }

  void finish(std::int64_t index, int n, const double* weight, Scratch& s, bool fused) noexcept {
    if (job_.reduced) {
      std::fill(s.value + n, s.value + padded(n), T(0));
      if (weight == nullptr) {
        passes_.sum(s.value, padded(n), s.sum);
      } else {
        if (weight == s.weight) std::fill(s.weight + n, s.weight + padded(n), 0.0);
        passes_.sum_weighted(s.value, weight, padded(n), s.sum);
        if (fused) tier_.passes<double>().sum(weight, padded(n), s.weight_sum);
      }
    }
    const auto store = [&](const Operand& output, const T* source, double factor) {
      store_run(passes_, output, index, n, source, weight, factor, job_.past_cache);
    };
    if (job_.want_terms) store(job_.term_values, s.value, job_.scale);
    if (job_.want_grad) store(job_.grad[0], s.grad, factor_);
    if (job_.want_hess) store(job_.hess[0], s.hess, factor_);
  }

  const Job& job_;
  Poll& poll_;
  Faults& faults_;
  const Tier& tier_;
  const Passes<T>& passes_;
  const PointwiseKernel<T>& kernel_;
  double factor_ = 1.0;
};

}  // namespace

Outcome run_pointwise(const Job& job, Poll& poll, Faults& faults, bool wide) {
  return wide ? Engine<double>(job, poll, faults).run() : Engine<float>(job, poll, faults).run();
}

}  // namespace fastloss
