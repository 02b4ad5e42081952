// What the binary losses share: sigma(z), sigma(-z) and both softplus from one e = exp(-|z|).
#pragma once
#include "math/exp.h"
#include "math/log.h"

namespace fastloss::FASTLOSS_ISA {

// The range of a logit that keeps both probabilities at or above eps; eps = 0 bounds nothing.
template <class T> struct LogitBound {
  T odds;   // the smallest exp(-|z|): eps / (1 - eps)
  T logit;  // the largest |z|
  T flat;   // from this |z| on the clipped loss is constant; NaN: nowhere
  explicit FASTLOSS_INLINE_MEMBER LogitBound(double eps)
      : odds(T(eps / (1 - eps))),
        logit(eps > 0 ? T(log1p(-eps) - log(eps)) : Format<T>::inf),
        flat(eps > 0 ? logit : Format<T>::nan) {}
};

// e = exp(-|z|) is held times 2^lift, so that a product with it is rounded once even where it is subnormal.
template <class T> struct Sigmoid {
  static constexpr T lift = sizeof(T) == 4 ? T(32) : T(64), lower = sizeof(T) == 4 ? T(0x1p-32) : T(0x1p-64);
  T z, size, lifted, e, y, lack, w;  // w = 1 / (1 + e), the larger of the two probabilities

  explicit FASTLOSS_INLINE_MEMBER Sigmoid(T z_, T logit = Format<T>::inf, T odds = T(0))
      : z(z_), size(min(abs(z_), logit)) {
    const ScaledExp<T> x = scaled_exp(negative(min(abs(z), -ExpConstants<T>::lowest)), T(0), lift);
#ifdef ROUGH
    lifted = max((x.hi + x.lo) * x.scale, odds / lower);
#else
    lifted = max((x.hi + (x.lo + x.tail)) * x.scale, odds / lower);
#endif
    e = lifted * lower;
    const T d = T(1) + e, d_lo = e - (d - T(1));
    y = T(1) / d;
    lack = fma(-d_lo, y, fma(-d, y, T(1)));
    w = fma(y, lack, y);
  }
  T FASTLOSS_INLINE_MEMBER larger() const { return w; }
  T FASTLOSS_INLINE_MEMBER smaller() const { return lifted * w * lower; }
  T FASTLOSS_INLINE_MEMBER p() const { return z < T(0) ? smaller() : w; }
  T FASTLOSS_INLINE_MEMBER q() const { return z < T(0) ? w : smaller(); }
  T FASTLOSS_INLINE_MEMBER pq() const { return lifted * w * w * lower; }

  // a softplus(z) + b softplus(-z)
  T FASTLOSS_INLINE_MEMBER softplus(T a, T b) const {
    return fma((a + b) * log1p_unit(e, lifted), lower, positive_part((z < T(0) ? b : a) * size));
  }
  // a sigma(z) - b sigma(-z)
  T FASTLOSS_INLINE_MEMBER difference(T a, T b) const {
    const T of_larger = z < T(0) ? -b : a, of_smaller = z < T(0) ? a : -b;
    return fma(of_smaller * (lifted * w), lower, of_larger * w);
  }
  // c sigma(z) sigma(-z)
  T FASTLOSS_INLINE_MEMBER product(T c) const {
    const T rough = (c * y) * (lifted * y);
    return fma(rough, lack + lack, rough) * lower;
  }
};

template <class T> FASTLOSS_INLINE T sigmoid(T z) { return Sigmoid<T>(z).p(); }
template <class T> FASTLOSS_INLINE T softplus(T z) { return Sigmoid<T>(z).softplus(T(1), T(0)); }

}  // namespace fastloss::FASTLOSS_ISA
