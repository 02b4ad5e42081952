// -log of the probability that a normal number falls between two bounds, and its derivatives by a shift of both.
// Mirrored where that brings their midpoint m to the right of 0, so that the lower bound has the larger density.
//
// Of bounds close together it is the density at m times the width d times the mean of e^(-m d t - d^2 t^2 / 2) over t
// within 1/2 of 0, by Gauss's quadrature: with the mean and the variance of t under that weight the derivatives are
// m + d mean(t) and 1 - d^2 var(t). Else by the upper tail: with h the hazard, M = 1 / h, r = e^(-m d) the ratio of the
// densities, 1 - delta = M(high) / M(low), P = 1 - r and q = P + r delta, they are h P / q and
// (P^2 h' + h r (d q - P low delta)) / q^2.
#pragma once
#include "math/normal.h"
#include "pointwise/jet.h"
#include "pointwise/times.h"

namespace fastloss::FASTLOSS_ISA {

// Bounds whose midpoint is not negative, or both infinite. What is added where they are one is `log_unit`.
struct NormalBounds {
  DoubleDouble low, high, middle;
  double turn;  // -1 where they were mirrored
  explicit FASTLOSS_INLINE_MEMBER NormalBounds(const TimeSpan& span) {
    const DoubleDouble sum = span.low + span.high;
    const bool mirrored = sum.hi < 0;
    low = choose(mirrored, -span.high, span.low), high = choose(mirrored, -span.low, span.high);
    turn = mirrored ? -1 : 1;
    middle = {0.5 * abs(sum.hi), 0.5 * turn * sum.lo};
  }
};

// Of -log of the probability. The derivatives are to be multiplied by `back`, 1 or 2^-256: far out they are less than
// any number, until sigma divides them.
struct SpanJet {
  double value, grad, hess, back;
};

struct NormalWeight {
  double d, a;  // the width, and that times the midpoint
  double sum = 0, first = 0, second = 0;
  FASTLOSS_INLINE_MEMBER NormalWeight(double d_, double a_) : d(d_), a(a_) {
    add(0x1.007a5f8f630e4p-4, 0x1.fe40ce6d4f025p-3), add(0x1.78a8d20a8b19dp-3, 0x1.de3155c256ab5p-3);
    add(0x1.2cb4f05c077f9p-2, 0x1.a0163e6b1ab72p-3), add(0x1.8a30aeed88f36p-2, 0x1.47d7258f22d8fp-3);
    add(0x1.cee874ffb88b4p-2, 0x1.b60602bce6181p-4), add(0x1.f68f1d8e42e81p-2, 0x1.8275d9dea6d8fp-5);
  }
  // The nodes t and -t: 1 + 2 h is e^(a t), the hyperbolic cosine 1 + 2 h v and the sine h + v.
  void FASTLOSS_INLINE_MEMBER add(double t, double weight) {
    const double h = half_expm1(a * t).hi, v = h / fma(2., h, 1.), x = d * t, y = -0.5 * x * x;
    const double share = weight * fma(y * y, exp_tail(y), 1 + y), even = fma(2 * h, v, 1.) * share;
    sum += even, first -= (h + v) * share * t, second += even * (t * t);
  }
};

FASTLOSS_INLINE SpanJet narrow_normal(const TimeSpan& span, const NormalBounds& bounds, double d, double a,
                                      double lift) {
  const DoubleDouble m = bounds.middle, half_log_2_pi(0x1.d67f1c864beb5p-1, -0x1.65b5a1b7ff5dfp-55);
  const NormalWeight w(d, a);
  const double mean = w.first / w.sum, variance = w.second / w.sum - mean * mean;
  const Pair<double> size(span.lifted.hi, span.lifted.lo);
  const Pair<double> scaled_size = size * w.sum, log_size = log_pair(fast_two_sum(scaled_size.hi, scaled_size.lo));
  const DoubleDouble minus_log_size =
      -(normalized(log_size) - DoubleDouble(lift) * DoubleDouble(ExpConstants<double>::ln2));
  const DoubleDouble half_square = joined(0.5 * m.hi * m.hi, fma(0.5 * m.hi, m.hi, -0.5 * m.hi * m.hi) + m.hi * m.lo);
  const DoubleDouble value = half_square + half_log_2_pi + by_mask(span.event, span.log_unit, minus_log_size);
  return {value.hi, m.hi + fma(d, mean, m.lo), fma(-d * d, variance, 1.), 1};
}

template <class T>
FASTLOSS_INLINE SpanJet wide_normal(const TimeSpan& span, const NormalBounds& bounds, double product) {
  using N = Fine<T>;
  constexpr double huge = 0x1p100;
  const NormalTail<T, double> tail(bounds.low.hi);
  const double low = bounds.low.hi, low_lo = bounds.low.lo, high = min(bounds.high.hi, 0x1p300);
  // The hazard, and its derivative, of a far lower tail in units of 2^-256.
  const bool tiny = low < -20;
  const double part = low < -40 ? 0 : tail.scale * (tiny ? 0x1p256 * tail.down : tail.down), back = tiny ? 0x1p-256 : 1;
  const auto hazard = tail.unscaled();
  const double whole = double(hazard.value), plain = low > huge ? low : whole * part;
  const double bend = double(hazard.ratio * hazard.ratio * hazard_bend(tail.point.t));
  const N excess = scaled(scaled(hazard.value, tail.scale), tail.down) - N(low);  // loses digits from 1 on
  const double slope = low < 0.5 ? double(hazard.value * excess) * part : min(bend, 1.);
  const double bounded_low = clamp(low, -huge, huge), bounded_plain = min(plain, huge);
  const double above = low > huge ? 0 : low_lo;
  const double h = fma(slope, above, plain), turn = fma(slope, 2 * bounded_plain * back - bounded_low, -bounded_plain);
  const double s = fma(turn, low < 64 ? low_lo : 0, slope);
  // Of the higher bound, which is not negative.
  const TailPoint<N> point(N(min(high, 0x1p500)) * constant<N>(0x1.6a09e667f3bcdp-1, -0x1.bdd3413b26456p-55));
  const N mills = erfc_level(point.t) * point.y * constant<N>(0x1.40d931ff62706p0, -0x1.a6a0d6f814637p-54);
  const N both = hazard.value * mills;  // in units of scale * down
  const double whole_ratio = double(both) * tail.scale * tail.down,
               slip = whole_ratio * (low < 64 ? double(excess) * low_lo : 0);
  const double ratio = whole_ratio + slip;
  // delta of large bounds, by (1 - 1/z^2 + 3/z^4 - 15/z^6 + 105/z^8) / z.
  const double d = min(span.width.hi, huge), l = max(min(low, huge), 1.), u = max(min(high, huge * huge), 1.);
  const double x = 1 / (l * l), y = 1 / (u * u), sum = x + y, xy = x * y, squares = fma(sum, sum, -xy);
  const double level = horner(x, 1., -1., 3., -15., 105.);
  const double fall = d * (u + l) * xy * fma(-3., sum, fma(15., squares, fma(-105. * sum, squares - xy, 1.)));
  const double far_delta = d / u + (l / u) * (0 - fall) / level;
  const double near_delta = double(N(1) - scaled(scaled(both, tail.scale), tail.down)) - slip;
  const bool far = low > 64;
  const double delta = high == 0x1p300 ? 1 : far ? far_delta : near_delta, meets = far ? 1 - delta : ratio;
  const double rise = -2 * half_expm1(-min(product, 40.)).hi, r = exp(-product);
  const double q = fma(r, delta, rise), rest = r * meets;
  const bool most = rest < 0.29;
  const BinaryParts<double> b = split_exponent(q);
  const Pair<double> log_q = log_sum(most ? 0 : b.k, most ? 0 - rest : b.m - 1, 0.);
  const double mixed = min(h, huge) * r * fma(d, q, (0 - rise) * bounded_low * delta);
  const double share = rise / q;
  const double value = tail.minus_log() + (fma(bounded_plain * back, above, -log_q.lo) - log_q.hi);
  return {value, h * share, max(fma(share * share, s, mixed / (q * q)), 0.), back};
}

template <class T>
FASTLOSS_INLINE Jet<double> normal_jet(const TimeSpan& span, const TimeScale& scale) {
  const NormalBounds bounds(span);
  const double m = bounds.middle.hi, product = by_mask(infinite(m, 1), m, m * span.width.hi);
  const Mask narrow = span.event | (mask_of(span.width.hi <= 1) & mask_of(product <= 7.5));
  const double d = by_mask(span.event, 0., min(span.width.hi, 1.)), a = by_mask(span.event, 0., min(product, 7.5));
  const SpanJet near = narrow_normal(span, bounds, d, a, scale.lift), apart = wide_normal<T>(span, bounds, product);
  const Mask known = ~(infinite(span.low.hi, -1) & infinite(span.high.hi, 1));
  const double value = by_mask(narrow, near.value, apart.value), grad = by_mask(narrow, near.grad, apart.grad);
  const double hess = by_mask(narrow, near.hess, apart.hess), back = by_mask(narrow, 1., apart.back);
  const double slope = 0 - bounds.turn * grad * scale.per.hi * back;
  const double bend = hess * scale.square_first * scale.square_second * back;
  return {by_mask(known, value, 0.), by_mask(known, slope, 0.), by_mask(known, bend, 0.)};
}

}  // namespace fastloss::FASTLOSS_ISA
