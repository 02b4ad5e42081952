// Numbers whose exponents no double has, for what a row multiplies before its result is one again.
#pragma once

#include "math/exp.h"
#include "math/exponent.h"

namespace fastloss::FASTLOSS_ISA {

// number 2^exponent, with a number of a few powers of two, or 0; the exponent is whole. Infinity is a large exponent,
// so that 0 times it is 0.
struct Far {
  double number, exponent;
};

FASTLOSS_INLINE double as_double(Far x) {
  const double a = clamp(x.exponent, -1000., 1000.), b = clamp(x.exponent - a, -1000., 1000.),
               c = clamp(x.exponent - a - b, -1000., 1000.);
  return x.number * power_of_two(a) * power_of_two(b) * power_of_two(c);
}

FASTLOSS_INLINE Far far(double x) {
  constexpr Bits<double> field = Bits<double>(2047) << 52;
  const double size = abs(x), up = masked(size < 0x1p-900, 200., 0.), y = x * power_of_two(up);
  const double n = from_bits(((bits_of(y) & field) >> 52) | bits_of(0x1p52)) - (0x1p52 + 1023) - up;
  const double number = from_bits((bits_of(y) & ~field) | bits_of(1.));
  return {masked(size > 0, number, x), masked(size > 0, masked(size < Format<double>::inf, n, 8000.), -20000.)};
}

FASTLOSS_INLINE Far operator-(Far x) { return {-x.number, x.exponent}; }
FASTLOSS_INLINE Far operator*(Far x, Far y) { return {x.number * y.number, x.exponent + y.exponent}; }
FASTLOSS_INLINE Far operator/(Far x, Far y) { return {x.number / y.number, x.exponent - y.exponent}; }
FASTLOSS_INLINE Far operator+(Far x, Far y) {
  const double most = max(x.exponent, y.exponent);
  const Far sum = far(as_double({x.number, x.exponent - most}) + as_double({y.number, y.exponent - most}));
  return {sum.number, sum.exponent + most};
}

// e^(x + x_lo) for x <= 0 and |x_lo| <= ulp(x)
FASTLOSS_INLINE Far far_exp_of(double x, double x_lo) {
  using C = ExpConstants<double>;
  const double held = max(x, -16000.), n = fma(held, C::per_ln2, C::shifter) - C::shifter;
  const double r_hi = fma(n, -C::ln2, held), c = fma(n, -C::ln2_lo, masked(held == x, x_lo, 0.)), r = r_hi + c;
  const double hi = 1 + r, lo = fma(r * r, exp_tail(r), r - (hi - 1));
  return {hi + (lo + (c - (r - r_hi))), n};
}

}  // namespace fastloss::FASTLOSS_ISA
