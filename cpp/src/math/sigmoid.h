// What the binary losses share. With e = exp(-|z|) and w = 1 / (1 + e) the likelier side of a logit z has
// probability w, the other e w; log(1 + e) is the softplus of -|z|. One exponential and one division serve all.
#pragma once
#include "math/exp.h"
#include "math/log.h"
#include "math/wide.h"

namespace fastloss::FASTLOSS_ISA {

// The logits that keep both probabilities at or above eps; eps = 0 bounds nothing.
template <class T>
struct LogitBound {
  T odds = T(0), odds_slip = T(0);  // the least e, eps / (1 - eps) = odds (1 + odds_slip)
  T size = Format<T>::inf;          // the largest |z|
  T flat = Format<T>::nan;          // from this |z| on a clipped loss is constant; NaN: nowhere
  LogitBound() = default;
  explicit FASTLOSS_INLINE_MEMBER LogitBound(double eps) {
    if (!(eps > 0)) return;
    const Pair<double> exact = Pair<double>(eps) / (Pair<double>(1) - Pair<double>(eps));
    odds = T(double(exact));
    odds_slip = T(double(exact - Pair<double>(odds)) / double(odds));
    flat = size = T(double(log1p_pair(-eps) - log_pair(eps)));
  }
};

template <class T>
struct Sigmoid {
  // e is also held times 2^64 (2^512), so that a product with it is rounded once even where it is subnormal.
  static constexpr T lift = ExpConstants<T>::middle, lower = ExpConstants<T>::down;
  T z, size, lifted, e, e_slip;  // size is |z|; the exact exponential is e (1 + e_slip)
  T y, y_slip, w;                // the exact 1 / (1 + e) is y (1 + y_slip), rounded w

  explicit FASTLOSS_INLINE_MEMBER Sigmoid(T z_) : Sigmoid(z_, begin(z_)) {}
  FASTLOSS_INLINE_MEMBER Sigmoid(T z_, Begun<T> s)
      : z(z_), size(abs(unless_tiny(z_))), lifted(s.first), e(lifted * lower), e_slip(s.second) {
    divide();
  }
  FASTLOSS_INLINE_MEMBER Sigmoid(T z_, const LogitBound<T>& bound) : Sigmoid(z_, begin(z_), bound) {}
  FASTLOSS_INLINE_MEMBER Sigmoid(T z_, Begun<T> s, const LogitBound<T>& bound)
      : z(z_), size(min(abs(unless_tiny(z_)), bound.size)), lifted(s.first), e(lifted * lower) {
    e_slip = bound.odds < e ? s.second : bound.odds_slip;
    lifted = max(lifted, bound.odds / lower), e = max(e, bound.odds);
    divide();
  }
  // The exponential: `lifted` and `e_slip`.
  static Begun<T> FASTLOSS_INLINE_MEMBER begin(T z) {
    constexpr T lowest = ExpConstants<T>::lowest;
    const T down = minus_abs(unless_tiny(z));
    const ScaledExp<T> x = scaled_exp(masked(down < lowest, lowest, down), T(0), lift);
    const T m = x.hi + x.lo, d = m - T(1);
    return {m * x.scale, ((x.hi - m) + (x.lo + x.tail)) * fma(d, d, T(1) - d)};  // about 1 / m
  }
  void FASTLOSS_INLINE_MEMBER divide() {
    const T d = T(1) + e, d_lo = e - (d - T(1));
    y = T(1) / d;
    y_slip = fma(-d_lo, y, fma(-d, y, T(1)));
    w = fma(y, y_slip, y);
  }

  // Of two numbers, one for target 1 and one for target 0, the one of the likelier and of the other side.
  T FASTLOSS_INLINE_MEMBER likelier(T one, T zero) const { return from_bits(bits_of(one) ^ crossing(one, zero)); }
  T FASTLOSS_INLINE_MEMBER other(T one, T zero) const { return from_bits(bits_of(zero) ^ crossing(one, zero)); }
  Bits<T> FASTLOSS_INLINE_MEMBER crossing(T one, T zero) const { return (bits_of(one) ^ bits_of(zero)) & sign_mask(z); }

  T FASTLOSS_INLINE_MEMBER p() const { return likelier(w, lifted * w * lower); }
  T FASTLOSS_INLINE_MEMBER q() const { return other(w, lifted * w * lower); }

  // zero softplus(z) + one softplus(-z)
  T FASTLOSS_INLINE_MEMBER softplus(T one, T zero) const {
    const T wrong = other(one, zero);  // without it even an infinite z costs nothing
    return fma(wrong, wrong == T(0) ? T(0) : size, (one + zero) * log1p_unit(e, lifted) * lower);
  }
  // zero sigma(z) - one sigma(-z)
  T FASTLOSS_INLINE_MEMBER difference(T one, T zero) const {
    return times_sign(fma(-(likelier(one, zero) * (lifted * w)), lower, other(one, zero) * w), z);
  }
  // c sigma(z) sigma(-z)
  T FASTLOSS_INLINE_MEMBER product(T c) const {
    const T rough = (c * y) * (lifted * y);
    return fma(rough, y_slip + y_slip, rough) * lower;
  }
};

template <class T>
FASTLOSS_INLINE T sigmoid(T z) {
  return Sigmoid<T>(z).p();
}
template <class T>
FASTLOSS_INLINE T softplus(T z) {
  return Sigmoid<T>(z).softplus(T(0), T(1));
}

// The sigmoid of z + lo, where lo is what rounding took from z; of an infinite z there is none.
template <class T>
FASTLOSS_INLINE Sigmoid<T> sigmoid_of(T z, T lo) {
  const Pair<T> whole = fast_two_sum(z, lo);
  const bool finite = whole.lo - whole.lo == T(0);
  const T hi = finite ? whole.hi : z, slip = T(0) - times_sign(finite ? whole.lo : T(0), hi);
  const Begun<T> begun = Sigmoid<T>::begin(hi);
  return Sigmoid<T>(hi, {fma(begun.first, slip, begun.first), begun.second});
}

// The same quantities with digits to spare: in double by a float z, else as Pairs. |z| ends at 1e30, where e is 0.
template <class N>
struct FineSigmoid;
template <>
struct FineSigmoid<double> {
  using Bound = LogitBound<double>;
  static constexpr double lift = 1, lower = 1;
  double size, lifted, e, w, log, lifted_log;  // |z|, e lifted, e, 1 / (1 + e), log(1 + e), the same lifted
  FASTLOSS_INLINE_MEMBER FineSigmoid(float z, const Bound& bound)
      : size(min(double(abs(z)), min(bound.size, 1e30))),
        lifted(wide_exp(-size)),
        e(lifted),
        w(1 / (1 + e)),
        log(wide_log1p_unit(e)),
        lifted_log(log) {}
};
template <class T>
struct FineSigmoid<Pair<T>> {
  using Bound = LogitBound<T>;
  static constexpr T lift = ExpConstants<T>::up, lower = ExpConstants<T>::down;
  T size;
  Pair<T> lifted, e, w, log, lifted_log;
  explicit FASTLOSS_INLINE_MEMBER FineSigmoid(const Sigmoid<T>& s)
      : size(min(s.size, T(1e30))),
        lifted(s.lifted, s.lifted * s.e_slip),
        e(s.e, s.e * s.e_slip),
        w(s.y, s.y * fma(-s.y, e.lo, s.y_slip)),
        log(s.e, fma(s.e * s.e, log1p_bend(s.e), e.lo * fma(T(-0.5), s.e, T(1)))),
        lifted_log(s.lifted, fma(s.lifted * s.e, log1p_bend(s.e), lifted.lo * fma(T(-0.5), s.e, T(1)))) {}
  FASTLOSS_INLINE_MEMBER FineSigmoid(T z, const Bound& bound) : FineSigmoid(Sigmoid<T>(z, bound)) {}
};

}  // namespace fastloss::FASTLOSS_ISA
