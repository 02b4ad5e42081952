// Losses of a residual r = pred - target. Each is within 2 ULP (S = 0); r itself is rounded once.
#pragma once
#include "block/takes.h"
#include "math/log.h"
#include "pointwise/jet.h"

namespace fastloss::FASTLOSS_ISA {

// Least squares, Legendre (1805): r^2.
template <class T>
struct SquaredError {
  static constexpr bool fused = true;
  explicit FASTLOSS_INLINE_MEMBER SquaredError(const double*) {}
  FASTLOSS_INLINE_MEMBER Jet<T> operator()(T pred, T target) const {
    const T r = pred - target, two = unless_nan(r, T(2));
    return {.value = r * r, .grad = r + r, .hess = two};
  }
};

// Least absolute deviations, Boscovich (1757): |r|; the gradient at r = 0 is 0.
template <class T>
struct AbsoluteError {
  static constexpr bool fused = true;
  explicit FASTLOSS_INLINE_MEMBER AbsoluteError(const double*) {}
  FASTLOSS_INLINE_MEMBER Jet<T> operator()(T pred, T target) const {
    const T r = pred - target, flat = unless_nan(r, T(0));
    const T sign = r == T(0) ? T(0) : copysign(T(1), r);
    return {.value = abs(r), .grad = unless_nan(r, sign), .hess = flat};
  }
};

// Huber (1964): r^2 / 2 within delta of the target, delta (|r| - delta / 2) beyond.
template <class T>
struct Huber {
  static constexpr bool fused = true;
  FASTLOSS_TAKES(delta);
  T delta, edge;  // edge: up to where the loss bends
  explicit FASTLOSS_INLINE_MEMBER Huber(const double* p)
      : delta(positive_finite<T>(p[At::delta])), edge(at_most<T>(p[At::delta])) {}
  FASTLOSS_INLINE_MEMBER Jet<T> operator()(T pred, T target) const {
    const T r = pred - target, a = abs(r), q = min(a, delta);  // q: the quadratic part of |r|
    const T bend = unless_nan(r, a <= edge ? T(1) : T(0));
    return {.value = q * (a - T(0.5) * q), .grad = clamp(r, -delta, delta), .hess = bend};
  }
};

// Gaussian likelihood, Nix and Weigend (1994): (log v + r^2 / v) / 2 with r = mean - target, v the variance, at least
// eps. By the variance `curvature` is the expected second derivative, 1 / (2 v^2).
// S: the largest of the terms that are added.
template <class T>
struct GaussianLikelihood {
  FASTLOSS_TAKES(eps, full);
  static constexpr int inputs = 3, gradients = 2;
  T eps, edge, constant;  // below `edge` the variance counts as eps
  explicit FASTLOSS_INLINE_MEMBER GaussianLikelihood(const double* p)
      : eps(T(p[At::eps])),
        edge(least_above<T>(p[At::eps])),
        constant(p[At::full] != 0.0 ? T(0x1.d67f1c864beb5p-1) : T(0)) {}  // log(2 pi) / 2
  FASTLOSS_INLINE_MEMBER CurvedJets<T, 2> operator()(T mean, T variance, T target) const {
    const T r = mean - target, lost = two_sum(mean, T(0) - target).lo, r_lo = lost - lost == T(0) ? lost : T(0);
    const bool flat = variance < edge;
    const T v = flat ? eps : variance, w = T(1) / v, u = fma(r_lo, w, r / v), half = T(0.5);
    const T ratio = fma(r_lo, u - u == T(0) ? u : T(0), r * u), size = half * w;
    const T slope = weighted(T(1) - ratio, size), bend = weighted(fma(ratio, T(2), T(-1)), half / (v * v));
    return {.value = fma(half, ratio, fma(half, log(v), constant)),
            .grad = {u, flat ? unless_nan(r, T(0)) : slope},
            .hess = {unless_nan(r, w), flat ? unless_nan(r, T(0)) : bend},
            .curvature = {unless_nan(r, w), unless_nan(r, flat ? T(0) : half / (v * v))}};
  }
};

}  // namespace fastloss::FASTLOSS_ISA
