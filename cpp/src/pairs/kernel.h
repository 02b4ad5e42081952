// The loops around a pair loss. A loss measures a row and answers its value; then, feature by feature, it
// gives the derivatives by each of its inputs. It may offer several forms of that (`forms`) and say which
// one a row needs; a `direct` way to the gradient that fits most rows; and whether its scalar code is so `costly`
// that tails are to be avoided.
#pragma once

#include "pairs/slopes.h"
#include "pairs/wall.h"

namespace fastloss::FASTLOSS_ISA {
namespace {

template <class Loss, class T>
PairMeasured measure_row(const T* const* input, std::int64_t features, double target, const double* parameters,
                         bool derivatives, void* state) noexcept {
  static_assert(sizeof(Loss) <= pair_state_size && alignof(Loss) <= 16);
  return static_cast<Loss*>(state)->measure(input, features, target, parameters, derivatives);
}

// `gradient`: a double for the factor of the slopes, or what Loss::direct answered.
template <PairMode mode, int form, class Loss, class T, class Gradient>
FASTLOSS_INLINE void derive_feature(const Loss& loss, int i, Arrays<const T> x, double factor, Arrays<T> grad,
                                    Arrays<T> hess, const Gradient& gradient) {
  Slopes<Loss::inputs> s;
  if constexpr (Loss::inputs == 3)
    s = loss.template slopes<form>(x.a[i], x.b[i], x.c[i]);
  else
    s = loss.template slopes<form>(x.a[i], x.b[i]);
  if constexpr (requires { gradient(i, x, grad); })
    gradient(i, x, grad);
  else
    grad.store(i, s.grad, gradient);
  if constexpr (mode == PairMode::grad_hess) hess.store(i, s.hess, factor);
  if constexpr (mode == PairMode::grad_positive) hess.store_positive(i, s.curvature, factor);
}

template <PairMode mode, int form, bool whole_lanes, class Loss, class T, class Gradient>
FASTLOSS_INLINE void derive_features(const Loss& row, const T* const* input, int n, double factor, T* const* grad,
                                     T* const* hess, const Gradient gradient) {
  const Loss loss = row;
  const Arrays<const T> x(input, Loss::inputs);
  const Arrays<T> g(grad, Loss::inputs), h(mode == PairMode::grad ? grad : hess, Loss::inputs);
#pragma omp simd
  for (int i = 0; i < (whole_lanes ? n & -lanes : n); ++i)
    derive_feature<mode, form>(loss, i, x, factor, g, h, gradient);
}

// The same where scalar code for a tail would be long and slow: the features beyond whole lanes pass through
// room of their own.
template <PairMode mode, int form, class Loss, class T>
FASTLOSS_INLINE void derive_by_lanes(const Loss& row, const T* const* input, int n, double factor, T* const* grad,
                                     T* const* hess) {
  constexpr int inputs = Loss::inputs, results = mode == PairMode::grad ? inputs : 2 * inputs;
  alignas(64) T spare[inputs + results][lanes];
  T* room[inputs + results];
  for (int k = 0; k < inputs + results; ++k) room[k] = spare[k];
  const int whole = n & -lanes;
  for (int k = 0; k < inputs; ++k)
    for (int i = 0; i < lanes; ++i) spare[k][i] = i < n - whole ? input[k][whole + i] : T(0);
  for (int part = whole > 0 ? 0 : 1; part < (n > whole ? 2 : 1); ++part) {
    const bool rest = part == 1;
    derive_features<mode, form, true>(row, rest ? room : input, rest ? lanes : whole, factor,
                                      rest ? room + inputs : grad, rest ? room + 2 * inputs : hess, factor);
  }
  for (int k = 0; k < results; ++k) {
    T* target = (k < inputs ? grad[k] : hess[k - inputs]) + whole;
    for (int i = 0; i < n - whole; ++i) target[i] = spare[inputs + k][i];
  }
}

template <class Loss, class T, PairMode mode>
void derive_row(const void* state, const T* const* input, int n, double factor, T* const* grad,
                T* const* hess) noexcept {
  const Loss& loss = *static_cast<const Loss*>(state);
  if constexpr (requires { loss.direct(factor); }) {
    const auto direct = loss.direct(factor);
    if (direct.fits) return derive_features<mode, 0, false>(loss, input, n, factor, grad, hess, direct);
  }
  const auto derive = [&]<int form>() __attribute__((always_inline)) {
    if constexpr (Loss::costly)
      derive_by_lanes<mode, form>(loss, input, n, factor, grad, hess);
    else
      derive_features<mode, form, false>(loss, input, n, factor, grad, hess, factor);
  };
  if constexpr (Loss::forms == 2) {
    if (loss.form() == 1) return derive.template operator()<1>();
  }
  derive.template operator()<0>();
}

template <template <class> class Loss, class T>
constexpr PairKernel<T> pair_kernel() {
  using L = Loss<T>;
  return {measure_row<L, T>, derive_row<L, T, PairMode::grad>, derive_row<L, T, PairMode::grad_hess>,
          derive_row<L, T, PairMode::grad_positive>};
}

// The kernels of one definition: its variants, in the order in which it names them.
template <class T>
struct PairVariants {
  PairKernel<T> kernel[max_variants];
};

template <class T, template <class> class... Losses>
constexpr PairVariants<T> pair_variants() {
  return {{pair_kernel<Losses, T>()...}};
}

}  // namespace
}  // namespace fastloss::FASTLOSS_ISA
