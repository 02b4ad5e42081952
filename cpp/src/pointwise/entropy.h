// Entropies of an element, from log-probabilities.
#pragma once
#include "block/takes.h"
#include "math/far_exp.h"
#include "math/log.h"
#include "pointwise/jet.h"

namespace fastloss::FASTLOSS_ISA {

// Relative entropy, Kullback and Leibler (1951), of a share t from a log-probability: t (log t - pred), 0 for t = 0.
// S: the larger of the two terms.
template <class T>
struct RelativeEntropy {
  FASTLOSS_TAKES(log_target);
  explicit FASTLOSS_INLINE_MEMBER RelativeEntropy(const double*) {}
  FASTLOSS_INLINE_MEMBER Jet<T> operator()(T pred, T target) const {
    const T there = unless_nan(pred, T(0));
    const T value = target == T(0) ? there : target * (log(target) - pred);
    return {.value = value, .grad = unless_nan(pred, T(0) - target), .hess = unless_nan(target, there)};
  }
};
// The same of a target that is log t.
template <class T>
struct RelativeEntropyOfLog {
  FASTLOSS_TAKES(log_target);
  explicit FASTLOSS_INLINE_MEMBER RelativeEntropyOfLog(const double*) {}
  FASTLOSS_INLINE_MEMBER Jet<T> operator()(T pred, T target) const {
    const FarExp<T> t(target);
    const T there = unless_nan(pred, T(0)), apart = target - pred;
    const bool none = target == T(0) - Format<T>::inf, agreed = apart == T(0);  // 0 log 0; 0 of any e^t
    const T value = none || agreed ? there : t.times(apart);
    return {.value = value, .grad = unless_nan(pred, T(0) - t.times(T(1))), .hess = unless_nan(target, there)};
  }
};

}  // namespace fastloss::FASTLOSS_ISA
