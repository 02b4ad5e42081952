// The arithmetic every loss is written in: scalar, branch-free, on float and double.
//
// Compiled once per ISA inside a namespace of its own, so nothing here may include a header that
// brings inline functions with it. A fused multiply-add is always spelled out (contraction is off),
// which is what makes the bits the same under every compiler and instruction set.
#pragma once
#include <cstddef>
#include <cstdint>

#define FASTLOSS_INLINE static inline __attribute__((always_inline))
#define FASTLOSS_INLINE_MEMBER inline __attribute__((always_inline))

namespace fastloss::FASTLOSS_ISA {

// How T is stored, and its extreme values.
template <class T>
struct Format;
template <>
struct Format<float> {
  using Bits = std::uint32_t;
  using Signed = std::int32_t;
  static constexpr int mantissa = 23, bias = 127;
  static constexpr float inf = __builtin_inff(), nan = __builtin_nanf("");
  static constexpr float largest = 0x1.fffffep127f, smallest = 0x1p-149f, normal = 0x1p-126f;
};
template <>
struct Format<double> {
  using Bits = std::uint64_t;
  using Signed = std::int64_t;
  static constexpr int mantissa = 52, bias = 1023;
  static constexpr double inf = __builtin_inf(), nan = __builtin_nan("");
  static constexpr double largest = 0x1.fffffffffffffp1023, smallest = 0x1p-1074, normal = 0x1p-1022;
};
template <class T>
using Bits = typename Format<T>::Bits;

FASTLOSS_INLINE Bits<float> bits_of(float x) { return __builtin_bit_cast(Bits<float>, x); }
FASTLOSS_INLINE Bits<double> bits_of(double x) { return __builtin_bit_cast(Bits<double>, x); }
FASTLOSS_INLINE float from_bits(Bits<float> b) { return __builtin_bit_cast(float, b); }
FASTLOSS_INLINE double from_bits(Bits<double> b) { return __builtin_bit_cast(double, b); }

FASTLOSS_INLINE float fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
FASTLOSS_INLINE double fma(double a, double b, double c) { return __builtin_fma(a, b, c); }
FASTLOSS_INLINE float abs(float x) { return __builtin_fabsf(x); }
FASTLOSS_INLINE double abs(double x) { return __builtin_fabs(x); }
FASTLOSS_INLINE float sqrt(float x) { return __builtin_sqrtf(x); }
FASTLOSS_INLINE double sqrt(double x) { return __builtin_sqrt(x); }
FASTLOSS_INLINE float copysign(float x, float sign) { return __builtin_copysignf(x, sign); }
FASTLOSS_INLINE double copysign(double x, double sign) { return __builtin_copysign(x, sign); }

// min and max answer their FIRST argument when either is NaN: a NaN in `a` propagates, one in `b`
// (a bound) does not. Equal zeros also give the first.
template <class T>
FASTLOSS_INLINE T min(T a, T b) {
  return b < a ? b : a;
}
template <class T>
FASTLOSS_INLINE T max(T a, T b) {
  return a < b ? b : a;
}
template <class T>
FASTLOSS_INLINE T clamp(T x, T low, T high) {
  return max(min(x, high), low);
}

// -|x|, |x| with the sign of another, all ones where x is negative: in integers, where no compiler turns them into
// branches.
template <class T>
inline constexpr Bits<T> sign_bit = Bits<T>(1) << (8 * sizeof(T) - 1);
template <class T>
FASTLOSS_INLINE T minus_abs(T x) {
  return from_bits(bits_of(x) | sign_bit<T>);
}
template <class T>
FASTLOSS_INLINE T times_sign(T x, T sign) {
  return from_bits(bits_of(x) ^ (bits_of(sign) & sign_bit<T>));
}
template <class T>
FASTLOSS_INLINE Bits<T> sign_mask(T x) {
  return Bits<T>(__builtin_bit_cast(typename Format<T>::Signed, x) >> (8 * sizeof(T) - 1));
}

// c ? a : b by masks, for where one choice follows another: GCC leads those through each other, and makes a dozen
// instructions of two.
template <class T>
FASTLOSS_INLINE T masked(bool c, T a, T b) {
  const Bits<T> mask = Bits<T>(0) - Bits<T>(c);
  return from_bits((bits_of(a) & mask) | (bits_of(b) & ~mask));
}

// x, or 0 where it is so small that its square would leave the normal range: operations on subnormal numbers take a
// hundred times as long on many CPUs.
template <class T>
FASTLOSS_INLINE T unless_tiny(T x) {
  constexpr Bits<T> large = Bits<T>(3) << (8 * sizeof(T) - 3);
  return (bits_of(x) & large) == 0 ? T(0) : x;
}

// `value`, unless a NaN came in as x.
template <class T>
FASTLOSS_INLINE T unless_nan(T x, T value) {
  return x == x ? value : x;
}

// w x, where a weight of exactly zero silences even an infinite or NaN x.
template <class T>
FASTLOSS_INLINE T weighted(T w, T x) {
  return w == T(0) ? T(0) : w * x;
}

// A parameter given in double, brought into [smallest subnormal, largest finite] of T.
template <class T>
FASTLOSS_INLINE T positive_finite(double x) {
  return T(clamp(x, double(Format<T>::smallest), double(Format<T>::largest)));
}

// The largest T that is no more than x: x <= at_most(y) exactly where x <= y.
template <class T>
FASTLOSS_INLINE T at_most(double x) {
  const T y = T(x);
  return double(y) <= x || !(y > T(0)) ? y : from_bits(bits_of(y) - 1);
}

// The smallest T that is no less than x >= 0: y < least_above(x) exactly where y < x.
template <class T>
FASTLOSS_INLINE T least_above(double x) {
  const T y = T(x);
  return double(y) >= x ? y : from_bits(bits_of(y) + 1);
}

// What a loss has worked out of `pred` alone, see pointwise/kernel.h.
template <class T>
struct Begun {
  T first, second;
};

// hi + lo exactly. math/pair.h computes with it.
template <class T>
struct Pair {
  T hi, lo;
  Pair() = default;
  FASTLOSS_INLINE_MEMBER Pair(T x) : hi(x), lo(0) {}
  FASTLOSS_INLINE_MEMBER Pair(T hi_, T lo_) : hi(hi_), lo(lo_) {}
  explicit FASTLOSS_INLINE_MEMBER operator T() const { return hi + lo; }
};
template <class T>
FASTLOSS_INLINE Pair<T> min(Pair<T> a, Pair<T> b) {
  return {b.hi < a.hi ? b.hi : a.hi, b.hi < a.hi ? b.lo : a.lo};
}
template <class T>
FASTLOSS_INLINE Pair<T> max(Pair<T> a, Pair<T> b) {
  return {a.hi < b.hi ? b.hi : a.hi, a.hi < b.hi ? b.lo : a.lo};
}
template <class T>
FASTLOSS_INLINE Pair<T> two_sum(T a, T b) {
  const T s = a + b, v = s - a;
  return {s, (a - (s - v)) + (b - v)};
}
// Wants |a| >= |b| or a = 0.
template <class T>
FASTLOSS_INLINE Pair<T> fast_two_sum(T a, T b) {
  const T s = a + b;
  return {s, b - (s - a)};
}
template <class T>
FASTLOSS_INLINE Pair<T> two_prod(T a, T b) {
  const T p = a * b;
  return {p, fma(a, b, -p)};
}

}  // namespace fastloss::FASTLOSS_ISA
