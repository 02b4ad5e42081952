// The p-norm of any p >= 1, (sum |r|^p)^(1/p), by logarithms relative to the largest feature, so that no power
// leaves the range: (|r| / d)^e = exp(e (log |r| - log d)), in more precision than T has.
#pragma once
#include "math/wide.h"
#include "pairs/norms.h"

namespace fastloss::FASTLOSS_ISA {

FASTLOSS_INLINE double wide_size(float x, float y, double scale) { return abs(difference(x, y)) * scale; }
FASTLOSS_INLINE DoubleDouble wide_size(double x, double y, double scale) {
  const Pair<double> r = two_sum(x, -y);
  return {abs(r.hi) * scale, (r.hi < 0.0 ? -r.lo : r.lo) * scale};
}

template <class T>
struct Power {
  Wide<T> d;
  double p, scale, steep;  // steep: (p - 1) / d
  double least, most;      // scaled features up to `least` count as 0, those beyond `most` as `most`
  Wide<T> level;           // log (d scale)
  Outer outer;

  FASTLOSS_INLINE_MEMBER void measure(const T* x, const T* y, std::int64_t n, NormChoice choice) {
    const double largest = largest_difference(x, y, n);
    const bool regular = largest > 0.0 && largest < Format<double>::inf;
    p = choice.p;
    d = largest;
    steep = 0.0;
    // With an infinite feature those count as 1, all others as 0.
    scale = regular ? unit_scale(largest) : Format<double>::smallest;
    most = regular ? Format<double>::inf : 1.0;
    least = regular ? 0.0 : 0x1p-40;
    level = 0.0;
    if (regular) {
      level = wide_log(Wide<T>(largest * scale));
      const Power self = *this;
      const Pair<double> sum = sum_features<T>(
          n, [=](std::int64_t i) __attribute__((always_inline)) { return self.power(x[i], y[i], self.p); });
      const Wide<T> growth = wide_log(widened<T>(sum)) / Wide<T>(p);
      level = level + growth;
      d = Wide<T>(largest) * wide_exp(growth);
      steep = double(Wide<T>(p - 1.0) / d);
    }
    outer.set(choice.squared, double(d));
  }
  FASTLOSS_INLINE_MEMBER Wide<T> distance() const { return outer.distance(d); }
  FASTLOSS_INLINE_MEMBER double slope(T x, T y) const {
    return outer.slope(copysign(power(x, y, p - 1.0), difference(x, y)));
  }
  FASTLOSS_INLINE_MEMBER double bend(T x, T y) const {
    const double s = power(x, y, p - 1.0), t = power(x, y, p - 2.0);
    return outer.bend(s, weighted(product_sum<T>(-s, s, t), steep));
  }

 private:
  // (|r| / d)^exponent; 0 for r = 0, whatever the exponent.
  FASTLOSS_INLINE_MEMBER double power(T x, T y, double exponent) const {
    const Wide<T> size = wide_size(x, y, scale);
    const bool nothing = !(double(size) > least);
    const Wide<T> base = nothing ? Wide<T>(1.0) : double(size) > most ? Wide<T>(most) : size;
    const double result = double(wide_exp(Wide<T>(exponent) * (wide_log(base) - level)));
    return nothing ? 0.0 : result;
  }
};

}  // namespace fastloss::FASTLOSS_ISA
