// Norms of a difference r = x - y over the features of a row. measure() reads the row; then distance() is
// |r| or, where `squared` says so, |r|^2; slope(x, y) its derivative by one feature and bend(x, y) the second.
// Everything is computed in float64, and by double inputs with the bits that float64 loses. At r = 0 the slope
// is 0, the subgradient of least magnitude; a feature so large that it is infinite has the slope of its limit.
#pragma once
#include "math/wide.h"
#include "pairs/sums.h"

namespace fastloss::FASTLOSS_ISA {

struct NormChoice {
  bool squared = false;
  double p = 2.0;
  bool derivatives = true;  // slopes and bends will be asked for
};

template <class T>
FASTLOSS_INLINE double difference(T x, T y) {
  return double(x) - double(y);
}

FASTLOSS_INLINE Pair<double> absolute(Pair<double> r) { return {abs(r.hi), r.hi < 0.0 ? -r.lo : r.lo}; }

FASTLOSS_INLINE double sign(double r) { return r == 0.0 ? 0.0 : copysign(1.0, r); }

// a b + c, in one rounding where T is double. By float inputs float64 has bits to spare, and not every CPU has fma.
template <class T>
FASTLOSS_INLINE double product_sum(double a, double b, double c) {
  if constexpr (sizeof(T) == 4)
    return a * b + c;
  else
    return fma(a, b, c);
}

// The sum of term(i) over the features, in the precision that T asks for.
template <class T, class Term>
FASTLOSS_INLINE Wide<T> sum_features(std::int64_t n, Term term) {
  if constexpr (sizeof(T) == 4) {
    return plain_sum(n, term);
  } else {
    const Pair<double> sum = exact_sum(n, term);
    return joined(sum.hi, sum.lo);
  }
}

FASTLOSS_INLINE double root(double x) { return sqrt(x); }
FASTLOSS_INLINE DoubleDouble root(DoubleDouble x) {
  const double r = sqrt(x.hi);
  return r > 0.0 ? joined(r, (fma(-r, r, x.hi) + x.lo) * 0.5 / r) : DoubleDouble(r);
}
FASTLOSS_INLINE double reciprocal(double x) { return 1.0 / x; }
FASTLOSS_INLINE DoubleDouble reciprocal(DoubleDouble x) {
  const double y = 1.0 / x.hi;
  return joined(y, (fma(-x.hi, y, 1.0) - x.lo * y) * y);
}

// The power of two that brings the largest feature into [0.5, 1), as near as the exponents reach.
FASTLOSS_INLINE double unit_scale(double largest) {
  const std::int64_t exponent = std::int64_t(bits_of(largest) >> 52);
  return from_bits(Bits<double>(max(std::int64_t(2045) - exponent, std::int64_t(1))) << 52);
}

template <class T>
FASTLOSS_INLINE double largest_difference(const T* x, const T* y, std::int64_t n) {
  return largest_feature(n, [=](std::int64_t i) __attribute__((always_inline)) { return abs(difference(x[i], y[i])); });
}

FASTLOSS_INLINE double squared_feature(float x, float y, double) {
  const double r = difference(x, y);
  return r * r;
}
FASTLOSS_INLINE Pair<double> squared_feature(double x, double y, double scale) {
  const Pair<double> r = two_sum(x, -y);
  const double hi = r.hi * scale, square = hi * hi;
  return {square, fma(hi, hi, -square) + 2.0 * hi * (r.lo * scale)};
}
// sum (r scale)^2
template <class T>
FASTLOSS_INLINE Wide<T> sum_squares(const T* x, const T* y, std::int64_t n, double scale) {
  return sum_features<T>(
      n, [=](std::int64_t i) __attribute__((always_inline)) { return squared_feature(x[i], y[i], scale); });
}
// For rows whose squares leave the range; infinite or NaN where a feature is.
template <class T>
__attribute__((noinline, cold)) static Wide<T> scaled_squares(const T* x, const T* y, std::int64_t n, double& scale) {
  const double most = largest_difference(x, y, n);
  if (!(most > 0.0 && most < Format<double>::inf)) return most;
  scale = unit_scale(most);
  return sum_squares(x, y, n, scale);
}

// sqrt(sum r^2). Squares of float differences are safe in float64; of double ones, extreme rows are scaled.
template <class T>
struct Euclidean {
  static constexpr bool costly = false;
  Wide<T> d, d2;
  bool squared;
  double scale;  // a power of two
  Wide<T> inverse;
  double bound;        // the slope is (r scale) inverse, between -bound and bound
  double bent, per_d;  // the bend is (1 - bent slope^2) per_d

  FASTLOSS_INLINE_MEMBER void measure(const T* x, const T* y, std::int64_t n, NormChoice choice) {
    squared = choice.squared;
    scale = bound = bent = 1.0;
    d2 = sum_squares(x, y, n, 1.0);
    if (sizeof(T) == 8 && !(double(d2) > 0x1p-900 && double(d2) < 0x1p1000)) d2 = scaled_squares(x, y, n, scale);
    const Wide<T> scaled = d = root(d2);
    if constexpr (sizeof(T) == 8) {
      if (scale != 1.0) {
        d = DoubleDouble(d.hi / scale, d.lo / scale);
        d2 = DoubleDouble(d2.hi / scale / scale);
      }
    }
    if (!choice.derivatives) return;
    inverse = reciprocal(scaled);
    per_d = double(inverse) * scale;
    if (double(d) == 0.0) inverse = per_d = 0.0;
    if (double(d) == Format<double>::inf && per_d == 0.0) {  // infinite features have slope 1, the others 0
      scale = sizeof(T) == 8 ? Format<double>::smallest : 1.0;
      inverse = Format<double>::smallest;
    }
    if (squared) {
      scale = 1.0;
      inverse = per_d = 2.0;
      bound = Format<double>::inf;
      bent = 0.0;
    }
  }

  FASTLOSS_INLINE_MEMBER Wide<T> distance() const { return squared ? d2 : d; }
  FASTLOSS_INLINE_MEMBER double slope(float x, float y) const {
    return clamp(difference(x, y) * double(inverse), -bound, bound);
  }
  FASTLOSS_INLINE_MEMBER double slope(double x, double y) const {
    const Pair<double> r = two_sum(x, -y);
    const double hi = r.hi * scale, lo = fma(hi, inverse.lo, r.lo * scale * inverse.hi);
    return clamp(fma(hi, inverse.hi, lo - lo == 0.0 ? lo : 0.0), -bound, bound);
  }
  FASTLOSS_INLINE_MEMBER double bend(T x, T y) const {
    const double u = clamp(slope(x, y), -1.0, 1.0);
    return weighted(product_sum<T>(-bent * u, u, 1.0), per_d);
  }
};

// What |r| or |r|^2 makes of the derivatives of |r|.
struct Outer {
  bool squared;
  double first, second;
  FASTLOSS_INLINE_MEMBER void set(bool square, double d) {
    squared = square;
    first = square ? 2.0 * d : 1.0;
    second = square ? 2.0 : 0.0;
  }
  template <class Wide>
  FASTLOSS_INLINE_MEMBER Wide distance(Wide d) const {
    return squared ? d * d : d;
  }
  FASTLOSS_INLINE_MEMBER double slope(double s) const { return weighted(s, first); }
  FASTLOSS_INLINE_MEMBER double bend(double s, double b) const { return weighted(b, first) + second * s * s; }
};

// sum |r|
template <class T>
struct Manhattan {
  static constexpr bool costly = false;
  Wide<T> d;
  Outer outer;

  FASTLOSS_INLINE_MEMBER void measure(const T* x, const T* y, std::int64_t n, NormChoice choice) {
    d = sum_features<T>(n, [=](std::int64_t i) __attribute__((always_inline)) { return size(x[i], y[i]); });
    outer.set(choice.squared, double(d));
  }
  FASTLOSS_INLINE_MEMBER Wide<T> distance() const { return outer.distance(d); }
  FASTLOSS_INLINE_MEMBER double slope(T x, T y) const { return outer.slope(sign(difference(x, y))); }
  FASTLOSS_INLINE_MEMBER double bend(T x, T y) const { return outer.bend(sign(difference(x, y)), 0.0); }

 private:
  static FASTLOSS_INLINE_MEMBER double size(float x, float y) { return abs(difference(x, y)); }
  static FASTLOSS_INLINE_MEMBER Pair<double> size(double x, double y) { return absolute(two_sum(x, -y)); }
};

// max |r|; features that share the maximum share the slope.
template <class T>
struct Chebyshev {
  static constexpr bool costly = false;
  Wide<T> d;
  double share;
  Outer outer;

  FASTLOSS_INLINE_MEMBER void measure(const T* x, const T* y, std::int64_t n, NormChoice choice) {
    const double most = largest_difference(x, y, n);
    d = most;
    share = 1.0;
    outer.set(choice.squared, most);
    if (choice.derivatives)
      share = 1.0 / plain_sum(
                        n, [=](std::int64_t i) __attribute__((always_inline)) {
                          return abs(difference(x[i], y[i])) == most ? 1.0 : 0.0;
                        });
  }
  FASTLOSS_INLINE_MEMBER Wide<T> distance() const { return outer.distance(d); }
  FASTLOSS_INLINE_MEMBER double slope(T x, T y) const { return outer.slope(part(difference(x, y))); }
  FASTLOSS_INLINE_MEMBER double bend(T x, T y) const { return outer.bend(part(difference(x, y)), 0.0); }

 private:
  FASTLOSS_INLINE_MEMBER double part(double r) const { return abs(r) == double(d) ? share * sign(r) : 0.0; }
};

}  // namespace fastloss::FASTLOSS_ISA
