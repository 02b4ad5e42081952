// What a pair loss answers for one feature.
#pragma once
#include "math/basic.h"

namespace fastloss::FASTLOSS_ISA {

// One number for each differentiable input.
template <int inputs>
struct PerInput;
template <>
struct PerInput<2> {
  double a, b;
};
template <>
struct PerInput<3> {
  double a, b, c;
};

// The derivatives. `curvature` is the non-negative stand-in for `hess`. A kernel stores some of them; the
// rest is never computed.
template <int inputs>
struct Slopes {
  PerInput<inputs> grad, hess, curvature;
};

// The arrays of the inputs, or of one result. Where there are two, the third is the second.
template <class T>
struct Arrays {
  T *a, *b, *c;
  template <class Pointer>
  FASTLOSS_INLINE_MEMBER Arrays(Pointer const* array, int count) : a(array[0]), b(array[1]), c(array[count - 1]) {}
  template <int count>
  FASTLOSS_INLINE_MEMBER void store(int i, PerInput<count> x, double factor) const {
    a[i] = canonical(T(x.a * factor));
    b[i] = canonical(T(x.b * factor));
    if constexpr (count == 3) c[i] = canonical(T(x.c * factor));
  }
  // Of a curvature that is never negative a zero is +0.
  template <int count>
  FASTLOSS_INLINE_MEMBER void store_positive(int i, PerInput<count> x, double factor) const {
    a[i] = canonical(T(x.a * factor) + T(0));
    b[i] = canonical(T(x.b * factor) + T(0));
    if constexpr (count == 3) c[i] = canonical(T(x.c * factor) + T(0));
  }
  static FASTLOSS_INLINE_MEMBER T canonical(T x) { return x == x ? x : Format<T>::nan; }
};

}  // namespace fastloss::FASTLOSS_ISA
