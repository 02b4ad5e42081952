// The loop around a pointwise loss: one SIMD pass over a run, storing what the mode asks for.
#pragma once

#include "kernels.h"

#include "pointwise/jet.h"

namespace fastloss::FASTLOSS_ISA {

template <class Loss, class T>
FASTLOSS_INLINE Jet<T> apply(const Loss& loss, T pred, T target, const T* element, int i) {
  if constexpr (requires { loss(pred, target, *element); })
    return loss(pred, target, element[i]);
  else
    return loss(pred, target);
}

template <template <class> class Loss, class T, Mode mode>
void map_run(const T* __restrict pred, const T* __restrict target, const T* __restrict element,
             T* __restrict value, T* __restrict grad, T* __restrict hess, int n, const double* parameters) noexcept {
  const Loss<T> loss(parameters);
#pragma omp simd
  for (int i = 0; i < (n & -lanes); ++i) {
    const Jet<T> jet = apply(loss, pred[i], target[i], element, i);
    if constexpr (mode == Mode::value || mode == Mode::value_grad) value[i] = jet.value;
    if constexpr (mode != Mode::value) grad[i] = jet.grad;
    if constexpr (mode == Mode::grad_hess) hess[i] = jet.hess;
    if constexpr (mode == Mode::grad_positive) hess[i] = jet.curvature;
  }
}

template <template <class> class Loss, class T>
constexpr PointwiseKernel<T> pointwise_kernel() {
  return {{map_run<Loss, T, Mode::value>, map_run<Loss, T, Mode::grad>, map_run<Loss, T, Mode::value_grad>,
           map_run<Loss, T, Mode::grad_hess>, map_run<Loss, T, Mode::grad_positive>}};
}

// The kernels of one row: its variants, in the order in which the table names them.
template <class T>
struct Variants {
  PointwiseKernel<T> kernel[4];
};

template <class T, template <class> class... Losses>
constexpr Variants<T> variants() {
  return {{pointwise_kernel<Losses, T>()...}};
}

}  // namespace fastloss::FASTLOSS_ISA
