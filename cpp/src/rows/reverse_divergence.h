// The divergence of Kullback and Leibler the other way round: how far a row's target t is from its probabilities p.
#pragma once

#include "rows/divergence.h"

namespace fastloss::FASTLOSS_ISA {

// sum_k p_k (log p_k - log t_k).
template <class T>
struct ReverseDivergence {
  FASTLOSS_TAKES(from_logits, temperature, reverse);
  Tempered<T> tempered;
  explicit FASTLOSS_INLINE_MEMBER ReverseDivergence(const double* p) : tempered(p[At::temperature]) {}

  // Sums over a row's classes but the one at the peak: of the exponentials e, lifted, of e g with
  // g = log e - log t, and the classes of a probability: of a share above 0, and of none.
  struct Sums {
    Lanes<T> exponentials, mixed;
    Lanes<float> shared, alone;
  };

  FASTLOSS_INLINE_MEMBER void measure(const T* row, const double* t, T peak, Sums& sums) const {
    Lanes<T> exponentials = sums.exponentials, mixed = sums.mixed;
    Lanes<float> shared = sums.shared, alone = sums.alone;
#pragma omp simd
    for (int j = 0; j < lanes; ++j) {
      const Wide<T> below = tempered.below(row[j], peak), fall = tempered.fall(below), e = lifted_fall(fall);
      const Wide<T> part = e * (Wide<T>(0.0) - (fall + log_share<T>(t[j])));
      const double possible = double(below) < Format<double>::inf ? 1.0 : 0.0, given = t[j] == 0.0 ? 0.0 : 1.0;
      add_wide(exponentials, j, e);
      add_wide(mixed, j, wide_select(double(e) == 0.0, Wide<T>(nan_of(t[j])), part));
      shared.add(j, possible * given);
      alone.add(j, possible * (1.0 - given));
    }
    sums.exponentials = exponentials;
    sums.mixed = mixed;
    sums.shared = shared;
    sums.alone = alone;
  }

  // What the derivatives of one class are made from. Where t = 0 < p the row is infinite; so are the derivatives,
  // in the direction that takes probability away from such classes, unless there are no others.
  struct Row {
    T peak;
    Wide<T> mixed, all;  // sums over all classes, not lifted
    Lowered first, second;
    double factor;
    double if_shared, if_alone, low;
  };

  template <bool bent>
  FASTLOSS_INLINE_MEMBER void derive(T* row, T* hess, const double* t, const Row& of) const {
#pragma omp simd
    for (int j = 0; j < lanes; ++j) {
      const Wide<T> below = tempered.below(row[j], of.peak), fall = tempered.fall(below), lifted = lifted_fall(fall);
      const Wide<T> e = scaled(lifted, Lift<T>::down), rest = of.all - e;
      const bool gone = double(lifted) == 0.0;
      const Wide<T> g = wide_select(gone, Wide<T>(nan_of(t[j])), Wide<T>(0.0) - (fall + log_share<T>(t[j])));
      const Wide<T> apart = g * rest - (of.mixed - g * e);
      const double high = double(lifted), end = t[j] == 0.0 ? of.if_alone : of.if_shared,
                   ends = double(below) < Format<double>::inf ? end : 0.0;
      if constexpr (bent) {
        const Wide<T> turn = rest - e;
        const double way = double(turn) == 0.0 ? 0.0 : ends * double(turn);
        const double curve = high * (double(turn * (apart / of.all) + rest) * of.second.factor) * of.second.rest;
        hess[j] = T(max(curve + way * of.factor, of.low));
      }
      row[j] = T(high * (double(apart) * of.first.factor) * of.first.rest + ends * of.factor);
    }
  }

  static constexpr RowKernel<T> kernels();
};

template <class T>
static bool reverse_row(RowGroup<T>& group, int r, const ReverseDivergence<T>& loss) noexcept {
  using W = Wide<T>;
  T* row = row_of(group, r);
  const T peak = largest(row, group.pitch);
  const std::int64_t at_peak = lay_aside(row, group.pitch, peak);
  typename ReverseDivergence<T>::Sums sums;
  if (!with_targets(group, r, [&](std::int64_t begin, int n, const double* t) {
        for (int i = 0; i < n; i += lanes) loss.measure(row + begin + i, t + i, peak, sums);
      }))
    return false;
  double own = 0.0;
  if (at_peak < group.classes) load_target(group, r, at_peak, 1, &own);
  const bool own_alone = own == 0.0;
  const bool any_shared = sums.shared.total() > 0.0 || !own_alone, any_alone = sums.alone.total() > 0.0 || own_alone;
  const double inf = Format<double>::inf, temperature = loss.tempered.temperature;
  const W own_g = W(0.0) - log_share<T>(own),
          lifted_others = peak > -Format<T>::inf ? W(sums.exponentials.total()) : W(Format<double>::nan);
  const W lifted_mixed = sums.mixed.total(), others = scaled(lifted_others, Lift<T>::down), all = W(1.0) + others;
  const W mixed = own_g + scaled(lifted_mixed, Lift<T>::down);
  group.value[r] = double(mixed / all - wide_log1p(others)) * temperature * temperature + (any_alone ? inf : 0.0);
  if (!group.want_grad) return true;

  const double factor = group.factor[r];
  const W square = all * all;
  const typename ReverseDivergence<T>::Row of = {.peak = peak,
                                                 .mixed = mixed,
                                                 .all = all,
                                                 .first = lowered<T>(double(W(loss.tempered.times(factor)) / square)),
                                                 .second = lowered<T>(double(W(factor) / square)),
                                                 .factor = factor,
                                                 .if_shared = any_alone ? -inf : 0.0,
                                                 .if_alone = any_shared ? inf : 0.0,
                                                 .low = group.positive ? 0.0 : -inf};
  T* hess = group.want_hess ? hess_of(group, r) : nullptr;
  if (!with_targets(group, r, [&](std::int64_t begin, int n, const double* t) {
        for (int i = 0; i < n; i += lanes) {
          T* at = row + begin + i;
          if (hess == nullptr)
            loss.template derive<false>(at, nullptr, t + i, of);
          else
            loss.template derive<true>(at, hess + begin + i, t + i, of);
        }
      }))
    return false;
  // The class at the peak, from sums over the others.
  const W apart = own_g * lifted_others - lifted_mixed, turn = others - W(1.0);
  const double ends = own_alone ? of.if_alone : of.if_shared, way = double(turn) == 0.0 ? 0.0 : ends * double(turn);
  row[at_peak] = T(double(apart) * of.first.factor * of.first.rest + ends * factor);
  if (hess != nullptr) {
    const double curve = double(turn * (apart / all) + lifted_others) * of.second.factor * of.second.rest;
    hess[at_peak] = T(max(curve + way * factor, of.low));
  }
  return true;
}

template <class T>
constexpr RowKernel<T> ReverseDivergence<T>::kernels() {
  return {nullptr, each_row<ReverseDivergence<T>, T, reverse_row<T>>, divergence_of_probabilities<T, true>};
}

}  // namespace fastloss::FASTLOSS_ISA
