// Losses of axis-aligned boxes x1 y1 x2 y2, predicted and given.
#pragma once
#include "block/takes.h"
#include "math/exponent.h"
#include "math/wide.h"
#include "pointwise/jet.h"

namespace fastloss::FASTLOSS_ISA {

FASTLOSS_INLINE double wide_difference(float, double a, double b) { return a - b; }
FASTLOSS_INLINE DoubleDouble wide_difference(double, double a, double b) {
  const Pair<double> d = two_sum(a, -b);
  return joined(d.hi, d.lo);
}
FASTLOSS_INLINE double where(bool c, double a) { return c ? a : 0.0; }
FASTLOSS_INLINE DoubleDouble where(bool c, DoubleDouble a) { return {c ? a.hi : 0.0, c ? a.lo : 0.0}; }

// An end of an interval. An infinite one is so far away that beside it no finite length counts.
FASTLOSS_INLINE double end_of(float x) { return clamp(double(x), -0x1p400, 0x1p400); }
FASTLOSS_INLINE double end_of(double x) { return clamp(x, -Format<double>::largest, Format<double>::largest); }

// 2^-n, by which an interval from `first` to `last` becomes one of about length 1, with an n of at least `least`. Areas
// of floats are doubles as they are.
FASTLOSS_INLINE double length_scale(float, double, double, double) { return 1; }
FASTLOSS_INLINE double length_scale(double, double first, double last, double least) {
  const bool large = max(abs(first), abs(last)) > 0x1p1000;
  const double part = large ? 0.5 : 1, length = last * part - first * part;
  return length == 0 ? 1 : power_of_two(0 - clamp(exponent_of(length), least, 1021.));
}

// The least number between two slopes, those of both sides of a kink: 0 where their signs differ.
template <class T>
FASTLOSS_INLINE T least_between(T a, T b) {
  return max(min(a, b), T(0)) + min(max(a, b), T(0));
}

// What an end of an interval moves with it, to one side: the length of its own, of what the two share, of what holds
// both.
struct Moves {
  bool own, common, whole;
};

// How two intervals lie, the first one with ends that move.
template <class T>
struct Overlap {
  using N = Wide<T>;
  double scale;                 // of all lengths
  N own, given, common, whole;  // of the predicted one, of the other, of what they share, of what holds both
  Moves low_out, low_in, high_out, high_in;
  bool meets, endless;
  FASTLOSS_INLINE_MEMBER Overlap(T from, T to, T given_from, T given_to, double least) {
    const double low = end_of(from), high = end_of(to), given_low = end_of(given_from), given_high = end_of(given_to);
    const double left = low > given_low ? low : given_low, right = high < given_high ? high : given_high;
    const double first = low < given_low ? low : given_low, last = high > given_high ? high : given_high;
    scale = length_scale(T(0), first, last, least);
    const double by = scale;
    const auto length = [by](double a, double b) __attribute__((always_inline)) {
      return wide_difference(T(0), b * by, a * by);
    };
    const bool proper = !(high <= low), touches = !(right < left);
    meets = right > left;
    own = where(proper, length(low, high)), given = length(given_low, given_high);
    common = where(meets, length(left, right)), whole = length(first, last);
    low_out = {!(high < low), bool(touches & (low > given_low)), low <= given_low};
    low_in = {proper, bool(meets & (low >= given_low)), low < given_low};
    high_out = {!(high < low), bool(touches & (high < given_high)), high >= given_high};
    high_in = {proper, bool(meets & (high <= given_high)), high > given_high};
    const T far = Format<T>::inf;
    const bool ours = (abs(from) == far) | (abs(to) == far), theirs = (abs(given_from) == far) | (abs(given_to) == far);
    endless = ours | theirs;
    whole = ours & theirs ? N(Format<double>::nan) : whole;  // how they compare is not known
  }
};

// Generalized intersection over union, Rezatofighi et al. (2019): 1 - I / (U + eps) + (C - U) / (C + eps), with the
// areas of intersection, union and the smallest box that holds both. A predicted box whose sides are turned round has
// no area. Where ends coincide or boxes touch, a slope is the least between those of both sides. A quotient by no area
// at all is 0, and has no slope.
template <class T>
struct GeneralizedIoU {
  FASTLOSS_TAKES(eps);
  static constexpr int inputs = 8, gradients = 4;
  using N = Wide<T>;
  double eps, least;
  explicit FASTLOSS_INLINE_MEMBER GeneralizedIoU(const double* p) : eps(p[At::eps]) {
    const double root = (exponent_of(eps) * 0.5 + 0x1.8p52) - 0x1.8p52;  // beside eps, lengths below that do not count
    least = eps > 0 ? root : -1021.;
  }
  FASTLOSS_INLINE_MEMBER SlopeJets<T, 4> operator()(T x1, T y1, T x2, T y2, T left, T top, T right, T bottom) const {
    const Overlap<T> x(x1, x2, left, right, least), y(y1, y2, top, bottom, least);
    const N own = x.own * y.own, common = where(x.meets & y.meets, x.common * y.common), whole = x.whole * y.whole;
    const N all = own + x.given * y.given - common, e(eps * x.scale * y.scale);
    const N per_union = per(all + e), per_whole = per(whole + e);
    const N iou = common * per_union, apart = (whole - all) * per_whole;
    // d loss = by_own d own + by_common d common + by_whole d whole
    const N pull = iou * per_union, by_own = pull - per_whole, by_common = per_whole - pull - per_union;
    const N by_whole = per_whole * (N(1.0) - apart);
    const T value = T(N(1.0) - iou + apart);
    const auto slope = [&](const Overlap<T>& along, const Overlap<T>& across, Moves a, Moves b)
        __attribute__((always_inline)) {
      const N from_own = by_own * across.own, from_common = by_common * across.common;
      const N from_whole = by_whole * across.whole;
      const auto side = [&](Moves m) __attribute__((always_inline)) {
        return T(where(m.own, from_own) + where(m.common, from_common) + where(m.whole, from_whole));
      };
      const T inner = least_between(side(a), side(b)) * T(along.scale);
      return unless_nan(value, along.endless ? T(0) : inner);
    };
    return {.value = value,
            .grad = {T(0) - slope(x, y, x.low_out, x.low_in), T(0) - slope(y, x, y.low_out, y.low_in),
                     slope(x, y, x.high_out, x.high_in), slope(y, x, y.high_out, y.high_in)}};
  }

 private:
  // Of a box that holds both, of area 1 or so, less than 2^-1000 is nothing.
  static FASTLOSS_INLINE_MEMBER N per(N area) {
    const N per_area = N(1.0) / area;
    return choose(double(area) < 0x1p-1000, N(0.0), per_area);
  }
};

}  // namespace fastloss::FASTLOSS_ISA
