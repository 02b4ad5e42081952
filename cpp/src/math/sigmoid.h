// What the binary losses share. With e = exp(-|z|) and w = 1 / (1 + e) the likelier side of a logit z has
// probability w, the other e w; log(1 + e) is the softplus of -|z|. One exponential and one division serve all.
#pragma once
#include "math/exp.h"
#include "math/log.h"

namespace fastloss::FASTLOSS_ISA {

// The logits that keep both probabilities at or above eps; eps = 0 bounds nothing.
template <class T>
struct LogitBound {
  T odds = T(0), odds_slip = T(0);  // the least e, eps / (1 - eps) = odds (1 + odds_slip)
  T size = Format<T>::inf;          // the largest |z|
  T flat = Format<T>::nan;          // from this |z| on a clipped loss is constant; NaN: nowhere
  LogitBound() = default;
  explicit FASTLOSS_INLINE_MEMBER LogitBound(double eps) {
    if (!(eps > 0)) return;
    odds = T(eps / (1 - eps));
    odds_slip = T(fma(1 - eps, -double(odds), eps) / eps);
    flat = size = T(log1p(-eps) - log(eps));
  }
};

template <class T>
struct Sigmoid {
  // e is also held times 2^32 (2^64), so that a product with it is rounded once even where it is subnormal.
  static constexpr T lift = sizeof(T) == 4 ? T(32) : T(64), lower = sizeof(T) == 4 ? T(0x1p-32) : T(0x1p-64);
  T z;
  T size, lifted, e, e_slip;  // |z|, 2^lift e, e; the exact exponential is e (1 + e_slip)
  T y, y_slip, w;             // 1 / (1 + e) is y (1 + y_slip), rounded w

  explicit FASTLOSS_INLINE_MEMBER Sigmoid(T z_, const LogitBound<T>& bound = {})
      : z(z_), size(min(abs(z_), bound.size)) {
    const ScaledExp<T> x = scaled_exp(max(minus_abs(z), ExpConstants<T>::lowest), T(0), lift);
    const T m = x.hi + x.lo;
    lifted = max(size > T(-2) * ExpConstants<T>::lowest ? T(0) : m * x.scale, bound.odds / lower);
    e_slip = m * x.scale < lifted ? bound.odds_slip : ((x.hi - m) + (x.lo + x.tail)) * (T(2) - m);  // 2 - m: near 1 / m
    e = lifted * lower;
    const T d = T(1) + e, d_lo = e - (d - T(1));
    y = T(1) / d;
    y_slip = fma(-d_lo, y, fma(-d, y, T(1)));
    w = fma(y, y_slip, y);
  }

  // Of two numbers, one for target 1 and one for target 0, the one of the likelier and of the other side.
  T FASTLOSS_INLINE_MEMBER likelier(T one, T zero) const { return from_bits(bits_of(one) ^ crossing(one, zero)); }
  T FASTLOSS_INLINE_MEMBER other(T one, T zero) const { return from_bits(bits_of(zero) ^ crossing(one, zero)); }
  Bits<T> FASTLOSS_INLINE_MEMBER crossing(T one, T zero) const { return (bits_of(one) ^ bits_of(zero)) & sign_mask(z); }

  T FASTLOSS_INLINE_MEMBER p() const { return likelier(w, lifted * w * lower); }
  T FASTLOSS_INLINE_MEMBER q() const { return other(w, lifted * w * lower); }

  // zero softplus(z) + one softplus(-z)
  T FASTLOSS_INLINE_MEMBER softplus(T one, T zero) const {
    return fma((one + zero) * log1p_unit(e, lifted), lower, positive_part(other(one, zero) * size));
  }
  // zero sigma(z) - one sigma(-z)
  T FASTLOSS_INLINE_MEMBER difference(T one, T zero) const {
    return times_sign(fma(-(likelier(one, zero) * (lifted * w)), lower, other(one, zero) * w), z);
  }
  // c sigma(z) sigma(-z)
  T FASTLOSS_INLINE_MEMBER product(T c) const {
    const T rough = (c * y) * (lifted * y);
    return fma(rough, y_slip + y_slip, rough) * lower;
  }
};

template <class T>
FASTLOSS_INLINE T sigmoid(T z) {
  return Sigmoid<T>(z).p();
}
template <class T>
FASTLOSS_INLINE T softplus(T z) {
  return Sigmoid<T>(z).softplus(T(0), T(1));
}

}  // namespace fastloss::FASTLOSS_ISA
