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
  double base;        // n ln 2
  explicit FASTLOSS_INLINE_MEMBER Shift(T peak) {
    using C = ExpConstants<T>;
    const T n = fma(peak, C::per_ln2, C::shifter) - C::shifter, field = T(Format<T>::bias + Lift<T>::exponent) - n;
    shifter = C::shifter + field;
    lowest = -field * C::ln2;
    base = double(n) * ExpConstants<double>::ln2;
  }
};

// The lifted e^x = (hi + lo + tail) scale for |x| <= widest_peak: good to 0.8 ULP, with the tail to a tenth.
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

// The same in Wide<T>, no longer lifted.
FASTLOSS_INLINE double wide_exp_of(float x, const Shift<float>& shift) {
  const double e = wide_exp(double(x) - shift.base);
  return x < shift.lowest ? 0.0 : e;
}
FASTLOSS_INLINE DoubleDouble wide_exp_of(double x, const Shift<double>& shift) {
  const Parts<double> e = lifted_exp(x, shift);
  return scaled(joined(e.hi, e.lo + e.tail), e.scale * Lift<double>::down);
}

template <int width, class T>
FASTLOSS_INLINE void raise(T* peak, const T* x) {
#pragma omp simd
  for (int j = 0; j < width; ++j) peak[j] = max(peak[j], x[j]);
}

// The largest of n entries; NaNs are passed over, the exponentials will show them.
template <class T>
static T largest(const T* row, std::int64_t n) {
  constexpr int width = 4 * lanes;
  alignas(64) T peak[lanes];
  for (int j = 0; j < lanes; ++j) peak[j] = -Format<T>::inf;
  std::int64_t i = 0;
  if (n >= width) {
    alignas(64) T wide[width];
    for (int j = 0; j < width; ++j) wide[j] = -Format<T>::inf;
    for (; i + width <= n; i += width) raise<width>(wide, row + i);
    for (int j = 0; j < width; j += lanes) raise<lanes>(peak, wide + j);
  }
  for (; i < n; i += lanes) raise<lanes>(peak, row + i);
  raise<8>(peak, peak + 8);
  raise<4>(peak, peak + 4);
  raise<2>(peak, peak + 2);
  return max(peak[0], peak[1]);
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

// One row of logits in a group. [0, body) is still at its source, the rest in the row itself.
template <class T>
struct LogitRow {
  const T* source;
  T* row;
  std::int64_t body, length;
  T peak;  // within +-widest_peak unless it is -infinity

  LogitRow(const RowGroup<T>& group, int r, bool move)
      : source(group.source == nullptr ? nullptr : group.source + r * group.source_step),
        row(group.rows + r * group.pitch),
        body(source == nullptr ? 0 : group.classes & -lanes),
        length(group.pitch) {
    peak = max(largest(source, body), largest(row + body, length - body));
    const bool far = !(abs(peak) <= T(widest_peak)) && peak > -Format<T>::inf;
    if (far || move) {
      for (std::int64_t i = 0; i < body; ++i) row[i] = source[i];
      body = 0;
    }
    if (far) {
      recentre(row, length, peak);
      peak = T(0);
    }
  }
  T operator[](std::int64_t k) const { return k < body ? source[k] : row[k]; }
};

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
  while (row[i] != peak) ++i;
  return i;
}

// Sums the exponentials of a piece and, where `keep`, puts them into the row. `fine` sums them before they are
// rounded to T. Meanwhile the next row's logits and this one's outputs are brought into the cache.
template <class T, bool fine, bool keep>
[[gnu::noinline]] static void exponentials(const T* x, T* row, int n, Shift<T> shift, Lanes<T>& sum, const char* next,
                                           const char* output) noexcept {
  constexpr int block = 8 * lanes;
  Lanes<T> others = sum;
  for (int begin = 0; begin < n; begin += block) {
    const int end = n - begin < block ? n : begin + block;
    for (int i = begin; i < end; i += lanes) {
      __builtin_prefetch(next + i * sizeof(T), 0, 3);
      __builtin_prefetch(output + i * sizeof(T), 1, 3);
#pragma omp simd
      for (int j = 0; j < lanes; ++j) {
        const Parts<T> e = lifted_exp(x[i + j], shift);
        const T rest = e.lo + e.tail;
        if constexpr (keep) row[i + j] = (e.hi + (sizeof(T) == 8 ? rest : e.lo)) * e.scale;
        if constexpr (fine) others.add(j, e.hi * e.scale, rest * e.scale);
      }
    }
    if constexpr (!fine) {  // apart, for shorter chains of dependent operations
      for (int i = begin; i < end; i += lanes) {
#pragma omp simd
        for (int j = 0; j < lanes; ++j) others.add(j, double(row[i + j]));
      }
    }
  }
  sum = others;
}

template <class T>
FASTLOSS_INLINE double sum_of(const T* row, std::int64_t n) {
  Lanes<float> sum;
  for (std::int64_t i = 0; i < n; i += lanes) {
#pragma omp simd
    for (int j = 0; j < lanes; ++j) sum.add(j, double(row[i + j]));
  }
  return sum.total();
}

// What is left of a sum of rounded exponentials without one of those at the peak. Where the peak is far larger than
// the others, they are summed again.
template <class T>
static double without_peak(double sum, T* row, std::int64_t n, T top) {
  constexpr double near = 0x1p-12;
  double others = sum - double(top);
  if (others < near * double(top)) {
    T& peak = row[find(row, n, top)];
    peak = T(0);
    others = sum_of(row, n);
    peak = top;
  }
  return others * Lift<T>::down;
}

template <bool fine, bool keep>
constexpr bool set_aside = fine || !keep;

// The sum of a row's exponentials but that of one entry at the peak; NaN where there is no softmax. False
// when the call was asked to stop.
template <class T, bool fine, bool keep>
static bool sum_exponentials(const RowGroup<T>& group, int r, const LogitRow<T>& logits, Wide<T>& others) {
  const T peak = logits.peak;
  T* row = logits.row;
  if (!(peak > -Format<T>::inf)) {
    others = Format<double>::nan;
    return true;
  }
  // An entry set aside cannot drown the others.
  constexpr bool aside = set_aside<fine, keep>;
  std::int64_t at = 0;
  if constexpr (aside) {
    at = find(row, logits.length, peak);
    row[at] = -Format<T>::inf;
  }
  const Shift<T> shift(peak);
  const char *next = group.next_rows + r * group.next_step, *output = group.outputs + r * group.output_step;
  Lanes<T> sum;
  const auto pass = [&](const T* x, std::int64_t from, std::int64_t to) {
    return in_pieces(group, from, to, [&](std::int64_t begin, int n) {
      const std::int64_t ahead = begin * sizeof(T);
      exponentials<T, fine, keep>(x + begin, row + begin, n, shift, sum, next + ahead, output + ahead);
    });
  };
  const bool done = pass(logits.source, 0, logits.body) && pass(row, logits.body, logits.length);
  const T top = rounded_exp(peak, shift);
  others = sum.total();
  if constexpr (aside) {
    row[at] = keep ? top : peak;
  } else {
    others = without_peak(others, row, logits.length, top);
  }
  if constexpr (aside) others = scaled(others, Lift<T>::down);
  return done;
}

// The same for all rows of a group of short ones, side by side.
template <class T>
static void sum_short_rows(const RowGroup<T>& group, const T* peak, T* top, double* others) {
  const int n = int(group.pitch);
  for (int r = 0; r < group.count; ++r) {
    const Shift<T> shift(peak[r]);
    T* row = group.rows + r * n;
    for (int i = 0; i < n; i += lanes) {
#pragma omp simd
      for (int j = 0; j < lanes; ++j) row[i + j] = rounded_exp(row[i + j], shift);
    }
    top[r] = rounded_exp(peak[r], shift);
  }
  for (int r = 0; r < group.count; ++r) others[r] = sum_of(group.rows + r * n, n);
  for (int r = 0; r < group.count; ++r) {
    others[r] = without_peak(others[r], group.rows + r * n, n, top[r]);
    if (!(peak[r] > -Format<T>::inf)) others[r] = Format<double>::nan;
  }
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
  Wide<T> loss, p, q, rest, sum;
};

template <class T>
FASTLOSS_INLINE Probability<T> probability(const Softmax<T>& row, T x) {
  const bool top = x == row.peak;
  const Wide<T> below = Wide<T>(double(row.peak)) - Wide<T>(double(x)), e = wide_exp_of(x, row.shift);
  const Wide<T> rest = wide_select(top, row.others, row.sum - e);
  return {wide_select(top, row.log_sum, below + row.log_sum), e / row.sum, rest / row.sum, rest, row.sum};
}

}  // namespace fastloss::FASTLOSS_ISA
