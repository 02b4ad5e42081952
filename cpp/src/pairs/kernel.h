// The loops around a pair loss. A loss measures a row and answers its value; then, feature by feature, it
// gives the derivatives by each of its inputs. It may offer several forms of that (`forms`) and say which
// one the row needs.
#pragma once

#include "kernels.h"
#include "pairs/slopes.h"

namespace fastloss::FASTLOSS_ISA {

template <class Loss, class T>
PairMeasured measure_row(const T* const* input, std::int64_t features, double target, const double* parameters,
                         bool derivatives, void* state) noexcept {
  static_assert(sizeof(Loss) <= pair_state_size && alignof(Loss) <= 16);
  return static_cast<Loss*>(state)->measure(input, features, target, parameters, derivatives);
}

template <class Loss, class T, Mode mode, int form>
FASTLOSS_INLINE void derive_features(const Loss& row, const T* const* input, int n, double factor, T* const* grad,
                                     T* const* hess) {
  constexpr int inputs = Loss::inputs;
  const Loss loss = row;
  const T *x0 = input[0], *x1 = input[1], *x2 = input[inputs - 1];
  T *__restrict g0 = grad[0], *__restrict g1 = grad[1], *__restrict g2 = grad[inputs - 1];
  constexpr bool bends = mode != Mode::grad;
  T *__restrict h0 = bends ? hess[0] : nullptr, *__restrict h1 = bends ? hess[1] : nullptr,
    *__restrict h2 = bends ? hess[inputs - 1] : nullptr;
#pragma omp simd
  for (int i = 0; i < n; ++i) {
    Slopes<inputs> s;
    if constexpr (inputs == 3) s = loss.template slopes<form>(double(x0[i]), double(x1[i]), double(x2[i]));
    else s = loss.template slopes<form>(double(x0[i]), double(x1[i]));
    g0[i] = T(s.grad[0] * factor);
    g1[i] = T(s.grad[1] * factor);
    if constexpr (inputs == 3) g2[i] = T(s.grad[2] * factor);
    if constexpr (bends) {
      const double* bend = mode == Mode::grad_hess ? s.hess : s.curvature;
      h0[i] = T(bend[0] * factor);
      h1[i] = T(bend[1] * factor);
      if constexpr (inputs == 3) h2[i] = T(bend[2] * factor);
    }
  }
}

template <class Loss, class T, Mode mode>
void derive_row(const void* state, const T* const* input, int n, double factor, T* const* grad,
                T* const* hess) noexcept {
  const Loss& loss = *static_cast<const Loss*>(state);
  if constexpr (Loss::forms == 2) {
    if (loss.form() == 1) return derive_features<Loss, T, mode, 1>(loss, input, n, factor, grad, hess);
  }
  derive_features<Loss, T, mode, 0>(loss, input, n, factor, grad, hess);
}

template <template <class> class Loss, class T>
constexpr PairKernel<T> pair_kernel() {
  using L = Loss<T>;
  return {measure_row<L, T>,
          {nullptr, derive_row<L, T, Mode::grad>, derive_row<L, T, Mode::grad>, derive_row<L, T, Mode::grad_hess>,
           derive_row<L, T, Mode::grad_positive>}};
}

// The kernels of one row of the table: its variants, in the order in which the row names them.
template <class T>
struct PairVariants {
  PairKernel<T> kernel[4];
};

template <class T, template <class> class... Losses>
constexpr PairVariants<T> pair_variants() {
  return {{pair_kernel<Losses, T>()...}};
}

}  // namespace fastloss::FASTLOSS_ISA
