// A product with e^x that is in range although e^x alone is not.
#pragma once
#include "math/exp.h"
#include "math/wide.h"

namespace fastloss::FASTLOSS_ISA {

template <class T>
struct FarConstants;
template <>
struct FarConstants<float> {
  static constexpr float near = 80.f, far = 198.f;          // beyond: 0 or infinite times any number
  static constexpr float exponent = 160.f, root = 0x1p80f;  // 2^160 and its root
  static constexpr float large = 0x1p40f, down = 0x1p-40f;
};
template <>
struct FarConstants<double> {
  static constexpr double near = 600., far = 1500.;
  static constexpr double exponent = 1300., root = 0x1p650;
  static constexpr double large = 0x1p300, down = 0x1p-300;
};

// e^(x + x_lo) = value * unit^2
template <class T>
struct FarExp {
  T value, unit;
  explicit FASTLOSS_INLINE_MEMBER FarExp(T x, T x_lo = T(0)) {
    using C = FarConstants<T>;
    const T bounded = clamp(x, -C::far, C::far);
    const bool high = bounded > C::near, low = bounded < -C::near;
    const ScaledExp<T> e = scaled_exp(bounded, bounded == x ? x_lo : T(0),
                                      high  ? -C::exponent
                                      : low ? C::exponent
                                            : T(0));
    value = (e.hi + (e.lo + e.tail)) * e.scale;
    unit = high ? C::root : low ? T(1) / C::root : T(1);
  }
  explicit FASTLOSS_INLINE_MEMBER FarExp(Pair<T> x) : FarExp(x.hi, x.lo) {}
  // a e^x b, where b is at most `large`; rounded twice.
  T FASTLOSS_INLINE_MEMBER times(T a, T b = T(1)) const { return a * unit * value * (unit * b); }
};

// c log x in more digits than T has, for x >= 0 and c != 0.
FASTLOSS_INLINE Pair<float> times_log(float x, double c) {
  const double y = c * (x > 0 ? wide_log(double(x)) : unless_nan(double(x), -1e30));
  return {float(y), float(y - double(float(y)))};
}
FASTLOSS_INLINE Pair<double> times_log(double x, double c) {
  const DoubleDouble log = x > 0 ? wide_log(DoubleDouble(x)) : DoubleDouble(unless_nan(x, -1e30));
  const Pair<double> y = Pair<double>(log.hi, log.lo) * c;
  return fast_two_sum(y.hi, y.lo);
}

}  // namespace fastloss::FASTLOSS_ISA
