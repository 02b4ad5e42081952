// Wide<T>: more precision than T, for powers, where a relative error is multiplied by up to 740.
// Wide<float> is double, its functions cut down to some 37 bits; Wide<double> is a double-double.
#pragma once
#include "math/exp.h"
#include "math/log.h"
#include "math/pair.h"

namespace fastloss::FASTLOSS_ISA {

// hi + lo, some 104 bits. Where hi is infinite or NaN, lo is 0 and hi is what plain doubles would give.
struct DoubleDouble {
  double hi, lo;
  DoubleDouble() = default;
  FASTLOSS_INLINE_MEMBER DoubleDouble(double x) : hi(x), lo(0) {}
  FASTLOSS_INLINE_MEMBER DoubleDouble(double hi_, double lo_) : hi(hi_), lo(lo_) {}
  explicit FASTLOSS_INLINE_MEMBER operator double() const { return hi; }
};

// a + b, for |a| >= |b|
FASTLOSS_INLINE DoubleDouble joined(double a, double b) {
  const Pair<double> s = fast_two_sum(a, b);
  const bool finite = s.lo - s.lo == 0;
  return {finite ? s.hi : a, finite ? s.lo : 0};
}
FASTLOSS_INLINE DoubleDouble operator-(DoubleDouble a) { return {-a.hi, -a.lo}; }
FASTLOSS_INLINE DoubleDouble operator+(DoubleDouble a, DoubleDouble b) {
  const Pair<double> s = two_sum(a.hi, b.hi), t = two_sum(a.lo, b.lo), u = fast_two_sum(s.hi, s.lo + t.hi);
  return u.lo - u.lo == 0 ? joined(u.hi, u.lo + t.lo) : DoubleDouble(s.hi);
}
FASTLOSS_INLINE DoubleDouble operator-(DoubleDouble a, DoubleDouble b) { return a + -b; }
FASTLOSS_INLINE DoubleDouble operator*(DoubleDouble a, DoubleDouble b) {
  const Pair<double> p = two_prod(a.hi, b.hi);
  return joined(p.hi, fma(a.hi, b.lo, fma(a.lo, b.hi, p.lo)));
}
FASTLOSS_INLINE DoubleDouble operator/(DoubleDouble a, DoubleDouble b) {
  const double q = a.hi / b.hi, rest = fma(-q, b.lo, fma(-q, b.hi, a.hi) + a.lo);
  return joined(q, rest / b.hi);
}
FASTLOSS_INLINE bool operator<(DoubleDouble a, DoubleDouble b) { return a.hi < b.hi || (a.hi == b.hi && a.lo < b.lo); }
FASTLOSS_INLINE bool operator==(DoubleDouble a, DoubleDouble b) { return a.hi == b.hi && a.lo == b.lo; }

FASTLOSS_INLINE DoubleDouble fma(DoubleDouble a, DoubleDouble b, DoubleDouble c) { return a * b + c; }

FASTLOSS_INLINE DoubleDouble unless_zero(DoubleDouble x, DoubleDouble y, double zero) {
  return {x.hi == 0 ? zero : y.hi, x.hi == 0 ? 0 : y.lo};
}

template <class T>
struct WideOf;
template <>
struct WideOf<float> {
  using type = double;
};
template <>
struct WideOf<double> {
  using type = DoubleDouble;
};
template <class T>
using Wide = typename WideOf<T>::type;

// In Wide<float>: relative error 2^-37, 0 below e^-700, at most e^700.
FASTLOSS_INLINE double wide_exp(double x) {
  using C = ExpConstants<double>;
  const double bounded = clamp(x, -700., 700.), shifter = C::shifter + Format<double>::bias;
  const double shifted = fma(bounded, C::per_ln2, shifter), r = fma(shifted - shifter, -C::ln2, bounded);
  const double tail = horner(r, 0x1.0000000060206p-1, 0x1.5555557e87d85p-3, 0x1.55555418e243ap-5, 0x1.1110a116aadcbp-7,
                             0x1.6c18d955149aap-10, 0x1.a1877aa9af045p-13, 0x1.9e86e9332f833p-16);
  const double y = fma(r * r, tail, 1 + r) * from_bits(bits_of(shifted) << Format<double>::mantissa);
  return x < -700 ? 0 : y;
}
// The logarithms want 0 < x < inf, -1 < x < inf; a NaN passes.
FASTLOSS_INLINE double wide_log_sum(double k, double f) {  // k ln 2 + log(1 + f)
  const double s = f / (2 + f), z = s * s;
  const double tail = horner(z, 0x1.555554fd6ef7bp-1, 0x1.999a7ae36c4bdp-2, 0x1.2438bff6c416bp-2, 0x1.e2fa1d70ba877p-3);
  return fma(k, ExpConstants<double>::ln2, s * fma(z, tail, 2.));
}
FASTLOSS_INLINE double wide_log(double x) {
  const BinaryParts<double> b = split_exponent(x);
  return unless_nan(x, wide_log_sum(b.k, b.m - 1));
}
FASTLOSS_INLINE double wide_log1p(double x) {
  const Pair<double> u = two_sum(1., x);
  const BinaryParts<double> b = split_exponent(u.hi);
  return unless_nan(x, wide_log_sum(b.k, (b.m - 1) + u.lo * power_ratio(b.m, u.hi)));
}

// log(1 + x) for x in [0, 1], without a division; relative error 2^-35
FASTLOSS_INLINE double wide_log1p_unit(double x) {
  const double bend =
      split_horner(x - 0.5, -0x1.833704cfffa93p-2, 0x1.6f0d7bf21f968p-3, -0x1.7ddf20f6105cbp-4, 0x1.a27993b833466p-5,
                   -0x1.da3336f0a2dbfp-6, 0x1.131a6f7022d37p-6, -0x1.44fb39720191dp-7, 0x1.8317d4398efa2p-8,
                   -0x1.cb6bcd89733d6p-9, 0x1.2968125b1bd22p-9, -0x1.be544466bdb0bp-10, 0x1.b1fdb5247844p-11);
  return fma(x * x, bend, x);
}

// In Wide<double>: relative error 2^-63 for e^x, 2^-65 for the logarithms.
FASTLOSS_INLINE DoubleDouble wide_exp(DoubleDouble x) {
  using C = ExpConstants<double>;
  const double bounded = clamp(x.hi, C::lowest, C::highest), x_lo = bounded == x.hi ? x.lo : 0;
  const double middle = bounded < 0 ? C::middle : -C::middle, shifter = C::shifter + (Format<double>::bias + middle);
  const double shifted = fma(bounded, C::per_ln2, shifter), n = shifted - shifter;
  const Pair<double> c = two_prod(n, -C::ln2_lo), s = two_sum(fma(n, -C::ln2, bounded), c.hi);
  const Pair<double> r = fast_two_sum(s.hi, s.lo + (c.lo + x_lo));
  const double tail =
      split_horner(r.hi, 0x1.5555555555558p-5, 0x1.1111111111107p-7, 0x1.6c16c16c14fedp-10, 0x1.a01a01a02204fp-13,
                   0x1.a01a01ad88d22p-16, 0x1.71de3a326f586p-19, 0x1.27e4cbf121a4dp-22, 0x1.ae64cc8fc57ebp-26,
                   0x1.1f8c1e2f7bcfcp-29, 0x1.60d9164aad4e5p-33);
  // 1 + r (1 + r (1/2 + r (1/6 + r tail)))
  const auto step = [r](double c_hi, double c_lo, Pair<double> y) {
    const double p = r.hi * y.hi, p_lo = fma(r.hi, y.lo, fma(r.lo, y.hi, fma(r.hi, y.hi, -p)));
    const Pair<double> t = fast_two_sum(c_hi, p);
    return fast_two_sum(t.hi, t.lo + (p_lo + c_lo));
  };
  const Pair<double> y =
      step(1, 0, step(1, 0, step(0.5, 0, step(0x1.5555555555555p-3, 0x1.5555555555555p-57, {tail, 0}))));
  const double scale = from_bits(bits_of(shifted) << Format<double>::mantissa), rest = bounded < 0 ? C::down : C::up;
  return {y.hi * scale * rest, y.lo * scale * rest};
}
FASTLOSS_INLINE DoubleDouble wide_log(DoubleDouble x) {
  using C = LogConstants<double>;
  const bool tiny = x.hi < Format<double>::normal;
  const double up = tiny ? C::up : 1;
  const BinaryParts<double> b = split_exponent(x.hi * up);
  const double k = tiny ? b.k - C::up_log2 : b.k;
  const bool last = x.hi > 0x1.6a09e667f3bccp1023;  // of those the ratio is no number
  const double x_lo = last ? 0 : x.lo * up * power_ratio(b.m, x.hi * up);
  const Pair<double> f = fast_two_sum(b.m - 1, x_lo);
  // s = f / (2 + f), y = z (1/3 + z (1/5 + z tail)), log m = 2 s (1 + y)
  const Pair<double> den = fast_two_sum(2., f.hi);
  const double s = f.hi / den.hi, s_lo = (fma(-s, den.lo + f.lo, fma(-s, den.hi, f.hi) + f.lo)) / den.hi;
  const double z = s * s, z_lo = fma(s, s_lo + s_lo, fma(s, s, -z));
  const double tail =
      z * horner(z, 0x1.24924924927cfp-3, 0x1.c71c71c659ad7p-4, 0x1.745d17d79e33cp-4, 0x1.3b137821789dep-4,
                 0x1.111dd194dc0ccp-4, 0x1.de9df88a9ab51p-5, 0x1.e7e4b7ee33617p-5);
  const auto step = [z, z_lo](double c_hi, double c_lo, Pair<double> y) {
    const double p = z * y.hi, p_lo = fma(z, y.lo, fma(z_lo, y.hi, fma(z, y.hi, -p)));
    const Pair<double> t = fast_two_sum(c_hi, p);
    return fast_two_sum(t.hi, t.lo + (p_lo + c_lo));
  };
  const Pair<double> y =
      step(1, 0, step(0x1.5555555555555p-2, 0x1.5555555555555p-56, {0x1.999999999999ap-3 + tail, 0}));
  const double p = s * y.hi, p_lo = fma(s, y.lo, fma(s_lo, y.hi, fma(s, y.hi, -p)));
  const double large = k * C::ln2;  // exact
  const Pair<double> sum = two_sum(large, p + p);
  const Pair<double> log = fast_two_sum(sum.hi, sum.lo + fma(k, C::ln2_lo, p_lo + p_lo));
  return {unless_nan(x.hi, log.hi), log.lo};
}
FASTLOSS_INLINE DoubleDouble wide_log1p(DoubleDouble x) { return wide_log(DoubleDouble(1) + x); }

// Logarithms with digits to spare, of x in (0, 1] and of 1 - x.
FASTLOSS_INLINE double fine_log(double x) { return wide_log(x); }
FASTLOSS_INLINE double fine_log_rest(double x) { return wide_log1p(-x); }
template <class T>
FASTLOSS_INLINE Pair<T> fine_log(Pair<T> x) {
  return log_pair(x.hi);
}
template <class T>
FASTLOSS_INLINE Pair<T> fine_log_rest(Pair<T> x) {
  return log1p_pair(-x.hi);
}

FASTLOSS_INLINE double choose(bool c, double a, double b) { return c ? a : b; }
FASTLOSS_INLINE DoubleDouble choose(bool c, DoubleDouble a, DoubleDouble b) {
  return {c ? a.hi : b.hi, c ? a.lo : b.lo};
}
// w x, where a weight of exactly zero silences even an infinite or NaN x.
FASTLOSS_INLINE DoubleDouble weighted(DoubleDouble w, DoubleDouble x) {
  return choose(w.hi == 0, DoubleDouble(0), w * x);
}

// e^log_factor q^gamma to 0.7 ULP of T, with the power of two that it is to be multiplied by: in double that keeps the
// digits of a power below 1e-170 out of the subnormals.
template <class N, class T>
struct ScaledPower {
  N power;
  T scale;
};
FASTLOSS_INLINE ScaledPower<double, float> rounded_pow(double q, double gamma, double log_factor) {
  return {wide_exp(fma(gamma, unless_zero(q, wide_log(q), -1e300), log_factor)), 1};
}
FASTLOSS_INLINE ScaledPower<Pair<double>, double> rounded_pow(Pair<double> q, double gamma, Pair<double> log_factor) {
  const Pair<double> x = fast_two_sum(q.hi, q.lo);
  const DoubleDouble l = unless_zero(DoubleDouble(x.hi, x.lo), wide_log(DoubleDouble(x.hi, x.lo)), -1e300);
  const Pair<double> sum = Pair<double>(gamma) * Pair<double>(l.hi, l.lo) + log_factor,
                     y = fast_two_sum(sum.hi, sum.lo);
  const bool tiny = y.hi < -400;
  return {exp(y.hi, y.lo, tiny ? 0x1p256 : 1.), tiny ? 0x1p-256 : 1.};
}

}  // namespace fastloss::FASTLOSS_ISA
