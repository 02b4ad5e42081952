// Losses of the cosine between two embeddings.
#pragma once
#include "block/takes.h"
#include "pairs/norms.h"
#include "pairs/slopes.h"
#include "pairs/wall.h"

namespace fastloss::FASTLOSS_ISA {

FASTLOSS_INLINE double product_feature(float x, float y, double) { return double(x) * double(y); }
FASTLOSS_INLINE Pair<double> product_feature(double x, double y, double scale) { return two_prod(x * scale, y); }

// Length and direction of a vector; of doubles, brought near 1 by a power of two, so that no square leaves the range.
template <class T>
struct Direction {
  double scale;
  Wide<T> square, length;  // of the length times scale
  double inverse;          // 1 / length; of a vector of zeros 0
  FASTLOSS_INLINE_MEMBER void measure(const T* x, std::int64_t n) {
    scale = 1.0;
    if constexpr (sizeof(T) == 8) {
      const double most = largest_feature(n, [=](std::int64_t i) __attribute__((always_inline)) { return abs(x[i]); });
      scale = most > 0.0 && most < Format<double>::inf ? unit_scale(most) : 1.0;
    }
    const double own = scale;
    square = sum_features<T>(
        n, [=](std::int64_t i)
               __attribute__((always_inline)) { return product_feature(T(x[i] * T(own)), T(x[i] * T(own)), 1.0); });
    length = root(square);
    inverse = double(length) == 0.0 ? 0.0 : double(reciprocal(length));
  }
  double FASTLOSS_INLINE_MEMBER along(T x) const { return (double(x) * scale) * inverse; }
};

// Cosine embedding loss (as PyTorch names it): 1 - cos where y = 1, max(0, cos - margin) where y = -1. With u = a / |a|
// and v = b / |b| the derivatives of cos by a are (v - cos u) / |a| and (3 cos u^2 - 2 u v - cos) / |a|^2. A vector of
// zeros has cosine 0 with every other, and no slope. `curvature` is the Hessian where that is positive, else 0.
// S: value: 1; derivatives: the largest term.
template <class T>
struct CosineOfTargets {
  FASTLOSS_TAKES(margin);
  static constexpr int inputs = 2, forms = 1;
  static constexpr bool costly = false;
  Direction<T> a, b;
  double cosine, sign;

  FASTLOSS_INLINE_MEMBER PairMeasured measure(const T* const* x, std::int64_t n, double y, const double* p, bool) {
    a.measure(x[0], n), b.measure(x[1], n);
    const T *first = x[0], *second = x[1];
    const double scale_a = a.scale, scale_b = b.scale;
    const Wide<T> dot = sum_features<T>(
        n, [=](std::int64_t i) __attribute__((always_inline)) {
          return product_feature(T(first[i] * T(scale_a)), T(second[i] * T(scale_b)), 1.0);
        });
    const Wide<T> lengths = a.length * b.length;
    const bool none = double(lengths) == 0.0;
    const Wide<T> cos = none ? Wide<T>(0.0) : dot / lengths;
    cosine = double(cos);
    // Whether cos is the margin is seen by their squares: no root is rounded there.
    const Wide<T> margin = p[At::margin], excess = dot * dot - margin * margin * (a.square * b.square);
    const bool tie = double(excess) == 0.0 && cosine * p[At::margin] >= 0.0;
    const double gap = tie ? 0.0 : double(cos - margin);
    const bool similar = y > 0.0;
    sign = similar ? -1.0 : 1.0;
    return {unless_nan(y, similar ? double(Wide<T>(1.0) - cos) : max(gap, 0.0)),
            none || (!similar && !(gap > 0.0) && gap == gap)};
  }
  template <int>
  FASTLOSS_INLINE_MEMBER Slopes<2> slopes(T x, T y) const {
    const double u = a.along(x), v = b.along(y);
    const double by_a = sign * a.inverse, by_b = sign * b.inverse;
    const double mixed = product_sum<T>(-2.0 * u, v, -cosine);
    const double bend_a = product_sum<T>(3.0 * cosine * u, u, mixed) * a.inverse * a.scale * by_a * a.scale;
    const double bend_b = product_sum<T>(3.0 * cosine * v, v, mixed) * b.inverse * b.scale * by_b * b.scale;
    return {
        {product_sum<T>(-cosine, u, v) * by_a * a.scale + 0.0, product_sum<T>(-cosine, v, u) * by_b * b.scale + 0.0},
        {bend_a, bend_b},
        {max(bend_a, 0.0), max(bend_b, 0.0)}};
  }
};

}  // namespace fastloss::FASTLOSS_ISA
