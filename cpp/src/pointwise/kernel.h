// The loop around a pointwise loss: one SIMD pass over a run, storing what the mode asks for.
#pragma once

#include "kernels.h"

#include "block/accumulate.h"
#include "pointwise/jet.h"

namespace fastloss::FASTLOSS_ISA {

// A loss with a long chain of operations may name the part that needs `pred` alone `begin`. It gets a loop of its own
// over the run: two loops of short chains keep more of a CPU busy than one of long chains, by a quarter to a half.
template <class Loss, class T>
inline constexpr bool has_begin = requires(const Loss& loss, T pred) { loss.begin(pred); };

// The loss of an element; `rest` are the arguments between `pred` and `element`, which not every loss takes.
template <class Loss, class T>
FASTLOSS_INLINE Jet<T> apply(const Loss& loss, const T& element, T pred, auto... rest) {
  if constexpr (requires { loss(pred, rest..., element); })
    return loss(pred, rest..., element);
  else
    return loss(pred, rest...);
}

constexpr bool writes_value(Mode mode) { return mode == Mode::value || mode == Mode::value_grad; }
constexpr bool sums(Mode mode) { return mode == Mode::sum || mode == Mode::sum_grad; }
constexpr bool writes_grad(Mode mode) { return mode != Mode::value && mode != Mode::sum; }

template <class T>
FASTLOSS_INLINE T ready(T derivative) {
  return derivative == derivative ? derivative : Format<T>::nan;
}

template <template <class> class Loss, class T, Mode mode, bool weighted>
static void map_run(const PointwiseRun<T>& run) noexcept {
  const Loss<T> loss(run.parameters);
  const T* __restrict pred = run.pred, * __restrict target = run.target, * __restrict element = run.element;
  const double* __restrict weight = run.weight;
  T* __restrict value = run.value, * __restrict grad = run.grad, * __restrict hess = run.hess;
  const double factor = run.factor;
  const auto final = [&](T derivative, int i) __attribute__((always_inline)) {
    if constexpr (!weighted) {
      return ready(derivative * T(factor));
    } else {  // in double, which holds what a weight and a factor may come to
      const T product = T(double(derivative) * (weight[i] * factor));
      return weight[i] == 0.0 ? T(0) : ready(product);
    }
  };
  constexpr bool two_steps = has_begin<Loss<T>, T>;
  const auto bring = [&](int i) __attribute__((always_inline)) {
    look_ahead(run.next_pred + i), look_ahead(run.next_target + i);
  };
  const auto bring_in_one_step = [&](int i) __attribute__((always_inline)) {
    if constexpr (!two_steps) bring(i);
  };
  alignas(64) T first[run_length], second[run_length];
  if constexpr (two_steps) {
    for (int i = 0; i < run.n; i += lanes) {
      bring(i);
#pragma omp simd
      for (int j = i; j < i + lanes; ++j) {
        const Begun<T> begun = loss.begin(pred[j]);
        first[j] = begun.first, second[j] = begun.second;
      }
    }
  }
  const auto jet_of = [&](int i) __attribute__((always_inline)) {
    if constexpr (two_steps)
      return apply(loss, element[i], pred[i], Begun<T>{first[i], second[i]}, target[i]);
    else
      return apply(loss, element[i], pred[i], target[i]);
  };
  const auto one = [&](int i) __attribute__((always_inline)) {
    const Jet<T> jet = jet_of(i);
    if constexpr (writes_value(mode)) value[i] = jet.value;
    if constexpr (writes_grad(mode)) grad[i] = final(jet.grad, i);
    if constexpr (mode == Mode::grad_hess) hess[i] = final(jet.hess, i);
    if constexpr (mode == Mode::grad_positive) hess[i] = final(jet.curvature, i);
    if constexpr (!weighted) {
      return jet.value;
    } else {
      const double product = weight[i] * static_cast<double>(jet.value);
      return weight[i] == 0.0 ? 0.0 : product;
    }
  };
  if constexpr (sums(mode)) {
    accumulate(one, run.n, run.accumulator, bring_in_one_step);
  } else {
    for (int i = 0; i < run.n; i += lanes) {  // an inner count that is known leaves no remainder loop
      bring_in_one_step(i);
#pragma omp simd
      for (int j = 0; j < lanes; ++j) one(i + j);
    }
  }
}

template <template <class> class Loss, class T, bool weighted>
constexpr void fill(PointwiseMap<T>* map) {
  map[static_cast<int>(Mode::value)] = map_run<Loss, T, Mode::value, false>;
  map[static_cast<int>(Mode::sum)] = map_run<Loss, T, Mode::sum, weighted>;
  map[static_cast<int>(Mode::grad)] = map_run<Loss, T, Mode::grad, weighted>;
  map[static_cast<int>(Mode::value_grad)] = map_run<Loss, T, Mode::value_grad, weighted>;
  map[static_cast<int>(Mode::sum_grad)] = map_run<Loss, T, Mode::sum_grad, weighted>;
  map[static_cast<int>(Mode::grad_hess)] = map_run<Loss, T, Mode::grad_hess, weighted>;
  map[static_cast<int>(Mode::grad_positive)] = map_run<Loss, T, Mode::grad_positive, weighted>;
}

template <template <class> class Loss, class T>
constexpr PointwiseKernel<T> pointwise_kernel() {
  PointwiseKernel<T> kernel = {};
  fill<Loss, T, false>(kernel.map[0]);
  fill<Loss, T, true>(kernel.map[1]);
  return kernel;
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
