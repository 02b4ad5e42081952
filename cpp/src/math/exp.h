// The exponential: e^x = 2^n e^r with n = round(x / ln 2), |r| <= ln(2) / 2.
#pragma once
#include "math/polynomial.h"

namespace fastloss::FASTLOSS_ISA {

template <class T>
struct ExpConstants;
template <>
struct ExpConstants<float> {
  static constexpr float per_ln2 = 0x1.715476p0f, ln2 = 0x1.62e43p-1f, ln2_lo = -0x1.05c61p-29f;
  static constexpr float shifter = 0x1.8p23f;  // adding it rounds to an integer
  static constexpr float middle = 64.f;
  static constexpr float lowest = -132.4f, highest = 89.f;  // beyond: 0 (n = -bias - middle) and infinity
  static constexpr float up = 0x1p64f, down = 0x1p-64f;
};
template <>
struct ExpConstants<double> {
  static constexpr double per_ln2 = 0x1.71547652b82fep0, ln2 = 0x1.62e42fefa39efp-1, ln2_lo = 0x1.abc9e3b39803fp-56;
  static constexpr double shifter = 0x1.8p52;
  static constexpr double middle = 512.;
  static constexpr double lowest = -1064., highest = 710.;
  static constexpr double up = 0x1p512, down = 0x1p-512;
};

// (e^r - 1 - r) / r^2, minimax for the relative error of e^r: 2^-28.2 and 2^-63.5.
FASTLOSS_INLINE float exp_tail(float r) {
  return horner(r, 0x1.fffffcp-2f, 0x1.55549p-3f, 0x1.5558aap-5f, 0x1.123b1p-7f, 0x1.6a56a4p-10f);
}
FASTLOSS_INLINE double exp_tail(double r) {
  return split_horner(r, 0x1p-1, 0x1.555555555555cp-3, 0x1.5555555555541p-5, 0x1.111111110e9d4p-7,
                      0x1.6c16c16c1fa43p-10, 0x1.a01a01b45e00cp-13, 0x1.a01a017734f98p-16, 0x1.71ddee2037a6bp-19,
                      0x1.27e53fa6cc35fp-22, 0x1.af6f2b1c55ff5p-26, 0x1.1edc0c81f09c8p-29);
}

// e^(x + x_lo) = (hi + lo) (1 + tail) scale 2^-exponent. Without `tail` it is good to 0.8 ULP, with it to 0.6.
template <class T>
struct ScaledExp {
  T hi, lo, tail, scale;
};
// `exponent` must keep n + exponent within T's normal range, or at its floor, where scale is 0.
template <class T>
FASTLOSS_INLINE ScaledExp<T> scaled_exp(T x, T x_lo, T exponent) {
  using C = ExpConstants<T>;
  using F = Format<T>;
  const T shifter = C::shifter + T(F::bias) + exponent;
  const T shifted = fma(x, C::per_ln2, shifter), n = shifted - shifter;
  const T r_hi = fma(n, -C::ln2, x), c = fma(n, -C::ln2_lo, x_lo), r = r_hi + c;  // r_hi is exact
  const T hi = T(1) + r, lo = fma(r * r, exp_tail(r), r - (hi - T(1)));
  return {hi, lo, c - (r - r_hi), from_bits(Bits<T>(bits_of(shifted) << F::mantissa))};
}

// e^(x + x_lo) for |x_lo| <= ulp(x): the form for a difference that was rounded to x. An infinite x ignores x_lo, so
// that an (inf - inf) in it does no harm. `times`, a power of two, multiplies before the last rounding.
template <class T>
FASTLOSS_INLINE T exp(T x, T x_lo, T times = T(1)) {
  using C = ExpConstants<T>;
  const T under = masked(C::highest < x, C::highest, x), bounded = masked(under < C::lowest, C::lowest, under);
  const bool negative = bounded < T(0);
  const ScaledExp<T> e = scaled_exp(bounded, bounded == x ? x_lo : T(0), negative ? C::middle : -C::middle);
  return (e.hi + (e.lo + e.tail)) * e.scale * ((negative ? C::down : C::up) * times);
}
template <class T>
FASTLOSS_INLINE T exp(T x) {
  return exp(x, T(0));
}

}  // namespace fastloss::FASTLOSS_ISA
