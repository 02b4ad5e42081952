// Kullback and Leibler (1951): how far a row's probabilities p are from its target t.
#pragma once

#include "rows/dense.h"
#include "rows/scores.h"
#include "rows/tempered.h"

namespace fastloss::FASTLOSS_ISA {

// log(t / p), with all the digits of a ratio that is nearly 1; of a 0 something finite. A quotient of floats in double
// leaves its range nowhere that counts; of doubles small ones are lifted out of the subnormals first.
FASTLOSS_INLINE double log_ratio(double t, float p) { return wide_log(t / (double(p) + one_if(p == 0.f))); }
FASTLOSS_INLINE DoubleDouble log_ratio(double t, double p) {
  constexpr double small = 0x1p-500, up = 0x1p600, log_up = 0x1.9fe3682cd3be4p8, log_up_lo = 0x1.4aa84b6b3b125p-46;
  const double t_up = one_if(t < small), p_up = one_if(p < small), lifted = p_up - t_up;
  const DoubleDouble a = t * fma(t_up, up, 1.0), b = p * fma(p_up, up, 1.0) + one_if(p == 0.0);
  return wide_log(a / b) + DoubleDouble(lifted * log_up, lifted * log_up_lo);
}

// sum_k t_k (log t_k - log p_k), whose derivatives are those of the cross-entropy.
template <class T>
struct Divergence {
  FASTLOSS_TAKES(from_logits, temperature, reverse);
  Tempered<T> tempered;
  explicit FASTLOSS_INLINE_MEMBER Divergence(const double* p) : tempered(p[At::temperature]) {}

  // What a class adds beside t log sum_j e_j, and its share.
  FASTLOSS_INLINE_MEMBER void measure(T x, double t, T peak, int j, Lanes<T>& value, Lanes<T>& mass) const {
    const Wide<T> below = tempered.below(x, peak);
    const Wide<T> term = Wide<T>(t) * (Wide<T>(tempered.near) * wide_log(Wide<T>(t)) + below);
    add_wide(value, j, wide_select(t == 0.0, Wide<T>(0.0), term));
    mass.add(j, t);
  }
  FASTLOSS_INLINE_MEMBER void measure_run(const T* row, const double* t, T peak, Lanes<T>& value,
                                          Lanes<T>& mass) const {
    Lanes<T> sum = value, shares = mass;
#pragma omp simd
    for (int j = 0; j < lanes; ++j) measure(row[j], t[j], peak, j, sum, shares);
    value = sum;
    mass = shares;
  }

  // Puts the exponentials, lifted and rounded, in the place of the logits and sums them.
  FASTLOSS_INLINE_MEMBER void raise_to(T& x, T peak, int j, Lanes<T>& others) const {
    const Wide<T> e = lifted_fall(tempered.fall(tempered.below(x, peak)));
    add_wide(others, j, e);
    x = T(double(e));
  }
  FASTLOSS_INLINE_MEMBER void raise_run(T* row, T peak, Lanes<T>& others) const {
    Lanes<T> sum = others;
#pragma omp simd
    for (int j = 0; j < lanes; ++j) raise_to(row[j], peak, j, sum);
    others = sum;
  }

  static constexpr RowKernel<T> kernels();
};

template <class T>
static bool divergence_row(RowGroup<T>& group, int r, const Divergence<T>& loss) noexcept {
  T* row = row_of(group, r);
  const T peak = peak_of(row, group.pitch);
  Lanes<T> values, masses, sum;
  if (!with_targets(group, r, [&](std::int64_t begin, int n, const double* t) {
        for (int i = 0; i < n; i += lanes) loss.measure_run(row + begin + i, t + i, peak, values, masses);
      }))
    return false;
  const std::int64_t at_peak = lay_aside(row, group.pitch, peak);
  if (!in_pieces(group, [&](std::int64_t begin, int n) {
        for (int i = 0; i < n; i += lanes) loss.raise_run(row + begin + i, peak, sum);
      }))
    return false;
  row[at_peak] = T(Lift<T>::up);

  const Wide<T> others = scaled(sum.total(), Lift<T>::down);
  const Wide<T> all = Wide<T>(1.0) + others, mass = masses.total();
  const Wide<T> value = values.total() + mass * (Wide<T>(loss.tempered.near) * wide_log1p(others));
  group.value[r] = double(value) * loss.tempered.temperature * loss.tempered.far;
  if (!group.want_grad) return true;

  const double factor = group.factor[r];
  const double reach = loss.tempered.times(factor);
  const bool tiny = sizeof(T) == 8 && abs(reach) < 0x1p-600;  // lifted, too, until the gradient is stored
  group.scale[r] = tiny ? T(Lift<T>::down) : T(1);
  const Wide<T> first = Wide<T>(tiny ? reach * Lift<T>::up : reach) / all;
  const DenseDerivatives d = {.top = Lift<T>::up,
                              .others = double(others),
                              .sum = double(all),
                              .push = as_pair(mass),
                              .pull = 0.0,
                              .first = double(first),
                              .second = 0.0,
                              .second_push = double(Wide<T>(factor) / all / all * mass)};
  T* hess = group.want_hess ? hess_of(group, r) : nullptr;
  const double zeros[lanes] = {};
  return with_targets(group, r, [&](std::int64_t begin, int n, const double* t) {
    const Shift<T> none(T(0));
    for (int i = 0; i < n; i += lanes) {
      T* at = row + begin + i;
      if (hess == nullptr)
        derive<T, true, Bend::none>(at, nullptr, none, t + i, zeros, d);
      else
        derive<T, true, Bend::positive>(at, hess + begin + i, none, t + i, zeros, d);
    }
  });
}

// Of probabilities: every class on its own. Where one of t and p is 0 a derivative may be infinite; where both are, all
// is 0.
template <class T, bool reverse>
struct DivergenceOfClass {
  double temperature, factor, reach;  // reach: the temperature times the factor of derivatives

  template <bool bent>
  FASTLOSS_INLINE_MEMBER void one(T& x, T* hess, double t, int j, Lanes<T>& value) const {
    const double no_p = one_if(x == T(0)), no_t = one_if(t == 0.0);
    const double only_t = no_p - no_p * no_t, only_p = no_t - no_p * no_t, some = 1.0 - no_p * no_t;
    const Wide<T> p = double(x), above = double(x) + no_p, share = t;
    const Wide<T> log = log_ratio(t, x), term = reverse ? Wide<T>(0.0) - p * log : share * log;
    add_wide(value, j, term);
    value.add(j, endless(reverse ? only_p : only_t));
    if constexpr (bent) {
      const double bend = double(reverse ? Wide<T>(1.0) / above : share / above / above);
      *hess = T(some * bend * temperature * reach + endless(only_t) * factor + nan_of(t));
    }
    const double slope = double(reverse ? Wide<T>(1.0) - log : Wide<T>(0.0) - share / above);
    const double end = reverse ? only_p - only_t : 0.0 - only_t;
    x = T(some * slope * temperature * reach + endless(end) * factor);
  }
  template <bool bent>
  FASTLOSS_INLINE_MEMBER void run(T* row, T* hess, const double* t, Lanes<T>& value) const {
    Lanes<T> sum = value;
#pragma omp simd
    for (int j = 0; j < lanes; ++j) one<bent>(row[j], bent ? hess + j : nullptr, t[j], j, sum);
    value = sum;
  }
};

template <class T, bool reverse>
static void divergence_of_probabilities(RowGroup<T>& group) noexcept {
  const Divergence<T> of(group.parameters);
  const double temperature = of.tempered.temperature;
  for (int r = group.first; r < group.last; ++r) {
    group.value[r] = 0.0;
    group.scale[r] = group.rest[r] = T(1);
    if (group.silent[r]) {
      pass_over(group, r);
      continue;
    }
    T *row = row_of(group, r), *hess = group.want_hess ? hess_of(group, r) : nullptr;
    const DivergenceOfClass<T, reverse> loss = {temperature, group.factor[r], of.tempered.times(group.factor[r])};
    Lanes<T> total;
    if (!with_targets(group, r, [&](std::int64_t begin, int n, const double* t) {
          for (int i = 0; i < n; i += lanes) {
            T* at = row + begin + i;
            if (hess == nullptr)
              loss.template run<false>(at, nullptr, t + i, total);
            else
              loss.template run<true>(at, hess + begin + i, t + i, total);
          }
        }))
      return;
    group.value[r] = double(total.total()) * temperature * temperature;
  }
}

template <class T>
constexpr RowKernel<T> Divergence<T>::kernels() {
  return {nullptr, each_row<Divergence<T>, T, divergence_row<T>>, divergence_of_probabilities<T, false>};
}

}  // namespace fastloss::FASTLOSS_ISA
