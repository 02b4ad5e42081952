// Rows of classes of which any number may be right.
#pragma once

#include "math/sigmoid.h"
#include "rows/fold.h"

namespace fastloss::FASTLOSS_ISA {

// Cox's (1958) cross-entropy of a logit for every class, as Nam et al. (2014) learn several labels at once:
// t softplus(-z) + (1 - t) softplus(z).
// S: gradient, soft t: max((1-t) sigma(z), t sigma(-z)).
template <class T>
struct MultiLabelSoftMargin {
  explicit FASTLOSS_INLINE_MEMBER MultiLabelSoftMargin(const double*) {}
  Begun<T> FASTLOSS_INLINE_MEMBER begin(T z) const { return Sigmoid<T>::begin(z); }
  FASTLOSS_INLINE_MEMBER Part<T> operator()(T z, Begun<T> begun, double t, double weight) const {
    const T one = T(weight * t), zero = T(weight * (1.0 - t));
    const Sigmoid<T> s(z, begun);
    return {.value = s.softplus(one, zero), .grad = s.difference(one, zero), .hess = s.product(one + zero)};
  }

  static constexpr RowKernel<T> kernels() { return {.dense = fold<MultiLabelSoftMargin, T>}; }
};

}  // namespace fastloss::FASTLOSS_ISA
