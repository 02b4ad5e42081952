// e^x - 1 and the hyperbolic tangent, right to the last digits near 0: with x = n ln 2 + r it is
// 2^n (e^r - 1) + (2^n - 1).
#pragma once
#include "math/exp.h"
#include "math/pair.h"

namespace fastloss::FASTLOSS_ISA {

template <class T>
struct Expm1Constants;
template <>
struct Expm1Constants<float> {
  static constexpr float lowest = -20.f, tanh_end = 10.f;  // beyond: -1 and 1, rounded
};
template <>
struct Expm1Constants<double> {
  static constexpr double lowest = -40., tanh_end = 20.;
};

// (e^r - 1 - r) / r^2, minimax for the relative error of e^r - 1: 2^-27.7 and 2^-63.
FASTLOSS_INLINE float expm1_tail(float r) {
  return horner(r, 0x1p-1f, 0x1.555554p-3f, 0x1.55554ap-5f, 0x1.11137ep-7f, 0x1.6cad0ep-10f, 0x1.9c3ce8p-13f);
}
FASTLOSS_INLINE double expm1_tail(double r) { return exp_tail(r); }

// Half of e^x - 1, for x between lowest and highest: of the largest x the whole would be infinite too early.
template <class T>
FASTLOSS_INLINE Pair<T> half_expm1(T x) {
  using C = ExpConstants<T>;
  constexpr T shifter = C::shifter + T(Format<T>::bias - 1);
  const T shifted = fma(x, C::per_ln2, shifter), n = shifted - shifter;
  const T r_hi = fma(n, -C::ln2, x), c = n * -C::ln2_lo, r = r_hi + c, r_lo = c - (r - r_hi);
  const T scale = from_bits(Bits<T>(bits_of(shifted) << Format<T>::mantissa));  // 2^(n-1)
  const Pair<T> rest = two_sum(scale, T(-0.5)), sum = fast_two_sum(rest.hi, scale * r);
  return fast_two_sum(sum.hi, fma(scale, fma(r * r, expm1_tail(r), r_lo), sum.lo + rest.lo));
}

template <class T>
FASTLOSS_INLINE T expm1(T x) {
  const T y = half_expm1(clamp(x, Expm1Constants<T>::lowest, ExpConstants<T>::highest)).hi;
  return abs(x) < T(0x1p-60) ? x : twice(y);  // half of the least number is none
}

// (e^2x - 1) / (e^2x + 1)
template <class T>
FASTLOSS_INLINE T tanh(T x) {
  const Pair<T> a = half_expm1(twice(min(abs(x), Expm1Constants<T>::tanh_end))), b = two_sum(T(1), a.hi);
  const T y = T(1) / b.hi, q = a.hi * y;
  return copysign(fma(fma(-q, b.hi, a.hi) + fma(-q, b.lo + a.lo, a.lo), y, q), x);
}

}  // namespace fastloss::FASTLOSS_ISA
