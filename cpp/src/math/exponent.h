// Exponents as numbers, and products with powers of two beyond the range of T.
#pragma once
#include "math/log.h"

namespace fastloss::FASTLOSS_ISA {

// The n of 2^n <= |x| < 2^(n + 1); of subnormal numbers and 0 that of a number below the normal ones, of infinity and
// NaN that of one above.
template <class T>
FASTLOSS_INLINE T exponent_of(T x) {
  using C = LogConstants<T>;
  using F = Format<T>;
  return from_bits((bits_of(abs(x)) >> F::mantissa) | bits_of(C::magic)) - (C::magic + T(F::bias));
}
// x = 2^k m for a positive x, as split_exponent for normal ones.
template <class T>
FASTLOSS_INLINE BinaryParts<T> binary_parts(T x) {
  using C = LogConstants<T>;
  const bool tiny = x < Format<T>::normal;
  const BinaryParts<T> b = split_exponent(tiny ? x * C::up : x);
  return {tiny ? b.k - C::up_log2 : b.k, b.m};
}
// 2^n for an integer |n| < bias
template <class T>
FASTLOSS_INLINE T power_of_two(T n) {
  using F = Format<T>;
  constexpr T shifter = T(1.5) * LogConstants<T>::magic + T(F::bias);
  return from_bits(Bits<T>(bits_of(n + shifter) << F::mantissa));
}
// x 2^n, rounded once, for an x from 2^-(bias/2) to 2^(bias/2) and any integer n; or an x of 0, infinity or NaN.
template <class T>
FASTLOSS_INLINE T times_power(T x, T n) {
  constexpr T half = T(Format<T>::bias / 2), most = T(Format<T>::bias - 1);
  const T first = clamp(n, -half, half), second = clamp(n - first, -most, most);
  return x * power_of_two(first) * power_of_two(second);
}

}  // namespace fastloss::FASTLOSS_ISA
