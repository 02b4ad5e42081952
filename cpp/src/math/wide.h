// Wide<T>: more precision than T, for powers, where an exponent's error is multiplied by up to 740.
// Wide<float> is double, its functions cut down to some 37 bits; Wide<double> is a double-double.
#pragma once
#include "math/exp.h"
#include "math/log.h"

namespace fastloss::FASTLOSS_ISA {

// hi + lo with about 104 bits. An infinite or NaN hi comes with lo = 0, so hi is always the plain double result.
struct DoubleDouble {
  double hi, lo;
  DoubleDouble() = default;
  FASTLOSS_INLINE_MEMBER DoubleDouble(double x) : hi(x), lo(0) {}
  FASTLOSS_INLINE_MEMBER DoubleDouble(double a, double b) {  // |a| >= |b|
    hi = a + b;
    const double rest = b - (hi - a);
    lo = rest - rest == 0 ? rest : 0;
    hi = rest - rest == 0 ? hi : a;
  }
  explicit FASTLOSS_INLINE_MEMBER operator double() const { return hi; }
};
FASTLOSS_INLINE DoubleDouble operator-(DoubleDouble a) {
  a.hi = -a.hi, a.lo = -a.lo;
  return a;
}
FASTLOSS_INLINE DoubleDouble operator+(DoubleDouble a, DoubleDouble b) {
  const Pair<double> s = two_sum(a.hi, b.hi), t = two_sum(a.lo, b.lo);
  const Pair<double> u = fast_two_sum(s.hi, s.lo + t.hi);
  const double lo = u.lo + t.lo;
  return lo - lo == 0 ? DoubleDouble(u.hi, lo) : DoubleDouble(s.hi);
}
FASTLOSS_INLINE DoubleDouble operator-(DoubleDouble a, DoubleDouble b) { return a + -b; }
FASTLOSS_INLINE DoubleDouble operator*(DoubleDouble a, DoubleDouble b) {
  const Pair<double> p = two_prod(a.hi, b.hi);
  return {p.hi, fma(a.hi, b.lo, fma(a.lo, b.hi, p.lo))};
}
FASTLOSS_INLINE DoubleDouble operator/(DoubleDouble a, DoubleDouble b) {
  const double y = 1 / b.hi, q = a.hi / b.hi;
  const double rest = fma(-q, b.lo, fma(-q, b.hi, a.hi) + a.lo);
  return {q, rest * y};
}
FASTLOSS_INLINE bool operator<(DoubleDouble a, DoubleDouble b) { return a.hi < b.hi || (a.hi == b.hi && a.lo < b.lo); }
FASTLOSS_INLINE bool operator==(DoubleDouble a, DoubleDouble b) { return a.hi == b.hi && a.lo == b.lo; }

template <class T> struct WideOf;
template <> struct WideOf<float> { using type = double; };
template <> struct WideOf<double> { using type = DoubleDouble; };
template <class T> using Wide = typename WideOf<T>::type;

FASTLOSS_INLINE double wide_exp(double x) { return exp(x); }
FASTLOSS_INLINE double wide_log(double x) { return log(x); }
FASTLOSS_INLINE double wide_log1p(double x) { return log1p(x); }
FASTLOSS_INLINE DoubleDouble wide_exp(DoubleDouble x) { return exp(x.hi, x.lo); }
FASTLOSS_INLINE DoubleDouble wide_log(DoubleDouble x) { return log(x.hi); }
FASTLOSS_INLINE DoubleDouble wide_log1p(DoubleDouble x) { return log1p(x.hi); }

// q^gamma for q in [0, 1]; 0^0 = 1.
template <class T> FASTLOSS_INLINE Wide<T> pow(Wide<T> q, T gamma) {
  const Wide<T> zero = gamma > T(0) ? T(0) : (gamma == T(0) ? T(1) : Format<T>::inf);
  return q == Wide<T>(T(0)) ? zero : wide_exp(Wide<T>(gamma) * wide_log(q));
}

}  // namespace fastloss::FASTLOSS_ISA
