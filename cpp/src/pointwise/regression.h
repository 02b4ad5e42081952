// Losses of a residual r = pred - target. Each is within 2 ULP (S = 0); r itself is rounded once.
#pragma once
#include "block/takes.h"
#include "math/exponent.h"
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
// eps. By the variance `curvature` is the expected second derivative, 1 / (2 v^2). Residual and variance are brought
// near to 1 by powers of two, 2^e and 4^k, so that a square or a quotient on the way leaves no range that the result
// is within. S: the largest of the terms that are added.
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
    using F = Format<T>;
    constexpr T most = T(F::bias - 1), half = T(0.5);
    const bool large = max(abs(mean), abs(target)) > F::largest * T(0.25);  // their difference may be infinite
    const T down = large ? half : T(1), near = mean * down, given = target * down, r = near - given;
    const T e = clamp(exponent_of(r), -most, most), r_down = power_of_two(T(0) - e), x = r * r_down;
    const T lost = two_sum(near, T(0) - given).lo, x_lo = lost - lost == T(0) ? lost * r_down : T(0);
    const bool flat = variance < edge;
    const T v = flat ? eps : variance;
    const T k = half_exponent(v), root_down = power_of_two(T(0) - k), unit = v * root_down * root_down;
    const T w = T(1) / unit, u = fma(x_lo, w, x / unit), square = fma(x_lo, u - u == T(0) ? u : T(0), x * u);
    // r^2 / v is `square` 4^shift; what is left of it and 1 are formed in units of 4^up.
    const T n = large ? e + T(1) : e, shift = n - k, up = max(shift, T(0)), rest = min(shift, T(0));
    const T one = times_power(T(1), T(-2) * up), ratio = times_power(square, rest + rest), per = half / (unit * unit);
    const T slope = times_power(weighted(one - ratio, half * w), T(2) * (up - k));
    const T bend = times_power(weighted(fma(ratio, T(2), T(0) - one), per), T(2) * (up - k - k));
    const T whole = T(1) / v;
    return {.value = times_power(half * square, shift + shift) + fma(half, log(v), constant),
            .grad = {times_power(u, n - k - k), flat ? unless_nan(r, T(0)) : slope},
            .hess = {unless_nan(r, whole), flat ? unless_nan(r, T(0)) : bend},
            .curvature = {unless_nan(r, whole), unless_nan(r, flat ? T(0) : times_power(per, T(-4) * k))}};
  }

 private:
  // A k with v / 4^k between 1/2 and 8, of a subnormal v less.
  static FASTLOSS_INLINE_MEMBER T half_exponent(T v) {
    using C = LogConstants<T>;
    using F = Format<T>;
    const T k = from_bits((bits_of(v) >> (F::mantissa + 1)) | bits_of(C::magic)) - (C::magic + T(F::bias / 2));
    return min(k, T(F::bias / 2));
  }
};

}  // namespace fastloss::FASTLOSS_ISA
