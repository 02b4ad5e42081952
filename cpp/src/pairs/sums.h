// Reductions over the features of a row, in `lanes` float64 lanes and a fixed order.
#pragma once
#include "kernels.h"
#include "math/basic.h"

namespace fastloss::FASTLOSS_ISA {

// How many terms a lane adds before the sum is compensated. Terms made of float need none: float64 lanes
// are beyond reproach for as many features as memory holds.
template <class T> inline constexpr std::int64_t plain_terms = sizeof(T) == 4 ? INT64_MAX / (2 * lanes) : 4;

// The sum of term(i) >= 0 for i in [0, n).
template <class T, class Term>
FASTLOSS_INLINE Pair<double> sum_features(std::int64_t n, Term term) {
  alignas(64) double sum[lanes] = {}, error[lanes] = {};
  for (std::int64_t first = 0; first < n; first += plain_terms<T> * lanes) {
    const std::int64_t last = min(n, first + plain_terms<T> * lanes);
    alignas(64) double part[lanes] = {};
    std::int64_t i = first;
    for (; i + lanes <= last; i += lanes) {
#pragma omp simd
      for (int j = 0; j < lanes; ++j) part[j] += term(i + j);
    }
    for (int j = 0; i + j < last; ++j) part[j] += term(i + j);
    if (first == 0) {
#pragma omp simd
      for (int j = 0; j < lanes; ++j) sum[j] = part[j];
    } else {
#pragma omp simd
      for (int j = 0; j < lanes; ++j) {
        const Pair<double> s = two_sum(sum[j], part[j]);
        sum[j] = s.hi;
        error[j] += s.lo;
      }
    }
  }
  for (int width = lanes / 2; width > 0; width /= 2) {
#pragma omp simd
    for (int j = 0; j < width; ++j) {
      const Pair<double> s = two_sum(sum[j], sum[j + width]);
      sum[j] = s.hi;
      error[j] += error[j + width] + s.lo;
    }
  }
  const bool finite = sum[0] < Format<double>::inf;
  return {sum[0], finite ? error[0] : 0.0};
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
