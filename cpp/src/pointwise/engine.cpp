// Pointwise losses: blocks over threads, runs over a block, passes over a run.
#include "pointwise/engine.h"

#include "block/output.h"
#include "block/run.h"
#include "block/strip.h"
#include "block/total.h"

namespace fastloss {
namespace {

template <class T>
class Engine {
 public:
  Engine(const Job& job, Poll& poll, Faults& faults)
      : job_(job),
        poll_(poll),
        faults_(faults),
        tier_(tier()),
        passes_(tier_.passes<T>()),
        kernel_(tier_.pointwise<T>()[job.loss * max_variants + job.variant]) {}

  Outcome run() {
    Outcome outcome{0.0, static_cast<double>(job_.terms)};
    const std::int64_t blocks = (job_.terms + block_length - 1) / block_length;
    const int threads = static_cast<int>(
        std::min<std::int64_t>(blocks, threads_for(job_, static_cast<double>(job_.terms) * job_.row->cost)));
    const std::int64_t pred_bytes = Strip<T>::bytes(job_.input[0]), target_bytes = Strip<T>::bytes(job_.input[1]);
    if (!job_.workspace->provide(pred_bytes + target_bytes, threads)) return outcome;
    const bool fused = job_.weighted && job_.mean && !job_.want_grad;  // weights are summed on the way
    if (job_.weighted && job_.mean && job_.want_grad) outcome.weight = total_weight(job_, poll_, faults_);
    if (faults_.any() || poll_.stopped()) return outcome;
    factor_ = derivative_factor(job_, outcome.weight);
    SharedSum sum, weight;
    parallel_for(blocks, threads, job_.parallel_for, poll_, [&](std::int64_t begin, std::int64_t end, bool on_caller) {
      std::byte* const strips = job_.workspace->share();
      Scratch scratch(tier_, job_, strips, strips + pred_bytes);
      LocalSum local_sum(sum, blocks), local_weight(weight, blocks);
      const std::int64_t last = std::min(end * block_length, job_.terms);
      RunOutput<T> grad(passes_, job_.want_grad ? &job_.grad[0] : nullptr, job_.past_cache, last);
      RunOutput<T> hess(passes_, job_.want_hess ? &job_.hess[0] : nullptr, job_.past_cache, last);
      for (std::int64_t block = begin; block < end; ++block) {
        if (faults_.beyond(block * block_length) || ((block & 15) == 0 && poll_.tick(on_caller))) break;
        if (!process(block, last, scratch, fused, grad, hess)) break;
        if (job_.reduced) local_sum.add(sum_of(scratch.sum));
        if (fused) local_weight.add(sum_of(scratch.weight_sum));
      }
      if (job_.past_cache) fence();
    });
    finish_sums(job_, sum, fused ? &weight : nullptr, outcome);
    return outcome;
  }

 private:
  struct Scratch {
    Scratch(const Tier& tier, const Job& job, std::byte* for_preds, std::byte* for_targets)
        : preds(tier, job.input[0], for_preds), targets(tier, job.input[1], for_targets) {}
    Strip<T> preds, targets;
    alignas(64) T pred[run_length];
    alignas(64) T target[run_length];
    alignas(64) T element[run_length];
    alignas(64) T value[run_length];
    alignas(64) double weight[run_length];
    alignas(64) double sum[accumulators];
    alignas(64) double weight_sum[accumulators];
  };

  // `end`: where this thread's part ends.
  bool process(std::int64_t block, std::int64_t end, Scratch& s, bool fused, RunOutput<T>& grad,
               RunOutput<T>& hess) noexcept {
    const std::int64_t first = block * block_length, last = std::min(first + block_length, job_.terms);
    std::fill(s.sum, s.sum + accumulators, 0.0);
    std::fill(s.weight_sum, s.weight_sum + accumulators, 0.0);
    for (std::int64_t index = first; index < last; index += run_length) {
      const int n = static_cast<int>(std::min<std::int64_t>(run_length, last - index));
      PointwiseRun<T> run{};
      run.pred = s.preds.fetch(index, n, s.pred);
      run.target = s.targets.fetch(index, n, s.target);
      if (!in_domain(job_.pred_domain, 0, run.pred, index, n) ||
          !in_domain(job_.target_domain, 1, run.target, index, n))
        return false;
      run.element = s.element;
      if (job_.element.data != nullptr && (job_.element.ndim != 0 || index == first))
        run.element = fetch(passes_, job_.element, index, n, s.element);
      const bool weighted = job_.weighted || n % lanes != 0;  // the padding has no weight
      if (weighted) {
        run.weight = fetch_weights(tier_.passes<double>(), job_, index, n, s.weight, faults_);
        if (run.weight == nullptr) return false;
        if (fused) tier_.passes<double>().sum(run.weight, padded(n), s.weight_sum);
      }
      const bool more = index + run_length < end;
      run.next_pred = more ? next(run.pred, s.pred) : run.pred;
      run.next_target = more ? next(run.target, s.target) : run.target;
      run.value = s.value;
      run.grad = grad.open(index, n);
      run.hess = hess.open(index, n);
      run.accumulator = s.sum;
      run.parameters = job_.parameters;
      run.factor = job_.weighted ? factor_ : static_cast<double>(static_cast<T>(factor_));  // a tail's is the same
      run.n = padded(n);
      map(run, weighted);
      if (job_.want_terms)
        store_run(passes_, job_.term_values, index, n, s.value, run.weight, job_.scale, job_.past_cache);
      grad.close(index, n);
      hess.close(index, n);
    }
    return true;
  }

  bool in_domain(const Interval& domain, int input, const T* values, std::int64_t index, int n) noexcept {
    if (domain.low == -infinity && domain.high == infinity) return true;
    return check_domain(tier_, job_, input, domain, values, index, n, faults_);
  }

  // The run after this one, where it lies as it is used.
  static const T* next(const T* current, const T* scratch) noexcept {
    return current == scratch ? current : current + run_length;
  }

  void map(const PointwiseRun<T>& run, bool weighted) const noexcept {
    const auto call = [&](Mode mode) { kernel_.map[weighted][static_cast<int>(mode)](run); };
    if (job_.want_hess) {
      call(job_.positive ? Mode::grad_positive : Mode::grad_hess);
      if (job_.reduced || job_.want_terms) call(job_.reduced ? Mode::sum : Mode::value);
    } else if (job_.want_grad) {
      call(job_.reduced ? Mode::sum_grad : job_.want_terms ? Mode::value_grad : Mode::grad);
    } else {
      call(job_.reduced ? Mode::sum : Mode::value);
    }
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
