// The loops around a pointwise loss: SIMD passes over a run, storing what the mode asks for.
#pragma once

#include "pointwise/wall.h"

#include "base/parameters.h"
#include "block/accumulate.h"
#include "block/takes.h"
#include "pointwise/jet.h"

namespace fastloss::FASTLOSS_ISA {

// A loss with a long chain of operations may name the part that needs its first input alone `begin`. It gets a loop of
// its own over the run: two loops of short chains keep more of a CPU busy than one of long chains, by a quarter to a
// half.
template <class Loss, class T>
inline constexpr bool has_begin = requires(const Loss& loss, T x) { loss.begin(x); };

// A loss of one or two operations says `fused`: it also sums and weighs as it goes. For others that is dearer than the
// passes that do it, and a copy of the whole loss.
template <class Loss>
constexpr bool is_fused() {
  if constexpr (requires { Loss::fused; })
    return Loss::fused;
  else
    return false;
}

// The loss of a term; `element` is its parameter of one value per element, which not every loss takes.
template <class Loss, class T>
FASTLOSS_INLINE auto apply(const Loss& loss, const T& element, auto... x) {
  if constexpr (requires { loss(x..., element); })
    return loss(x..., element);
  else
    return loss(x...);
}
// The same over the inputs of term i; `begun` is what `begin` answered, where there is one.
template <class Loss, class T>
FASTLOSS_INLINE auto jet_at(const Loss& loss, const T* const (&x)[max_term_inputs], const T* element, int i,
                            auto... begun) {
  constexpr int n = inputs_of<Loss>();
  if constexpr (n == 2)
    return apply(loss, element[i], x[0][i], begun..., x[1][i]);
  else if constexpr (n == 3)
    return apply(loss, element[i], x[0][i], begun..., x[1][i], x[2][i]);
  else if constexpr (n == 4)
    return apply(loss, element[i], x[0][i], begun..., x[1][i], x[2][i], x[3][i]);
  else
    return apply(loss, element[i], x[0][i], begun..., x[1][i], x[2][i], x[3][i], x[4][i], x[5][i], x[6][i], x[7][i]);
}
template <class Loss, class T>
consteval auto answer() {
  const Loss& loss = *static_cast<const Loss*>(nullptr);
  if constexpr (has_begin<Loss, T>)
    return static_cast<decltype(jet_at<Loss, T>(loss, {}, nullptr, 0, Begun<T>{}))*>(nullptr);
  else
    return static_cast<decltype(jet_at<Loss, T>(loss, {}, nullptr, 0))*>(nullptr);
}

constexpr bool sums(Mode mode) {
  return mode == Mode::sum || mode == Mode::sum_grad || mode == Mode::weighted_sum || mode == Mode::weighted_sum_grad;
}
constexpr bool weighs(Mode mode) {
  return mode == Mode::weighted_sum || mode == Mode::weighted_grad || mode == Mode::weighted_sum_grad;
}
constexpr bool writes_value(Mode mode) { return mode == Mode::value || mode == Mode::value_grad; }
constexpr bool writes_grad(Mode mode) { return mode != Mode::value && mode != Mode::sum && mode != Mode::weighted_sum; }

template <class T>
FASTLOSS_INLINE T ready(T derivative) {
  return derivative == derivative ? derivative : Format<T>::nan;
}

template <int k, class Jet>
FASTLOSS_INLINE auto grad_of(const Jet& jet) {
  if constexpr (requires { jet.grad[k]; })
    return jet.grad[k];
  else
    return jet.grad;
}
template <int k, Mode mode, class Jet>
FASTLOSS_INLINE auto hess_of(const Jet& jet) {
  if constexpr (mode == Mode::grad_positive && requires { jet.curvature[k]; })
    return jet.curvature[k];
  else if constexpr (mode == Mode::grad_positive && requires { jet.curvature; })
    return jet.curvature;
  else if constexpr (requires { jet.hess[k]; })
    return jet.hess[k];
  else
    return jet.hess;
}

template <template <class> class Loss, class T, Mode mode>
static void map_run(const PointwiseRun<T>& run) noexcept {
  constexpr int inputs = inputs_of<Loss<T>>(), gradients = gradients_of<Loss<T>>();
  constexpr bool bends = mode == Mode::grad_hess || mode == Mode::grad_positive;
  const Loss<T> loss(run.parameters);
  const T* x[max_term_inputs] = {};
  const T* next[max_term_inputs] = {};
  T *grad[max_term_outputs] = {}, *hess[max_term_outputs] = {};
  for (int k = 0; k < inputs; ++k) x[k] = run.input[k], next[k] = run.next[k];
  for (int k = 0; k < gradients; ++k) grad[k] = run.grad[k], hess[k] = run.hess[k];
  const T* __restrict element = run.element;
  const double* __restrict weight = run.weight;
  T* __restrict value = run.value;
  const double factor = run.factor;
  const T own_factor = T(run.factor);
  const auto final = [&](T derivative, int i) __attribute__((always_inline)) {
    if constexpr (!weighs(mode)) {
      return ready(derivative * own_factor);
    } else {  // in double, which holds what a weight and a factor may come to
      const T product = T(double(derivative) * (weight[i] * factor));
      return weight[i] == 0.0 ? T(0) : ready(product);
    }
  };
  constexpr bool two_steps = has_begin<Loss<T>, T>;
  const auto bring = [&](int i) __attribute__((always_inline)) {
    for (int k = 0; k < inputs; ++k) look_ahead(next[k] + i);
  };
  alignas(64) T first[run_length], second[run_length];
  if constexpr (two_steps) {
    for (int i = 0; i < run.n; i += lanes) {
      bring(i);
#pragma omp simd
      for (int j = i; j < i + lanes; ++j) {
        const Begun<T> begun = loss.begin(x[0][j]);
        first[j] = begun.first, second[j] = begun.second;
      }
    }
  }
  const auto jet_of = [&](int i) __attribute__((always_inline)) {
    if constexpr (two_steps)
      return jet_at(loss, x, element, i, Begun<T>{first[i], second[i]});
    else
      return jet_at(loss, x, element, i);
  };
  const auto one = [&](int i) __attribute__((always_inline)) {
    const auto jet = jet_of(i);
    if constexpr (writes_value(mode)) value[i] = jet.value;
    const auto derive = [&]<int k>() __attribute__((always_inline)) {
      if constexpr (k < gradients) {
        if constexpr (writes_grad(mode)) grad[k][i] = final(grad_of<k>(jet), i);
        if constexpr (bends) hess[k][i] = final(hess_of<k, mode>(jet), i);
      }
    };
    derive.template operator()<0>();
    derive.template operator()<1>();
    derive.template operator()<2>();
    derive.template operator()<3>();
    if constexpr (!weighs(mode)) {
      return jet.value;
    } else {
      const double product = weight[i] * static_cast<double>(jet.value);
      return weight[i] == 0.0 ? 0.0 : product;
    }
  };
  const auto before = [&](int i) __attribute__((always_inline)) {
    if constexpr (!two_steps) bring(i);
  };
  if constexpr (sums(mode)) {
    accumulate(one, run.n, run.accumulator, before);
  } else {
    for (int i = 0; i < run.n; i += lanes) {  // an inner count that is known leaves no remainder loop
      before(i);
#pragma omp simd
      for (int j = 0; j < lanes; ++j) one(i + j);
    }
  }
}

template <template <class> class Loss, class T>
constexpr PointwiseKernel<T> pointwise_kernel() {
  using Answer = decltype(*answer<Loss<T>, T>());
  PointwiseKernel<T> kernel = {};
  const auto fill = [&]<Mode... modes>() { ((kernel.map[int(modes)] = map_run<Loss, T, modes>), ...); };
  fill.template operator()<Mode::value, Mode::grad, Mode::value_grad>();
  if constexpr (requires(Answer jet) { jet.hess; }) {
    fill.template operator()<Mode::grad_hess>();
    kernel.map[int(Mode::grad_positive)] = kernel.map[int(Mode::grad_hess)];
  }
  if constexpr (requires(Answer jet) { jet.curvature; }) fill.template operator()<Mode::grad_positive>();
  if constexpr (is_fused<Loss<T>>())
    fill.template
    operator()<Mode::sum, Mode::sum_grad, Mode::weighted_sum, Mode::weighted_grad, Mode::weighted_sum_grad>();
  return kernel;
}

// The kernels of one definition: its variants, in the order in which it names them.
template <class T>
struct Variants {
  PointwiseKernel<T> kernel[max_variants];
};
template <class T, template <class> class... Losses>
constexpr Variants<T> variants() {
  return {{pointwise_kernel<Losses, T>()...}};
}

}  // namespace fastloss::FASTLOSS_ISA
