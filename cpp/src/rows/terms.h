// What one class adds to a row's loss: f(p), p its probability. A term says of itself:
//   linear: it is -log p, whose weighted sum over a row needs no probability;
//   slope_at_zero, curve_at_zero: -f' and f'' at p = 0, where slope / p and curve / p^2 have no value.
#pragma once

#include "block/takes.h"
#include "rows/softmax.h"

namespace fastloss::FASTLOSS_ISA {

// f, slope = -p f', bend = -(1 - p) p slope', curve = p^2 f''.
template <class T>
struct Term {
  Wide<T> value, slope, bend, curve;
};

// f = -log p
template <class T>
struct CrossEntropy {
  static constexpr bool linear = true;
  static constexpr double slope_at_zero = Format<double>::inf, curve_at_zero = Format<double>::inf;
  explicit FASTLOSS_INLINE_MEMBER CrossEntropy(const double*) {}
  FASTLOSS_INLINE_MEMBER Term<T> operator()(const Probability<T>& of) const { return {of.loss, 1.0, 0.0, 1.0}; }
};

// Lin et al. (2017): f = (1 - p)^gamma (-log p), gamma > 0. Where q = 1 - p vanishes, p (-log p) / q is 1.
template <class T>
struct Focal {
  static constexpr bool linear = false;
  static constexpr double slope_at_zero = Format<double>::inf, curve_at_zero = Format<double>::inf;
  FASTLOSS_TAKES(gamma);
  double gamma, at_one;  // at_one: q^(gamma - 1) for q = 0
  explicit FASTLOSS_INLINE_MEMBER Focal(const double* p)
      : gamma(p[At::gamma]),
        at_one(p[At::gamma] > 1.0    ? 0.0
               : p[At::gamma] == 1.0 ? 1.0
                                     : Format<double>::inf) {}
  FASTLOSS_INLINE_MEMBER Term<T> operator()(const Probability<T>& of) const {
    using W = Wide<T>;
    const W p = of.p, q = of.q, g = gamma, g_less = W(gamma) - W(1.0);
    const bool certain = double(q) == 0.0, impossible = double(p) == 0.0;
    const W power = wide_select(certain, W(0.0), wide_exp(g * wide_log(q)));
    const W less = wide_select(certain, W(at_one), power / q);
    const W pl = wide_select(impossible, W(0.0), p * of.loss), ratio = wide_select(certain, W(1.0), pl / q);
    const W twice = W(2.0) * p, mixed = g_less * (p * ratio);
    return {power * of.loss, power * (W(1.0) + g * ratio), g * power * (twice - pl + mixed),
            less * (q + g * (twice + mixed))};
  }
};

// Probabilities kept within [eps, 1 - eps]: beyond, the loss is constant.
template <class T>
struct Clip {
  using W = Wide<T>;
  double eps = -1.0;
  W low = 0.0, high = Format<double>::inf;
  explicit FASTLOSS_INLINE_MEMBER Clip(double bound) {
    if (bound > 0.0) {
      eps = bound;
      low = W(0.0) - wide_log1p(W(-bound));  // 0 of the smallest bounds, by no compiler -0
      high = -wide_log(W(bound));
    }
  }
  // Evaluates the term inside the bounds.
  template <class F>
  FASTLOSS_INLINE_MEMBER Term<T> operator()(const F& term, const Probability<T>& of) const {
    const bool below = double(of.p) <= eps, above = double(of.q) <= eps, flat = below | above;
    const W most = W(1.0) - W(eps);
    const Probability<T> kept = {wide_select(below, high, wide_select(above, low, of.loss)),
                                 wide_select(below, W(eps), wide_select(above, most, of.p)),
                                 wide_select(below, most, wide_select(above, W(eps), of.q)), of.rest, of.sum};
    const Term<T> inside = term(kept);
    return {inside.value, wide_select(flat, W(0.0), inside.slope), wide_select(flat, W(0.0), inside.bend),
            wide_select(flat, W(0.0), inside.curve)};
  }
};

}  // namespace fastloss::FASTLOSS_ISA
