// Logarithms: x = 2^k m with m in [sqrt(1/2), sqrt(2)), log m = 2 atanh(s), s = (m - 1) / (m + 1).
#pragma once
#include "math/polynomial.h"

namespace fastloss::FASTLOSS_ISA {

template <class T>
struct LogConstants;
template <>
struct LogConstants<float> {
  static constexpr float ln2 = 0x1.62e4p-1f, ln2_lo = 0x1.7f7d1cp-20f;  // k ln2 is exact
  static constexpr Bits<float> root_half = 0x3f3504f3u;
  static constexpr float magic = 0x1p23f, up = 0x1p23f, up_log2 = 23.f;
};
template <>
struct LogConstants<double> {
  static constexpr double ln2 = 0x1.62e42fefa38p-1, ln2_lo = 0x1.ef35793c7673p-45;
  static constexpr Bits<double> root_half = 0x3fe6a09e667f3bcdu;
  static constexpr double magic = 0x1p52, up = 0x1p52, up_log2 = 52.;
};

// (log((1+s)/(1-s)) - 2s) / (s z) in z = s^2, minimax: 2^-30.2 and 2^-59.5 of the logarithm.
FASTLOSS_INLINE float log_tail(float z) { return horner(z, 0x1.55557ap-1f, 0x1.995ed2p-2f, 0x1.31e13ap-2f); }
FASTLOSS_INLINE double log_tail(double z) {
  return horner(z, 0x1.5555555555593p-1, 0x1.999999997fab2p-2, 0x1.2492494219264p-2, 0x1.c71c51e9f843p-3,
                0x1.7466453dadaffp-3, 0x1.39a11846298efp-3, 0x1.2f0bca060ff0ep-3);
}

// x = 2^k m for a positive, normal x.
template <class T>
struct BinaryParts {
  T k, m;
};
template <class T>
FASTLOSS_INLINE BinaryParts<T> split_exponent(T x) {
  using C = LogConstants<T>;
  using F = Format<T>;
  constexpr Bits<T> one = Bits<T>(F::bias) << F::mantissa, fraction = (Bits<T>(1) << F::mantissa) - 1;
  const Bits<T> b = bits_of(x) + (one - C::root_half);
  const T k = from_bits((b >> F::mantissa) | bits_of(C::magic)) - (C::magic + T(F::bias));
  return {k, from_bits((b & fraction) + C::root_half)};
}

// m / x, where m and x have the same mantissa: a power of two.
template <class T>
FASTLOSS_INLINE T power_ratio(T m, T x) {
  return from_bits(Bits<T>(bits_of(m) - bits_of(x) + bits_of(T(1))));
}

// k ln 2 + log(1 + f + f_lo), to a tenth of an ULP
template <class T>
FASTLOSS_INLINE Pair<T> log_sum(T k, T f, T f_lo) {
  using C = LogConstants<T>;
  const T s = f / (T(2) + f), z = s * s, half = T(0.5) * f * f;
  const T large = k * C::ln2, hi = large + f, rest = f - (hi - large);
  return {hi, rest + (fma(s, fma(z, log_tail(z), half), fma(k, C::ln2_lo, f_lo)) - half)};
}
// log x for 0 < x < inf and log(1 + x) for -1 < x < inf; what they answer elsewhere is finite and means nothing.
template <class T>
FASTLOSS_INLINE Pair<T> log_pair(T x) {
  using C = LogConstants<T>;
  const bool tiny = x < Format<T>::normal;
  const BinaryParts<T> b = split_exponent(tiny ? x * C::up : x);
  return log_sum(tiny ? b.k - C::up_log2 : b.k, b.m - T(1), T(0));
}
// log(hi + lo), where lo is no more than some ULP of hi.
template <class T>
FASTLOSS_INLINE Pair<T> log_pair(Pair<T> x) {
  using C = LogConstants<T>;
  const bool tiny = x.hi < Format<T>::normal;
  const T up = tiny ? C::up : T(1), lifted = x.hi * up;
  const BinaryParts<T> b = split_exponent(lifted);
  const T lo = x.lo == T(0) ? T(0) : x.lo * up * power_ratio(b.m, lifted);  // the ratio of the largest x is no number
  const Pair<T> f = fast_two_sum(b.m - T(1), lo);
  return log_sum(tiny ? b.k - C::up_log2 : b.k, f.hi, f.lo * fma(f.hi, f.hi, T(1) - f.hi));  // nearly lo / (1 + hi)
}
template <class T>
FASTLOSS_INLINE Pair<T> log1p_pair(T x) {
  using C = LogConstants<T>;
  const T u = T(1) + x, larger = abs(x) < T(1) ? T(1) : x, smaller = abs(x) < T(1) ? x : T(1);
  const T c = smaller - (u - larger);  // u + c = 1 + x exactly
  const BinaryParts<T> b = split_exponent(u);
  const T f_hi = b.m - T(1), f_lo = abs(x) < C::up ? c * power_ratio(b.m, u) : T(0), f = f_hi + f_lo;
  return log_sum(b.k, f, f_lo - (f - f_hi));
}

// log 0 = -inf, log of a negative number is NaN.
template <class T>
FASTLOSS_INLINE T log_or_special(T x, Pair<T> y) {
  using F = Format<T>;
  return x > T(0) ? (x < F::inf ? y.hi + y.lo : x) : (x == T(0) ? -F::inf : F::nan);
}
template <class T>
FASTLOSS_INLINE T log(T x) {
  return log_or_special(x, log_pair(x));
}
template <class T>
FASTLOSS_INLINE T log1p(T x) {
  return log_or_special(T(1) + x, log1p_pair(x));
}

// (log(1 + x) - x) / x^2 for x in [0, 1], minimax for the logarithm: 2^-27 and 2^-56.
FASTLOSS_INLINE float log1p_bend(float x) {
  return split_horner(x - 0.5f, -0x1.833704p-2f, 0x1.6f0d74p-3f, -0x1.7de0e4p-4f, 0x1.a2866p-5f, -0x1.d98b38p-6f,
                      0x1.10d474p-6f, -0x1.4db51p-7f, 0x1.c73054p-8f, -0x1.b33e9ap-9f);
}
FASTLOSS_INLINE double log1p_bend(double x) {
  return split_horner(x - 0.5, -0x1.833704d019edp-2, 0x1.6f0d7bd624bedp-3, -0x1.7ddf1fe86ac64p-4, 0x1.a279c04c785efp-5,
                      -0x1.da348248790f8p-6, 0x1.131116fc1c06p-6, -0x1.44ba45de1ba4dp-7, 0x1.84904ed1d493fp-8,
                      -0x1.d5faf07e1a086p-9, 0x1.1ebd42daf125cp-9, -0x1.607615f5a8159p-10, 0x1.b3dd79759e858p-11,
                      -0x1.0ecef1627c176p-11, 0x1.5326ae8ebf134p-12, -0x1.adc6c81a9c43fp-13, 0x1.075032e9adecbp-13,
                      -0x1.29a7440911a29p-14, 0x1.b86b3d51a31e5p-15, -0x1.add595e534362p-15, 0x1.acca197e0fefep-16);
}
// The softplus case, without a division; `lifted` is x times a power of two, and so is the answer.
template <class T>
FASTLOSS_INLINE T log1p_unit(T x, T lifted) {
  return fma(lifted * x, log1p_bend(x), lifted);
}
template <class T>
FASTLOSS_INLINE T log1p_unit(T x) {
  return log1p_unit(x, x);
}

}  // namespace fastloss::FASTLOSS_ISA
