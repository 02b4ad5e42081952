// Rows of scores that no softmax is taken of.
#pragma once

#include "rows/coefficients.h"

namespace fastloss::FASTLOSS_ISA {

template <class T>
FASTLOSS_INLINE double nan_of(T x) {
  return x == x ? 0.0 : Format<double>::nan;
}

// -sum_k w_k t_k x_k, x the logarithms of probabilities. A class without a share adds nothing, unless it is NaN.
template <class T>
static void likelihood_run(T* row, T* hess, const double* c, double factor, Lanes<T>& value) {
#pragma omp simd
  for (int j = 0; j < lanes; ++j) {
    const T x = row[j];
    const bool idle = c[j] == 0.0;
    const double none = nan_of(x);
    add_wide(value, j, wide_select(idle, Wide<T>(none), Wide<T>(0.0 - c[j]) * Wide<T>(double(x))));
    row[j] = T((idle ? 0.0 : 0.0 - c[j] * factor) + none);
    if (hess != nullptr) hess[j] = T(none);
  }
}

template <class T>
static void likelihood(RowGroup<T>& group) noexcept {
  alignas(64) double c[run_length];
  for (int r = group.first; r < group.last; ++r) {
    group.value[r] = 0.0;
    group.scale[r] = group.rest[r] = T(1);
    if (!group.silent[r]) {
      T *row = row_of(group, r), *hess = group.want_hess ? hess_of(group, r) : nullptr;
      Lanes<T> value;
      bool any = false;
      if (!in_pieces(group, [&](std::int64_t begin, int n) {
            for (int i = 0; i < n; i += run_length) {
              const int length = n - i < run_length ? n - i : run_length;
              coefficients(group, r, begin + i, length, c);
              for (int k = 0; k < length; k += lanes) {
                any |= counts(c + k);
                likelihood_run(row + begin + i + k, hess == nullptr ? hess : hess + begin + i + k, c + k,
                               group.factor[r], value);
              }
            }
          }))
        return;
      group.silent[r] = !any;
      if (any) group.value[r] = double(value.total());
    }
    if (group.silent[r]) pass_over(group, r);
  }
}

template <class T>
struct LogLikelihood {
  static constexpr RowKernel<T> kernels() { return {likelihood<T>, likelihood<T>}; }
};

template <class T>
static void margins(RowGroup<T>& group) noexcept;

// Weston and Watkins (1998), a margin to every other class: w_y / C sum_{j != y} max(0, margin - x_y + x_j)^p, p = 1
// or 2.
template <class T>
struct MultiMargin {
  FASTLOSS_TAKES(p, margin);
  bool squared;
  double margin;
  explicit FASTLOSS_INLINE_MEMBER MultiMargin(const double* p) : squared(p[At::p] == 2.0), margin(p[At::margin]) {}

  // What a row adds up over its classes: the loss, and minus the gradient of the class that is right, both still to be
  // multiplied by w_y / C.
  struct Sums {
    Lanes<T> value, slope;
    Lanes<float> count;  // of classes within the margin; NaN where one is
  };

  // By how much a class is within the margin; a score of -infinity never is.
  FASTLOSS_INLINE_MEMBER Wide<T> gap(T x, T right) const {
    const Wide<T> apart = (Wide<T>(double(x)) - Wide<T>(double(right))) + Wide<T>(margin);
    const bool outside = (double(apart) <= 0.0) | (x == -Format<T>::inf);
    return wide_select(outside, Wide<T>(0.0), apart);
  }

  FASTLOSS_INLINE_MEMBER void run(T* row, T* hess, T right, Wide<T> share, double factor, Sums& sums) const {
    Lanes<T> value = sums.value, slopes = sums.slope;
    Lanes<float> count = sums.count;
#pragma omp simd
    for (int j = 0; j < lanes; ++j) {
      const Wide<T> by = gap(row[j], right);
      const double inside = double(by) == 0.0 ? 0.0 : 1.0, bend = squared ? 2.0 * inside : 0.0,
                   none = nan_of(double(by));
      const Wide<T> slope = wide_select(squared, by + by, Wide<T>(inside + none));
      add_wide(value, j, wide_select(squared, (by * share) * by, by * share));
      add_wide(slopes, j, slope);
      count.add(j, inside + none);
      row[j] = T(double(slope * share) * factor);
      if (hess != nullptr) hess[j] = T(double(share) * bend * factor + none);
    }
    sums.value = value;
    sums.slope = slopes;
    sums.count = count;
  }

  static constexpr RowKernel<T> kernels() { return {margins<T>}; }
};

// The class that is right is set aside as one that is never within the margin.
template <class T>
static void margins(RowGroup<T>& group) noexcept {
  const MultiMargin<T> loss(group.parameters);
  for (int r = group.first; r < group.last; ++r) {
    group.value[r] = 0.0;
    group.scale[r] = group.rest[r] = T(1);
    const double weight = class_factor(group, group.label[r]);
    group.silent[r] |= weight == 0.0;
    if (group.silent[r]) {
      pass_over(group, r);
      continue;
    }
    T *row = row_of(group, r), *hess = group.want_hess ? hess_of(group, r) : nullptr;
    T& own = row[group.label[r]];
    const T right = own;
    own = -Format<T>::inf;
    const Wide<T> share = Wide<T>(weight) / Wide<T>(double(group.classes));
    const double factor = group.factor[r];
    typename MultiMargin<T>::Sums sums;
    if (!in_pieces(group, [&](std::int64_t begin, int n) {
          for (int i = 0; i < n; i += lanes)
            loss.run(row + begin + i, hess == nullptr ? hess : hess + begin + i, right, share, factor, sums);
        }))
      return;
    const double none = nan_of(right);
    group.value[r] = double(sums.value.total()) + none;
    own = T((0.0 - double(sums.slope.total() * share) * factor) + none);
    const double count = sums.count.total();
    if (hess != nullptr)
      hess[group.label[r]] =
          T(loss.squared ? double(Wide<T>(2.0 * count) * share) * factor + none : none + nan_of(count));
  }
}

}  // namespace fastloss::FASTLOSS_ISA
