// Reductions over the features of a row, in `lanes` float64 lanes and a fixed order.
#pragma once
#include "kernels.h"
#include "math/basic.h"

namespace fastloss::FASTLOSS_ISA {

// The sum of term(i) >= 0 for i in [0, n), in plain float64. For terms made of float that is beyond reproach,
// for as many features as memory holds.
template <class Term>
FASTLOSS_INLINE double plain_sum(std::int64_t n, Term term) {
  alignas(64) double sum[lanes];
#pragma omp simd
  for (int j = 0; j < lanes; ++j) sum[j] = 0.0;
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
#pragma omp simd
    for (int j = 0; j < lanes; ++j) sum[j] += term(i + j);
  }
  for (int j = 0; i + j < n; ++j) sum[j] += term(i + j);
  for (int width = lanes / 2; width > 0; width /= 2) {
    if (n <= width) continue;  // nothing but zeros
#pragma omp simd
    for (int j = 0; j < width; ++j) sum[j] += sum[j + width];
  }
  return sum[0];
}

// The same of pairs, with all rounding errors kept, as a pair.
template <class Term>
FASTLOSS_INLINE Pair<double> exact_sum(std::int64_t n, Term term) {
  alignas(64) double sum[lanes], error[lanes];
#pragma omp simd
  for (int j = 0; j < lanes; ++j) sum[j] = error[j] = 0.0;
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
#pragma omp simd
    for (int j = 0; j < lanes; ++j) {
      const Pair<double> x = term(i + j), total = two_sum(sum[j], x.hi);
      sum[j] = total.hi;
      error[j] += x.lo + total.lo;
    }
  }
  for (int j = 0; i + j < n; ++j) {
    const Pair<double> x = term(i + j), total = two_sum(sum[j], x.hi);
    sum[j] = total.hi;
    error[j] += x.lo + total.lo;
  }
  for (int width = lanes / 2; width > 0; width /= 2) {
    if (n <= width) continue;
#pragma omp simd
    for (int j = 0; j < width; ++j) {
      const Pair<double> total = two_sum(sum[j], sum[j + width]);
      sum[j] = total.hi;
      error[j] += error[j + width] + total.lo;
    }
  }
  return {sum[0], sum[0] < Format<double>::inf ? error[0] : 0.0};
}

// The largest size(i) >= 0 for i in [0, n); NaN if one is NaN.
template <class Size>
FASTLOSS_INLINE double largest_feature(std::int64_t n, Size size) {
  alignas(64) double most[lanes], bad[lanes];
#pragma omp simd
  for (int j = 0; j < lanes; ++j) most[j] = bad[j] = 0.0;
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
  for (int width = lanes / 2; width > 0; width /= 2) {
    if (n <= width) continue;
#pragma omp simd
    for (int j = 0; j < width; ++j) {
      most[j] = max(most[j], most[j + width]);
      bad[j] += bad[j + width];
    }
  }
  return unless_nan(bad[0], most[0]);
}

}  // namespace fastloss::FASTLOSS_ISA
