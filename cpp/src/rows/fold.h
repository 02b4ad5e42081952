// A fold: the mean over a row's classes of what is worked out for each alone.
#pragma once

#include "rows/coefficients.h"

namespace fastloss::FASTLOSS_ISA {

// What a class adds to its row and the derivatives of that, weighted, but for the division by the number of classes.
template <class T>
struct Part {
  T value, grad, hess;
};

// Weights so far from 1 that T has no room for them beside a loss: they multiply what a weight of 1 gives. All others
// are part of the loss, where what is too small for T is rounded once.
template <class T>
FASTLOSS_INLINE bool is_far(double weight) {
  constexpr double room = sizeof(T) == 4 ? 0x1p64 : 0x1p512;
  return (weight > room) | ((weight < 1 / room) & (weight > 0.0));
}

// `lanes` classes; what `begin` answered for them is in `first` and `second`.
template <class Loss, class T>
FASTLOSS_INLINE void fold_lanes(const Loss& loss, T* row, T* hess, const T* first, const T* second, const double* t,
                                const double* weight, Wide<T> share, double factor, Lanes<T>& value) {
#pragma omp simd
  for (int j = 0; j < lanes; ++j) {
    const bool far = is_far<T>(weight[j]);
    const Part<T> part = loss(row[j], Begun<T>{first[j], second[j]}, t[j], far ? 1.0 : weight[j]);
    const Wide<T> by = wide_select(far, share * Wide<T>(weight[j]), share);
    add_wide(value, j, Wide<T>(double(part.value)) * by);
    row[j] = T(double(Wide<T>(double(part.grad)) * by) * factor) + T(0);  // a zero is +0
    if (hess != nullptr) hess[j] = T(double(Wide<T>(double(part.hess)) * by) * factor);
  }
}

// A run of classes. What needs the score alone gets a loop of its own, as in pointwise losses.
template <class Loss, class T>
static void fold_run(const Loss& loss, T* row, T* hess, int n, const double* t, const double* weight, Wide<T> share,
                     double factor, Lanes<T>& value) {
  alignas(64) T first[run_length], second[run_length];
  for (int i = 0; i < n; i += lanes) {
#pragma omp simd
    for (int j = i; j < i + lanes; ++j) {
      const Begun<T> begun = loss.begin(row[j]);
      first[j] = begun.first, second[j] = begun.second;
    }
  }
  Lanes<T> sum = value;
  for (int i = 0; i < n; i += lanes)
    fold_lanes(loss, row + i, hess == nullptr ? hess : hess + i, first + i, second + i, t + i, weight + i, share,
               factor, sum);
  value = sum;
}

// The weights of the classes [first, first + n), zeros beyond the last.
template <class T>
static void class_factors(const RowGroup<T>& group, std::int64_t first, int n, double* weight) {
  const std::int64_t left = group.classes - first;
  const int there = int(left < n ? left : n);
  for (int i = 0; i < n; ++i) weight[i] = i < there ? 1.0 : 0.0;
  multiply(weight, group.class_weight, first, there);
  multiply(weight, group.class_scale, first, there);
}

// The kernel of a loss with `begin(x)` and `operator()(x, begun, t, weight)`, which answers a Part. Of weight 0 that is
// 0, unless there is a NaN; so is the padding.
template <template <class> class Loss, class T>
static void fold(RowGroup<T>& group) noexcept {
  const Loss<T> loss(group.parameters);
  const Wide<T> share = Wide<T>(1.0) / Wide<T>(double(group.classes));
  alignas(64) double weight[run_length];
  for (int r = group.first; r < group.last; ++r) {
    group.value[r] = 0.0;
    group.scale[r] = group.rest[r] = T(1);
    if (group.silent[r]) {
      pass_over(group, r);
      continue;
    }
    T *row = row_of(group, r), *hess = group.want_hess ? hess_of(group, r) : nullptr;
    Lanes<T> value;
    if (!with_targets(group, r, [&](std::int64_t begin, int n, const double* t) {
          class_factors(group, begin, n, weight);
          fold_run(loss, row + begin, hess == nullptr ? hess : hess + begin, n, t, weight, share, group.factor[r],
                   value);
        }))
      return;
    group.value[r] = double(value.total());
  }
}

}  // namespace fastloss::FASTLOSS_ISA
