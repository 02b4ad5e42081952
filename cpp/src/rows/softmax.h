// A row of logits: its peak, the exponentials, and what follows for one class.
#pragma once

#include "math/exp.h"
#include "rows/lanes.h"

namespace fastloss::FASTLOSS_ISA {

// Exponentials are kept as e^x 2^(exponent - n) with n = round(peak / ln 2): a power of two shifts without
// rounding, as x - peak would not. They are lifted by 2^exponent so that what is multiplied by a large
// factor later has not lost its digits to underflow first. Where not even that helps they are 0.
template <class T>
struct Lift;
template <>
struct Lift<float> {
  static constexpr int exponent = 64;
  static constexpr double up = 0x1p64, down = 0x1p-64;
};
template <>
struct Lift<double> {
  static constexpr int exponent = 256;
  static constexpr double up = 0x1p256, down = 0x1p-256;
};
inline constexpr int widest_peak = 1 << 16;

template <class T>
struct Shift {
  T shifter, lowest;  // lowest: where the exponent field of the power of two is 0
  explicit FASTLOSS_INLINE_MEMBER Shift(T peak) {
    using C = ExpConstants<T>;
    const T n = fma(peak, C::per_ln2, C::shifter) - C::shifter, field = T(Format<T>::bias + Lift<T>::exponent) - n;
    shifter = C::shifter + field;
    lowest = -field * C::ln2;
  }
};

// The lifted e^x = (hi + lo + tail) scale for |x| <= widest_peak: hi + lo is good to 0.8 ULP, with the tail to
// a tenth.
template <class T>
struct Parts {
  T hi, lo, tail, scale;
};
template <class T>
FASTLOSS_INLINE Parts<T> lifted_exp(T any, const Shift<T>& shift) {
  using C = ExpConstants<T>;
  const T x = max(any, shift.lowest);
  const T shifted = fma(x, C::per_ln2, shift.shifter), n = shifted - shift.shifter;
  const T r_hi = fma(n, -C::ln2, x), r = fma(n, -C::ln2_lo, r_hi);  // r_hi is exact
  const T hi = T(1) + r, lo = fma(r * r, exp_tail(r), r - (hi - T(1))), tail = fma(n, -C::ln2_lo, r_hi - r);
  return {hi, lo, tail, from_bits(Bits<T>(bits_of(shifted) << Format<T>::mantissa))};
}

template <class T>
FASTLOSS_INLINE T rounded_exp(T x, const Shift<T>& shift) {
  const Parts<T> e = lifted_exp(x, shift);
  return (e.hi + (sizeof(T) == 8 ? e.lo + e.tail : e.lo)) * e.scale;
}

// No longer lifted.
FASTLOSS_INLINE double joined(Parts<float> e) {
  return (double(e.hi) + (double(e.lo) + double(e.tail))) * double(e.scale);
}
FASTLOSS_INLINE DoubleDouble joined(Parts<double> e) { return scaled(joined(e.hi, e.lo + e.tail), e.scale); }
template <class T>
FASTLOSS_INLINE Wide<T> wide_exp_of(T x, const Shift<T>& shift) {
  return scaled(joined(lifted_exp(x, shift)), Lift<T>::down);
}

// Moves a row to a peak of 0, by a subtraction that is exact for a far peak and all that lies near it.
// Entries at +infinity share the whole probability.
template <class T>
static void recentre(T* row, std::int64_t n, T peak) {
  for (std::int64_t i = 0; i < n; ++i) {
    const T x = row[i], moved = peak < Format<T>::inf ? x - peak : unless_nan(x, -Format<T>::inf);
    row[i] = x == peak ? T(0) : moved;
  }
}

// The largest entry, brought within +-widest_peak unless it is -infinity. NaNs are passed over, the
// exponentials will show them.
template <class T>
static T peak_of(T* row, std::int64_t n) {
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

// The place of the first entry at the peak: a coarse search by what vectors compare at once, then a fine one.
template <class T>
static std::int64_t find(const T* row, std::int64_t n, T peak) {
  constexpr int block = 4 * lanes;
  std::int64_t i = 0;
  for (; i + block <= n; i += block) {
    int found = 0;
#pragma omp simd reduction(| : found)
    for (int j = 0; j < block; ++j) found |= row[i + j] == peak;
    if (found != 0) break;
  }
  while (i + 1 < n && row[i] != peak) ++i;
  return i;
}

// Sums the exponentials of a piece and, where `keep`, puts them in its place. `fine` sums them before they are
// rounded to T.
template <class T, bool fine, bool keep>
[[gnu::noinline]] static void exponentials(T* row, int n, Shift<T> shift, Lanes<T>& sum, const char* in,
                                           const char* out) noexcept {
  Lanes<T> others = sum;
  for (int i = 0; i < n; i += lanes) {
    __builtin_prefetch(in + i * sizeof(T), 0, 2);
    __builtin_prefetch(out + i * sizeof(T), 1, 3);
#pragma omp simd
    for (int j = 0; j < lanes; ++j) {
      const Parts<T> e = lifted_exp(row[i + j], shift);
      const T rest = e.lo + e.tail;
      const T rounded = (e.hi + (sizeof(T) == 8 ? rest : e.lo)) * e.scale;
      if constexpr (keep) row[i + j] = rounded;
      if constexpr (fine)
        others.add(j, e.hi * e.scale, rest * e.scale);
      else
        others.add(j, rounded);
    }
  }
  sum = others;
}

template <class T>
static double sum_of(const T* row, std::int64_t n) {
  Lanes<float> sum;
  for (std::int64_t i = 0; i < n; i += lanes) {
#pragma omp simd
    for (int j = 0; j < lanes; ++j) sum.add(j, double(row[i + j]));
  }
  return sum.total();
}

// The sum of a row's exponentials but that of one entry at the peak; NaN where there is no softmax. False
// when the call was asked to stop.
template <class T, bool fine, bool keep>
static bool sum_exponentials(const RowGroup<T>& group, int r, T peak, Wide<T>& others) {
  T* row = group.rows + r * group.pitch;
  const Shift<T> shift(peak);
  if (!(peak > -Format<T>::inf)) {
    others = Format<double>::nan;
    return true;
  }
  // An entry set aside cannot drown the others; unless it is far larger than they are, subtracting it later does.
  constexpr bool aside = fine || !keep;
  std::int64_t at = 0;
  if constexpr (aside) {
    at = find(row, group.pitch, peak);
    row[at] = -Format<T>::inf;
  }
  Lanes<T> sum;
  const bool done = in_pieces(group, [&](std::int64_t begin, int n) {
    const std::int64_t ahead = begin * sizeof(T);
    exponentials<T, fine, keep>(row + begin, n, shift, sum, group.next_rows + r * group.next_step + ahead,
                                group.outputs + r * group.output_step + ahead);
  });
  const T top = rounded_exp(peak, shift);
  others = sum.total();
  if constexpr (aside) {
    row[at] = keep ? top : peak;
  } else {
    constexpr double near = 0x1p-12;
    others -= double(top);
    if (others < near * double(top)) {
      at = find(row, group.pitch, top);
      row[at] = T(0);
      others = sum_of(row, group.pitch);
      row[at] = top;
    }
  }
  others = scaled(others, Lift<T>::down);
  return done;
}

// What a row is known by: its peak, the exponential there, the sum of all but that one.
// `fine` keeps the logarithm of the sum in Wide<T>.
template <class T>
struct Softmax {
  T peak;
  Shift<T> shift;
  Wide<T> top, others, sum, log_sum;
  FASTLOSS_INLINE_MEMBER Softmax(T highest, Wide<T> rest, bool fine)
      : peak(highest),
        shift(highest),
        top(wide_exp_of(highest, shift)),
        others(rest),
        sum(top + others),
        log_sum(log1p_of(others / top, fine)) {}

 private:
  static FASTLOSS_INLINE_MEMBER double log1p_of(double x, bool) { return wide_log1p(x); }
  static FASTLOSS_INLINE_MEMBER DoubleDouble log1p_of(DoubleDouble x, bool fine) {
    if (fine) return wide_log1p(x);
    return log1p(x.hi) + x.lo / (1.0 + x.hi);
  }
};

// One class: -log p, its probability p, q = 1 - p with all its digits, rest = q times the row's sum.
template <class T>
struct Probability {
  Wide<T> loss, p, q, rest;
};

template <class T>
FASTLOSS_INLINE Probability<T> probability(const Softmax<T>& row, T x) {
  const bool top = x == row.peak;
  const Wide<T> below = Wide<T>(double(row.peak)) - Wide<T>(double(x)), e = wide_exp_of(x, row.shift);
  const Wide<T> rest = wide_select(top, row.others, row.sum - e);
  return {wide_select(top, row.log_sum, below + row.log_sum), e / row.sum, rest / row.sum, rest};
}

}  // namespace fastloss::FASTLOSS_ISA
