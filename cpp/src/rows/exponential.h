// The exponentials of a row.
#pragma once

#include "math/exp.h"
#include "math/wide.h"

namespace fastloss::FASTLOSS_ISA {

// Exponentials are kept as e^x 2^(exponent - n) with n = round(peak / ln 2): a power of two shifts without
// rounding, as x - peak would not. They are lifted by 2^exponent so that what is multiplied by a large
// factor later has not lost its digits to underflow first. Where not even that helps they are 0.
template <class T>
struct Lift;
template <>
struct Lift<float> {
  static constexpr int exponent = 64;
  static constexpr double up = 0x1p64, down = 0x1p-64;
};
template <>
struct Lift<double> {
  static constexpr int exponent = 256;
  static constexpr double up = 0x1p256, down = 0x1p-256;
};
inline constexpr int widest_peak = 1 << 16;

template <class T>
struct Shift {
  T shifter, lowest;  // lowest: where the exponent field of the power of two is 0
  double base;        // n ln 2
  explicit FASTLOSS_INLINE_MEMBER Shift(T peak) {
    using C = ExpConstants<T>;
    const T n = fma(peak, C::per_ln2, C::shifter) - C::shifter, field = T(Format<T>::bias + Lift<T>::exponent) - n;
    shifter = C::shifter + field;
    lowest = -field * C::ln2;
    base = double(n) * ExpConstants<double>::ln2;
  }
};

// The lifted e^x = e^(r + tail) scale for |x| <= widest_peak.
template <class T>
struct Reduced {
  T r, tail, scale;
};
template <class T>
FASTLOSS_INLINE Reduced<T> reduced(T any, const Shift<T>& shift) {
  using C = ExpConstants<T>;
  const T x = max(any, shift.lowest);
  const T shifted = fma(x, C::per_ln2, shift.shifter), n = shifted - shift.shifter;
  const T r_hi = fma(n, -C::ln2, x), r = fma(n, -C::ln2_lo, r_hi);  // r_hi is exact
  return {r, fma(n, -C::ln2_lo, r_hi - r), from_bits(Bits<T>(bits_of(shifted) << Format<T>::mantissa))};
}

// e^r = hi + lo
template <class T>
FASTLOSS_INLINE Pair<T> small_exp(T r) {
  const T hi = T(1) + r;
  return {hi, fma(r * r, exp_tail(r), r - (hi - T(1)))};
}

// Good to 0.8 ULP for float, 0.6 for double, which has no wider type to make up for it.
template <class T>
FASTLOSS_INLINE T rounded_exp(T x, const Shift<T>& shift) {
  const Reduced<T> y = reduced(x, shift);
  const Pair<T> e = small_exp(y.r);
  return (e.hi + (sizeof(T) == 8 ? e.lo + y.tail : e.lo)) * y.scale;
}

// hi + lo is good to a tenth of an ULP.
template <class T>
FASTLOSS_INLINE Pair<T> lifted_exp(T x, const Shift<T>& shift) {
  const Reduced<T> y = reduced(x, shift);
  const Pair<T> e = small_exp(y.r);
  return {e.hi * y.scale, (e.lo + y.tail) * y.scale};
}

// The same in Wide<T>, no longer lifted.
FASTLOSS_INLINE double wide_exp_of(float x, const Shift<float>& shift) {
  const double e = wide_exp(double(x) - shift.base);
  return x < shift.lowest ? 0.0 : e;
}
FASTLOSS_INLINE DoubleDouble wide_exp_of(double x, const Shift<double>& shift) {
  const Pair<double> e = lifted_exp(x, shift);
  return scaled(joined(e.hi, e.lo), Lift<double>::down);
}

}  // namespace fastloss::FASTLOSS_ISA
