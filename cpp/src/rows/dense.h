// Rows of logits whose target spreads over the classes: labels with smoothing, probabilities, counts.
#pragma once

#include "rows/coefficients.h"
#include "rows/spike.h"
#include "rows/terms.h"

namespace fastloss::FASTLOSS_ISA {

template <bool first, class A, class B>
struct Choose {
  using type = A;
};
template <class A, class B>
struct Choose<false, A, B> {
  using type = B;
};

// Sums over the classes of one row.
template <class T, bool linear>
struct Totals {
  using Fine = typename Choose<linear, T, double>::type;
  Lanes<T> value;
  Lanes<Fine> push, pull;  // U = c slope, Psi = c (bend / q)
  bool any = false;        // whether any coefficient counts
};

// -log p = (peak - x) + log_sum: where the term is that, its weighted sum needs no probability.
template <class T>
static void linear_run(const T* row, const double* c, int n, T peak, Totals<T, true>& totals) {
  Lanes<T> value = totals.value, push = totals.push;
  for (int i = 0; i < n; i += lanes) {
    if (!counts(c + i)) continue;
    totals.any = true;
#pragma omp simd
    for (int j = 0; j < lanes; ++j) {
      const double x = double(row[i + j]), below = row[i + j] == peak ? 0.0 : double(peak) - x;
      value.add(j, c[i + j] == 0.0 ? 0.0 : c[i + j] * below);
      push.add(j, c[i + j]);
    }
  }
  totals.value = value;
  totals.push = push;
}

// Weighted derivatives of `lanes` terms: c slope and c bend / q, 0 where the coefficient is.
struct Weighted {
  alignas(64) double value[lanes], push[lanes], pull[lanes];
};

template <class Loss, class T>
FASTLOSS_INLINE void weigh_term(const Loss& loss, const Clip<T>& clip, const Softmax<T>& softmax, T x, double c,
                                double& value, double& push, double& pull) {
  const Probability<T> of = probability(softmax, x);
  const Term<T> term = clip(loss, of);
  const bool idle = c == 0.0, ends = idle | (double(of.q) == 0.0);
  const Wide<T> wide = c;
  const double bend = min(double(wide * term.bend / of.q), Format<double>::largest);
  value = idle ? 0.0 : double(wide * term.value);
  push = idle ? 0.0 : double(wide * term.slope);
  pull = ends ? 0.0 : bend;
}

template <class Loss, class T>
static void weigh_terms(const Loss& loss, const Clip<T>& clip, const Softmax<T>& softmax, const T* row, const double* c,
                        Weighted& out) {
#pragma omp simd
  for (int j = 0; j < lanes; ++j) weigh_term(loss, clip, softmax, row[j], c[j], out.value[j], out.push[j], out.pull[j]);
}

// dL/dz_j = p_j (U - c_j u_j) - (1 - p_j) c_j u_j and
// H_j = c_j psi_j (1 - p_j)^2 + p_j^2 (Psi - c_j psi_j) + p_j (1 - p_j) U, which keep their digits for a
// target in one class.
struct DenseDerivatives {
  double top, others, sum;  // top: the exponential at the peak, lifted
  DoubleDouble push, pull;
  double first, second;  // what first and second derivatives are multiplied by
  double second_push;    // second U
};

enum class Bend { none, exact, positive };

template <class T, bool lifted, Bend bend>
static void derive(T* row, T* hess, const Shift<T>& shift, const double* push, const double* pull,
                   const DenseDerivatives& d) {
#pragma omp simd
  for (int j = 0; j < lanes; ++j) {
    const double high = double(lifted ? row[j] : rounded_exp(row[j], shift)), e = high * Lift<T>::down;
    const double rest = high == d.top ? d.others : d.sum - e;
    if constexpr (bend == Bend::positive) hess[j] = T(high * (rest * d.second_push) * Lift<T>::down);
    if constexpr (bend == Bend::exact) {
      const double other_pull = (d.pull.hi - pull[j]) + d.pull.lo;
      const double mixed = high * fma(rest, d.second_push, e * (other_pull * d.second)) * Lift<T>::down;
      hess[j] = T(fma(pull[j] * (rest * rest), d.second, mixed));
    }
    const double other_push = (d.push.hi - push[j]) + d.push.lo;
    row[j] = T(fma(high * other_push, d.first * Lift<T>::down, -(rest * push[j] * d.first)));
  }
}

template <template <class> class Loss, class T, bool linear>
static bool dense_row(RowGroup<T>& group, int r, const Loss<T>& loss, const Clip<T>& clip) noexcept {
  T* row = row_of(group, r);
  alignas(64) double c[run_length];
  Weighted weighted;
  const auto runs = [&](std::int64_t begin, int n, auto&& work) {
    for (int i = 0; i < n; i += run_length) {
      const int length = n - i < run_length ? n - i : run_length;
      coefficients(group, r, begin + i, length, c);
      work(begin + i, length);
    }
  };

  const LogitRow<T> logits = logit_row(group, r, true);
  const T peak = logits.peak;
  Totals<T, linear> totals;
  if constexpr (linear) {
    if (!in_pieces(group, [&](std::int64_t begin, int n) {
          runs(begin, n, [&](std::int64_t at, int length) { linear_run(row + at, c, length, peak, totals); });
        }))
      return false;
  }
  Wide<T> others;
  if (!sum_exponentials < T, sizeof(T) == 8 || !linear, linear > (group, r, logits, others)) return false;
  const Softmax<T> softmax(peak, others, !linear);
  if constexpr (!linear) {
    if (!in_pieces(group, [&](std::int64_t begin, int n) {
          runs(begin, n, [&](std::int64_t at, int length) {
            for (int i = 0; i < length; i += lanes) {
              if (!counts(c + i)) continue;
              totals.any = true;
              weigh_terms(loss, clip, softmax, row + at + i, c + i, weighted);
              for (int j = 0; j < lanes; ++j) {
                totals.value.add(j, weighted.value[j]);
                totals.push.add(j, weighted.push[j]);
                totals.pull.add(j, weighted.pull[j]);
              }
            }
          });
        }))
      return false;
  }
  group.silent[r] |= !totals.any;
  if (group.silent[r]) return true;

  const DoubleDouble push = as_pair(totals.push.total()), pull = as_pair(totals.pull.total());
  Wide<T> value = totals.value.total();
  if constexpr (linear) value = value + totals.push.total() * softmax.log_sum;
  group.value[r] = double(value);
  if (!group.want_grad) return true;

  const Wide<T> first = Wide<T>(group.factor[r]) / softmax.sum;
  const DenseDerivatives d = {double(rounded_exp(peak, softmax.shift)),
                              double(softmax.others),
                              double(softmax.sum),
                              push,
                              pull,
                              double(first),
                              double(first / softmax.sum),
                              double(first / softmax.sum * Wide<T>(push.hi))};
  const double zeros[lanes] = {};
  T* hess = group.want_hess ? hess_of(group, r) : nullptr;
  return in_pieces(group, [&](std::int64_t begin, int n) {
    runs(begin, n, [&](std::int64_t at, int length) {
      for (int i = 0; i < length; i += lanes) {
        const double *slopes = linear ? c + i : zeros, *bends = zeros;
        if (!linear && counts(c + i)) {
          weigh_terms(loss, clip, softmax, row + at + i, c + i, weighted);
          slopes = weighted.push;
          bends = weighted.pull;
        }
        if (hess == nullptr)
          derive<T, linear, Bend::none>(row + at + i, nullptr, softmax.shift, slopes, bends, d);
        else if (group.positive)
          derive<T, linear, Bend::positive>(row + at + i, hess + at + i, softmax.shift, slopes, bends, d);
        else
          derive<T, linear, Bend::exact>(row + at + i, hess + at + i, softmax.shift, slopes, bends, d);
      }
    });
  });
}

template <template <class> class Loss, class T>
static void dense(RowGroup<T>& group) noexcept {
  const Loss<T> loss(group.parameters);
  const Clip<T> clip(group.eps);
  for (int r = group.first; r < group.last; ++r) {
    group.value[r] = 0.0;
    group.scale[r] = group.rest[r] = T(1);
    if (!group.silent[r]) {
      const bool linear = Loss<T>::linear && group.eps == 0.0;
      if (!(linear ? dense_row<Loss, T, Loss<T>::linear>(group, r, loss, clip)
                   : dense_row<Loss, T, false>(group, r, loss, clip)))
        return;
    }
    if (group.silent[r]) pass_over(group, r);
  }
}

}  // namespace fastloss::FASTLOSS_ISA
