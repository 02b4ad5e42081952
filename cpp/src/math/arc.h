// Angles: atan2 by the arctangent of a number in [0, 1], acos by the arcsine of one in [0, 1/2].
#pragma once
#include "math/pair.h"
#include "math/polynomial.h"

namespace fastloss::FASTLOSS_ISA {

template <class T>
struct ArcConstants;
template <>
struct ArcConstants<float> {
  static constexpr float pi = 0x1.921fb6p1f, pi_lo = -0x1.777a5cp-24f;
};
template <>
struct ArcConstants<double> {
  static constexpr double pi = 0x1.921fb54442d18p1, pi_lo = 0x1.1a62633145c07p-53;
};

// (atan(a) - a) / a^3 in z = a^2 <= 1: 2^-28.4 and 2^-60 of atan
FASTLOSS_INLINE float atan_bend(float z) {
  return horner(z, -0x1.55553ep-2f, 0x1.9991c6p-3f, -0x1.241e9ap-3f, 0x1.c0741ep-4f, -0x1.57bb6cp-4f, 0x1.d9121cp-5f,
                -0x1.fb4124p-6f, 0x1.61b67cp-7f, -0x1.ceff36p-10f);
}
FASTLOSS_INLINE double atan_bend(double z) {
  return horner(z, -0x1.555555555554dp-2, 0x1.9999999998bf4p-3, -0x1.2492492454c0dp-3, 0x1.c71c71b581792p-4,
                -0x1.745d15c143ecap-4, 0x1.3b139afac5e87p-4, -0x1.11102a6b939f1p-4, 0x1.e1d41862b9438p-5,
                -0x1.aed817a04e3a2p-5, 0x1.84ab92b426a74p-5, -0x1.5f099d7cf8f2ep-5, 0x1.38c571b8bdb8cp-5,
                -0x1.0c1f01aee62d4p-5, 0x1.ab220af638a7bp-6, -0x1.2f73612c7b4ccp-6, 0x1.702c140963053p-7,
                -0x1.6c3d186097cedp-8, 0x1.1688def9f514ep-9, -0x1.322eb4f04c5edp-11, 0x1.abf7bb28b35c2p-14,
                -0x1.1c7c51f1e6564p-17);
}
// (asin(s) - s) / s^3 in z = s^2 <= 1/4: 2^-31.7 and 2^-59.8 of asin
FASTLOSS_INLINE float asin_bend(float z) {
  return horner(z, 0x1.55554cp-3f, 0x1.333896p-4f, 0x1.6cac82p-5f, 0x1.049d6ap-5f, 0x1.d8b82ap-7f, 0x1.3367dcp-5f);
}
FASTLOSS_INLINE double asin_bend(double z) {
  return split_horner(z, 0x1.5555555555577p-3, 0x1.333333332e23p-4, 0x1.6db6db7200155p-5, 0x1.f1c71a9d4cf0cp-6,
                      0x1.6e8bddd98412p-6, 0x1.1c4a041bb6d6p-6, 0x1.ca1d9e3623681p-7, 0x1.7595dab03be88p-7,
                      0x1.60df2d16e01c4p-7, 0x1.eb8c6cf23f881p-9, 0x1.61e51b2bc6ae1p-6, -0x1.558bf22e32b54p-6,
                      0x1.0a827172d81e8p-5);
}

// The angle of the point (x, y) from the x-axis, within [-pi, pi]; zeros and infinities as in C.
template <class T>
FASTLOSS_INLINE T atan2(T y, T x) {
  using C = ArcConstants<T>;
  const T across = abs(x), along = abs(y);
  const bool steep = across < along;
  const T over = steep ? across : along, under = steep ? along : across, equal = over == T(0) ? T(0) : T(1);
  const T a = over == under ? equal : over / under, z = a * a, sign = times_sign(steep ? T(-1) : T(1), x);
  const Pair<T> angle = fast_two_sum(a, a * z * atan_bend(z));
  const T from = steep ? C::pi / 2 : by_sign(x, C::pi, T(0)),
          from_lo = steep ? C::pi_lo / 2 : by_sign(x, C::pi_lo, T(0));
  const Pair<T> sum = fast_two_sum(from, sign * angle.hi);
  return copysign(sum.hi + (sum.lo + fma(sign, angle.lo, from_lo)), y);
}

// NaN outside [-1, 1]
template <class T>
FASTLOSS_INLINE T acos(T x) {
  using C = ArcConstants<T>;
  const bool outer = abs(x) > T(0.5);
  const T half = T(0.5) - T(0.5) * abs(x), z = outer ? half : x * x, s = outer ? sqrt(half) : x;
  const Pair<T> angle = fast_two_sum(s, s * z * asin_bend(z));
  const T from = outer ? by_sign(x, C::pi, T(0)) : C::pi / 2,
          from_lo = outer ? by_sign(x, C::pi_lo, T(0)) : C::pi_lo / 2;
  const T times = outer ? times_sign(T(2), x) : T(-1);
  const Pair<T> sum = fast_two_sum(from, times * angle.hi);
  return sum.hi + (sum.lo + fma(times, angle.lo, from_lo));
}

}  // namespace fastloss::FASTLOSS_ISA
