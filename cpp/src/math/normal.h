// The upper tail of the normal distribution, Q(z) = erfc(z / sqrt 2) / 2, as a likelihood needs it: -log Q, the hazard
// phi / Q (the inverse of Mills's ratio) and that one's derivative, none of them through a difference that vanishes far
// out. The lower tail is Q(-z).
//
// For z >= 0 and x = z / sqrt 2, with the G of erf.h, the hazard is sqrt(2/pi) (1 + 2x) / G and its derivative, by
// h' = h (h - z), B / G^2 for a B that is a polynomial in the same t. For z < 0 they follow from phi and 1 - Q(|z|).
#pragma once
#include "math/erf.h"
#include "math/log.h"

namespace fastloss::FASTLOSS_ISA {

// (2/pi) (1 + 2x)^2 (1 - sqrt(pi) x e^(x^2) erfc x), minimax: 2^-30.9 and 2^-57.8
FASTLOSS_INLINE double hazard_bend(double t) {
  return horner(t, 0x1.80cd93ff9249cp0, -0x1.dad37c5c65081p-4, -0x1.90b7ea81f27d4p-2, 0x1.f4792438ca7ap-2,
                -0x1.10a63500cf498p-2, 0x1.6475b3086ae6ep-7, 0x1.864e93ace6312p-4, -0x1.221b88dbe037ep-4,
                0x1.24dd4ef2825b1p-6, 0x1.7064559ffed0bp-8, -0x1.224baa79cfa68p-8, -0x1.5dbcbdc2ce346p-13,
                0x1.788dbb2253802p-11, -0x1.f1b4fc8fd2551p-17, -0x1.3adf9fe2907b7p-14);
}
FASTLOSS_INLINE Pair<double> hazard_bend(Pair<double> t) {
  const double slope =
      split_horner(t.hi, -0x1.dad37dc9cdcf9p-4, -0x1.90b7eef9ba865p-2, 0x1.f4793177f45d8p-2, -0x1.10a5db572340ap-2,
                   0x1.6463d9bd01c9ep-7, 0x1.864380f88b593p-4, -0x1.2210e1c21446fp-4, 0x1.258d01d41d459p-6,
                   0x1.6ec05838fe4a7p-8, -0x1.285a946f02cd6p-8, -0x1.181ab1abf7cb3p-13, 0x1.b62abd1e24344p-11,
                   -0x1.378c3ae3adefep-15, -0x1.4f569988d9847p-13, 0x1.5599716a78b93p-18, 0x1.13e0de1a7d6a2p-15,
                   0x1.e02a2f60f844cp-20, -0x1.cd4bc2ea085b7p-18, -0x1.7528cf6a3f972p-20, 0x1.650e336753945p-20,
                   0x1.28a3544607e57p-21, -0x1.c5ac8f03b81c1p-23, -0x1.4bab2d100decfp-23, 0x1.8be0b6a2b121ep-26,
                   0x1.ee25153f08aa1p-26, -0x1.48d8a029214fdp-30, -0x1.70f2c361aef6dp-29);
  return from_slope(t, slope, 0.63, {0x1.80cd940240d43p0, 0x1.c3c99a9d4134ep-54});
}

FASTLOSS_INLINE double reciprocal(double x) { return 1 / x; }
FASTLOSS_INLINE Pair<double> reciprocal(Pair<double> x) {
  const double y = 1 / x.hi;
  return {y, y * fma(-y, x.lo, fma(-y, x.hi, 1.))};
}
FASTLOSS_INLINE double scaled(double x, double power_of_two) { return x * power_of_two; }
FASTLOSS_INLINE Pair<double> scaled(Pair<double> x, double power_of_two) {
  return {x.hi * power_of_two, x.lo * power_of_two};
}
template <class N>
FASTLOSS_INLINE N half_square(double x) {
  N y;
  assign(y, two_prod(0.5 * x, x));
  return y;
}

// log(1 - tail) where z < 0, else log(mills).
FASTLOSS_INLINE double log_of_either(double z, double tail, double mills) {
  const BinaryParts<double> b = split_exponent(by_sign(z, 1 - tail, mills));
  return wide_log_sum(b.k, by_sign(z, b.k == 0 ? -tail : b.m - 1, b.m - 1));
}
FASTLOSS_INLINE Pair<double> log_of_either(double z, Pair<double> tail, Pair<double> mills) {
  const Pair<double> y = by_sign(z, Pair<double>(1) - tail, mills), x = fast_two_sum(y.hi, y.lo);
  const BinaryParts<double> b = split_exponent(x.hi);
  const Pair<double> plain(b.m - 1, x.lo * power_ratio(b.m, x.hi));
  const Pair<double> near_1(b.k == 0 ? -tail.hi : plain.hi, b.k == 0 ? -tail.lo : plain.lo);
  const Pair<double> f = by_sign(z, near_1, plain), g = fast_two_sum(f.hi, f.lo);
  return log_sum(b.k, g.hi, g.lo * fma(g.hi, g.hi, 1 - g.hi));  // nearly g.lo / (1 + g.hi)
}

// In Fine<T>, answered as R.
template <class T, class R = T>
struct NormalTail {
  using N = Fine<T>;
  static constexpr double far = 0x1.6a09e667f3bcdp512;  // from here on z^2 / 2 is infinite; all is 0 below -40
  double z, size, scale, down;  // |z|; what is small for z < 0 is counted in units of scale * down
  TailPoint<N> point;
  N half, level, phi, mills, tail;  // z^2 / 2, G, e^-half, Q(|z|) / phi, Q(|z|) where z < 0

  explicit FASTLOSS_INLINE_MEMBER NormalTail(R z_)
      : z(z_),
        size(min(abs(z), z < 0 ? 40. : far)),
        point(N(min(size, 0x1p500)) * constant<N>(0x1.6a09e667f3bcdp-1, -0x1.bdd3413b26456p-55)),
        half(half_square<N>(size)),
        level(erfc_level(point.t)) {
    const Decay<N> e = decay(half);
    phi = e.value, scale = by_sign(z, e.scale, 1.), down = by_sign(z, e.down, 1.);
    mills = scaled(level * point.y, 0.5);
    tail = scaled(scaled(phi * mills, scale), down);
  }

  // -log Q
  R FASTLOSS_INLINE_MEMBER minus_log() const {
    const N y = by_sign(z, N(0), half) - log_of_either(z, tail, mills);
    return R(unless_nan(z, size == far ? Format<double>::inf : double(y)));
  }
  // phi / Q, in units of scale * down, and 1 over what it is divided by
  struct Hazard {
    N value, ratio;
  };
  Hazard FASTLOSS_INLINE_MEMBER unscaled() const {
    const N ratio = reciprocal(by_sign(z, N(1) - tail, level));
    const N over = by_sign(z, phi * constant<N>(0x1.9884533d43651p-2, -0x1.cbc0d30ebfd15p-56),
                           point.wide * constant<N>(0x1.9884533d43651p-1, -0x1.cbc0d30ebfd15p-55));
    return {over * ratio, ratio};
  }
  R FASTLOSS_INLINE_MEMBER hazard() const {
    const double h = double(unscaled().value) * scale * down;
    return R(z > 0x1p100 ? z : h);
  }
  R FASTLOSS_INLINE_MEMBER slope() const {
    const Hazard h = unscaled();
    const N high = h.ratio * h.ratio * hazard_bend(point.t);
    const N low = h.value * (scaled(scaled(h.value, scale), down) - N(copysign(size, z)));  // loses digits from 1 on
    return R(min(double(by_sign(z - 0.5, low, high)) * scale * down, 1.));
  }
};

}  // namespace fastloss::FASTLOSS_ISA
