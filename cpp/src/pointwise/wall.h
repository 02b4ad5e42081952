// What the kernels of pointwise losses and their engine share.
#pragma once

#include "kernels.h"

namespace fastloss {

inline constexpr int max_term_inputs = 8;   // numbers that a loss takes of one term
inline constexpr int max_term_outputs = 4;  // of them with a gradient

// What one kernel call computes. Every loss has the first five, but a Hessian only where there is one; cheap losses
// also sum and weigh on the way, which others leave to the passes.
enum class Mode : int {
  value,
  grad,
  value_grad,
  grad_hess,
  grad_positive,
  sum,
  sum_grad,
  weighted_sum,
  weighted_grad,
  weighted_sum_grad,
};
inline constexpr int mode_count = 10;

// One run of a pointwise loss; n is a multiple of `lanes`. Derivatives are written times `factor`, and their weight
// where the mode says so, with NaNs canonical: ready for the caller's memory where no conversion stands between.
template <class T>
struct PointwiseRun {
  const T* input[max_term_inputs];
  const T* next[max_term_inputs];  // brought into the cache meanwhile: the next run, or this one again
  const T* element;
  const double* weight;  // 0 leaves a term out, even an infinite or NaN one
  T* value;
  T* grad[max_term_outputs];
  T* hess[max_term_outputs];
  double* accumulator;
  const double* parameters;
  double factor;
  int n;
};
template <class T>
using PointwiseMap = void (*)(const PointwiseRun<T>& run);

template <class T>
struct PointwiseKernel {
  PointwiseMap<T> map[mode_count];  // null: not compiled
};

}  // namespace fastloss
