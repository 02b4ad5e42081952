// Kullback and Leibler (1951): how far a row's probabilities p are from its target t.
#pragma once

#include "rows/dense.h"
#include "rows/scores.h"
#include "rows/tempered.h"

namespace fastloss::FASTLOSS_ISA {

// log(t / p) of numbers above 0, with all the digits of a ratio that is nearly 1. A quotient of floats in double leaves
// its range nowhere that counts; of doubles small ones are lifted out of the subnormals first.
FASTLOSS_INLINE double log_ratio(double t, float p) { return wide_log(t / double(p)); }
FASTLOSS_INLINE DoubleDouble log_ratio(double t, double p) {
  constexpr double small = 0x1p-500, up = 0x1p600, log_up = 0x1.9fe3682cd3be4p8, log_up_lo = 0x1.4aa84b6b3b125p-46;
  const double t_up = t < small ? 1.0 : 0.0, p_up = p < small ? 1.0 : 0.0, lifted = p_up - t_up;
  const double a = t < small ? t * up : t, b = p < small ? p * up : p;
  return wide_log(DoubleDouble(a) / DoubleDouble(b)) + DoubleDouble(lifted * log_up, lifted * log_up_lo);
}

// sum_k t_k (log t_k - log p_k), whose derivatives are those of the cross-entropy.
template <class T>
struct Divergence {
  FASTLOSS_TAKES(from_logits, temperature, reverse);
  Tempered<T> tempered;
  explicit FASTLOSS_INLINE_MEMBER Divergence(const double* p) : tempered(p[At::temperature]) {}

  // What each class adds beside t_k log sum_j e_j, and its share.
  FASTLOSS_INLINE_MEMBER void measure(const T* row, const double* t, T peak, Lanes<T>& value, Lanes<T>& mass) const {
    Lanes<T> sum = value, shares = mass;
#pragma omp simd
    for (int j = 0; j < lanes; ++j) {
      const Wide<T> below = tempered.below(row[j], peak);
      const Wide<T> term = Wide<T>(t[j]) * (Wide<T>(tempered.near) * log_share<T>(t[j]) + below);
      add_wide(sum, j, wide_select(t[j] == 0.0, Wide<T>(0.0), term));
      shares.add(j, t[j]);
    }
    value = sum;
    mass = shares;
  }

  // Puts the exponentials, lifted and rounded, in the place of the logits and sums them.
  FASTLOSS_INLINE_MEMBER void raise_to(T* row, T peak, Lanes<T>& others) const {
    Lanes<T> sum = others;
#pragma omp simd
    for (int j = 0; j < lanes; ++j) {
      const Wide<T> e = lifted_fall(tempered.fall(tempered.below(row[j], peak)));
      add_wide(sum, j, e);
      row[j] = T(double(e));
    }
    others = sum;
  }

  static constexpr RowKernel<T> kernels();
};

template <class T>
static bool divergence_row(RowGroup<T>& group, int r, const Divergence<T>& loss) noexcept {
  T* row = row_of(group, r);
  const T peak = largest(row, group.pitch);
  Lanes<T> values, masses, sum;
  if (!with_targets(group, r, [&](std::int64_t begin, int n, const double* t) {
        for (int i = 0; i < n; i += lanes) loss.measure(row + begin + i, t + i, peak, values, masses);
      }))
    return false;
  const std::int64_t at_peak = lay_aside(row, group.pitch, peak);
  if (!in_pieces(group, [&](std::int64_t begin, int n) {
        for (int i = 0; i < n; i += lanes) loss.raise_to(row + begin + i, peak, sum);
      }))
    return false;
  row[at_peak] = T(Lift<T>::up);

  const Wide<T> others = peak > -Format<T>::inf ? scaled(sum.total(), Lift<T>::down) : Wide<T>(Format<double>::nan);
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

// Of probabilities: every class on its own.
template <class T, bool reverse>
struct DivergenceOfClass {
  double temperature, reach;  // reach: of derivatives, with another temperature

  template <bool bent>
  FASTLOSS_INLINE_MEMBER void run(T* row, T* hess, const double* t, Lanes<T>& value) const {
    Lanes<T> sum = value;
#pragma omp simd
    for (int j = 0; j < lanes; ++j) {
      const T x = row[j];
      const Wide<T> p = double(x), share = t[j];
      const bool impossible = x == T(0), idle = t[j] == 0.0, either = reverse ? impossible : idle;
      const double none = nan_of(x) + nan_of(t[j]);
      const Wide<T> ratio = wide_select(impossible, Wide<T>(Format<double>::inf), log_ratio(t[j], x));
      const Wide<T> log = wide_select(idle, Wide<T>(-Format<double>::inf), ratio);
      const Wide<T> term = reverse ? Wide<T>(0.0) - p * log : share * log;
      add_wide(sum, j, wide_select(either, Wide<T>(none), term));
      const bool absent = idle & (impossible | !reverse);
      const double slope = reverse ? double(Wide<T>(1.0) - log) : -double(share / p);
      const double bend = reverse ? 1.0 / double(x) : double(share / p / p);
      if constexpr (bent) {
        const double end = impossible ? Format<double>::inf : bend;
        hess[j] = T((absent ? 0.0 : end * temperature * reach) + none);
      }
      const double end = impossible ? -Format<double>::inf : slope;
      row[j] = T((absent ? 0.0 : end * temperature * reach) + none);
    }
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
    const DivergenceOfClass<T, reverse> loss = {temperature, of.tempered.times(group.factor[r])};
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
