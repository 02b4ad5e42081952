// Losses of a yes-or-no target t in [0, 1], hard or soft. `pos_weight` multiplies the t part.
#pragma once
#include "math/sigmoid.h"
#include "math/wide.h"
#include "pointwise/jet.h"

namespace fastloss::FASTLOSS_ISA {

// Label smoothing: t (1 - ls) + ls / 2, and one minus that, each without cancellation.
template <class N> struct Smoothing {
  N keep, half;
  explicit FASTLOSS_INLINE_MEMBER Smoothing(double ls) : keep(N(1) - ls), half(ls / 2) {}
  N FASTLOSS_INLINE_MEMBER positive(N t) const { return fma(t, keep, half); }
  N FASTLOSS_INLINE_MEMBER negative(N t) const { return fma(N(1) - t, keep, half); }
};

// Cox (1958): pos_weight t softplus(-z) + (1 - t) softplus(z), with z the logit.
// S: gradient, soft t: max((1-t) sigma(z), pos_weight t sigma(-z)).
template <class T> struct BinaryCrossEntropyLogits {
  Smoothing<T> smooth;
  LogitBound<T> bound;
  explicit FASTLOSS_INLINE_MEMBER BinaryCrossEntropyLogits(const double* p) : smooth(p[2]), bound(p[3]) {}
  FASTLOSS_INLINE_MEMBER Jet<T> operator()(T z, T target, T pos_weight) const {
    const T pos = pos_weight * smooth.positive(target), neg = smooth.negative(target);
    const Sigmoid<T> s(z, bound);
    const bool flat = abs(z) >= bound.flat;
    const T hess = flat ? T(0) : s.product(neg + pos);
    return {.value = s.softplus(pos, neg), .grad = flat ? T(0) : s.difference(pos, neg), .hess = hess, .curvature = hess};
  }
};

// The same on probabilities p: -(pos_weight t log p + (1 - t) log(1 - p)).
// S: gradient, soft t: the larger of its two terms.
template <class T> struct BinaryCrossEntropyProbabilities {
  Smoothing<T> smooth;
  T eps, low, high;  // -log p stays within [low, high]
  explicit FASTLOSS_INLINE_MEMBER BinaryCrossEntropyProbabilities(const double* p)
      : smooth(p[2]), eps(p[3] > 0 ? T(p[3]) : T(-1)), low(T(0 - log1p(-p[3]))), high(T(-log(p[3]))) {}
  FASTLOSS_INLINE_MEMBER Jet<T> operator()(T p, T target, T pos_weight) const {
    const T pos = pos_weight * smooth.positive(target), neg = smooth.negative(target), q = T(1) - p;
    const T pos_slope = pos == T(0) ? T(0) : pos / p, neg_slope = neg == T(0) ? T(0) : neg / q;
    const T pos_bend = pos == T(0) ? T(0) : pos_slope / p, neg_bend = neg == T(0) ? T(0) : neg_slope / q;
    const bool flat = p <= eps || q <= eps;
    const T hess = flat ? T(0) : pos_bend + neg_bend;
    return {.value = weighted(pos, clamp(T(0) - log(p), low, high)) + weighted(neg, clamp(T(0) - log1p(-p), low, high)),
            .grad = flat ? T(0) : neg_slope - pos_slope, .hess = hess, .curvature = hess};
  }
};

// alpha t + (1 - alpha) (1 - t); no alpha (NaN): 1.
template <class T> struct ClassBalance {
  T positive, negative;
  explicit FASTLOSS_INLINE_MEMBER ClassBalance(double alpha)
      : positive(alpha == alpha ? T(alpha) : T(1)), negative(alpha == alpha ? T(1 - alpha) : T(1)) {}
  T FASTLOSS_INLINE_MEMBER operator()(T pos, T neg) const { return fma(positive, pos, negative * neg); }
};

// Focal loss, Lin et al. (2017): alpha_t Q^gamma CE, with CE the cross-entropy above, Q = p (1 - t) + (1 - p) t the
// probability of being wrong and alpha_t = alpha t + (1 - alpha) (1 - t).
//
// By the logit, with e, w of math/sigmoid.h and the target's shares on the likelier side (right) and the other (wrong):
//   Q = w m,  m = right e + wrong;   Q' = +-h e w^2,  h = wrong - right;   CE' = +-k w,  k = the same of e and pos_weight.
// S, soft t: the largest term of each sum; hard t: 0, but for the Hessian its largest term.
template <class T> struct FocalSides {
  Sigmoid<T> s;
  T wrong, m, h, k, ce, sum;  // sum: of the two weights, CE'' = sum e w^2
  FASTLOSS_INLINE_MEMBER FocalSides(T z, T pos, T neg, T pos_weight, const LogitBound<T>& bound) : s(z, bound) {
    const T right = s.likelier(pos, neg), weighted_pos = pos_weight * pos;
    wrong = s.other(pos, neg);
    m = fma(right, s.e, wrong), h = wrong - right;
    k = fma(-(s.likelier(weighted_pos, neg) * s.lifted), s.lower, s.other(weighted_pos, neg));
    ce = s.softplus(weighted_pos, neg), sum = weighted_pos + neg;
  }
};

// The gradient is +-alpha_t Q^gamma w (k + gamma r CE) with r = h e / m, the Hessian
// alpha_t Q^gamma w^2 (CE''/w^2 + gamma r (2k + ((gamma - 1) r - (1 - e)) CE)); `curvature` drops all but CE'' + gamma r^2 CE.
template <class T> struct BinaryFocalLogits {
  T gamma;
  ClassBalance<T> balance;
  Smoothing<T> smooth;
  Smoothing<Wide<T>> wide_smooth;
  LogitBound<T> bound;
  Wide<T> odds;
  explicit FASTLOSS_INLINE_MEMBER BinaryFocalLogits(const double* p)
      : gamma(T(p[0])), balance(p[1]), smooth(p[4]), wide_smooth(p[4]), bound(p[5]),
        odds(Wide<T>(p[5]) / (Wide<T>(1) - p[5])) {}

  // Q in more precision than T, since the power multiplies its error
  FASTLOSS_INLINE_MEMBER Wide<T> wrongness(T z, T target) const {
    const Wide<T> e = max(wide_exp(Wide<T>(minus_abs(z))), odds);
    const Wide<T> pos = wide_smooth.positive(target), neg = wide_smooth.negative(target);
    const bool below = double(z) < 0;
    return ((below ? neg : pos) * e + (below ? pos : neg)) / (Wide<T>(1) + e);
  }
  FASTLOSS_INLINE_MEMBER Jet<T> operator()(T z, T target, T pos_weight) const {
    const T pos = smooth.positive(target), neg = smooth.negative(target);
    const FocalSides<T> f(z, pos, neg, pos_weight, bound);
    const T e = f.s.e, w = f.s.w, r = f.h * (f.m == T(0) ? T(1) : e / f.m);
    const T power = balance(pos, neg) * T(pow(wrongness(z, target), gamma));
    const T bce = f.sum * f.s.lifted * f.s.lower, steep = (gamma - T(1)) * r - (T(1) - e);
    const bool flat = abs(z) >= bound.flat;
    const T slope = power * w * (f.k + weighted(gamma * r, f.ce));
    const T bend = power * w * w;
    return {.value = weighted(power, f.ce),
            .grad = flat ? T(0) : times_sign(slope, z),
            .hess = flat ? T(0) : bend * (bce + weighted(gamma * r, T(2) * f.k + weighted(steep, f.ce))),
            .curvature = flat ? T(0) : bend * (bce + weighted(gamma * r * r, f.ce))};
  }
};

// gamma = 2, the default, needs no power: with y (1 + slip) = w, every result is a product of y, m and e
// whose relative slips are added at the end.
template <class T> struct BinaryFocalSquareLogits {
  ClassBalance<T> balance;
  Smoothing<T> smooth;
  LogitBound<T> bound;
  explicit FASTLOSS_INLINE_MEMBER BinaryFocalSquareLogits(const double* p) : balance(p[1]), smooth(p[4]), bound(p[5]) {}
  FASTLOSS_INLINE_MEMBER Jet<T> operator()(T z, T target, T pos_weight) const {
    const T pos = smooth.positive(target), neg = smooth.negative(target), alpha = balance(pos, neg);
    const FocalSides<T> f(z, pos, neg, pos_weight, bound);
    const T e = f.s.e, y = f.s.y, Q = y * f.m, ce = min(f.ce, T(0x1p100));  // e = 0 beyond: no 0 times infinity
    const T m_slip = f.wrong == T(0) ? f.s.e_slip : T(0), slip = f.s.y_slip + m_slip;
    const auto exact = [](T x, T slip) { return fma(x, slip, x); };
    const T slope = fma(T(2) * f.h * e, ce, f.m * f.k), y2 = y * y;
    const T steep = T(2) * f.h * fma(f.h, e, -f.m * (T(1) - e)), both = f.m * fma(T(4) * f.h, f.k, f.m * f.sum);
    const T e_slip = f.s.e_slip + (m_slip + m_slip) + T(4) * f.s.y_slip;
    const bool flat = abs(z) >= bound.flat;
    return {.value = weighted(exact(alpha * Q, T(2) * slip + m_slip), f.ce) * Q,
            .grad = flat ? T(0) : times_sign(exact(alpha * y2 * slope, T(3) * slip) * Q, z),
            .hess = flat ? T(0) : exact(alpha * (y2 * y2) * fma(steep, ce, both), e_slip) * e,
            .curvature = flat ? T(0) : exact(alpha * (y2 * y2) * fma(T(2) * f.h * f.h * e, ce, f.m * f.m * f.sum), e_slip) * e};
  }
};

// By the probability Q' = 1 - 2t and Q'' = 0. Divisions by p and 1 - p are put off to the end, and left out where the
// term that wants them has no weight. `curvature` is the Hessian where that is positive, else 0.
template <class T, bool square> struct FocalOfProbability {
  T gamma;
  ClassBalance<T> balance;
  Smoothing<T> smooth;
  Smoothing<Wide<T>> wide_smooth;
  T eps, low, high;
  explicit FASTLOSS_INLINE_MEMBER FocalOfProbability(const double* p)
      : gamma(T(p[0])), balance(p[1]), smooth(p[4]), wide_smooth(p[4]), eps(p[5] > 0 ? T(p[5]) : T(-1)),
        low(T(0 - log1p(-p[5]))), high(T(-log(p[5]))) {}
  FASTLOSS_INLINE_MEMBER Jet<T> operator()(T p, T target, T pos_weight) const {
    const T t = smooth.positive(target), neg = smooth.negative(target), pos = pos_weight * t, q = T(1) - p;
    const T dp = pos == T(0) ? T(1) : p, dq = neg == T(0) ? T(1) : q, D = dp * dq;
    const T lp = clamp(T(0) - log(p), low, high), lq = clamp(T(0) - log1p(-p), low, high);
    const T Q = fma(p, neg, q * t), slope = neg - t;
    const T M = weighted(pos * p * dq, lp) + weighted(neg * q * dp, lq);
    const T K = Q == T(0) ? pos + neg : M / Q, first = fma(neg, dp, -pos * dq);
    const T alpha = balance(t, neg);
    T power, less;
    if constexpr (square) {
      const T Q_lo = t * ((T(1) - q) - p);
      power = fma(Q, Q, (Q + Q) * Q_lo), less = Q + Q;
    } else {
      const Wide<T> wide = Wide<T>(p) * wide_smooth.negative(target) + (Wide<T>(1) - p) * wide_smooth.positive(target);
      power = T(pow(wide, gamma)), less = gamma == T(0) ? T(0) : gamma * T(pow(wide, gamma - T(1)));
    }
    const bool flat = p <= eps || q <= eps;
    const T bend = fma(less * slope * D, fma((gamma - T(1)) * slope, K, first + first), power * fma(neg * dp, dp, pos * dq * dq));
    const T hess = flat ? T(0) : weighted(alpha, bend / D / D);
    return {.value = weighted(alpha * power, weighted(pos, lp) + weighted(neg, lq)),
            .grad = flat ? T(0) : weighted(alpha, power * fma(gamma * slope, K, first) / D), .hess = hess,
            .curvature = max(hess, T(0))};
  }
};
template <class T> using BinaryFocalProbabilities = FocalOfProbability<T, false>;
template <class T> using BinaryFocalSquareProbabilities = FocalOfProbability<T, true>;

}  // namespace fastloss::FASTLOSS_ISA
