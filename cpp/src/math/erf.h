// The error function and its complement: for x >= 0 is erfc x = e^(-x^2) G / (1 + 2x) with a G between 1 and 1.3, a
// polynomial in t = (x - 3) / (x + 3). Of floats it is computed in double, of doubles in Pairs.
#pragma once
#include "math/exp.h"
#include "math/pair.h"
#include "math/wide.h"

namespace fastloss::FASTLOSS_ISA {

// first + t slope(t), where slope is that of t.hi: its own derivative is about bend (t - 1).
FASTLOSS_INLINE Pair<double> from_slope(Pair<double> t, double slope, double bend, Pair<double> first) {
  const Pair<double> y = t * slope + first;
  return {y.hi, fma(t.lo, bend * fma(t.hi, t.hi, -t.hi), y.lo)};
}

// G, minimax: 2^-33 and 2^-57.4
FASTLOSS_INLINE double erfc_level(double t) {
  return horner(t, 0x1.40c522d7d476ap0, -0x1.15c08480be38ep-3, -0x1.85a15b5801d1ap-5, 0x1.09835e05f4623p-3,
                -0x1.e88b8898d9dbbp-4, 0x1.17cae494e483bp-4, -0x1.8573f1c613693p-6, 0x1.4b163e7ac0fa2p-9,
                0x1.eef2f7e5f1766p-10, -0x1.945a60d0160c6p-11, -0x1.b4a1e17b5abc1p-14, 0x1.da895b3ba993bp-14,
                0x1.027cec2bda1b7p-18, -0x1.71e1a4dd9fbedp-17);
}
FASTLOSS_INLINE Pair<double> erfc_level(Pair<double> t) {
  const double slope = split_horner(
      t.hi, -0x1.15c084bb9e8f4p-3, -0x1.85a15c58aa4ebp-5, 0x1.098366a5b472bp-3, -0x1.e88b803a4a9ap-4,
      0x1.17ca2877ef781p-4, -0x1.8574c40b64096p-6, 0x1.4b884e470e1e1p-9, 0x1.ef1bdd0ab780ap-10, -0x1.98db517c4242p-11,
      -0x1.b912624221455p-14, 0x1.065a40eb44c19p-13, 0x1.4c223c634d4ddp-18, -0x1.513c96b9cd47cp-16,
      -0x1.88561f86257fp-21, 0x1.d2261cd71f0a4p-19, 0x1.7deafc54cce6ap-22, -0x1.4b96f37a36f96p-21,
      -0x1.2d81a2a5dea74p-23, 0x1.b9b4729213995p-24, 0x1.604b3b16b0594p-25, -0x1.defff1c749b39p-27,
      -0x1.19ab920fdb7d3p-27, 0x1.4d6ef194b6ce5p-30, 0x1.cb9af1818e099p-31, -0x1.3d36bcc8bd447p-35);
  return from_slope(t, slope, 0.53, {0x1.40c522d7e4987p0, 0x1.6b8c3889601bcp-55});
}

// y = 1 / (1 + 2x) and t, for 0 <= x <= 2^500, with one division.
template <class N>
struct TailPoint;
template <>
struct TailPoint<double> {
  double wide, y, t;  // 1 + 2x first
  explicit FASTLOSS_INLINE_MEMBER TailPoint(double x) : wide(fma(2., x, 1.)) {
    const double r = 1 / ((x + 3) * wide);
    y = (x + 3) * r, t = (x - 3) * wide * r;
  }
};
template <>
struct TailPoint<Pair<double>> {
  Pair<double> wide, y, t;
  explicit FASTLOSS_INLINE_MEMBER TailPoint(Pair<double> x) : wide(twice(x) + Pair<double>(1)) {
    const Pair<double> d = x + Pair<double>(3);
    const double r = 1 / (d.hi * wide.hi), u = r * wide.hi, v = r * d.hi;
    const Pair<double> s = Pair<double>(u, u * fma(-u, d.lo, fma(-u, d.hi, 1.))) * -6. + Pair<double>(1);
    t = fast_two_sum(s.hi, s.lo);
    y = {v, v * fma(-v, wide.lo, fma(-v, wide.hi, 1.))};
  }
};

// e^-h for h <= 800: value * scale * down, for it may be less than the least number.
template <class N>
struct Decay {
  N value;
  double scale, down;
};
FASTLOSS_INLINE Decay<double> decay(double h) { return {wide_exp(-h), 1, 1}; }
FASTLOSS_INLINE Decay<Pair<double>> decay(Pair<double> h) {
  using C = ExpConstants<double>;
  const ScaledExp<double> e = scaled_exp(-h.hi, -h.lo, C::middle);
  return {fast_two_sum(e.hi, e.lo + e.tail), e.scale, C::down};
}

FASTLOSS_INLINE float erfc(float x) {
  const double a = min(abs(double(x)), 12.);  // where it is 0 in floats
  const TailPoint<double> p(a);
  const double y = wide_exp(-a * a) * erfc_level(p.t) * p.y;
  return float(x < 0 ? 2 - y : y);
}
// erfc |x|
FASTLOSS_INLINE Decay<Pair<double>> erfc_abs(double x) {
  const double a = min(abs(x), 28.);
  const TailPoint<Pair<double>> p{Pair<double>(a)};
  const Decay<Pair<double>> e = decay(two_prod(a, a));
  return {e.value * (erfc_level(p.t) * p.y), e.scale, e.down};
}
FASTLOSS_INLINE double erfc(double x) {
  const Decay<Pair<double>> e = erfc_abs(x);
  const double hi = e.value.hi * e.scale * e.down, lo = e.value.lo * e.scale * e.down;
  const Pair<double> rest = fast_two_sum(2., -hi);
  return x < 0 ? rest.hi + (rest.lo - lo) : double(e.value) * e.scale * e.down;
}

// erf(x) / x - 1 in z = x^2 for |x| <= 1: 2^-27.5 and 2^-56
FASTLOSS_INLINE float erf_rise(float z) {
  return horner(z, 0x1.06eba8p-3f, -0x1.81273ep-2f, 0x1.ce2cf8p-4f, -0x1.b7f90ap-6f, 0x1.5405a2p-8f, -0x1.a3f692p-11f,
                0x1.49691ep-14f);
}
FASTLOSS_INLINE double erf_rise(double z) {
  return split_horner(z, 0x1.06eba8214db69p-3, -0x1.812746b0379e6p-2, 0x1.ce2f21a042b2p-4, -0x1.b82ce31284997p-6,
                      0x1.565bcd0db0232p-8, -0x1.c02db3d8eb70cp-11, 0x1.f9a321a0f27dfp-14, -0x1.f4d1df366949fp-17,
                      0x1.b9def17ccdbbp-20, -0x1.5f1d35c45268p-23, 0x1.f7a408792d64cp-27, -0x1.386aa552cba52p-30,
                      0x1.057966790d40ap-34);
}
// erfc x for x >= 1, to the precision of its distance from 1: by its logarithm, 2^-28 of erf x.
FASTLOSS_INLINE float one_minus_erf(float x) {
  const float a = min(abs(x), 4.f);
  return exp(horner(a, -0x1.6628p-12f, -0x1.2088e8p0f, -0x1.46baf4p-1f, -0x1.a65308p-4f, 0x1.65cb08p-6f,
                    -0x1.825a24p-9f, 0x1.86dc3cp-13f));
}
FASTLOSS_INLINE double one_minus_erf(double x) {
  const Decay<Pair<double>> e = erfc_abs(x);
  return double(e.value) * e.scale * e.down;
}
template <class T>
FASTLOSS_INLINE T erf(T x) {
  return abs(x) < T(1) ? fma(x, erf_rise(x * x), x) : copysign(T(1) - one_minus_erf(x), x);
}

}  // namespace fastloss::FASTLOSS_ISA
