// Rows of logits over a temperature, formed in Wide<T> from how far each lies below the peak.
#pragma once

#include "rows/coefficients.h"
#include "rows/softmax.h"

namespace fastloss::FASTLOSS_ISA {

// 1 or 0. What depends on conditions is multiplied by them: a choice that meets another one becomes a branch, and a
// loop with one is no SIMD.
FASTLOSS_INLINE double one_if(bool condition) { return condition ? 1.0 : 0.0; }
// x infinity, but 0 for 0.
FASTLOSS_INLINE double endless(double x) { return x * Format<double>::largest * 2.0; }

// e^-y, lifted.
FASTLOSS_INLINE double lifted_fall(double y) { return wide_exp(-y) * Lift<float>::up; }
FASTLOSS_INLINE DoubleDouble lifted_fall(DoubleDouble y) {
  constexpr double turns = Lift<double>::exponent;
  return wide_exp(DoubleDouble(turns * ExpConstants<double>::ln2, turns * ExpConstants<double>::ln2_lo) - y);
}

// Differences of logits over the temperature, in two steps: of a temperature below 1 the first leaves them as they are,
// so that what they add to the loss, times the square of the temperature, does not overflow on the way.
template <class T>
struct Tempered {
  double temperature, near, far, half;
  explicit FASTLOSS_INLINE_MEMBER Tempered(double t)
      : temperature(t), near(min(t, 1.0)), far(max(t, 1.0)), half(t > 1.0 ? 0.5 : 1.0) {}

  // (peak - x) / far; a difference beyond the largest number is halved before.
  FASTLOSS_INLINE_MEMBER Wide<T> below(T x, T peak) const {
    return (Wide<T>(double(peak) * half) - Wide<T>(double(x) * half)) / Wide<T>(far * half);
  }
  // (peak - x) / temperature, or something so large that its exponential is 0.
  FASTLOSS_INLINE_MEMBER Wide<T> fall(Wide<T> below) const { return bounded(below / Wide<T>(near)); }

  // The temperature times what derivatives are multiplied by.
  FASTLOSS_INLINE_MEMBER double times(double factor) const {
    return clamp(temperature * factor, -Format<double>::largest, Format<double>::largest);
  }

 private:
  static constexpr double most = 1e5;
  static FASTLOSS_INLINE_MEMBER double bounded(double y) { return min(y, most); }
  static FASTLOSS_INLINE_MEMBER DoubleDouble bounded(DoubleDouble y) {
    constexpr double rest = most * 0x1p-53;
    return {min(y.hi, most), clamp(y.lo, -rest, rest)};
  }
};

// A factor of what is lifted, in two parts of which neither product leaves the range before the result does.
struct Lowered {
  double factor, rest;
};
template <class T>
FASTLOSS_INLINE Lowered lowered(double factor) {
  const bool large = abs(factor) > 1.0;
  return {large ? factor * Lift<T>::down : factor, large ? 1.0 : Lift<T>::down};
}

// The peak of a row, which is brought to 0 from infinity. Without one the differences to it are NaN.
template <class T>
static T peak_of(T* row, std::int64_t n) {
  const T peak = largest(row, n);
  if (!(peak == Format<T>::inf)) return peak;
  recentre(row, n, peak);
  return T(0);
}

// The place of the entry at the peak, which is set aside as one of no probability, so that it cannot drown the others.
template <class T>
static std::int64_t lay_aside(T* row, std::int64_t n, T peak) {
  const std::int64_t at = find(row, n, peak);
  row[at] = -Format<T>::inf;
  return at;
}

// The kernel of what works on one row at a time.
template <class Loss, class T, bool (*of_row)(RowGroup<T>&, int, const Loss&) noexcept>
static void each_row(RowGroup<T>& group) noexcept {
  const Loss loss(group.parameters);
  for (int r = group.first; r < group.last; ++r) {
    group.value[r] = 0.0;
    group.scale[r] = group.rest[r] = T(1);
    if (group.silent[r])
      pass_over(group, r);
    else if (!of_row(group, r, loss))
      return;
  }
}

}  // namespace fastloss::FASTLOSS_ISA
