// Losses of the time until an event, which may be known only to lie between two times.
//
// Accelerated failure time, Wei (1992): log t = score + sigma times a number of a distribution F with density f. With
// z = (log t - score) / sigma the loss is -log(f(z) / (sigma t)) of an event at t and -log(F(z_high) - F(z_low)) of one
// between two times; XGBoost's `survival:aft` is the same function (Barnwal, Cho, Hocking 2022).
//
// S: what a rounding of the score would change; of an event's value the largest of the terms that are added, of a
// gradient between two times the larger of its terms.
#pragma once
#include "block/takes.h"
#include "math/far_exp.h"
#include "math/sigmoid.h"
#include "pointwise/normal_span.h"

namespace fastloss::FASTLOSS_ISA {

template <class T>
struct NormalFailureTime {
  FASTLOSS_TAKES(distribution, sigma);
  static constexpr int inputs = 3;
  TimeScale scale;
  explicit FASTLOSS_INLINE_MEMBER NormalFailureTime(const double* p) : scale(p[At::sigma]) {}
  FASTLOSS_INLINE_MEMBER Jet<T> operator()(T score, T lower, T upper) const {
    const Jet<double> jet = normal_jet<T>(TimeSpan::of(score, lower, upper, scale), scale);
    return jet_of_times(score, lower, upper, jet);
  }
};

// F(z) = sigmoid(z): softplus(z_low) + softplus(-z_high) - log(1 - e^-d) with d = z_high - z_low, of which an event has
// log(sigma t) in place of the last.
template <class T>
struct LogisticFailureTime {
  FASTLOSS_TAKES(distribution, sigma);
  static constexpr int inputs = 3;
  TimeScale scale;
  explicit FASTLOSS_INLINE_MEMBER LogisticFailureTime(const double* p) : scale(p[At::sigma]) {}

  // c times the sigmoid of z, or of -z where `negated`. Of a small one c comes before the power of two that makes it
  // subnormal.
  static double FASTLOSS_INLINE_MEMBER side(const Sigmoid<double>& s, double negated, double c) {
    const bool tiny = s.size > 300;
    const double rest = s.lifted * s.w * (tiny ? 0x1p-256 : 0x1p-512) * c * (tiny ? 0x1p-256 : 1);
    return by_sign(times_sign(s.z, negated), rest, s.w * c);
  }
  double FASTLOSS_INLINE_MEMBER product(const Sigmoid<double>& s) const {
    const bool tiny = s.size > 300;
    const double rough = s.y * (s.lifted * (tiny ? 0x1p-256 : 0x1p-512) * s.y);
    const double fine = fma(rough, fma(s.e_slip, fma(-2 * s.e, s.y, 1.), 2 * s.y_slip), rough);
    return fine * scale.square_first * scale.square_second * (tiny ? 0x1p-256 : 1);
  }
  FASTLOSS_INLINE_MEMBER Jet<T> operator()(T score, T lower, T upper) const {
    const TimeSpan span = TimeSpan::of(score, lower, upper, scale);
    const Sigmoid<double> low = sigmoid_of(span.low.hi, span.low.lo), high = sigmoid_of(span.high.hi, span.high.lo);
    const DoubleDouble rest = log_of_rest(span.width, span.lifted, scale.lift),
                       extra = by_mask(span.event, span.log_unit, -rest);
    const double value = low.softplus(0., 1.) + (high.softplus(1., 0.) + extra.hi);
    // sigmoid(-z_high) - sigmoid(z_low) = (1 - e^sum) sigmoid(-z_high) sigmoid(-z_low), or the same turned round
    const DoubleDouble sum = span.low + span.high;
    const double size = min(abs(sum.hi), 40.), turn = by_sign(sum.hi, 1., -1.);
    const Pair<double> fallen = half_expm1(-size);
    const double part = fma(times_sign(sum.lo, sum.hi), fma(2., fallen.hi, 1.), -2 * fallen.hi);
    const double by_high = side(high, -1, scale.per.hi) * low.w, by_low = side(low, 1, scale.per.hi) * high.w;
    const Mask known = ~(infinite(span.low.hi, -1) & infinite(span.high.hi, 1));
    const double slope = by_mask(known, turn * part * by_sign(sum.hi, by_high, by_low) + 0, 0.);
    return jet_of_times(score, lower, upper, Jet<double>{value, slope, product(low) + product(high)});
  }
};

// F(z) = 1 - e^(-e^z), Gumbel's distribution of the least: with w = e^z_low and D = e^z_high - w the loss is
// w - log(1 - e^-D), of an event w - z + log(sigma t). B = D / (e^D - 1) is 1 of an event.
template <class T>
struct ExtremeFailureTime {
  FASTLOSS_TAKES(distribution, sigma);
  static constexpr int inputs = 3;
  TimeScale scale;
  explicit FASTLOSS_INLINE_MEMBER ExtremeFailureTime(const double* p) : scale(p[At::sigma]) {}
  FASTLOSS_INLINE_MEMBER Jet<T> operator()(T score, T lower, T upper) const {
    const TimeSpan span = TimeSpan::of(score, lower, upper, scale);
    const FarExp<double> w(span.low.hi, span.low.lo);
    // D, where it is small also as value * unit^2
    const DoubleDouble x = span.high + log_of_rest(span.width, span.lifted, scale.lift);
    const FarExp<double> tail(min(x.hi, 1.), x.lo);
    constexpr double most = 7;  // e^(-e^7) is 0
    const DoubleDouble large = wide_exp(DoubleDouble(min(x.hi, most), x.hi < most ? x.lo : 0));
    const double d = large.hi, d_lo = large.lo;
    // e^-D, by 2^256 where it is so small that a factor would find it subnormal
    const bool tiny = d > 300;
    const double up = tiny ? 0x1p256 : 1, back = tiny ? 0x1p-256 : 1;
    const double decay = exp(-d, -d_lo, up), plain = decay * back;
    // B = 1 - D/2 + D^2 q, D + B - 1 = D (1/2 + D q)
    const bool low = d < 2;
    const double small = low ? d : 0, y = small * small;
    const double q =
        horner(y, 0x1.5555555555555p-4, -0x1.6c16c16c16c15p-10, 0x1.1566abc011373p-15, -0x1.bbd779332a6b4p-21,
               0x1.66a8f2b46134fp-26, -0x1.22805b6923e46p-31, 0x1.d6dab8d1ff08ap-37, -0x1.7d9c306717f37p-42,
               0x1.34e7e91562f15p-47, -0x1.ede222e36dde8p-53, 0x1.6bbfb0a73da64p-58, -0x1.6ebccf35c55abp-64);
    const double far_b = d * decay / (1 - plain), near_b = fma(y, q, fma(-0.5, small, 1.));
    const double b = low ? near_b : far_b;
    const double bend = low ? tail.value * fma(small, q, 0.5) * near_b : far_b * (d - fma(-far_b, back, 1.));
    // log((1 - e^-D) / D) = -D/2 + D^2 r
    const double r = horner(y, 0x1.5555555555555p-5, -0x1.6c16c16c16c0fp-12, 0x1.71de3a556a71fp-18,
                            -0x1.bbd7793001fd6p-24, 0x1.1eed8da2b3870p-29, -0x1.83552fb9bcdeep-35,
                            0x1.0cf952c25b7f3p-40, -0x1.7a1396e86d875p-46, 0x1.d58ccee4d1ab5p-52);
    const Pair<double> log_rest = log_sum(0., max(0 - plain, -0.29), 0.);
    const double near_log = (fma(-y, r, 0.5 * small) - x.lo) - x.hi, far_log = 0 - (log_rest.hi + log_rest.lo);
    const double between = d < 1.25 ? near_log : far_log;
    const DoubleDouble z = span.low.hi < 800 ? span.low : DoubleDouble(800), at = span.log_unit - z;
    const double per = scale.per.hi, shift = by_mask(span.event, per, b * per * back);
    // 1 - w loses no digits where it is small.
    const Pair<double> risen = half_expm1(clamp(span.low.hi, -1., 1.));
    const double grown = fma(span.low.lo, fma(2., risen.hi, 1.), 2 * risen.hi), gone = small * fma(-small, q, 0.5);
    const Mask close = mask_of(abs(span.low.hi) < 1) & (mask_of(low) | span.event);
    const double slope = by_mask(close, (0 - grown - by_mask(span.event, 0., gone)) * per, shift - w.times(per));
    const double first = scale.square_first, second = scale.square_second;
    const double unit = low ? tail.unit : 1, turn = bend * (first * unit) * (second * unit) * back;
    return jet_of_times(score, lower, upper,
                        Jet<double>{w.times(1.) + by_mask(span.event, at.hi, between), slope,
                                    w.times(first, second) + by_mask(span.event, 0., turn)});
  }
};

}  // namespace fastloss::FASTLOSS_ISA
