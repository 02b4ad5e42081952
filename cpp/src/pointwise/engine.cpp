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
        kernel_(tier_.pointwise<T>()[job.loss * max_variants + job.variant]),
        plain_(!job.want_terms && (!job.want_grad || own(job.grad[0])) &&
               (!job.want_hess || own(job.hess[0]))) {}

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
        if (!process(block, begin * block_length, std::min(end * block_length, job_.terms), scratch, fused)) break;
        if (job_.reduced) local_sum.add(sum_of(scratch.sum));
        if (fused) local_weight.add(sum_of(scratch.weight_sum));
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
    alignas(64) T raw_grad[run_length];  // before weights and conversion
    alignas(64) T raw_hess[run_length];
    alignas(64) T grad[lanes + run_length];  // ready to be streamed, behind what waits from the run before
    alignas(64) T hess[lanes + run_length];
    alignas(64) double weight[run_length];
    alignas(64) double sum[accumulators];
    alignas(64) double weight_sum[accumulators];
  };

  // One block of this thread's [begin, end).
  bool process(std::int64_t block, std::int64_t begin, std::int64_t end, Scratch& s, bool fused) noexcept {
    const std::int64_t first = block * block_length, last = std::min(first + block_length, end);
    std::fill(s.sum, s.sum + accumulators, 0.0);
    std::fill(s.weight_sum, s.weight_sum + accumulators, 0.0);
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
      if (index + run_length < last) {  // while the passes below stay in L1
        prefetch(pred, s.pred);
        prefetch(target, s.target);
      }
      const bool plain = plain_ && n % lanes == 0;
      map(pred, target, element, s, index, padded(n), plain, weight);
      add_up(n, plain && weight == nullptr, weight, s, fused);
      if (!plain) {
        scatter(index, n, weight, s);
      } else if (job_.past_cache) {
        const std::int64_t next = index + n;
        stream(index, n, index == begin, next == end || (next + run_length > end && (end - next) % lanes != 0), s);
      }
    }
    return true;
  }

  static bool own(const Operand& output) noexcept { return direct<T>(output, own_dtype<T>); }

  // The run after this one, where it lies as it is used.
  static void prefetch(const T* current, const T* scratch) noexcept {
    if (current == scratch) return;
    const char* next = reinterpret_cast<const char*>(current + run_length);
    for (int byte = 0; byte < run_length * static_cast<int>(sizeof(T)); byte += 64) __builtin_prefetch(next + byte);
  }

  static bool bounded(const Interval& domain) noexcept { return domain.low > -infinity || domain.high < infinity; }

  // Plain runs leave the kernel, or the pass that weighs them, scaled and, unless they are to be streamed, where
  // they belong; the others stay as they are.
  void map(const T* pred, const T* target, const T* element, Scratch& s, std::int64_t index, int n, bool plain,
           const double* weight) const noexcept {
    PointwiseRun<T> run{pred, target, element, s.value, s.raw_grad, s.raw_hess, s.sum, job_.parameters, T(1), n};
    const bool final = plain && weight == nullptr;
    if (final) {
      run.factor = static_cast<T>(factor_);
      run.grad = place(job_.grad[0], index, s.grad);
      run.hess = place(job_.hess[0], index, s.hess);
    }
    const bool value = job_.reduced || job_.want_terms;
    const auto call = [&](Mode mode) { kernel_.map[static_cast<int>(mode)](run); };
    if (job_.want_hess) {
      call(job_.positive ? Mode::grad_positive : Mode::grad_hess);
      if (value) call(final ? Mode::sum : Mode::value);
    } else if (job_.want_grad) {
      call(!value ? Mode::grad : final ? Mode::sum_grad : Mode::value_grad);
    } else {
      call(final ? Mode::sum : Mode::value);
    }
    if (!plain || final) return;
    const auto weigh = passes_.store_weighted[static_cast<int>(own_dtype<T>)];
    const auto into = [&](const Operand& output, const T* raw, T* buffer) {
      weigh(raw, weight, factor_, reinterpret_cast<char*>(place(output, index, buffer)), sizeof(T), n, false);
    };
    if (job_.want_grad) into(job_.grad[0], s.raw_grad, s.grad);
    if (job_.want_hess) into(job_.hess[0], s.raw_hess, s.hess);
  }

  T* place(const Operand& output, std::int64_t index, T* buffer) const noexcept {
    return job_.past_cache ? buffer + lanes : address(output, index);
  }

  static T* address(const Operand& output, std::int64_t index) noexcept {
    return reinterpret_cast<T*>(const_cast<char*>(output.data)) + index;
  }

  void stream(std::int64_t index, int n, bool begins, bool ends, Scratch& s) const noexcept {
    const auto out = [&](const Operand& output, T* buffer) {
      passes_.stream_lines(buffer + lanes, reinterpret_cast<char*>(address(output, index)), n, begins, ends);
    };
    if (job_.want_grad) out(job_.grad[0], s.grad);
    if (job_.want_hess) out(job_.hess[0], s.hess);
  }

  // The sums of a run, unless the kernel has added them up already.
  void add_up(int n, bool added, const double* weight, Scratch& s, bool fused) const noexcept {
    if (!job_.reduced || added) return;
    std::fill(s.value + n, s.value + padded(n), T(0));
    if (weight == nullptr) return passes_.sum(s.value, padded(n), s.sum);
    if (weight == s.weight) std::fill(s.weight + n, s.weight + padded(n), 0.0);
    passes_.sum_weighted(s.value, weight, padded(n), s.sum);
    if (fused) tier_.passes<double>().sum(weight, padded(n), s.weight_sum);
  }

  void scatter(std::int64_t index, int n, const double* weight, const Scratch& s) const noexcept {
    const auto store = [&](const Operand& output, const T* source, double factor) {
      store_run(passes_, output, index, n, source, weight, factor, job_.past_cache);
    };
    if (job_.want_terms) store(job_.term_values, s.value, job_.scale);
    if (job_.want_grad) store(job_.grad[0], s.raw_grad, factor_);
    if (job_.want_hess) store(job_.hess[0], s.raw_hess, factor_);
  }

  const Job& job_;
  Poll& poll_;
  Faults& faults_;
  const Tier& tier_;
  const Passes<T>& passes_;
  const PointwiseKernel<T>& kernel_;
  bool plain_;  // nothing to convert or scatter
  double factor_ = 1.0;
};

}  // namespace

Outcome run_pointwise(const Job& job, Poll& poll, Faults& faults, bool wide) {
  return wide ? Engine<double>(job, poll, faults).run() : Engine<float>(job, poll, faults).run();
}

}  // namespace fastloss
