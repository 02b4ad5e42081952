// A row of logits: its peak, the exponentials, and what follows for one class.
#pragma once

#include "rows/exponential.h"
#include "rows/lanes.h"

namespace fastloss::FASTLOSS_ISA {

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

// A row of logits as a pass reads it: what lies before `body` still at its source, the rest in the row itself.
template <class T>
struct LogitRow {
  const T* source;
  T* row;
  std::int64_t body, length;
  T peak;  // within +-widest_peak unless it is -infinity

  // Where the lanes from `k` on are.
  const T* at(std::int64_t k) const { return (k < body ? source : row) + k; }
};

template <class T>
static LogitRow<T> logit_row(const RowGroup<T>& group, int r, bool move) {
  const int place = r - group.first;
  LogitRow<T> x = {nullptr, group.rows + place * group.pitch, 0, group.pitch, T(0)};
  if (group.source != nullptr) {
    x.source = group.source + place * group.source_step;
    x.body = group.classes & -lanes;
  }
  x.peak = largest(x.source, x.body);
  if (x.body < x.length) x.peak = max(x.peak, largest(x.row + x.body, x.length - x.body));
  const bool far = !(abs(x.peak) <= T(widest_peak)) && x.peak > -Format<T>::inf;
  const bool tiny = unless_tiny(x.peak) == T(0);  // so may be the rest
  if (far || move || tiny) {
    for (std::int64_t i = 0; i < x.body; ++i) x.row[i] = x.source[i];
    x.body = 0;
  }
  if (far) {
    recentre(x.row, x.length, x.peak);
    x.peak = T(0);
  }
  if (tiny) {
    for (std::int64_t i = 0; i < x.length; ++i) x.row[i] = unless_tiny(x.row[i]);
    x.peak = T(0);
  }
  return x;
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
  while (i + 1 < n && row[i] != peak) ++i;  // a row of weight zero may hold anything
  return i;
}

// n exponentials rounded to T, in stages: what a processor can hold in flight is short chains of operations.
inline constexpr int stage = 8 * lanes;
template <int n, class T>
FASTLOSS_INLINE void exponentials_in_stages(const T* x, T* e, const Shift<T>& shift) {
  alignas(64) T r[n], scale[n];
#pragma omp simd
  for (int i = 0; i < n; ++i) {
    const Reduced<T> y = reduced(x[i], shift);
    r[i] = y.r;
    scale[i] = y.scale;
  }
#pragma omp simd
  for (int i = 0; i < n; ++i) {
    const Pair<T> y = small_exp(r[i]);
    e[i] = (y.hi + y.lo) * scale[i];
  }
}
template <int n, class T>
FASTLOSS_INLINE void add(Lanes<T>& sum, const T* e) {
  for (int i = 0; i < n; i += lanes) {
#pragma omp simd
    for (int j = 0; j < lanes; ++j) sum.add(j, double(e[i + j]));
  }
}

// Brings the next row's logits and this one's outputs into the cache.
template <class T>
struct LookAhead {
  const char *next, *output;
  template <int n>
  FASTLOSS_INLINE_MEMBER void at(std::int64_t k) const {
    for (int i = 0; i < n; i += 64 / int(sizeof(T))) {
      __builtin_prefetch(next + (k + i) * std::int64_t(sizeof(T)), 0, 3);
      __builtin_prefetch(output + (k + i) * std::int64_t(sizeof(T)), 1, 3);
    }
  }
};

// Puts the exponentials of a piece, rounded to T, into the row and sums them.
template <class T>
[[gnu::noinline]] static void rounded_exponentials(LogitRow<T> x, std::int64_t begin, int n, Shift<T> shift,
                                                   Lanes<T>& sum, LookAhead<T> ahead) noexcept {
  Lanes<T> all = sum;
  std::int64_t k = begin;
  const std::int64_t end = begin + n, even = x.body > 0 && x.body < end ? x.body : end;
  for (; k + stage <= even; k += stage) {
    ahead.template at<stage>(k);
    exponentials_in_stages<stage>(x.at(k), x.row + k, shift);
    add<stage>(all, x.row + k);
  }
  for (; k < end; k += lanes) {
    ahead.template at<lanes>(k);
    exponentials_in_stages<lanes>(x.at(k), x.row + k, shift);
    add<lanes>(all, x.row + k);
  }
  sum = all;
}

// Sums exponentials before they are rounded and, where `keep`, puts them into the row.
template <class T, bool keep>
[[gnu::noinline]] static void fine_exponentials(T* row, std::int64_t begin, int n, Shift<T> shift, Lanes<T>& sum,
                                                LookAhead<T> ahead) noexcept {
  Lanes<T> all = sum;
  for (std::int64_t k = begin; k < begin + n; k += lanes) {
    ahead.template at<lanes>(k);
#pragma omp simd
    for (int j = 0; j < lanes; ++j) {
      const Reduced<T> y = reduced(row[k + j], shift);
      const Pair<T> e = small_exp(y.r);
      const T rest = e.lo + y.tail;
      if constexpr (keep) row[k + j] = (e.hi + (sizeof(T) == 8 ? rest : e.lo)) * y.scale;
      all.add(j, e.hi * y.scale, rest * y.scale);
    }
  }
  sum = all;
}

template <class T>
FASTLOSS_INLINE double sum_of(const T* row, std::int64_t n) {
  Lanes<T> sum;
  for (std::int64_t i = 0; i < n; i += lanes) add<lanes>(sum, row + i);
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
static bool sum_exponentials(const RowGroup<T>& group, int r, const LogitRow<T>& x, Wide<T>& others) {
  if (!(x.peak > -Format<T>::inf)) {
    others = Format<double>::nan;
    return true;
  }
  constexpr bool aside = set_aside<fine, keep>;  // an entry set aside cannot drown the others
  std::int64_t at = 0;
  if constexpr (aside) {
    at = find(x.row, x.length, x.peak);
    x.row[at] = -Format<T>::inf;
  }
  const Shift<T> shift(x.peak);
  const int place = r - group.first;
  const LookAhead<T> ahead = {group.next + place * group.next_step, group.output + place * group.output_step};
  Lanes<T> sum;
  const bool done = in_pieces(group, [&](std::int64_t begin, int n) {
    if constexpr (fine)
      fine_exponentials<T, keep>(x.row, begin, n, shift, sum, ahead);
    else
      rounded_exponentials(x, begin, n, shift, sum, ahead);
  });
  const T top = rounded_exp(x.peak, shift);
  if constexpr (aside) {
    x.row[at] = keep ? top : x.peak;
    others = scaled(sum.total(), Lift<T>::down);
  } else {
    others = without_peak(sum.total(), x.row, x.length, top);
  }
  return done;
}

// The same for all rows of a batch of short ones, side by side.
template <class T>
static void sum_short_rows(const RowGroup<T>& group, const T* peak, T* top, double* others) {
  const int n = int(group.pitch), count = group.last - group.first;
  for (int r = 0; r < count; ++r) {
    const Shift<T> shift(peak[r]);
    T* row = group.rows + r * n;
    for (int i = 0; i < n; i += lanes) {
#pragma omp simd
      for (int j = 0; j < lanes; ++j) row[i + j] = rounded_exp(row[i + j], shift);
    }
    top[r] = rounded_exp(peak[r], shift);
  }
  for (int r = 0; r < count; ++r) others[r] = sum_of(group.rows + r * n, n);
  for (int r = 0; r < count; ++r) {
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
