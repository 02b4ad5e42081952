// What every engine does with a run: fetch operands, check them, weigh, store results.
#pragma once

#include <algorithm>
#include <limits>

#include "base/exact_sum.h"
#include "base/job.h"
#include "kernels.h"

namespace fastloss {

template <class T>
constexpr DType own_dtype = sizeof(T) == 4 ? DType::float32 : DType::float64;

// Elements [index, index + n) of an operand, converted to T and padded to whole lanes by repeating the last.
template <class T>
const T* fetch(const Passes<T>& passes, const Operand& operand, std::int64_t index, int n, T* scratch) noexcept {
  if (n % lanes == 0 && direct<T>(operand, own_dtype<T>)) return reinterpret_cast<const T*>(operand.data) + index;
  const auto load = passes.load[static_cast<int>(operand.dtype)];
  for (int done = 0; done < n;) {
    std::int64_t step, available;
    const std::int64_t offset = operand.offset_of(index + done, step, available);
    const int count = static_cast<int>(std::min<std::int64_t>(n - done, available));
    load(operand.data + offset, step, scratch + done, count);
    done += count;
  }
  std::fill(scratch + n, scratch + padded(n), scratch[n - 1]);
  return scratch;
}

// Calls put(offset in the run, target address, step, count) for each stretch of an output.
template <class Put>
void scatter_run(const Operand& operand, std::int64_t index, int n, Put put) noexcept {
  for (int done = 0; done < n;) {
    std::int64_t step, available;
    const std::int64_t offset = operand.offset_of(index + done, step, available);
    const int count = static_cast<int>(std::min<std::int64_t>(n - done, available));
    put(done, const_cast<char*>(operand.data) + offset, step, count);
    done += count;
  }
}

template <class T>
void store_run(const Passes<T>& passes, const Operand& operand, std::int64_t index, int n, const T* source,
               const double* weight, double factor, bool past_cache) noexcept {
  const int dtype = static_cast<int>(operand.dtype);
  scatter_run(operand, index, n, [&](int done, char* target, std::int64_t step, int count) {
    if (weight != nullptr)
      passes.store_weighted[dtype](source + done, weight + done, factor, target, step, count, past_cache);
    else
      passes.store[dtype](source + done, static_cast<T>(factor), target, step, count, past_cache);
  });
}

inline double sum_of(double* lane) noexcept {
  for (int width = accumulators / 2; width > 0; width /= 2)
    for (int j = 0; j < width; ++j) lane[j] += lane[j + width];
  return lane[0];
}

// Makes sure that streamed results are seen by others.
inline void fence() noexcept { std::atomic_thread_fence(std::memory_order_seq_cst); }

// A run of sample weights in float64, ones where there are none, zeros in the padding; null, with the fault
// reported, when one is negative, infinite or NaN.
inline const double* fetch_weights(const Passes<double>& passes, const Job& job, std::int64_t index, int n,
                                   double* scratch, Faults& faults) noexcept {
  if (!job.weighted) {
    std::fill(scratch, scratch + n, 1.0);
    std::fill(scratch + n, scratch + padded(n), 0.0);
    return scratch;
  }
  const double* weight = fetch(passes, job.weight, index, n, scratch);
  if (weight == scratch) std::fill(scratch + n, scratch + padded(n), 0.0);
  if (!passes.unfit(weight, padded(n), 0.0, std::numeric_limits<double>::max())) return weight;
  for (int i = 0; i < n; ++i) {
    if (weight[i] >= 0.0 && weight[i] <= std::numeric_limits<double>::max()) continue;
    faults.report({.kind = Fault::Kind::weight, .index = index + i, .number = weight[i]});
    break;
  }
  return nullptr;
}

// Reports the first element of a run beyond its domain. Elements are looked at before narrowing to T.
template <class T>
bool check_domain(const Tier& tier, const Job& job, int input, const Interval& domain, const T* values,
                  std::int64_t index, int n, Faults& faults) noexcept {
  const Operand& operand = job.input[input];
  double wide[run_length];
  const DType dtype = native(operand.dtype);
  if (dtype == own_dtype<T> || dtype != DType::float64) {
    if (!tier.passes<T>().outside(values, padded(n), static_cast<T>(domain.low), static_cast<T>(domain.high)))
      return true;
  }
  const double* exact = fetch(tier.passes<double>(), operand, index, n, wide);
  for (int i = 0; i < n; ++i) {
    if (!(exact[i] < domain.low) && !(exact[i] > domain.high)) continue;
    faults.report({.kind = Fault::Kind::input, .index = index + i, .input = input, .number = exact[i]});
    return false;
  }
  return true;
}

// The threads worth starting for so many nanoseconds of work on one core. A region costs a few microseconds;
// below some tens of them it does not pay.
inline int threads_for(const Job& job, double nanoseconds) noexcept {
  constexpr double worth_it = 40e3;
  return nanoseconds < worth_it ? 1 : job.threads;
}

}  // namespace fastloss
