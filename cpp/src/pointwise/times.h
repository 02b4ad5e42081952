// Two times between which an event falls, as their distances z = (log t - score) / sigma from a score, in twice double:
// a tail of a distribution multiplies the relative error of z by its square.
#pragma once
#include "math/expm1.h"
#include "math/wide.h"

namespace fastloss::FASTLOSS_ISA {

// What is chosen between by more than one comparison, as masks: else GCC 12 makes no SIMD of the loop.
using Mask = Bits<double>;
FASTLOSS_INLINE Mask mask_of(bool c) { return c ? ~Mask(0) : Mask(0); }
FASTLOSS_INLINE double by_mask(Mask mask, double yes, double no) {
  return from_bits((bits_of(yes) & mask) | (bits_of(no) & ~mask));
}
FASTLOSS_INLINE DoubleDouble by_mask(Mask mask, DoubleDouble yes, DoubleDouble no) {
  return {by_mask(mask, yes.hi, no.hi), by_mask(mask, yes.lo, no.lo)};
}
FASTLOSS_INLINE Mask infinite(double x, double sign) { return mask_of(x == sign * Format<double>::inf); }

FASTLOSS_INLINE DoubleDouble normalized(Pair<double> x) { return joined(x.hi, x.lo); }
FASTLOSS_INLINE DoubleDouble log_of_time(float, double t) { return normalized(log_pair(t)); }
FASTLOSS_INLINE DoubleDouble log_of_time(double, double t) { return wide_log(DoubleDouble(t)); }

// What divides by sigma. Of 1 / sigma^2 it is one factor where that is no extreme number, else two.
struct TimeScale {
  DoubleDouble per, lifted;  // 1 / sigma, and that times 2^lift: a width between two times may be less than any number
  Pair<double> log;          // log sigma
  double lift, down, square_first, square_second;
  explicit FASTLOSS_INLINE_MEMBER TimeScale(double sigma) {
    const bool large = sigma > 0x1p500;
    lift = large ? 600 : 0, down = large ? 0x1p-600 : 1;
    per = inverse(1, sigma), lifted = inverse(large ? 0x1p600 : 1, sigma);
    const DoubleDouble square = per * per;
    const bool plain = per.hi > 0x1p-480 && per.hi < 0x1p480;
    square_first = plain ? square.hi : per.hi, square_second = plain ? 1 : per.hi;
    log = log_pair(sigma);
  }
  static DoubleDouble FASTLOSS_INLINE_MEMBER inverse(double one, double x) {
    const double y = one / x;
    return y < Format<double>::inf ? joined(y, fma(-y, x, one) / x) : DoubleDouble(Format<double>::largest);
  }
};

// log(1 - e^-width), for a width > 0 that may be infinite; `lifted` is 2^lift times the width.
FASTLOSS_INLINE DoubleDouble log_of_rest(DoubleDouble width, DoubleDouble lifted, double lift) {
  using C = LogConstants<double>;
  constexpr double middle = 1.25;  // beyond, 1 - e^-width is next to 1
  const double e = exp(-width.hi, -width.lo), near = min(width.hi, middle);
  const Pair<double> half = half_expm1(-near);
  const Pair<double> risen(-2 * half.hi, fma(-2., half.lo, width.lo * fma(2., half.hi, 1.)));
  const bool far = width.hi > middle, tiny = lifted.hi < 0x1p-60 || lift > 0;
  const Pair<double> p(tiny ? lifted.hi : risen.hi, tiny ? lifted.lo : risen.lo);
  const bool subnormal = p.hi < Format<double>::normal;
  const double up = subnormal ? C::up : 1, at = p.hi * up;
  const BinaryParts<double> b = split_exponent(at);
  const Pair<double> f = fast_two_sum(b.m - 1, p.lo * up * power_ratio(b.m, at));
  const double k = b.k - (subnormal ? C::up_log2 : 0) - lift;
  const double f_hi = far ? -e : f.hi, f_lo = far ? 0 : f.lo * fma(f.hi, f.hi, 1 - f.hi);
  return normalized(log_sum(far ? 0 : k, f_hi, f_lo));
}

// The z of both times, infinite where there is no bound, and how far they are apart.
struct TimeSpan {
  DoubleDouble low, high, width, lifted;  // `lifted` is 2^lift times the width
  DoubleDouble log_unit;                  // log(sigma t) at the lower time
  Mask event;                             // they are one

  template <class T>
  static TimeSpan FASTLOSS_INLINE_MEMBER of(T score, T lower, T upper, const TimeScale& scale) {
    constexpr double inf = Format<double>::inf;
    const double s = double(score), low = double(lower), high = double(upper);
    const Mask from_start = mask_of(low == 0), to_end = mask_of(high == inf);
    const double first = by_mask(from_start, 1., low), last = by_mask(to_end, 1., high);
    const DoubleDouble log_first = log_of_time(score, first), log_last = log_of_time(score, last);
    const DoubleDouble z_first = (log_first - DoubleDouble(s)) * scale.per;
    const DoubleDouble z_last = (log_last - DoubleDouble(s)) * scale.per;
    // Of times within a factor of 2 the logarithm of their ratio, 1 + x.
    const double rise = last - first, x = rise / first, x_lo = fma(-x, first, rise) / first;
    const bool half = x > 0x1.a827999fcef32p-2;  // sqrt(2) - 1
    const Pair<double> less = fast_two_sum(-1., x);
    const double f = half ? 0.5 * less.hi : x, f_lo = half ? 0.5 * (less.lo + x_lo) : x_lo;
    const DoubleDouble ratio = normalized(log_sum(half ? 1. : 0., f, f_lo * fma(f, f, 1 - f)));
    const DoubleDouble apart = choose(x < 1, ratio, log_last - log_first), width = apart * scale.lifted;
    TimeSpan span;
    span.event = mask_of(low == high);
    span.low = by_mask(from_start, DoubleDouble(-inf), z_first);
    span.high = by_mask(to_end, DoubleDouble(inf), z_last);
    span.lifted = by_mask(from_start | to_end, DoubleDouble(inf), width);
    span.width = {span.lifted.hi * scale.down, span.lifted.lo * scale.down};
    span.log_unit = log_first + normalized(scale.log);
    return span;
  }
};

// A jet in T, NaN where an input is.
template <class T>
FASTLOSS_INLINE Jet<T> jet_of_times(T score, T lower, T upper, Jet<double> jet) {
  const T nan = unless_nan(score, unless_nan(lower, upper));
  return {unless_nan(nan, T(jet.value)), unless_nan(nan, T(jet.grad)), unless_nan(nan, T(jet.hess))};
}

}  // namespace fastloss::FASTLOSS_ISA
