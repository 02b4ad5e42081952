// Losses of a residual r = pred - target. Each is within 2 ULP (S = 0); r itself is rounded once.
#pragma once
#include "block/takes.h"
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

}  // namespace fastloss::FASTLOSS_ISA
