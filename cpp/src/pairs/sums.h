// Reductions over the features of a row, in `lanes` float64 lanes and a fixed order.
#pragma once
#include "kernels.h"
#include "math/basic.h"

namespace fastloss::FASTLOSS_ISA {

// How many terms a lane adds before the sum is compensated. Terms made of float need none: float64 lanes
// are beyond reproach for as many features as memory holds.
template <class T>
inline constexpr std::int64_t plain_terms = sizeof(T) == 4 ? INT64_MAX / (2 * lanes) : 4;

// The lanes of a sum: what was added last, the sum of it, and the errors of both.
struct SumLanes {
  alignas(64) double part[lanes], sum[lanes], error[lanes];

  FASTLOSS_INLINE_MEMBER void add(int j, double term) { part[j] += term; }
  FASTLOSS_INLINE_MEMBER void add(int j, Pair<double> term) {
    part[j] += term.hi;
    error[j] += term.lo;
  }
};

// The sum of term(i) >= 0 for i in [0, n). A term may be a pair.
template <class T, class Term>
FASTLOSS_INLINE Pair<double> sum_features(std::int64_t n, Term term) {
  SumLanes s{};
  for (std::int64_t first = 0; first < n; first += plain_terms<T> * lanes) {
    const std::int64_t last = min(n, first + plain_terms<T> * lanes);
    std::int64_t i = first;
    for (; i + lanes <= last; i += lanes) {
#pragma omp simd
      for (int j = 0; j < lanes; ++j) s.add(j, term(i + j));
    }
    for (int j = 0; i + j < last; ++j) s.add(j, term(i + j));
#pragma omp simd
    for (int j = 0; j < lanes; ++j) {
      const Pair<double> total = two_sum(s.sum[j], s.part[j]);
      s.sum[j] = total.hi;
      s.error[j] += total.lo;
      s.part[j] = 0.0;
    }
  }
  for (int width = lanes / 2; width > 0; width /= 2) {
#pragma omp simd
    for (int j = 0; j < width; ++j) {
      const Pair<double> total = two_sum(s.sum[j], s.sum[j + width]);
      s.sum[j] = total.hi;
      s.error[j] += s.error[j + width] + total.lo;
    }
  }
  return {s.sum[0], s.sum[0] < Format<double>::inf ? s.error[0] : 0.0};
}

// The largest size(i) >= 0 for i in [0, n); NaN if one is NaN.
template <class Size>
FASTLOSS_INLINE double largest_feature(std::int64_t n, Size size) {
  alignas(64) double most[lanes] = {}, bad[lanes] = {};
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
#pragma omp simd
    for (int j = 0; j < lanes; ++j) {
      const double x = size(i + j);
      most[j] = max(most[j], x);
      bad[j] = unless_nan(x, bad[j]);
    }
  }
  for (int j = 0; i + j < n; ++j) {
    const double x = size(i + j);
    most[j] = max(most[j], x);
    bad[j] = unless_nan(x, bad[j]);
  }
  double result = 0.0;
  for (int j = 0; j < lanes; ++j) result = max(result, most[j]);
  for (int j = 0; j < lanes; ++j) result = unless_nan(bad[j], result);
  return result;
}

}  // namespace fastloss::FASTLOSS_ISA
