// Rows of probabilities: every class on its own.
#pragma once

#include "rows/coefficients.h"
#include "rows/terms.h"

namespace fastloss::FASTLOSS_ISA {

template <class T, bool fine>
FASTLOSS_INLINE Probability<T> given(T p) {
  const Wide<T> wide = double(p), q = Wide<T>(1.0) - wide;
  const Wide<T> loss = fine ? -wide_log(wide) : Wide<T>(0.0 - double(log(p)));
  return {wide_select(p == T(0), Wide<T>(Format<double>::inf), loss), wide, q, q, 1.0};
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

template <bool bent, class Loss, class T>
static void probability_run(const Loss& loss, const Clip<T>& clip, T* row, T* hess, const double* c, double factor,
                            bool positive, Lanes<T>& value) {
#pragma omp simd
  for (int j = 0; j < lanes; ++j) {
    const Wide<T> p = double(row[j]), c_j = c[j];
    const double none = double(row[j]) * 0.0;
    const bool idle = c[j] == 0.0, impossible = row[j] == T(0);
    const Term<T> term = clip(loss, given<T, !Loss::linear>(row[j]));
    value.add(j, idle ? none : double(c_j * term.value));
    if constexpr (bent) {
      const double curve = double(c_j * term.curve / p / p),
                   steep = double(term.curve) == 0.0 ? 0.0 : Format<double>::inf;
      const double exact = impossible ? steep : curve, bend = positive ? max(exact, 0.0) : exact;
      hess[j] = T(idle ? none : bend * factor);
    }
    const double slope =
        impossible ? (double(term.slope) == 0.0 ? 0.0 : Format<double>::inf) : double(c_j * term.slope / p);
    row[j] = T(idle ? none : -(slope * factor));
  }
}

template <template <class> class Loss, class T>
static void probabilities(RowGroup<T>& group) noexcept {
  const Loss<T> loss(group.parameters);
  const Clip<T> clip(group.eps);
  alignas(64) double c[run_length];
  for (int r = group.first; r < group.last; ++r) {
    group.value[r] = 0.0;
    group.scale[r] = group.rest[r] = T(1);
    if (group.silent[r]) {
      if (group.want_grad) silence(group, r);
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
                  probability_run<true>(loss, clip, at, out, c + k, group.factor[r], group.positive, total);
              } else {
                if (!counts(c + k))
                  idle_run<false>(at, hess, total);
                else
                  probability_run<false>(loss, clip, at, hess, c + k, group.factor[r], group.positive, total);
              }
            }
          }
        }))
      return;
    group.value[r] = double(total.total());
  }
}

}  // namespace fastloss::FASTLOSS_ISA
