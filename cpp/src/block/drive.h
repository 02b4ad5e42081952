// What every engine does around its work: memory, the total weight where derivatives of a mean need it, threads, sums.
#pragma once

#include "block/total.h"

namespace fastloss {

struct Plan {
  std::int64_t units;      // of work, shared among threads
  double nanoseconds;      // of all of it, on one core
  std::int64_t bytes = 0;  // of scratch for a thread
  std::int64_t parts = 0;  // numbers that are added to the sums, to know when there is but one
  bool weighs = false;     // terms have weights
};

// One thread's part of the work: units [begin, end).
struct Share {
  std::int64_t begin, end;
  bool on_caller;
  std::byte* scratch;
  LocalSum &sum, *weight;  // weight: null where weights are not to be added up on the way
};

// weigh() is the total weight; work(share) does a part, with `factor` of its derivatives in place by then.
template <class Weigh, class Work>
Outcome drive(const Job& job, Poll& poll, Faults& faults, const Plan& plan, double& factor, Weigh weigh, Work work) {
  Outcome outcome{0.0, static_cast<double>(job.terms)};
  const int threads = static_cast<int>(std::min<std::int64_t>(plan.units, threads_for(job, plan.nanoseconds)));
  if (!job.workspace->provide(plan.bytes, threads)) return outcome;
  const bool on_the_way = plan.weighs && job.mean && !job.want_grad;
  if (plan.weighs && job.mean && job.want_grad) outcome.weight = weigh();
  if (faults.any() || poll.stopped()) return outcome;
  factor = derivative_factor(job, outcome.weight);
  SharedSum sum, weight;
  parallel_for(plan.units, threads, job.parallel_for, poll, [&](std::int64_t begin, std::int64_t end, bool on_caller) {
    LocalSum local(sum, plan.parts), local_weight(weight, plan.parts);
    work(Share{begin, end, on_caller, job.workspace->share(), local, on_the_way ? &local_weight : nullptr});
  });
  finish_sums(job, sum, on_the_way ? &weight : nullptr, outcome);
  return outcome;
}

}  // namespace fastloss
