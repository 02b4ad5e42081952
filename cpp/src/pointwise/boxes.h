// Losses of axis-aligned boxes x1 y1 x2 y2, predicted and given.
#pragma once
#include "block/takes.h"
#include "math/wide.h"
#include "pointwise/jet.h"

namespace fastloss::FASTLOSS_ISA {

FASTLOSS_INLINE double wide_difference(float a, float b) { return double(a) - double(b); }
FASTLOSS_INLINE DoubleDouble wide_difference(double a, double b) {
  const Pair<double> d = two_sum(a, -b);
  return joined(d.hi, d.lo);
}
FASTLOSS_INLINE double where(bool c, double a) { return c ? a : 0.0; }
FASTLOSS_INLINE DoubleDouble where(bool c, DoubleDouble a) { return {c ? a.hi : 0.0, c ? a.lo : 0.0}; }

// How the sides of two intervals meet, by the ends of the first one: lengths, and the slopes of each by them. Where
// ends coincide, the slopes from both sides are averaged.
template <class T>
struct Overlap {
  using N = Wide<T>;
  N own, given, common, whole;  // lengths: of the predicted one, of the other, of what they share, of what holds both
  T low_common, high_common, low_whole, high_whole;  // slopes; those of `own` are -1 and 1, or 0 where it is none
  bool meets, same, proper;
  FASTLOSS_INLINE_MEMBER Overlap(T low, T high, T given_low, T given_high)
      : given(wide_difference(given_high, given_low)) {
    const T left = low > given_low ? low : given_low, right = high < given_high ? high : given_high;
    const T first = low < given_low ? low : given_low, last = high > given_high ? high : given_high;
    proper = !(high <= low);
    own = where(proper, wide_difference(high, low));
    meets = right > left;
    common = where(meets, wide_difference(right, left));
    whole = wide_difference(last, first);
    same = (low == given_low) & (high == given_high);
    const T half = T(0.5);
    high_common = high < given_high ? T(1) : high == given_high ? half : T(0);
    low_common = low > given_low ? T(-1) : low == given_low ? -half : T(0);
    high_whole = high > given_high ? T(1) : high == given_high ? half : T(0);
    low_whole = low < given_low ? T(-1) : low == given_low ? -half : T(0);
  }
};

// Generalized intersection over union, Rezatofighi et al. (2019): 1 - I / (U + eps) + (C - U) / (C + eps), with the
// areas of intersection, union and the smallest box that holds both. A predicted box whose sides are turned round has
// no area. Boxes that do not meet, or have no area, share none, and no slope comes from it.
template <class T>
struct GeneralizedIoU {
  FASTLOSS_TAKES(eps);
  static constexpr int inputs = 8, gradients = 4;
  using N = Wide<T>;
  double eps;
  explicit FASTLOSS_INLINE_MEMBER GeneralizedIoU(const double* p) : eps(p[At::eps]) {}
  FASTLOSS_INLINE_MEMBER SlopeJets<T, 4> operator()(T x1, T y1, T x2, T y2, T left, T top, T right, T bottom) const {
    const Overlap<T> x(x1, x2, left, right), y(y1, y2, top, bottom);
    const bool meets = x.meets & y.meets, same = x.same & y.same;
    const N own = x.own * y.own, common = where(meets, x.common * y.common), whole = x.whole * y.whole, e(eps);
    const N all = own + x.given * y.given - common, per_union = N(1.0) / (all + e), per_whole = N(1.0) / (whole + e);
    const N iou = per_union_or(common, per_union), apart = per_union_or(whole - all, per_whole);
    // d loss = by_own d own + by_common d common + by_whole d whole
    const N pull = iou * per_union, by_own = pull - per_whole, by_common = per_whole - pull - per_union;
    const N by_whole = per_whole * (N(1.0) - apart);
    const auto slope = [&](const Overlap<T>& along, const Overlap<T>& across, T own_side, T common_side, T whole_side)
        __attribute__((always_inline)) {
      const N from_own = where(along.proper, by_own * across.own) * N(double(own_side));
      const N from_common = where(meets, by_common * across.common) * N(double(common_side));
      const N from_whole = by_whole * across.whole * N(double(whole_side));
      return same ? T(0) : T(from_own + from_common + from_whole);
    };
    return {.value = T(N(1.0) - iou + apart),
            .grad = {slope(x, y, T(-1), x.low_common, x.low_whole), slope(y, x, T(-1), y.low_common, y.low_whole),
                     slope(x, y, T(1), x.high_common, x.high_whole), slope(y, x, T(1), y.high_common, y.high_whole)}};
  }

 private:
  // A quotient of areas; that of nothing by nothing is 0.
  static FASTLOSS_INLINE_MEMBER N per_union_or(N area, N per) { return double(area) == 0.0 ? N(0.0) : area * per; }
};

}  // namespace fastloss::FASTLOSS_ISA
