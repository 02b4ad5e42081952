// Losses of counts and amounts, y >= 0, by the deviance of a distribution with variance mu^power: with b = power - 1
// and a = 2 - power it is mu^a / a + y mu^-b / b. Of power 1, Poisson's, the limit is mu - y log mu, of power 2, the
// gamma distribution's, log mu + y / mu. `whole` adds what depends on y alone.
// S: the largest of the terms that are added; the deviance of a mean in the limits is right to its last digits.
#pragma once
#include "block/takes.h"
#include "math/exponent.h"
#include "math/far_exp.h"
#include "math/gamma.h"
#include "pointwise/jet.h"

namespace fastloss::FASTLOSS_ISA {

// What is added for y: nothing, log gamma(y + 1), or what makes the least value 0, doubled. A kernel has code for what
// it can be asked for.
struct Constant {
  bool factorial, deviance;
};

// What is asked for in a call, as masks: of a choice by a flag GCC 12 makes a branch, and a loop with one is no SIMD.
template <class T>
struct Wanted {
  Bits<T> factorial, deviance;
  T times;
  FASTLOSS_INLINE_MEMBER Wanted(bool with_factorial, bool as_deviance)
      : factorial(with_factorial && !as_deviance ? ~Bits<T>(0) : 0),
        deviance(as_deviance ? ~Bits<T>(0) : 0),
        times(as_deviance ? T(2) : T(1)) {}
  static FASTLOSS_INLINE_MEMBER T choose(Bits<T> mask, T yes, T no) {
    return from_bits((bits_of(yes) & mask) | (bits_of(no) & ~mask));
  }
};

// A limit, of the logarithm s of the mean. With t = s, or -s of the gamma distribution, it is A e^t - B t, where one of
// A and B is 1 and the other y. Sums are formed in units of 2^40 (2^300) where their terms may be infinite.
template <class T, Constant can>
FASTLOSS_INLINE Jet<T> limit_of_log(T s, T y, Bits<T> gamma, Wanted<T> wanted) {
  using C = FarConstants<T>;
  const T t = wanted.choose(gamma, T(0) - s, s), a = wanted.choose(gamma, y, T(1)), b = wanted.choose(gamma, T(1), y);
  const bool large = t > C::near || b > C::large;
  const T down = large ? C::down : T(1), up = large ? C::large : T(1);
  const FarExp<T> e(t);
  const T rise = e.times(a, down), fall = b * down;
  const T bounded = b == T(0) ? T(0) : min(t, C::far);  // the other term is infinite from there on
  const T slope = wanted.choose(gamma, fall - rise, rise - fall) * up, bend = unless_nan(y, e.times(a));
  T value = fma(fall, T(0) - bounded, rise);
  if constexpr (can.factorial) value = wanted.choose(wanted.factorial, value + lgamma1p(y, down), value);
  if constexpr (!can.deviance) return {value * up, slope, bend};
  const T log_y = y == T(0) ? T(0) : log(y), lowest = wanted.choose(gamma, T(0) - log_y, log_y);
  const T above = fma(fall, lowest - bounded, rise) - fall, times = wanted.times;
  return {wanted.choose(wanted.deviance, max(above + above, T(0)), value) * up, slope * times, bend * times};
}

// c (q - 1 - log q) of q = over / under, for c = under or 1: half a deviance. Next to q = 1, what would cancel is not
// formed. Times `down` where it may be infinite.
template <class T>
FASTLOSS_INLINE T above_least(T over, T under, Bits<T> of_one, T down) {
  const auto choose = [of_one](T yes, T no) { return Wanted<T>::choose(of_one, yes, no); };
  const bool none = under == T(0), still = over == T(0);
  const BinaryParts<T> x = binary_parts(still ? T(1) : over), y = binary_parts(none ? T(1) : under);
  // q = 2^k (1 + f + f_lo), 1 + f within [sqrt(1/2), sqrt(2))
  const T ratio = x.m / y.m;
  const BinaryParts<T> b = split_exponent(ratio);
  const T k = (x.k - y.k) + b.k, rise = fma(x.m, power_ratio(b.m, ratio), T(0) - y.m);
  const T f = rise / y.m, f_lo = fma(T(0) - f, y.m, rise) / y.m, f_part = f_lo * fma(f, f, T(1) - f);
  // log(1 + f) = 2 atanh(s) = f - half + s (half + z tail)
  const T s = f / (T(2) + f), z = s * s, half = T(0.5) * f * f;
  const T near = fma(f, f_part, fma(T(0) - s, fma(z, log_tail(z), half), half));
  const Pair<T> log = log_sum(k, f, f_part), m = fast_two_sum(T(1), f);
  const T factor = choose(T(1), under) * down;
  const T whole = choose(times_power(m.hi, k), over * down), whole_lo = choose(times_power(m.lo + f_lo, k), T(0));
  const Pair<T> top = two_sum(whole, T(0) - factor), fall = two_prod(factor, log.hi);
  const Pair<T> apart = two_sum(top.hi, T(0) - fall.hi);
  const T rest = apart.lo + ((top.lo + whole_lo) - fma(factor, log.lo, fall.lo));
  const T far = rest - rest == T(0) ? apart.hi + rest : whole;
  const T least = k == T(0) ? near * factor : far;
  const T at_ends = none ? choose(T(1) / under, over * down) : Format<T>::inf;
  return unless_nan(over, unless_nan(under, none | still ? at_ends : least));
}

// The same of the mean. `curvature` of the gamma distribution is the expected second derivative.
template <class T, Constant can>
FASTLOSS_INLINE CurvedJet<T> limit_of_mean(T mean, T y, Bits<T> gamma, Wanted<T> wanted) {
  using C = FarConstants<T>;
  const T mu = mean + T(0), ratio = y == T(0) ? T(0) : y / mu;  // -0 is 0
  const T one = unless_nan(mu, unless_nan(y, T(1))), b = wanted.choose(gamma, T(0) - one, y),
          rise = wanted.choose(gamma, ratio, mu);
  const bool large = (max(mu, y) > C::large) & (gamma == 0);
  const T down = large ? C::down : T(1), up = large ? C::large : T(1), fall = b * down;
  const T log_mu = b == T(0) || rise == Format<T>::inf ? T(0) : log(mu);
  const T slope = wanted.choose(gamma, (one - ratio) / mu, one - ratio);
  const T single = unless_nan(mu, ratio == T(0) ? T(0) : ratio / mu), twofold = (ratio + ratio - one) / mu / mu;
  const T bend = wanted.choose(gamma, twofold, single), curvature = wanted.choose(gamma, one / mu / mu, single);
  T value = fma(fall, T(0) - log_mu, rise * down);
  if constexpr (can.factorial) value = wanted.choose(wanted.factorial, value + lgamma1p(y, down), value);
  if constexpr (!can.deviance) return {value * up, slope, bend, curvature};
  const T above = above_least(wanted.choose(gamma, y, mu), wanted.choose(gamma, mu, y), gamma, down);
  const T times = wanted.times;
  return {wanted.choose(wanted.deviance, above + above, value) * up, slope * times, bend * times, curvature * times};
}

// Poisson (1837): mu - y log mu.
template <class T, Constant can>
struct PoissonOfLogMean {
  FASTLOSS_TAKES(log_input, full, deviance);
  Wanted<T> wanted;
  explicit FASTLOSS_INLINE_MEMBER PoissonOfLogMean(const double* p)
      : wanted(p[At::full] != 0.0, p[At::deviance] != 0.0) {}
  FASTLOSS_INLINE_MEMBER Jet<T> operator()(T s, T y) const { return limit_of_log<T, can>(s, y, Bits<T>(0), wanted); }
};
template <class T, Constant can>
struct PoissonOfMean {
  FASTLOSS_TAKES(log_input, full, deviance);
  Wanted<T> wanted;
  explicit FASTLOSS_INLINE_MEMBER PoissonOfMean(const double* p) : wanted(p[At::full] != 0.0, p[At::deviance] != 0.0) {}
  FASTLOSS_INLINE_MEMBER Jet<T> operator()(T mean, T y) const {
    const CurvedJet<T> jet = limit_of_mean<T, can>(mean, y, Bits<T>(0), wanted);
    return {jet.value, jet.grad, jet.hess};
  }
};
template <class T>
using PlainPoissonOfLogMean = PoissonOfLogMean<T, Constant{false, false}>;
template <class T>
using PlainPoissonOfMean = PoissonOfMean<T, Constant{false, false}>;
template <class T>
using WholePoissonOfLogMean = PoissonOfLogMean<T, Constant{true, true}>;
template <class T>
using WholePoissonOfMean = PoissonOfMean<T, Constant{true, true}>;

// Between the limits, Tweedie (1984).
template <class T>
struct TweediePowers {
  double power, above, below;  // power - 1, 2 - power
  T own_power, own_above, own_below, per_above, per_below, per_both;
  bool deviance;
  FASTLOSS_INLINE_MEMBER TweediePowers(double p, bool of_deviance)
      : power(p),
        above(p - 1.0),
        below(2.0 - p),
        own_power(T(p)),
        own_above(T(above)),
        own_below(T(below)),
        per_above(T(1.0 / above)),
        per_below(T(1.0 / below)),
        per_both(T(1.0 / (above * below))),
        deviance(of_deviance) {}
  // Less what the loss is at its least; twice that.
  T FASTLOSS_INLINE_MEMBER finished(T value, T y) const {
    const T least = FarExp<T>(times_log(y, below)).times(per_both), over = value - least;
    const T whole = value == Format<T>::inf ? value : max(over + over, T(0));
    return deviance ? whole : value;
  }
  T FASTLOSS_INLINE_MEMBER times() const { return deviance ? T(2) : T(1); }
};

// Of the logarithm s of the mean: e^(a s) / a + y e^(-b s) / b.
template <class T>
struct TweedieOfLogMean {
  FASTLOSS_TAKES(power, log_input, deviance);
  TweediePowers<T> of;
  Pair<T> above, below;
  explicit FASTLOSS_INLINE_MEMBER TweedieOfLogMean(const double* p) : of(p[At::power], p[At::deviance] != 0.0) {
    assign(above, Pair<double>(-of.above)), assign(below, Pair<double>(of.below));
  }
  static FarExp<T> FASTLOSS_INLINE_MEMBER exp_of(Pair<T> c, T s) {
    const T x = c.hi * s;
    return FarExp<T>(x, fma(c.hi, s, T(0) - x) + c.lo * s);
  }
  FASTLOSS_INLINE_MEMBER Jet<T> operator()(T s, T y) const {
    using C = FarConstants<T>;
    const FarExp<T> rise = exp_of(below, s), fall = exp_of(above, s);
    // Products by way of another scale, where y e^x or y / b alone would overflow.
    const bool many = y > T(1), high = s > C::near;
    const T down = many ? C::down : T(1), up = many ? C::large : T(1), part = y * down;
    const T low = high ? C::down : T(1), back = high ? C::large : T(1);
    const T value = rise.times(of.per_below) + fall.times(part * of.per_above, up);
    const T slope = (rise.times(T(1), low) - fall.times(y * low)) * back;
    const T bend = rise.times(of.own_below) + fall.times(part, of.own_above * up);
    return {of.finished(value, y), slope * of.times(), bend * of.times()};
  }
};
// Of the mean itself: mu^-b (mu / a + y / b).
template <class T>
struct TweedieOfMean {
  FASTLOSS_TAKES(power, log_input, deviance);
  TweediePowers<T> of;
  explicit FASTLOSS_INLINE_MEMBER TweedieOfMean(const double* p) : of(p[At::power], p[At::deviance] != 0.0) {}
  FASTLOSS_INLINE_MEMBER CurvedJet<T> operator()(T mean, T y) const {
    using C = FarConstants<T>;
    const T mu = mean + T(0), size = max(mu, y);
    const bool large = size > T(1), tiny = size < C::down, none = size == T(0);  // at (0, 0) the limits along y = 0
    const T there = large ? C::down : tiny ? C::large : T(1), back = large ? C::large : tiny ? C::down : T(1);
    const FarExp<T> e(times_log(mu, -of.above)), steep(times_log(mu, -of.power));
    const T x = mu * there, z = y * there;
    const T value = e.times(fma(x, of.per_below, z * of.per_above), back);
    const T slope = none ? Format<T>::inf : steep.times(mu - y);
    const T rest = fma(of.own_power, z, T(0) - of.own_above * x);
    const T bend = none ? T(0) - Format<T>::inf : steep.times(rest, back) / mu;
    const T expected = none ? Format<T>::inf : unless_nan(y, steep.times(T(1)));
    return {of.finished(value, y), slope * of.times(), bend * of.times(), expected * of.times()};
  }
};

// The limits as Tweedie's.
template <class T>
struct TweedieLimitOfLogMean {
  FASTLOSS_TAKES(power, log_input, deviance);
  Bits<T> gamma;
  Wanted<T> wanted;
  explicit FASTLOSS_INLINE_MEMBER TweedieLimitOfLogMean(const double* p)
      : gamma(p[At::power] == 2.0 ? ~Bits<T>(0) : 0), wanted(false, p[At::deviance] != 0.0) {}
  FASTLOSS_INLINE_MEMBER Jet<T> operator()(T s, T y) const {
    return limit_of_log<T, Constant{false, true}>(s, y, gamma, wanted);
  }
};
template <class T>
struct TweedieLimitOfMean {
  FASTLOSS_TAKES(power, log_input, deviance);
  Bits<T> gamma;
  Wanted<T> wanted;
  explicit FASTLOSS_INLINE_MEMBER TweedieLimitOfMean(const double* p)
      : gamma(p[At::power] == 2.0 ? ~Bits<T>(0) : 0), wanted(false, p[At::deviance] != 0.0) {}
  FASTLOSS_INLINE_MEMBER CurvedJet<T> operator()(T mean, T y) const {
    return limit_of_mean<T, Constant{false, true}>(mean, y, gamma, wanted);
  }
};

}  // namespace fastloss::FASTLOSS_ISA
