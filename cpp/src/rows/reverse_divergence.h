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

  // g = log e - log t, where a share of 0 counts as 1.
  static FASTLOSS_INLINE_MEMBER Wide<T> against(Wide<T> fall, double t, double given) {
    return Wide<T>(0.0) - (fall + scaled(wide_log(Wide<T>(t)), given));
  }

  FASTLOSS_INLINE_MEMBER void measure(T x, double t, T peak, int j, Sums& sums) const {
    const Wide<T> below = tempered.below(x, peak), fall = tempered.fall(below), e = lifted_fall(fall);
    const double possible = one_if(double(below) < Format<double>::inf), given = 1.0 - one_if(t == 0.0);
    add_wide(sums.exponentials, j, e);
    add_wide(sums.mixed, j, e * against(fall, t, given));
    sums.shared.add(j, possible * given);
    sums.alone.add(j, possible * (1.0 - given));
  }
  FASTLOSS_INLINE_MEMBER void measure_run(const T* row, const double* t, T peak, Sums& of) const {
    Sums sums = of;
#pragma omp simd
    for (int j = 0; j < lanes; ++j) measure(row[j], t[j], peak, j, sums);
    of = sums;
  }

  // What the derivatives of one class are made from. Where t = 0 < p the row is infinite; so are the derivatives, in
  // the direction that takes probability away from such classes, unless there are no others.
  struct Row {
    T peak;
    Wide<T> mixed, all;  // sums over all classes, not lifted
    Lowered first, second;
    double factor, any_shared, any_alone, low;

    FASTLOSS_INLINE_MEMBER double ends(double given) const { return (1.0 - given) * any_shared - given * any_alone; }
    // How a Hessian follows a gradient without end: by the sign of 1 - 2 p.
    static FASTLOSS_INLINE_MEMBER double way(Wide<T> turn) {
      return one_if(double(turn) > 0.0) - one_if(double(turn) < 0.0);
    }
  };

  template <bool bent>
  FASTLOSS_INLINE_MEMBER void derive(T& x, T* hess, double t, const Row& of) const {
    const Wide<T> below = tempered.below(x, of.peak), fall = tempered.fall(below), lifted = lifted_fall(fall);
    const Wide<T> e = scaled(lifted, Lift<T>::down), rest = of.all - e;
    const double high = double(lifted), given = 1.0 - one_if(t == 0.0);
    const double ends = one_if(double(below) < Format<double>::inf) * of.ends(given);
    const Wide<T> g = against(fall, t, given), apart = g * rest - (of.mixed - g * e);
    if constexpr (bent) {
      const Wide<T> turn = rest - e;
      const double curve = double(turn * (apart / of.all) + rest) + endless(ends * of.way(turn));
      *hess = T((high + ends * ends) * (max(curve, of.low) * of.second.factor) * of.second.rest);
    }
    x = T(high * (double(apart) * of.first.factor) * of.first.rest + endless(ends) * of.factor);
  }
  template <bool bent>
  FASTLOSS_INLINE_MEMBER void derive_run(T* row, T* hess, const double* t, const Row& of) const {
#pragma omp simd
    for (int j = 0; j < lanes; ++j) derive<bent>(row[j], bent ? hess + j : nullptr, t[j], of);
  }

  static constexpr RowKernel<T> kernels();
};

template <class T>
static bool reverse_row(RowGroup<T>& group, int r, const ReverseDivergence<T>& loss) noexcept {
  using W = Wide<T>;
  T* row = row_of(group, r);
  const T peak = peak_of(row, group.pitch);
  const std::int64_t at_peak = lay_aside(row, group.pitch, peak);
  typename ReverseDivergence<T>::Sums sums;
  if (!with_targets(group, r, [&](std::int64_t begin, int n, const double* t) {
        for (int i = 0; i < n; i += lanes) loss.measure_run(row + begin + i, t + i, peak, sums);
      }))
    return false;
  double own = 0.0;
  if (at_peak < group.classes) load_target(group, r, at_peak, 1, &own);
  const double given = 1.0 - one_if(own == 0.0), any_alone = one_if(sums.alone.total() + (1.0 - given) > 0.0),
               any_shared = one_if(sums.shared.total() + given > 0.0), temperature = loss.tempered.temperature;
  const W own_g = loss.against(W(0.0), own, given), lifted_others = sums.exponentials.total();
  const W lifted_mixed = sums.mixed.total(), others = scaled(lifted_others, Lift<T>::down), all = W(1.0) + others;
  const W mixed = own_g + scaled(lifted_mixed, Lift<T>::down);
  group.value[r] = double(mixed / all - wide_log1p(others)) * temperature * temperature + endless(any_alone);
  if (!group.want_grad) return true;

  const double factor = group.factor[r];
  const W square = all * all;
  const typename ReverseDivergence<T>::Row of = {.peak = peak,
                                                 .mixed = mixed,
                                                 .all = all,
                                                 .first = lowered<T>(double(W(loss.tempered.times(factor)) / square)),
                                                 .second = lowered<T>(double(W(factor) / square)),
                                                 .factor = factor,
                                                 .any_shared = any_shared,
                                                 .any_alone = any_alone,
                                                 .low = group.positive ? 0.0 : -Format<double>::inf};
  T* hess = group.want_hess ? hess_of(group, r) : nullptr;
  if (!with_targets(group, r, [&](std::int64_t begin, int n, const double* t) {
        for (int i = 0; i < n; i += lanes) {
          T* at = row + begin + i;
          if (hess == nullptr)
            loss.template derive_run<false>(at, nullptr, t + i, of);
          else
            loss.template derive_run<true>(at, hess + begin + i, t + i, of);
        }
      }))
    return false;
  // The class at the peak, from sums over the others.
  const W apart = own_g * lifted_others - lifted_mixed, turn = others - W(1.0);
  row[at_peak] = T(double(apart) * of.first.factor * of.first.rest + endless(of.ends(given)) * factor);
  if (hess != nullptr) {
    const double curve = double(turn * (apart / all) + lifted_others) + endless(of.ends(given) * of.way(turn));
    hess[at_peak] = T(max(curve, of.low) * of.second.factor * of.second.rest);
  }
  return true;
}

template <class T>
constexpr RowKernel<T> ReverseDivergence<T>::kernels() {
  return {nullptr, each_row<ReverseDivergence<T>, T, reverse_row<T>>, divergence_of_probabilities<T, true>};
}

}  // namespace fastloss::FASTLOSS_ISA
