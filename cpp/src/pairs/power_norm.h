// The p-norm of any p >= 1, (sum |r|^p)^(1/p), by logarithms relative to the largest feature, so that no power
// leaves the range: (|r| / d)^e = exp(e (log |r| - log d)), in more precision than T has.
#pragma once
#include "math/wide.h"
#include "pairs/norms.h"

namespace fastloss::FASTLOSS_ISA {

FASTLOSS_INLINE double wide_size(float x, float y, double scale) { return abs(difference(x, y)) * scale; }
FASTLOSS_INLINE DoubleDouble wide_size(double x, double y, double scale) {
  const Pair<double> r = absolute(two_sum(x, -y));
  return {r.hi * scale, r.lo * scale};
}

template <class T>
struct Power {
  static constexpr bool costly = true;
  Wide<T> d;
  double p, scale;
  double rise, fall;   // the bend is rise (|r| / d)^(p-2) - fall (|r| / d)^(2p-2)
  double least, most;  // scaled features up to `least` count as 0, those beyond `most` as `most`
  Wide<T> level;       // log (d scale)
  double spread;       // beside an infinite feature, what the square gives to finite ones: 2 d^(2-p) |r|^(p-1)
  Outer outer;

  FASTLOSS_INLINE_MEMBER void measure(const T* x, const T* y, std::int64_t n, NormChoice choice) {
    const double largest = largest_difference(x, y, n);
    const bool regular = largest > 0.0 && largest < Format<double>::inf;
    p = choice.p;
    d = largest;
    rise = fall = 0.0;
    // With an infinite feature those count as 1, all others as 0.
    scale = regular ? unit_scale(largest) : Format<double>::smallest;
    most = regular ? Format<double>::inf : 1.0;
    least = regular ? 0.0 : 0x1p-40;
    level = 0.0;
    if (regular) {
      level = wide_log(Wide<T>(largest * scale));
      const Power self = *this;
      const Wide<T> sum =
          sum_features<T>(n, [=](std::int64_t i) __attribute__((always_inline)) { return self.term(x[i], y[i]); });
      const Wide<T> growth = wide_log(sum) / Wide<T>(p);
      level = level + growth;
      d = Wide<T>(largest) * wide_exp(growth);
      rise = fall = min(double(Wide<T>(p - 1.0) / d), Format<double>::largest);
    }
    outer.set(choice.squared, double(d));
    spread = choice.squared && largest == Format<double>::inf && p < 2.0 ? Format<double>::inf : 0.0;
    if (choice.squared) {  // 2 d bend + 2 slope^2
      rise = 2.0 * (p - 1.0);
      fall = 2.0 * (p - 2.0);
    }
  }
  FASTLOSS_INLINE_MEMBER Wide<T> distance() const { return outer.distance(d); }
  FASTLOSS_INLINE_MEMBER double slope(T x, T y) const {
    const double r = difference(x, y), slope = outer.slope(copysign(double(power(x, y, p - 1.0)), r));
    return spread > 0.0 && r != 0.0 ? copysign(spread, r) : slope;
  }
  FASTLOSS_INLINE_MEMBER double bend(T x, T y) const {
    const Wide<T> s = power(x, y, p - 1.0), t = power(x, y, p - 2.0);
    const double size = abs(difference(x, y)), bend = double(Wide<T>(rise) * t - Wide<T>(fall) * s * s);
    return spread > 0.0 && size > 0.0 && size < spread ? spread : bend;
  }

 private:
  // (|r| / d)^exponent; 0 for r = 0, whatever the exponent.
  FASTLOSS_INLINE_MEMBER Wide<T> power(T x, T y, double exponent) const {
    const Wide<T> size = wide_size(x, y, scale);
    const bool nothing = !(double(size) > least);
    const Wide<T> base = nothing ? Wide<T>(1.0) : double(size) > most ? Wide<T>(most) : size;
    const Wide<T> result = wide_exp(Wide<T>(exponent) * (wide_log(base) - level));
    return nothing ? Wide<T>(0.0) : result;
  }
  FASTLOSS_INLINE_MEMBER double term(float x, float y) const { return power(x, y, p); }
  FASTLOSS_INLINE_MEMBER Pair<double> term(double x, double y) const {
    const DoubleDouble t = power(x, y, p);
    return {t.hi, t.lo};
  }
};

}  // namespace fastloss::FASTLOSS_ISA
