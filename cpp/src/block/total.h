// Sums that every thread adds to; exact, so their order does not matter.
#pragma once

#include <mutex>
#include <optional>

#include "block/run.h"

namespace fastloss {

class SharedSum {
 public:
  void add(const ExactSum& part) noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!sum_) sum_.emplace();
    sum_->add(part);
  }
  void set(double only) noexcept { only_ = only + 0.0; }  // no -0, as of several terms
  // Also adds the sum to `into`, if that is wanted.
  double value(ExactSum* into = nullptr) const noexcept {
    if (into != nullptr && sum_) into->add(*sum_);
    if (into != nullptr && !sum_) into->add(only_);
    return sum_ ? sum_->value() : only_;
  }

 private:
  std::mutex mutex_;
  std::optional<ExactSum> sum_;
  double only_ = 0.0;
};

// One thread's share. A sum of a single part needs no accumulator.
class LocalSum {
 public:
  LocalSum(SharedSum& total, std::int64_t parts) noexcept : total_(total) {
    if (parts > 1) sum_.emplace();
  }
  LocalSum(const LocalSum&) = delete;
  LocalSum& operator=(const LocalSum&) = delete;
  ~LocalSum() {
    if (sum_) total_.add(*sum_);
  }
  void add(double part) noexcept {
    if (sum_)
      sum_->add(part);
    else
      total_.set(part);
  }

 private:
  SharedSum& total_;
  std::optional<ExactSum> sum_;
};

// The sums of a call; `weight` is null where the total weight is known already.
inline void finish_sums(const Job& job, const SharedSum& sum, const SharedSum* weight, Outcome& outcome) noexcept {
  outcome.sum = sum.value(job.sum_into);
  if (weight != nullptr)
    outcome.weight = weight->value(job.weight_into);
  else if (job.weight_into != nullptr)
    job.weight_into->add(outcome.weight);
}

// The sum of the sample weights of all terms, by blocks or `each` by itself: as the engine adds them on the way.
inline double total_weight(const Job& job, Poll& poll, Faults& faults, bool each) {
  const Passes<double>& own = passes<double>();
  const std::int64_t blocks = (job.terms + block_length - 1) / block_length;
  SharedSum total;
  const int threads = threads_for(job, static_cast<double>(job.terms));
  parallel_for(blocks, threads, job.parallel_for, poll, [&](std::int64_t begin, std::int64_t end, bool on_caller) {
    alignas(64) double scratch[run_length];
    LocalSum local(total, each ? job.terms : blocks);
    for (std::int64_t block = begin; block < end; ++block) {
      if (faults.beyond(block * block_length) || ((block & 15) == 0 && poll.tick(on_caller))) return;
      alignas(64) double sum[accumulators] = {};
      const std::int64_t last = std::min<std::int64_t>((block + 1) * block_length, job.terms);
      for (std::int64_t index = block * block_length; index < last; index += run_length) {
        const int n = static_cast<int>(std::min<std::int64_t>(run_length, last - index));
        const double* weight = fetch_weights(own, job, index, n, scratch, faults);
        if (weight == nullptr) return;
        for (int k = 0; each && k < n; ++k) local.add(weight[k]);
        if (!each) own.sum(weight, padded(n), sum);
      }
      if (!each) local.add(sum_of(sum));
    }
  });
  return total.value();
}

}  // namespace fastloss
