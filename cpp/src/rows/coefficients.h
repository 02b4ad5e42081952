// What multiplies the term of each class: its weight, its alpha and its share of the target.
#pragma once

#include "rows/lanes.h"

namespace fastloss::FASTLOSS_ISA {

template <class T>
FASTLOSS_INLINE double class_factor(const RowGroup<T>& group, std::int64_t k) {
  return (group.class_weight ? group.class_weight[k] : 1.0) * (group.class_scale ? group.class_scale[k] : 1.0);
}

// The derivatives of a row of weight zero.
template <class T>
static void silence(RowGroup<T>& group, int r) {
  for (std::int64_t i = 0; i < group.pitch; ++i) row_of(group, r)[i] = T(0);
  if (group.want_hess)
    for (std::int64_t i = 0; i < group.pitch; ++i) hess_of(group, r)[i] = T(0);
  group.scale[r] = group.rest[r] = T(1);
}

// The targets of row r's classes [first, first + n), dense or from its label, padded with zeros.
template <class T>
static void load_target(RowGroup<T>& group, int r, std::int64_t first, int n, double* t) {
  if (group.load_target == nullptr) {
    for (int i = 0; i < n; ++i) t[i] = 0.0;
    if (const std::int64_t at = group.label[r] - first; at >= 0 && at < n) t[at] = 1.0;
    return;
  }
  const std::int64_t left = group.classes - first;
  const int there = int(left < n ? left : n);
  group.load_target(group.target + r * group.target_step + first * group.target_stride, group.target_stride, t, there);
  for (int i = there; i < n; ++i) t[i] = 0.0;
  const double high = group.target_high;
  int outside = 0;
#pragma omp simd reduction(+ : outside)
  for (int i = 0; i < n; ++i) outside += (t[i] < 0.0) | (t[i] > high);
  group.bad_target |= outside != 0;
}

// Calls f(begin, n, t) for the runs of a row, with their targets.
template <class T, class F>
FASTLOSS_INLINE bool with_targets(RowGroup<T>& group, int r, F f) {
  alignas(64) double t[run_length];
  return in_pieces(group, [&](std::int64_t begin, int n) {
    for (int i = 0; i < n; i += run_length) {
      const int length = n - i < run_length ? n - i : run_length;
      load_target(group, r, begin + i, length, t);
      f(begin + i, length, t);
    }
  });
}

// The derivatives of a row of weight zero, whose targets are looked at all the same.
template <class T>
static void pass_over(RowGroup<T>& group, int r) {
  alignas(64) double t[run_length];
  for (std::int64_t first = 0; group.load_target != nullptr && first < group.pitch; first += run_length) {
    const std::int64_t left = group.pitch - first;
    load_target(group, r, first, int(left < run_length ? left : run_length), t);
  }
  if (group.want_grad) silence(group, r);
}

FASTLOSS_INLINE void multiply(double* c, const double* factor, std::int64_t first, int n) {
  if (factor == nullptr) return;
#pragma omp simd
  for (int i = 0; i < n; ++i) c[i] *= factor[first + i];
}

// A run of coefficients c_k = w_k alpha_k (t_k (1 - smoothing) + smoothing / C), zeros beyond the last class.
template <class T>
static void coefficients(RowGroup<T>& group, int r, std::int64_t first, int n, double* c) {
  load_target(group, r, first, n, c);
  const std::int64_t left = group.classes - first;
  const int there = int(left < n ? left : n);
  if (group.smoothing != 0.0) {
    const double keep = 1.0 - group.smoothing, share = group.smoothing / double(group.classes);
#pragma omp simd
    for (int i = 0; i < there; ++i) c[i] = fma(c[i], keep, share);
  }
  multiply(c, group.class_weight, first, there);
  multiply(c, group.class_scale, first, there);
}

// Whether any of `lanes` coefficients counts; a NaN does.
FASTLOSS_INLINE bool counts(const double* c) {
  int n = 0;
#pragma omp simd reduction(+ : n)
  for (int j = 0; j < lanes; ++j) n += c[j] != 0.0;
  return n != 0;
}

// sum_k t_k w_k: what a row with a dense target weighs.
template <class T>
static double mass_of(RowGroup<T>& group, int r) {
  alignas(64) double t[run_length];
  Lanes<double> mass;
  for (std::int64_t first = 0; first < group.pitch; first += run_length) {
    const std::int64_t left = group.pitch - first;
    const int n = int(left < run_length ? left : run_length);
    load_target(group, r, first, n, t);
    const int there = int(group.classes - first < n ? group.classes - first : n);
    multiply(t, group.class_weight, first, there);
    for (int i = 0; i < n; i += lanes) {
#pragma omp simd
      for (int j = 0; j < lanes; ++j) mass.add(j, t[i + j]);
    }
  }
  return double(mass.total());
}
template <class T>
static void masses(RowGroup<T>& group) noexcept {
  for (int r = 0; r < group.count; ++r) group.mass[r] = mass_of(group, r);
}

// What a row counts in a mean, before its sample weight: without class weights 1.
template <class T>
static double row_mass(RowGroup<T>& group, int r) {
  return group.load_target != nullptr && group.class_weight != nullptr ? mass_of(group, r) : group.mass[r];
}

}  // namespace fastloss::FASTLOSS_ISA
