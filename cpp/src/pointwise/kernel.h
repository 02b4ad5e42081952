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
// The loss of the terms' numbers, as many as it takes; `begun` is what `begin` answered, where there is one.
template <class Loss, class T>
FASTLOSS_INLINE auto jet_of(const Loss& loss, T element, T a, T b, T c, T d, T e, T f, T g, T h, auto... begun) {
  constexpr int n = inputs_of<Loss>();
  if constexpr (n == 2)
    return apply(loss, element, a, begun..., b);
  else if constexpr (n == 3)
    return apply(loss, element, a, begun..., b, c);
  else if constexpr (n == 4)
    return apply(loss, element, a, begun..., b, c, d);
  else
    return apply(loss, element, a, begun..., b, c, d, e, f, g, h);
}
// What it answers; asked for its type alone.
template <class Loss, class T>
auto answer(const Loss& loss, T x) {
  if constexpr (has_begin<Loss, T>)
    return jet_of<Loss, T>(loss, x, x, x, x, x, x, x, x, x, Begun<T>{});
  else
    return jet_of<Loss, T>(loss, x, x, x, x, x, x, x, x, x);
}
template <class Loss>
const Loss& some();  // nowhere defined

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
  // Each by a name of its own: compilers do not see through an array of pointers.
  const auto input = [&](int k) { return run.input[k < inputs ? k : 0]; };
  const T* __restrict x0 = input(0), * __restrict x1 = input(1), * __restrict x2 = input(2), * __restrict x3 = input(3);
  const T* __restrict x4 = input(4), * __restrict x5 = input(5), * __restrict x6 = input(6), * __restrict x7 = input(7);
  T* __restrict grad0 = run.grad[0], * __restrict grad1 = run.grad[1], * __restrict grad2 = run.grad[2], * __restrict grad3 = run.grad[3];
  T* __restrict hess0 = run.hess[0], * __restrict hess1 = run.hess[1], * __restrict hess2 = run.hess[2], * __restrict hess3 = run.hess[3];
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
    for (int k = 0; k < inputs; ++k) look_ahead(run.next[k] + i);
  };
  alignas(64) T first[run_length], second[run_length];
  if constexpr (two_steps) {
    for (int i = 0; i < run.n; i += lanes) {
      bring(i);
#pragma omp simd
      for (int j = i; j < i + lanes; ++j) {
        const Begun<T> begun = loss.begin(x0[j]);
        first[j] = begun.first, second[j] = begun.second;
      }
    }
  }
  const auto jet_at = [&](int i) __attribute__((always_inline)) {
    if constexpr (two_steps)
      return jet_of<Loss<T>, T>(loss, element[i], x0[i], x1[i], x2[i], x3[i], x4[i], x5[i], x6[i], x7[i],
                                Begun<T>{first[i], second[i]});
    else
      return jet_of<Loss<T>, T>(loss, element[i], x0[i], x1[i], x2[i], x3[i], x4[i], x5[i], x6[i], x7[i]);
  };
  const auto one = [&](int i) __attribute__((always_inline)) {
    const auto jet = jet_at(i);
    if constexpr (writes_value(mode)) value[i] = jet.value;
    const auto derive = [&]<int k>(T* __restrict to, T* __restrict bend) __attribute__((always_inline)) {
      if constexpr (k < gradients) {
        if constexpr (writes_grad(mode)) to[i] = final(grad_of<k>(jet), i);
        if constexpr (bends) bend[i] = final(hess_of<k, mode>(jet), i);
        if constexpr (mode == Mode::grad_positive) bend[i] += T(0);  // a zero is +0
      }
    };
    derive.template operator()<0>(grad0, hess0);
    derive.template operator()<1>(grad1, hess1);
    derive.template operator()<2>(grad2, hess2);
    derive.template operator()<3>(grad3, hess3);
    return jet.value;
  };
  alignas(64) T values[2 * lanes];
  const auto work = [&](int i, int count) __attribute__((always_inline)) {
    for (int k = 0; k < count && !two_steps; k += lanes) bring(i + k);
#pragma omp simd
    for (int j = 0; j < count; ++j) values[j] = one(i + j);
    return values;
  };
  if constexpr (sums(mode) && weighs(mode)) {
    accumulate(work, TimesWeight{weight}, run.n, run.accumulator);
  } else if constexpr (sums(mode)) {
    accumulate(work, AsItIs{}, run.n, run.accumulator);
  } else {  // a count that is known leaves no remainder loop
    int i = 0;
    if constexpr (is_fused<Loss<T>>())  // so few operations for a chunk that Clang unrolls it into scalars
      for (; i + 2 * lanes <= run.n; i += 2 * lanes) work(i, 2 * lanes);
    for (; i < run.n; i += lanes) work(i, lanes);
  }
}

template <template <class> class Loss, class T>
constexpr PointwiseKernel<T> pointwise_kernel() {
  using Answer = decltype(answer(some<Loss<T>>(), T(0)));
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
