// Losses of a yes-or-no target t in [0, 1], hard or soft. `pos_weight` multiplies the t part.
#pragma once
#include "math/sigmoid.h"
#include "math/wide.h"
#include "pointwise/jet.h"

namespace fastloss::FASTLOSS_ISA {

// Label smoothing: t (1 - ls) + ls / 2, and one minus that, each without cancellation.
template <class T> struct Smoothing {
  T keep, half;
  explicit FASTLOSS_INLINE_MEMBER Smoothing(double ls) : keep(T(1 - ls)), half(T(ls / 2)) {}
  T FASTLOSS_INLINE_MEMBER positive(T t) const { return fma(t, keep, half); }
  T FASTLOSS_INLINE_MEMBER negative(T t) const { return fma(T(1) - t, keep, half); }
};

// Cox (1958): pos_weight t softplus(-z) + (1 - t) softplus(z), with z the logit.
// S: gradient, soft t: max((1-t) sigma(z), pos_weight t sigma(-z)).
template <class T> struct BinaryCrossEntropyLogits {
  Smoothing<T> smooth;
  LogitBound<T> bound;
  explicit FASTLOSS_INLINE_MEMBER BinaryCrossEntropyLogits(const double* p) : smooth(p[2]), bound(p[3]) {}
  FASTLOSS_INLINE_MEMBER Jet<T> operator()(T z, T target, T pos_weight) const {
    const T pos = pos_weight * smooth.positive(target), neg = smooth.negative(target);
    const Sigmoid<T> s(z, bound.logit, bound.odds);
    const bool flat = abs(z) >= bound.flat;
    const T hess = flat ? T(0) : s.product(neg + pos);
    return {.value = s.softplus(neg, pos), .grad = flat ? T(0) : s.difference(neg, pos), .hess = hess, .curvature = hess};
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

// Lin et al. (2017): alpha_t Q^gamma CE, with CE the cross-entropy above, Q = p (1 - t) + (1 - p) t and
// alpha_t = alpha t + (1 - alpha) (1 - t). By the logit, with R = Q'/Q: the gradient is
// alpha_t Q^gamma (CE' + gamma R CE), the Hessian alpha_t Q^gamma (CE'' + 2 gamma R CE' + gamma (gamma R^2 + R') CE),
// where R' = R (1 - 2p - R). S: the largest of the terms.
template <class T> struct BinaryFocalLogits {
  T gamma;
  ClassBalance<T> balance;
  Smoothing<T> smooth;
  LogitBound<T> bound;
  explicit FASTLOSS_INLINE_MEMBER BinaryFocalLogits(const double* p)
      : gamma(T(p[0])), balance(p[1]), smooth(p[4]), bound(p[5]) {}
  FASTLOSS_INLINE_MEMBER Jet<T> operator()(T z, T target, T pos_weight) const {
    const T t = smooth.positive(target), neg = smooth.negative(target), pos = pos_weight * t;
    const Sigmoid<T> s(z, bound.logit, bound.odds);
    const T p = s.p(), q = s.q(), Q = fma(p, neg, q * t), ce = s.softplus(neg, pos);
    const T slope = fma(T(-2), target, T(1)) * smooth.keep;
    const T R = Q > T(0) ? slope * s.pq() / Q : T(0), R1 = R * (q - p - R);
    const T power = balance(t, neg) * T(pow(Wide<T>(Q), gamma));
    const T d = s.difference(neg, pos), dd = s.product(neg + pos);
    const T rce = weighted(R, ce);
    const bool flat = abs(z) >= bound.flat;
    const T hess = power * (dd + T(2) * gamma * R * d + gamma * (gamma * R * rce + weighted(R1, ce)));
    return {.value = weighted(power, ce), .grad = flat ? T(0) : power * (d + gamma * rce), .hess = flat ? T(0) : hess,
            .curvature = flat ? T(0) : power * (dd + gamma * R * rce)};
  }
};

template <class T> struct BinaryFocalSquareLogits : BinaryFocalLogits<T> {
  using BinaryFocalLogits<T>::BinaryFocalLogits;
};

// The same by the probability: Q' = 1 - 2t, Q'' = 0. `curvature` is the Hessian where positive, else 0.
template <class T> struct BinaryFocalProbabilities {
  T gamma;
  ClassBalance<T> balance;
  Smoothing<T> smooth;
  T eps, low, high;
  explicit FASTLOSS_INLINE_MEMBER BinaryFocalProbabilities(const double* p)
      : gamma(T(p[0])), balance(p[1]), smooth(p[4]), eps(p[5] > 0 ? T(p[5]) : T(-1)), low(T(0 - log1p(-p[5]))),
        high(T(-log(p[5]))) {}
  FASTLOSS_INLINE_MEMBER Jet<T> operator()(T p, T target, T pos_weight) const {
    const T t = smooth.positive(target), neg = smooth.negative(target), pos = pos_weight * t, q = T(1) - p;
    const T dp = pos == T(0) ? T(1) : p, dq = neg == T(0) ? T(1) : q, D = dp * dq;
    const T lp = clamp(T(0) - log(p), low, high), lq = clamp(T(0) - log1p(-p), low, high);
    const T Q = fma(p, neg, q * t), slope = fma(T(-2), target, T(1)) * smooth.keep;
    const T M = weighted(pos * p * dq, lp) + weighted(neg * q * dp, lq);
    const T K = Q == T(0) ? pos + neg : M / Q, first = neg * dp - pos * dq;
    const T alpha = balance(t, neg), power = T(pow(Wide<T>(Q), gamma)), less = T(pow(Wide<T>(Q), gamma - T(1)));
    const bool flat = p <= eps || q <= eps;
    const T bend = power * (neg * dp * dp + pos * dq * dq) +
                   weighted(gamma, less * slope) * (T(2) * first + (gamma - T(1)) * slope * K) * D;
    const T hess = flat ? T(0) : weighted(alpha, bend / D / D);
    return {.value = weighted(alpha * power, weighted(pos, lp) + weighted(neg, lq)),
            .grad = flat ? T(0) : weighted(alpha, power * (first + gamma * slope * K) / D), .hess = hess,
            .curvature = max(hess, T(0))};
  }
};

}  // namespace fastloss::FASTLOSS_ISA
