// Rows of probabilities: every class on its own.
#pragma once

#include "rows/coefficients.h"
#include "rows/terms.h"

namespace fastloss::FASTLOSS_ISA {

template <class T, bool fine>
FASTLOSS_INLINE Probability<T> given(T p) {
  const Wide<T> loss = fine ? -wide_log(Wide<T>(double(p))) : Wide<T>(0.0 - double(log(p)));
  return {wide_select(p == T(0), Wide<T>(Format<double>::inf), loss), double(p), Wide<T>(1.0) - Wide<T>(double(p)),
          Wide<T>(1.0) - Wide<T>(double(p)), 1.0};
}

// A class that does not count adds nothing, unless it is NaN.
template <bool bent, class T>
static void idle_run(T* row, T* hess, Lanes<T>& value) {
#pragma omp simd
  for (int j = 0; j < lanes; ++j) {
    row[j] *= T(0);
    value.add(j, double(row[j]));
    if constexpr (bent) hess[j] = row[j];
  }
}

// A term's derivatives at p = 0; a loss that is clipped is flat there.
struct AtZero {
  double slope, curve;
};

// The value of one class, its derivatives put in place.
template <bool bent, class Loss, class T>
FASTLOSS_INLINE double weigh_probability(const Loss& loss, const Clip<T>& clip, AtZero at_zero, T* row, T* hess,
                                         double c, double factor, bool positive) {
  const T x = *row;
  const Wide<T> p = double(x), wide = c;
  const double none = double(x) * 0.0;
  const bool idle = c == 0.0, impossible = x == T(0);
  const Probability<T> of = given<T, !Loss::linear>(x);
  const Term<T> term = clip(loss, of);
  if constexpr (bent) {
    const double curve = double(wide * term.curve / p / p), end = c * at_zero.curve;
    const double exact = impossible ? end : curve, bend = max(exact, positive ? 0.0 : -Format<double>::inf);
    *hess = T(idle ? none : bend * factor);
  }
  const double end = c * at_zero.slope, slope = impossible ? end : double(wide * term.slope / p);
  *row = T(idle ? none : -(slope * factor));
  return idle ? none : double(wide * term.value);
}

template <bool bent, class Loss, class T>
static void probability_run(const Loss& loss, const Clip<T>& clip, AtZero at_zero, T* row, T* hess, const double* c,
                            double factor, bool positive, Lanes<T>& value) {
#pragma omp simd
  for (int j = 0; j < lanes; ++j)
    value.add(j,
              weigh_probability<bent>(loss, clip, at_zero, row + j, bent ? hess + j : nullptr, c[j], factor, positive));
}

template <template <class> class Loss, class T>
static void probabilities(RowGroup<T>& group) noexcept {
  const Loss<T> loss(group.parameters);
  const Clip<T> clip(group.eps);
  const bool clipped = clip.eps > 0.0;
  const AtZero at_zero = {clipped ? 0.0 : loss.slope_at_zero, clipped ? 0.0 : loss.curve_at_zero};
  alignas(64) double c[run_length];
  for (int r = group.first; r < group.last; ++r) {
    group.value[r] = 0.0;
    group.scale[r] = group.rest[r] = T(1);
    if (group.silent[r]) {
      pass_over(group, r);
      continue;
    }
    T *row = row_of(group, r), *hess = group.want_hess ? hess_of(group, r) : nullptr;
    Lanes<T> total;
    if (!in_pieces(group, [&](std::int64_t begin, int n) {
          for (int i = 0; i < n; i += run_length) {
            const int length = n - i < run_length ? n - i : run_length;
            coefficients(group, r, begin + i, length, c);
            for (int k = 0; k < length; k += lanes) {
              T* at = row + begin + i + k;
              if (hess != nullptr) {
                T* out = hess + begin + i + k;
                if (!counts(c + k))
                  idle_run<true>(at, out, total);
                else
                  probability_run<true>(loss, clip, at_zero, at, out, c + k, group.factor[r], group.positive, total);
              } else {
                if (!counts(c + k))
                  idle_run<false>(at, hess, total);
                else
                  probability_run<false>(loss, clip, at_zero, at, hess, c + k, group.factor[r], group.positive, total);
              }
            }
          }
        }))
      return;
    group.value[r] = double(total.total());
  }
}

}  // namespace fastloss::FASTLOSS_ISA
