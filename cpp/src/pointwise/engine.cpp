// Pointwise losses: blocks over threads, runs over a block, passes over a run.
#include "pointwise/engine.h"

#include "block/drive.h"
#include "block/output.h"
#include "block/strip.h"
#include "pointwise/wall.h"

namespace fastloss {
namespace {

static_assert(max_operands == max_term_inputs && max_differentiable == max_term_outputs);

template <class T>
class Engine {
 public:
  Engine(const Job& job, Poll& poll, Faults& faults)
      : job_(job),
        poll_(poll),
        faults_(faults),
        passes_(passes<T>()),
        wide_passes_(passes<double>()),
        kernel_(static_cast<const PointwiseKernel<T>*>(tier<T>().kernels[static_cast<int>(job.family)])[job.kernel]),
        gradients_(job.want_grad ? job.differentiable : 0),
        hessians_(job.want_hess ? job.differentiable : 0) {}

  Outcome run() {
    std::int64_t bytes = 0;
    for (int k = 0; k < job_.inputs; ++k) {
      strip_bytes_[k] = Strip<T>::bytes(job_.input[k]);
      if (bytes + strip_bytes_[k] > most_strips) strip_bytes_[k] = 0;
      bytes += strip_bytes_[k];
    }
    const std::int64_t units = (job_.terms + block_length - 1) / block_length;
    const Plan plan = {.units = units,
                       .nanoseconds = static_cast<double>(job_.terms) * job_.definition->cost,
                       .bytes = bytes,
                       .parts = units,
                       .weighs = job_.weighted};
    return drive(
        job_, poll_, faults_, plan, factor_, [&] { return total_weight(job_, poll_, faults_, false); },
        [&](const Share& share) { work(share); });
  }

 private:
  static constexpr std::int64_t most_strips = 960 << 10;

  struct Scratch {
    alignas(64) T input[max_operands][run_length];
    alignas(64) T element[run_length];
    alignas(64) T value[run_length];
    alignas(64) double weight[run_length];
    alignas(64) double sum[accumulators];
    alignas(64) double weight_sum[accumulators];
    PointwiseRun<T> run{};
    Strip<T> strip[max_operands];
    RunOutput<T> grad[max_differentiable], hess[max_differentiable];
  };

  void work(const Share& share) noexcept {
    Scratch s;
    std::byte* memory = share.scratch;
    for (int k = 0; k < job_.inputs; ++k) {
      s.strip[k].begin(job_.input[k], strip_bytes_[k] == 0 ? nullptr : memory);
      memory += strip_bytes_[k];
    }
    const std::int64_t end = std::min(share.end * block_length, job_.terms);
    for (int k = 0; k < gradients_; ++k) s.grad[k].begin(job_.grad[k], job_.past_cache, end);
    for (int k = 0; k < hessians_; ++k) s.hess[k].begin(job_.hess[k], job_.past_cache, end);
    s.run.element = s.element;
    s.run.value = s.value;
    s.run.accumulator = s.sum;
    s.run.parameters = job_.parameters;
    for (std::int64_t unit = share.begin; unit < share.end; ++unit) {
      if (faults_.beyond(unit * block_length) || ((unit & 15) == 0 && poll_.tick(share.on_caller))) break;
      if (!process(unit, end, s, share.weight != nullptr)) break;
      if (job_.reduced) share.sum.add(sum_of(s.sum));
      if (share.weight != nullptr) share.weight->add(sum_of(s.weight_sum));
    }
    if (job_.past_cache) fence();
  }

  // `end`: where this thread's part ends.
  bool process(std::int64_t unit, std::int64_t end, Scratch& s, bool add_weights) noexcept {
    const std::int64_t first = unit * block_length, last = std::min(first + block_length, job_.terms);
    std::fill(s.sum, s.sum + accumulators, 0.0);
    if (add_weights) std::fill(s.weight_sum, s.weight_sum + accumulators, 0.0);
    PointwiseRun<T>& run = s.run;
    for (std::int64_t index = first; index < last; index += run_length) {
      const int n = static_cast<int>(std::min<std::int64_t>(run_length, last - index));
      const bool more = index + run_length < end;
      for (int k = 0; k < job_.inputs; ++k) {
        run.input[k] = s.strip[k].fetch(passes_, index, n, s.input[k]);
        run.next[k] = more && run.input[k] != s.input[k] ? run.input[k] + run_length : run.input[k];
        if (!job_.domain[k].everything() && !check_domain(job_, k, run.input[k], index, n, faults_)) return false;
      }
      for (const Order order : job_.definition->ordered)
        if (order.smaller >= 0 &&
            !check_order(job_, order, run.input[order.smaller], run.input[order.larger], index, n, faults_))
          return false;
      if (job_.has_element && (job_.element.ndim != 0 || index == first))
        run.element = fetch(passes_, job_.element, index, n, s.element);
      if (job_.weighted) {
        run.weight = fetch_weights(wide_passes_, job_, index, n, s.weight, faults_);
        if (run.weight == nullptr) return false;
        if (add_weights) wide_passes_.sum(run.weight, padded(n), s.weight_sum);
      }
      for (int k = 0; k < gradients_; ++k) run.grad[k] = s.grad[k].open(index, n);
      for (int k = 0; k < hessians_; ++k) run.hess[k] = s.hess[k].open(index, n);
      run.n = padded(n);
      map(run, n);
      for (int k = 0; k < gradients_; ++k) s.grad[k].close(passes_, index, n);
      for (int k = 0; k < hessians_; ++k) s.hess[k].close(passes_, index, n);
      if (job_.want_terms)
        store_run(passes_, job_.term_values, index, n, s.value, run.weight, job_.scale, job_.past_cache);
    }
    return true;
  }

  // The value first: the gradient may be written over an input.
  void map(PointwiseRun<T>& run, int n) const noexcept {
    const bool sums = job_.reduced, value = job_.want_terms || sums;
    run.factor = factor_;
    if (sums && !job_.want_hess && n % lanes == 0 && kernel_.map[static_cast<int>(Mode::sum)] != nullptr) {
      const Mode mode = job_.weighted ? (job_.want_grad ? Mode::weighted_sum_grad : Mode::weighted_sum)
                                      : (job_.want_grad ? Mode::sum_grad : Mode::sum);
      return call(mode, run);
    }
    if (job_.weighted && job_.want_grad && !job_.want_hess && !value &&
        kernel_.map[static_cast<int>(Mode::weighted_grad)] != nullptr)
      return call(Mode::weighted_grad, run);
    if (job_.weighted) run.factor = 1.0;  // it comes with the weights
    if (job_.want_hess) {
      if (value) call(Mode::value, run);
      call(job_.positive ? Mode::grad_positive : Mode::grad_hess, run);
    } else {
      call(!job_.want_grad ? Mode::value : value ? Mode::value_grad : Mode::grad, run);
    }
    if (sums) add(run, n);
    if (!job_.weighted) return;
    for (int k = 0; k < gradients_; ++k) passes_.weigh(run.grad[k], run.weight, factor_, run.n);
    for (int k = 0; k < hessians_; ++k) passes_.weigh(run.hess[k], run.weight, factor_, run.n);
  }

  void call(Mode mode, const PointwiseRun<T>& run) const noexcept { kernel_.map[static_cast<int>(mode)](run); }

  void add(const PointwiseRun<T>& run, int n) const noexcept {
    if (job_.weighted) return passes_.sum_weighted(run.value, run.weight, run.n, run.accumulator);
    std::fill(run.value + n, run.value + run.n, T(0));  // the padding
    passes_.sum(run.value, run.n, run.accumulator);
  }

  const Job& job_;
  Poll& poll_;
  Faults& faults_;
  const Passes<T>& passes_;
  const Passes<double>& wide_passes_;
  const PointwiseKernel<T>& kernel_;
  const int gradients_, hessians_;
  std::int64_t strip_bytes_[max_operands];
  double factor_ = 1.0;
};

}  // namespace

Outcome run_pointwise(const Job& job, Poll& poll, Faults& faults, bool wide) {
  return wide ? Engine<double>(job, poll, faults).run() : Engine<float>(job, poll, faults).run();
}

}  // namespace fastloss
