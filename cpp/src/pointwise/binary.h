// Losses of a yes-or-no target t in [0, 1], hard or soft. `pos_weight` multiplies the t part.
#pragma once
#include "block/takes.h"
#include "math/sigmoid.h"
#include "pointwise/jet.h"

namespace fastloss::FASTLOSS_ISA {

// Label smoothing: t (1 - ls) + ls / 2, and one minus that, each without cancellation.
template <class N>
struct Smoothing {
  N keep, rest, half;  // keep + rest = 1 - ls
  explicit FASTLOSS_INLINE_MEMBER Smoothing(double ls) {
    const Pair<double> exact = Pair<double>(1) - Pair<double>(ls);
    assign(keep, exact), assign(rest, exact - Pair<double>(keep)), assign(half, ls / 2);
  }
  N FASTLOSS_INLINE_MEMBER positive(N t) const { return fma(t, keep, fma(t, rest, half)); }
  N FASTLOSS_INLINE_MEMBER negative(N t) const { return positive(N(1) - t); }
};
template <class T>
struct Smoothing<Pair<T>> {
  Pair<T> keep, half;
  explicit FASTLOSS_INLINE_MEMBER Smoothing(double ls) {
    assign(keep, Pair<double>(1) - Pair<double>(ls)), assign(half, ls / 2);
  }
  Pair<T> FASTLOSS_INLINE_MEMBER positive(Pair<T> t) const { return t * keep + half; }
  Pair<T> FASTLOSS_INLINE_MEMBER negative(Pair<T> t) const { return positive(Pair<T>(1) - t); }
};

// Cox (1958): pos_weight t softplus(-z) + (1 - t) softplus(z), with z the logit.
// S: gradient, soft t: max((1-t) sigma(z), pos_weight t sigma(-z)).
template <class T, bool plain>  // plain: no smoothing, no eps
struct CrossEntropyOfLogit {
  FASTLOSS_TAKES(from_logits, pos_weight, label_smoothing, eps);
  Smoothing<T> smooth;
  LogitBound<T> bound;
  explicit FASTLOSS_INLINE_MEMBER CrossEntropyOfLogit(const double* p)
      : smooth(p[At::label_smoothing]), bound(p[At::eps]) {}
  Begun<T> FASTLOSS_INLINE_MEMBER begin(T z) const { return Sigmoid<T>::begin(z); }
  FASTLOSS_INLINE_MEMBER Jet<T> operator()(T z, Begun<T> begun, T target, T pos_weight) const {
    const T rest = T(1) - target, pos = pos_weight * (plain ? target : smooth.positive(target)),
            neg = plain ? rest : smooth.positive(rest);
    const Sigmoid<T> s = plain ? Sigmoid<T>(z, begun) : Sigmoid<T>(z, begun, bound);
    const bool flat = !plain && abs(z) >= bound.flat;
    const T hess = flat ? T(0) : s.product(neg + pos);
    return {.value = s.softplus(pos, neg), .grad = flat ? T(0) : s.difference(pos, neg), .hess = hess};
  }
};
template <class T>
using BinaryCrossEntropyLogits = CrossEntropyOfLogit<T, false>;
template <class T>
using BinaryCrossEntropyPlainLogits = CrossEntropyOfLogit<T, true>;

// The same on probabilities p: -(pos_weight t log p + (1 - t) log(1 - p)).
// S: gradient, soft t: the larger of its two terms.
template <class T>
struct BinaryCrossEntropyProbabilities {
  FASTLOSS_TAKES(from_logits, pos_weight, label_smoothing, eps);
  Smoothing<T> smooth;
  T eps, low, high;  // -log p stays within [low, high]
  explicit FASTLOSS_INLINE_MEMBER BinaryCrossEntropyProbabilities(const double* p)
      : smooth(p[At::label_smoothing]),
        eps(p[At::eps] > 0 ? at_most<T>(p[At::eps]) : T(-1)),
        low(T(0 - log1p(-p[At::eps]))),
        high(T(-log(p[At::eps]))) {}
  Begun<T> FASTLOSS_INLINE_MEMBER begin(T p) const { return {log(p + T(0)), log1p(T(0) - p)}; }
  FASTLOSS_INLINE_MEMBER Jet<T> operator()(T pred, Begun<T> begun, T target, T pos_weight) const {
    const T p = pred + T(0);  // -0 is 0
    const T pos = pos_weight * smooth.positive(target), neg = smooth.negative(target), q = T(1) - p;
    const T pos_slope = pos == T(0) ? T(0) : pos / p, neg_slope = neg == T(0) ? T(0) : neg / q;
    const T q_lo = (T(1) - q) - p, qq = fma(q, q, (q + q) * q_lo);
    const T pos_bend = pos == T(0) ? T(0) : pos_slope / p, neg_bend = neg == T(0) ? T(0) : neg / qq;
    const bool flat = p <= eps || q <= eps;
    const T hess = flat ? T(0) : pos_bend + neg_bend;
    return {.value = weighted(pos, clamp(T(0) - begun.first, low, high)) +
                     weighted(neg, clamp(T(0) - begun.second, low, high)),
            .grad = flat ? T(0) : neg_slope - pos_slope,
            .hess = hess};
  }
};

// Hinge, Cortes and Vapnik (1995): max(0, margin - y s), y = -1 or 1, or its square; the slope at the corner is 0.
// S: value, and of the square the gradient: the larger of the margin and |s|.
template <class T, bool of_square>
struct HingeLoss {
  FASTLOSS_TAKES(margin, squared, labels);
  T margin;
  bool signs;  // targets are -1 and 1 already
  explicit FASTLOSS_INLINE_MEMBER HingeLoss(const double* p) : margin(T(p[At::margin])), signs(p[At::labels] != 0.0) {}
  FASTLOSS_INLINE_MEMBER Jet<T> operator()(T score, T target) const {
    const T y = signs ? target : target + target - T(1), gap = margin - y * score, reach = max(gap, T(0));
    const bool near = gap > T(0);
    const T slope = near ? T(0) - y : T(0), flat = unless_nan(gap, T(0));
    if constexpr (of_square)
      return {.value = reach * reach,
              .grad = unless_nan(gap, (reach + reach) * slope),
              .hess = unless_nan(gap, near ? T(2) : T(0))};
    else
      return {.value = reach, .grad = unless_nan(gap, slope), .hess = flat};
  }
};
template <class T>
using HingeOfScore = HingeLoss<T, false>;
template <class T>
using SquaredHinge = HingeLoss<T, true>;

}  // namespace fastloss::FASTLOSS_ISA
