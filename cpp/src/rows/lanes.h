// Sums along a row: one accumulator per virtual lane, whatever the width of the vectors.
#pragma once

#include "rows/wall.h"

#include "math/wide.h"

namespace fastloss::FASTLOSS_ISA {

// float rows are summed in double; double rows keep what each addition rounds off.
template <class T>
struct Lanes;

template <>
struct Lanes<float> {
  alignas(64) double sum[lanes] = {};
  FASTLOSS_INLINE_MEMBER void add(int j, double x) { sum[j] += x; }
  FASTLOSS_INLINE_MEMBER void add(int j, float hi, float lo) { sum[j] += double(hi) + double(lo); }
  FASTLOSS_INLINE_MEMBER double total() const {
    double s[lanes];
    fold<8>(sum, s);
    fold<4>(s, s);
    fold<2>(s, s);
    return s[0] + s[1];
  }

 private:
  template <int width>
  static FASTLOSS_INLINE_MEMBER void fold(const double* from, double* to) {
#pragma omp simd
    for (int j = 0; j < width; ++j) to[j] = from[j] + from[j + width];
  }
};

template <>
struct Lanes<double> {
  alignas(64) double sum[lanes] = {}, rest[lanes] = {};
  FASTLOSS_INLINE_MEMBER void add(int j, double x) { add(j, x, 0.0); }
  FASTLOSS_INLINE_MEMBER void add(int j, double hi, double lo) {
    const Pair<double> s = two_sum(sum[j], hi);
    sum[j] = s.hi;
    rest[j] += s.lo + lo;
  }
  FASTLOSS_INLINE_MEMBER DoubleDouble total() const {
    double s[lanes], r[lanes];
    fold<8>(sum, rest, s, r);
    fold<4>(s, r, s, r);
    fold<2>(s, r, s, r);
    fold<1>(s, r, s, r);
    return joined(s[0], r[0]);
  }

 private:
  template <int width>
  static FASTLOSS_INLINE_MEMBER void fold(const double* s, const double* r, double* to, double* to_rest) {
#pragma omp simd
    for (int j = 0; j < width; ++j) {
      const Pair<double> pair = two_sum(s[j], s[j + width]);
      to_rest[j] = r[j] + (r[j + width] + pair.lo);
      to[j] = pair.hi;
    }
  }
};

FASTLOSS_INLINE void add_wide(Lanes<float>& sum, int j, double x) { sum.add(j, x); }
FASTLOSS_INLINE void add_wide(Lanes<double>& sum, int j, DoubleDouble x) { sum.add(j, x.hi, x.lo); }

FASTLOSS_INLINE double wide_select(bool c, double a, double b) { return c ? a : b; }
FASTLOSS_INLINE DoubleDouble wide_select(bool c, DoubleDouble a, DoubleDouble b) {
  DoubleDouble x;
  x.hi = c ? a.hi : b.hi;
  x.lo = c ? a.lo : b.lo;
  return x;
}

FASTLOSS_INLINE DoubleDouble as_pair(double x) { return x; }
FASTLOSS_INLINE DoubleDouble as_pair(DoubleDouble x) { return x; }

// Exact for powers of two.
FASTLOSS_INLINE double scaled(double x, double power_of_two) { return x * power_of_two; }
FASTLOSS_INLINE DoubleDouble scaled(DoubleDouble x, double power_of_two) {
  x.hi *= power_of_two;
  x.lo *= power_of_two;
  return x;
}

template <class T>
FASTLOSS_INLINE T* row_of(const RowGroup<T>& group, int r) {
  return group.rows + (r - group.first) * group.pitch;
}
template <class T>
FASTLOSS_INLINE T* hess_of(const RowGroup<T>& group, int r) {
  return group.hess + (r - group.first) * group.pitch;
}

// Calls f(begin, n) for the pieces of a row; false when the call was asked to stop.
inline constexpr int piece_length = 1 << 15;
template <class T, class F>
FASTLOSS_INLINE bool in_pieces(const RowGroup<T>& group, F f) {
  for (std::int64_t begin = 0; begin < group.pitch; begin += piece_length) {
    const std::int64_t left = group.pitch - begin;
    f(begin, int(left < piece_length ? left : piece_length));
    if (group.pitch > piece_length && group.stopped(group.context)) return false;
  }
  return true;
}

}  // namespace fastloss::FASTLOSS_ISA
