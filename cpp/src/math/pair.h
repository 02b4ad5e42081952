// Arithmetic on a Pair hi + lo of finite numbers: half again to twice the digits of T for a dozen operations. The sum
// is not normalised after each, so lo may grow to a few ULP of hi; converting to T adds the two.
#pragma once
#include "math/basic.h"

namespace fastloss::FASTLOSS_ISA {

template <class T>
FASTLOSS_INLINE Pair<T> operator-(Pair<T> a) {
  return {-a.hi, -a.lo};
}
template <class T>
FASTLOSS_INLINE Pair<T> operator+(Pair<T> a, Pair<T> b) {
  const Pair<T> s = two_sum(a.hi, b.hi);
  return {s.hi, s.lo + (a.lo + b.lo)};
}
template <class T>
FASTLOSS_INLINE Pair<T> operator-(Pair<T> a, Pair<T> b) {
  return a + -b;
}
template <class T>
FASTLOSS_INLINE Pair<T> operator*(Pair<T> a, Pair<T> b) {
  const Pair<T> p = two_prod(a.hi, b.hi);
  return {p.hi, fma(a.hi, b.lo, fma(a.lo, b.hi, p.lo))};
}
template <class T>
FASTLOSS_INLINE Pair<T> operator*(Pair<T> a, T b) {
  const Pair<T> p = two_prod(a.hi, b);
  return {p.hi, fma(a.lo, b, p.lo)};
}
template <class T>
FASTLOSS_INLINE Pair<T> operator*(T a, Pair<T> b) {
  return b * a;
}
template <class T>
FASTLOSS_INLINE Pair<T> operator/(Pair<T> a, Pair<T> b) {
  const T q = a.hi / b.hi;
  return {q, (fma(-q, b.lo, fma(-q, b.hi, a.hi)) + a.lo) / b.hi};
}

template <class T>
FASTLOSS_INLINE Pair<T> fma(Pair<T> a, Pair<T> b, Pair<T> c) {
  return a * b + c;
}

// a where z < 0 (or -0), else b; by the sign bit, see times_sign.
template <class T>
FASTLOSS_INLINE T by_sign(T z, T a, T b) {
  return from_bits(bits_of(b) ^ ((bits_of(a) ^ bits_of(b)) & sign_mask(z)));
}
template <class T>
FASTLOSS_INLINE Pair<T> by_sign(T z, Pair<T> a, Pair<T> b) {
  return {by_sign(z, a.hi, b.hi), by_sign(z, a.lo, b.lo)};
}
template <class T>
FASTLOSS_INLINE Pair<T> choose(bool c, Pair<T> a, Pair<T> b) {
  return {c ? a.hi : b.hi, c ? a.lo : b.lo};
}
template <class T>
FASTLOSS_INLINE T twice(T x) {
  return x + x;
}
template <class T>
FASTLOSS_INLINE Pair<T> twice(Pair<T> x) {
  return {x.hi + x.hi, x.lo + x.lo};
}
FASTLOSS_INLINE double by_sign(float z, double a, double b) { return by_sign(double(z), a, b); }

// y, but `zero` where x = 0
template <class T>
FASTLOSS_INLINE T unless_zero(T x, T y, T zero) {
  return x == T(0) ? zero : y;
}
template <class T>
FASTLOSS_INLINE Pair<T> unless_zero(Pair<T> x, Pair<T> y, Pair<T> zero) {
  return {x.hi == T(0) ? zero.hi : y.hi, x.hi == T(0) ? zero.lo : y.lo};
}
// a / b, infinite where it should be; 0 / 0 = 0.
FASTLOSS_INLINE double quotient(double a, double b) { return a == 0 ? 0 : a / b; }
template <class T>
FASTLOSS_INLINE Pair<T> quotient(Pair<T> a, Pair<T> b) {
  const Pair<T> q = a / b;
  return {a.hi == T(0) ? T(0) : q.hi, q.lo - q.lo == T(0) ? q.lo : T(0)};
}
// w x in the precision of w, silent where w is exactly 0
FASTLOSS_INLINE double weighted(double w, float x) { return weighted(w, double(x)); }
template <class T>
FASTLOSS_INLINE T weighted(Pair<T> w, T x) {
  return weighted(T(w), x);
}

// A constant formed in twice double, to the precision of N.
FASTLOSS_INLINE void assign(float& x, Pair<double> c) { x = float(c.hi + c.lo); }
FASTLOSS_INLINE void assign(double& x, Pair<double> c) { x = c.hi + c.lo; }
FASTLOSS_INLINE void assign(Pair<double>& x, Pair<double> c) { x = c; }
FASTLOSS_INLINE void assign(Pair<float>& x, Pair<double> c) { x = {float(c.hi), float(c.hi - double(float(c.hi)))}; }

FASTLOSS_INLINE Pair<double> doubled(double x) { return x; }
FASTLOSS_INLINE Pair<double> doubled(Pair<double> x) { return x; }

// A constant written as hi + lo.
template <class N>
FASTLOSS_INLINE N constant(double hi, double lo) {
  N x;
  assign(x, Pair<double>(hi, lo));
  return x;
}

// Digits to spare for T: double for float, Pair<double> for double.
template <class T>
struct FineOf;
template <>
struct FineOf<float> {
  using type = double;
};
template <>
struct FineOf<double> {
  using type = Pair<double>;
};
template <class T>
using Fine = typename FineOf<T>::type;

}  // namespace fastloss::FASTLOSS_ISA
