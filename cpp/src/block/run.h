// What every engine does with a run: fetch operands, check them, weigh, store results.
#pragma once

#include <algorithm>
#include <cmath>
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

// Times `factor` and, where they are given, its weights.
template <class T>
void store_run(const Passes<T>& own, const Operand& operand, std::int64_t index, int n, const T* source,
               const double* weight, double factor, bool past_cache) noexcept {
  const int dtype = static_cast<int>(operand.dtype);
  if constexpr (sizeof(T) == 8) {
    if (own.store[dtype] == nullptr) {  // half types take a float on the way
      alignas(64) double exact[run_length];
      alignas(64) float narrow[run_length];
      own.store[static_cast<int>(DType::float64)](source, weight == nullptr ? factor : 1.0,
                                                  reinterpret_cast<char*>(exact), sizeof(double), n, false);
      if (weight != nullptr) own.weigh(exact, weight, factor, n);
      for (int i = 0; i < n; ++i) narrow[i] = static_cast<float>(exact[i]);
      return store_run(passes<float>(), operand, index, n, narrow, nullptr, 1.0, false);
    }
  }
  scatter_run(operand, index, n, [&](int done, char* target, std::int64_t step, int count) {
    if (weight != nullptr)
      own.store_weighted[dtype](source + done, weight + done, factor, target, step, count, past_cache);
    else
      own.store[dtype](source + done, static_cast<T>(factor), target, step, count, past_cache);
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

// Where a number of a term stands in an input that has several of them for each; -1 where it is the input's one.
inline std::int64_t entry_of(const Job& job, int operand) noexcept {
  int first = operand;
  while (first > 0 && job.source[first - 1] == job.source[operand]) --first;
  const bool several = first < operand || (operand + 1 < job.inputs && job.source[operand + 1] == job.source[operand]);
  return several ? operand - first : -1;
}

// Reports the first element of a run beyond its domain. Elements are looked at before narrowing to T.
template <class T>
bool check_domain(const Job& job, int operand, const T* values, std::int64_t index, int n, Faults& faults) noexcept {
  const Interval& domain = job.domain[operand];
  const Operand& from = job.input[operand];
  constexpr T inf = std::numeric_limits<T>::infinity();
  constexpr double most = std::numeric_limits<T>::max();
  T low = static_cast<T>(domain.low), high = domain.high < infinity ? static_cast<T>(std::min(domain.high, most)) : inf;
  if (domain.open_low) low = std::nextafter(low, inf);
  if (domain.open_high) high = std::nextafter(high, -inf);
  if (const DType dtype = native(from.dtype); dtype == own_dtype<T> || dtype != DType::float64) {
    if (!(domain.ends_alone ? passes<T>().neither(values, padded(n), low, high)
                            : passes<T>().outside(values, padded(n), low, high)))
      return true;
  }
  double wide[run_length];
  const double* exact = fetch(passes<double>(), from, index, n, wide);
  for (int i = 0; i < n; ++i) {
    if (domain.contains(exact[i])) continue;
    faults.report({.kind = Fault::Kind::input,
                   .index = index + i,
                   .inner = entry_of(job, operand),
                   .input = job.source[operand],
                   .number = exact[i]});
    return false;
  }
  return true;
}

// Reports the first element of one operand that is larger than that of another: in double, where float holds not all
// of their numbers.
template <class T>
bool check_order(const Job& job, Order order, const T* smaller, const T* larger, std::int64_t index, int n,
                 Faults& faults) noexcept {
  if constexpr (sizeof(T) == 4) {
    const auto narrowed = [&](int operand) {
      const DType dtype = native(job.input[operand].dtype);
      return dtype == DType::float64 || (!is_float(dtype) && size_of(dtype) >= 4);
    };
    if (narrowed(order.smaller) || narrowed(order.larger)) {
      double first[run_length], second[run_length];
      return check_order(job, order, fetch(passes<double>(), job.input[order.smaller], index, n, first),
                         fetch(passes<double>(), job.input[order.larger], index, n, second), index, n, faults);
    }
  }
  if (!passes<T>().crossed(smaller, larger, padded(n))) return true;
  for (int i = 0; i < n; ++i) {
    if (!(smaller[i] > larger[i])) continue;
    faults.report({.kind = Fault::Kind::order,
                   .index = index + i,
                   .inner = entry_of(job, order.smaller),
                   .input = job.source[order.smaller],
                   .number = static_cast<double>(smaller[i]),
                   .other = static_cast<double>(larger[i]),
                   .other_inner = entry_of(job, order.larger),
                   .other_input = job.source[order.larger]});
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
