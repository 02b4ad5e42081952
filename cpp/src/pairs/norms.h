// Norms of a difference r = x - y over the features of a row. measure() reads the row; then distance() is
// |r| or, where `squared` says so, |r|^2, slope(r) its derivative by one feature and bend(r) the second.
// Everything is computed in float64. At r = 0 the slope is 0, the subgradient of least magnitude.
#pragma once
#include "math/wide.h"
#include "pairs/sums.h"

namespace fastloss::FASTLOSS_ISA {

struct NormChoice {
  bool squared = false;
  double p = 2.0;
  bool derivatives = true;  // slopes and bends will be asked for
};

template <class T> FASTLOSS_INLINE double difference(T x, T y) { return double(x) - double(y); }

FASTLOSS_INLINE double sign(double r) { return r == 0.0 ? 0.0 : copysign(1.0, r); }

// The power of two that brings the largest feature into [0.5, 1), as near as the exponents reach.
FASTLOSS_INLINE double unit_scale(double largest) {
  const std::int64_t exponent = std::int64_t(bits_of(largest) >> 52);
  return from_bits(Bits<double>(max(std::int64_t(2045) - exponent, std::int64_t(1))) << 52);
}

FASTLOSS_INLINE Pair<double> square(Pair<double> d) {
  const double hi = d.hi * d.hi;
  return {hi, hi < 0x1p1000 && hi > 0x1p-900 ? 2.0 * d.hi * d.lo + fma(d.hi, d.hi, -hi) : 0.0};
}

// sqrt(sum r^2). Squares of float differences are safe in float64; of double ones, extreme rows are scaled.
template <class T> struct Euclidean {
  Pair<double> d, d2;
  bool squared;
  double scale, inverse, per_d;  // the unit vector is (r scale) inverse

  FASTLOSS_INLINE_MEMBER void measure(const T* x, const T* y, std::int64_t n, NormChoice choice) {
    squared = choice.squared;
    scale = 1.0;
    d2 = sum_features<T>(n, [=](std::int64_t i) { const double r = difference(x[i], y[i]); return r * r; });
    if constexpr (sizeof(T) == 8)
      if (!(d2.hi > 0x1p-900 && d2.hi < 0x1p1000)) rescale(x, y, n);
    d = {sqrt(d2.hi), 0.0};
    inverse = 1.0 / d.hi;
    if constexpr (sizeof(T) == 8) {  // to the last bit, for the rounding of r is still to come
      if (d.hi > 0.0 && d.hi < Format<double>::inf) {
        d.lo = (fma(-d.hi, d.hi, d2.hi) + d2.lo) * 0.5 * inverse;
        inverse = fma(inverse, fma(-d.hi, inverse, 1.0) - d.lo * inverse, inverse);
      }
    }
    per_d = inverse * scale;
    if (scale != 1.0) {
      d = {d.hi / scale, d.lo / scale};
      d2 = {d2.hi / scale / scale, 0.0};
    }
    if (d.hi == 0.0) inverse = per_d = 0.0;
    if (d.hi == Format<double>::inf && scale == 1.0) {  // an infinite feature has slope 1, the others 0
      scale = sizeof(T) == 8 ? Format<double>::smallest : 1.0;
      inverse = Format<double>::smallest;
    }
  }

  FASTLOSS_INLINE_MEMBER Pair<double> distance() const { return squared ? d2 : d; }
  FASTLOSS_INLINE_MEMBER double unit(double r) const {
    return clamp((sizeof(T) == 8 ? r * scale : r) * inverse, -1.0, 1.0);
  }
  FASTLOSS_INLINE_MEMBER double slope(double r) const { return squared ? 2.0 * r : unit(r); }
  FASTLOSS_INLINE_MEMBER double bend(double r) const {
    const double u = unit(r);
    return squared ? 2.0 : weighted(1.0 - u * u, per_d);
  }

 private:
  __attribute__((noinline, cold)) void rescale(const T* x, const T* y, std::int64_t n) {
    const double most = largest_feature(n, [=](std::int64_t i) { return abs(difference(x[i], y[i])); });
    d2 = {most, 0.0};
    if (!(most > 0.0 && most < Format<double>::inf)) return;
    scale = unit_scale(most);
    const double s = scale;
    d2 = sum_features<T>(n, [=](std::int64_t i) { const double r = difference(x[i], y[i]) * s; return r * r; });
  }
};

// What |r| or |r|^2 makes of the derivatives of |r|.
struct Outer {
  bool squared;
  double first, second;
  void set(bool square, double d) {
    squared = square;
    first = square ? 2.0 * d : 1.0;
    second = square ? 2.0 : 0.0;
  }
  FASTLOSS_INLINE_MEMBER Pair<double> distance(Pair<double> d) const { return squared ? square(d) : d; }
  FASTLOSS_INLINE_MEMBER double slope(double s) const { return weighted(s, first); }
  FASTLOSS_INLINE_MEMBER double bend(double s, double b) const { return weighted(b, first) + second * s * s; }
};

// sum |r|
template <class T> struct Manhattan {
  Pair<double> d;
  Outer outer;

  FASTLOSS_INLINE_MEMBER void measure(const T* x, const T* y, std::int64_t n, NormChoice choice) {
    d = sum_features<T>(n, [=](std::int64_t i) { return abs(difference(x[i], y[i])); });
    outer.set(choice.squared, d.hi);
  }
  FASTLOSS_INLINE_MEMBER Pair<double> distance() const { return outer.distance(d); }
  FASTLOSS_INLINE_MEMBER double slope(double r) const { return outer.slope(sign(r)); }
  FASTLOSS_INLINE_MEMBER double bend(double r) const { return outer.bend(sign(r), 0.0); }
};

// max |r|; features that share the maximum share the slope.
template <class T> struct Chebyshev {
  Pair<double> d;
  double share = 0.0;
  Outer outer;

  FASTLOSS_INLINE_MEMBER void measure(const T* x, const T* y, std::int64_t n, NormChoice choice) {
    const double most = largest_feature(n, [=](std::int64_t i) { return abs(difference(x[i], y[i])); });
    d = {most, 0.0};
    outer.set(choice.squared, most);
    if (choice.derivatives)
      share = 1.0 / sum_features<float>(n, [=](std::int64_t i) { return abs(difference(x[i], y[i])) == most ? 1.0 : 0.0; }).hi;
  }
  FASTLOSS_INLINE_MEMBER Pair<double> distance() const { return outer.distance(d); }
  FASTLOSS_INLINE_MEMBER double slope(double r) const { return outer.slope(part(r)); }
  FASTLOSS_INLINE_MEMBER double bend(double r) const { return outer.bend(part(r), 0.0); }

 private:
  FASTLOSS_INLINE_MEMBER double part(double r) const { return abs(r) == d.hi ? share * sign(r) : 0.0; }
};

// (sum |r|^p)^(1/p), by logarithms relative to the largest feature, so that no power leaves the range:
// |r|^p = e^(p log |r|), with the logarithm in more precision than T has.
template <class T> struct Power {
  Pair<double> d;
  double p, scale, per_d;
  Wide<T> level;  // log (d scale)
  bool extreme;   // d is 0, infinite or NaN
  Outer outer;

  FASTLOSS_INLINE_MEMBER void measure(const T* x, const T* y, std::int64_t n, NormChoice choice) {
    const double most = largest_feature(n, [=](std::int64_t i) { return abs(difference(x[i], y[i])); });
    p = choice.p;
    d = {most, 0.0};
    extreme = !(most > 0.0 && most < Format<double>::inf);
    scale = extreme ? 1.0 : unit_scale(most);
    per_d = 0.0;
    level = Wide<T>(0.0);
    if (!extreme) {
      const double s = scale, exponent = p;
      const Wide<T> top = wide_log(Wide<T>(most * s));
      const Pair<double> sum = sum_features<T>(
          n, [=](std::int64_t i) { return power(abs(difference(x[i], y[i])) * s, top, exponent); });
      const Wide<T> growth = wide_log(widened(sum)) / Wide<T>(p);
      level = top + growth;
      d.hi = most * double(wide_exp(growth));
      per_d = 1.0 / d.hi;
    }
    outer.set(choice.squared, d.hi);
  }
  FASTLOSS_INLINE_MEMBER Pair<double> distance() const { return outer.distance(d); }
  FASTLOSS_INLINE_MEMBER double slope(double r) const { return outer.slope(copysign(size(r), r)); }
  FASTLOSS_INLINE_MEMBER double bend(double r) const {
    const double s = size(r), q = abs(r) * scale, t = extreme ? 0.0 : power(q, level, p - 2.0);
    return outer.bend(s, weighted(t - s * s, (p - 1.0) * per_d));
  }

 private:
  static FASTLOSS_INLINE_MEMBER double widened(Pair<double> x) requires(sizeof(T) == 4) { return x.hi; }
  static FASTLOSS_INLINE_MEMBER DoubleDouble widened(Pair<double> x) requires(sizeof(T) == 8) { return {x.hi, x.lo}; }
  // (q / e^base)^exponent; 0 for q = 0, whatever the exponent.
  static FASTLOSS_INLINE_MEMBER double power(double q, Wide<T> base, double exponent) {
    const Wide<T> ratio = wide_log(Wide<T>(q == 0.0 ? 1.0 : q)) - base;
    return q == 0.0 ? 0.0 : double(wide_exp(Wide<T>(exponent) * ratio));
  }
  // (|r| / d)^(p-1)
  FASTLOSS_INLINE_MEMBER double size(double r) const {
    const double limit = abs(r) == Format<double>::inf ? 1.0 : 0.0;
    return extreme ? limit : power(abs(r) * scale, level, p - 1.0);
  }
};

}  // namespace fastloss::FASTLOSS_ISA
