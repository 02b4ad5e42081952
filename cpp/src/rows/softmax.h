// A row of logits: its peak, the exponentials, and what follows for one class.
#pragma once

#include "math/exp.h"
#include "rows/lanes.h"

namespace fastloss::FASTLOSS_ISA {

// Exponentials are kept as e^x 2^(exponent - n) with n = round(peak / ln 2): a power of two shifts without
// rounding, as x - peak would not. They are lifted by 2^exponent so that what is multiplied by a large
// factor later has not lost its digits to underflow first. Farther than `reach` below the peak they are 0.
template <class T> struct Lift;
template <> struct Lift<float> {
  static constexpr int exponent = 64;
  static constexpr float reach = 130.0f;
  static constexpr double up = 0x1p64, down = 0x1p-64;
};
template <> struct Lift<double> {
  static constexpr int exponent = 256;
  static constexpr double reach = 884.0;
  static constexpr double up = 0x1p256, down = 0x1p-256;
};
inline constexpr int widest_peak = 1 << 16;

template <class T> struct Shift {
  T shifter, lowest;
  explicit FASTLOSS_INLINE_MEMBER Shift(T peak) {
    using C = ExpConstants<T>;
    const T n = fma(peak, C::per_ln2, C::shifter) - C::shifter;
    shifter = C::shifter + (T(Format<T>::bias + Lift<T>::exponent) - n);
    lowest = peak - Lift<T>::reach;
  }
};

// The lifted e^x for |x| <= widest_peak: hi + lo is good to 0.8 ULP, with the tail to a tenth.
template <class T> struct Parts {
  T hi, lo, tail;
};
template <class T> FASTLOSS_INLINE Parts<T> lifted_exp(T x, const Shift<T>& shift) {
  using C = ExpConstants<T>;
  const T shifted = fma(x, C::per_ln2, shift.shifter), n = shifted - shift.shifter;
  const T r_hi = fma(n, -C::ln2, x), r = fma(n, -C::ln2_lo, r_hi);  // r_hi is exact
  const T hi = T(1) + r, lo = fma(r * r, exp_tail(r), r - (hi - T(1))), tail = fma(n, -C::ln2_lo, r_hi - r);
  const T scale = from_bits(Bits<T>(bits_of(shifted) << Format<T>::mantissa));
  return {hi * scale, lo * scale, tail * scale};
}

template <class T> FASTLOSS_INLINE T rounded_exp(T x, const Shift<T>& shift) {
  const Parts<T> e = lifted_exp(x, shift);
  const T sum = e.hi + (sizeof(T) == 8 ? e.lo + e.tail : e.lo);
  return x < shift.lowest ? T(0) : sum;
}

// No longer lifted.
FASTLOSS_INLINE double joined(Parts<float> e) { return double(e.hi) + (double(e.lo) + double(e.tail)); }
FASTLOSS_INLINE DoubleDouble joined(Parts<double> e) { return joined(e.hi, e.lo + e.tail); }
template <class T> FASTLOSS_INLINE Wide<T> wide_exp_of(T x, const Shift<T>& shift) {
  const Wide<T> e = scaled(joined(lifted_exp(x, shift)), Lift<T>::down);
  return wide_select(x < shift.lowest, Wide<T>(0.0), e);
}

// Moves a row to a peak of 0, by a subtraction that is exact for a far peak and all that lies near it.
// Entries at +infinity share the whole probability.
template <class T> static void recentre(T* row, std::int64_t n, T peak) {
  for (std::int64_t i = 0; i < n; ++i) {
    const T x = row[i], moved = peak < Format<T>::inf ? x - peak : unless_nan(x, -Format<T>::inf);
    row[i] = x == peak ? T(0) : moved;
  }
}

// The largest entry, brought within +-widest_peak unless it is -infinity. NaNs are passed over, the
// exponentials will show them.
template <class T> static T peak_of(T* row, std::int64_t n) {
  alignas(64) T peak[lanes];
  for (int j = 0; j < lanes; ++j) peak[j] = -Format<T>::inf;
  for (std::int64_t i = 0; i < n; i += lanes) {
#pragma omp simd
    for (int j = 0; j < lanes; ++j) peak[j] = max(peak[j], row[i + j]);
  }
  for (int width = lanes / 2; width > 0; width /= 2)
    for (int j = 0; j < width; ++j) peak[j] = max(peak[j], peak[j + width]);
  if (abs(peak[0]) <= T(widest_peak) || peak[0] == -Format<T>::inf) return peak[0];
  recentre(row, n, peak[0]);
  return T(0);
}

// What one pass over a row of logits finds out.
template <class T> struct Exponentials {
  Lanes<T> below;         // the lifted exponentials of the entries below the peak
  T tied[lanes] = {};     // entries at the peak in this piece
  double ties = 0.0;      // in the pieces before it
};

// Sums the exponentials of a piece and, where `keep`, puts them in its place. `fine` sums them before they are
// rounded to T.
template <class T, bool fine, bool keep>
[[gnu::noinline]] static void exponentials(T* row, int n, T peak, Exponentials<T>& found) noexcept {
  const Shift<T> shift(peak);
  Exponentials<T> sums = found;
  for (int i = 0; i < n; i += lanes) {
#pragma omp simd
    for (int j = 0; j < lanes; ++j) {
      const T x = row[i + j], top = x == peak ? T(1) : T(0);
      const Parts<T> e = lifted_exp(x, shift);
      const T rest = e.lo + e.tail, sum = e.hi + (sizeof(T) == 8 ? rest : e.lo);
      const bool gone = x < shift.lowest;
      const T rounded = gone ? T(0) : sum;
      if constexpr (keep) row[i + j] = rounded;
      if constexpr (fine) {
        const T hi = gone ? T(0) : e.hi, lo = gone ? T(0) : rest;
        sums.below.add(j, fma(-top, hi, hi), fma(-top, lo, lo));
      } else {
        sums.below.add(j, fma(-top, rounded, rounded));
      }
      sums.tied[j] += top;
    }
  }
  for (int j = 0; j < lanes; ++j) {
    sums.ties += double(sums.tied[j]);
    sums.tied[j] = T(0);
  }
  found = sums;
}

// What a row is known by: its peak, the exponential there, the sum of all but that one.
// `fine` keeps the logarithm of the sum in Wide<T>.
template <class T> struct Softmax {
  T peak;
  Shift<T> shift;
  Wide<T> top, others, sum, log_sum;
  FASTLOSS_INLINE_MEMBER Softmax(T highest, Wide<T> below, double ties, bool fine)
      : peak(highest), shift(highest), top(wide_exp_of(highest, shift)), others(below + Wide<T>(ties - 1.0) * top),
        sum(top + others), log_sum(log1p_of(others / top, fine)) {}

 private:
  static FASTLOSS_INLINE_MEMBER double log1p_of(double x, bool) { return wide_log1p(x); }
  static FASTLOSS_INLINE_MEMBER DoubleDouble log1p_of(DoubleDouble x, bool fine) {
    if (fine) return wide_log1p(x);
    return log1p(x.hi) + x.lo / (1.0 + x.hi);
  }
};
template <class T> FASTLOSS_INLINE Wide<T> below_of(const Exponentials<T>& found) {
  return scaled(found.below.total(), Lift<T>::down);
}

// One class: -log p, its probability p, q = 1 - p with all its digits, rest = q times the row's sum.
template <class T> struct Probability {
  Wide<T> loss, p, q, rest;
};

template <class T> FASTLOSS_INLINE Probability<T> probability(const Softmax<T>& row, T x) {
  const bool top = x == row.peak;
  const Wide<T> below = Wide<T>(double(row.peak)) - Wide<T>(double(x)), e = wide_exp_of(x, row.shift);
  const Wide<T> rest = wide_select(top, row.others, row.sum - e);
  return {wide_select(top, row.log_sum, below + row.log_sum), e / row.sum, rest / row.sum, rest};
}

}  // namespace fastloss::FASTLOSS_ISA
