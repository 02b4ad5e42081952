// x^y for any x >= 0 and y: the logarithm with digits to spare, for its error is multiplied by up to 745.
#pragma once
#include "math/wide.h"

namespace fastloss::FASTLOSS_ISA {

// `power` where 0 < x < inf. 0^y and inf^y are 0, 1 or infinite; of an x below 0, or where either is a NaN, it is NaN.
template <class T>
FASTLOSS_INLINE T power_or_special(T x, T y, T power) {
  using F = Format<T>;
  const T rising = y > T(0) ? F::inf : T(0), falling = y < T(0) ? F::inf : T(0);
  const T at_inf = rising == falling ? T(1) : rising, at_zero = rising == falling ? T(1) : falling;
  return unless_nan(y, x > T(0) ? (x < F::inf ? power : at_inf) : (x == T(0) ? at_zero : F::nan));
}

// |y| ends at 2^70, which takes every x but 1 to 0 or infinity and leaves 1 at 1.
FASTLOSS_INLINE float pow(float x, float y) {
  const double a = x, b = clamp(double(y), -0x1p70, 0x1p70);
  return float(power_or_special(a, b, wide_exp(b * wide_log(a > 0 ? a : 1.))));
}
FASTLOSS_INLINE double pow(double x, double y) {
  const double b = clamp(y, -0x1p70, 0x1p70);
  const DoubleDouble log = wide_log(DoubleDouble(x > 0 ? x : 1.));
  const Pair<double> e = Pair<double>(log.hi, log.lo) * b, z = fast_two_sum(e.hi, e.lo);
  return power_or_special(x, b, exp(z.hi, z.lo));
}

}  // namespace fastloss::FASTLOSS_ISA
