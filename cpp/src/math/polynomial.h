// Polynomials with the coefficients given lowest degree first.
#pragma once
#include "math/basic.h"

namespace fastloss::FASTLOSS_ISA {

// Horner: fewest operations, one long chain.
template <class T>
FASTLOSS_INLINE T horner(T, T c) {
  return c;
}
template <class T, class... C>
FASTLOSS_INLINE T horner(T x, T c, C... rest) {
  return fma(horner(x, rest...), x, c);
}

// The coefficients c0, c2, c4, ... in powers of z = x^2.
template <class T>
FASTLOSS_INLINE T horner_even(T, T c) {
  return c;
}
template <class T>
FASTLOSS_INLINE T horner_even(T, T c, T) {
  return c;
}
template <class T, class... C>
FASTLOSS_INLINE T horner_even(T z, T c, T, C... rest) {
  return fma(horner_even(z, rest...), z, c);
}

// Two chains of half the length, for polynomials so long that latency would show.
template <class T, class... C>
FASTLOSS_INLINE T split_horner(T x, T c, C... rest) {
  const T z = x * x;
  return fma(horner_even(z, rest...), x, horner_even(z, c, rest...));
}

}  // namespace fastloss::FASTLOSS_ISA
