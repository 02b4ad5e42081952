// The methods of a loss, the same for every loss; what differs is the inputs that they take.
//
//   value(inputs...)                             the reduced value; also as loss(inputs...)
//   terms(inputs..., out)                        the value of every term, times its weight and the scale
//   grad(inputs..., grad...)                     one gradient per differentiable input, shaped as that input
//   value_and_grad(inputs..., grad...)           both in one pass; returns the value
//   grad_and_hess(inputs..., grad..., hess...)   the gradient and the Hessian's diagonal
//   workspace_size(inputs...)                    the bytes of Options::workspace with which none of them allocates
//
// The inputs are (pred, target), or (a, b, target) of pairs, or (anchor, positive, negative); Options come last.
// Inputs are contiguous ranges, Views or raw views: of floats of 16 to 64 bits where the loss is differentiated, of
// those, integers or bool elsewhere. Results have the type of the input that they belong to. A gradient is that of
// the reduced scalar; with Reduction::none it is each term's own.
// Throws ShapeError, DTypeError, LabelError, ParameterError or DomainError of types.h, before anything is written;
// only what is found in the data itself (a label, a value out of its domain) may come after a part of the results.
// The same methods with try_ before them never throw and return a Result.
#pragma once

#include <fastloss/call.h>

#define FASTLOSS_LIST(...) __VA_ARGS__

#define FASTLOSS_FORWARD_METHODS(INPUTS, IN)                                                                           \
  double value(FASTLOSS_LIST INPUTS, const ::fastloss::Options& options = {}) const {                                  \
    return ::fastloss::detail::call(*this, {.inputs = {FASTLOSS_LIST IN}, .want_value = true}, options);               \
  }                                                                                                                    \
  double operator()(FASTLOSS_LIST INPUTS, const ::fastloss::Options& options = {}) const {                             \
    return ::fastloss::detail::call(*this, {.inputs = {FASTLOSS_LIST IN}, .want_value = true}, options);               \
  }                                                                                                                    \
  void terms(FASTLOSS_LIST INPUTS, const ::fastloss::Output& out, const ::fastloss::Options& options = {}) const {     \
    ::fastloss::detail::call(*this, {.inputs = {FASTLOSS_LIST IN}, .terms = &out}, options);                           \
  }                                                                                                                    \
  ::fastloss::Result<double> try_value(FASTLOSS_LIST INPUTS, const ::fastloss::Options& options = {}) const noexcept { \
    return ::fastloss::detail::attempt(*this, {.inputs = {FASTLOSS_LIST IN}, .want_value = true}, options);            \
  }                                                                                                                    \
  ::fastloss::Result<void> try_terms(FASTLOSS_LIST INPUTS, const ::fastloss::Output& out,                              \
                                     const ::fastloss::Options& options = {}) const noexcept {                         \
    return ::fastloss::detail::attempt_void(*this, {.inputs = {FASTLOSS_LIST IN}, .terms = &out}, options);            \
  }                                                                                                                    \
  std::size_t workspace_size(FASTLOSS_LIST INPUTS, const ::fastloss::Options& options = {}) const {                    \
    return ::fastloss::detail::workspace_size(*this, {.inputs = {FASTLOSS_LIST IN}}, options);                         \
  }

#define FASTLOSS_BACKWARD_METHODS(INPUTS, IN, GRADS, GRAD, HESSES, HESS)                                             \
  void grad(FASTLOSS_LIST INPUTS, FASTLOSS_LIST GRADS, const ::fastloss::Options& options = {}) const {              \
    ::fastloss::detail::call(*this, {.inputs = {FASTLOSS_LIST IN}, .grad = {FASTLOSS_LIST GRAD}}, options);          \
  }                                                                                                                  \
  double value_and_grad(FASTLOSS_LIST INPUTS, FASTLOSS_LIST GRADS, const ::fastloss::Options& options = {}) const {  \
    return ::fastloss::detail::call(                                                                                 \
        *this, {.inputs = {FASTLOSS_LIST IN}, .grad = {FASTLOSS_LIST GRAD}, .want_value = true}, options);           \
  }                                                                                                                  \
  void grad_and_hess(FASTLOSS_LIST INPUTS, FASTLOSS_LIST GRADS, FASTLOSS_LIST HESSES,                                \
                     const ::fastloss::Options& options = {}) const {                                                \
    ::fastloss::detail::call(                                                                                        \
        *this, {.inputs = {FASTLOSS_LIST IN}, .grad = {FASTLOSS_LIST GRAD}, .hess = {FASTLOSS_LIST HESS}}, options); \
  }                                                                                                                  \
  ::fastloss::Result<void> try_grad(FASTLOSS_LIST INPUTS, FASTLOSS_LIST GRADS,                                       \
                                    const ::fastloss::Options& options = {}) const noexcept {                        \
    return ::fastloss::detail::attempt_void(*this, {.inputs = {FASTLOSS_LIST IN}, .grad = {FASTLOSS_LIST GRAD}},     \
                                            options);                                                                \
  }                                                                                                                  \
  ::fastloss::Result<double> try_value_and_grad(FASTLOSS_LIST INPUTS, FASTLOSS_LIST GRADS,                           \
                                                const ::fastloss::Options& options = {}) const noexcept {            \
    return ::fastloss::detail::attempt(                                                                              \
        *this, {.inputs = {FASTLOSS_LIST IN}, .grad = {FASTLOSS_LIST GRAD}, .want_value = true}, options);           \
  }                                                                                                                  \
  ::fastloss::Result<void> try_grad_and_hess(FASTLOSS_LIST INPUTS, FASTLOSS_LIST GRADS, FASTLOSS_LIST HESSES,        \
                                             const ::fastloss::Options& options = {}) const noexcept {               \
    return ::fastloss::detail::attempt_void(                                                                         \
        *this, {.inputs = {FASTLOSS_LIST IN}, .grad = {FASTLOSS_LIST GRAD}, .hess = {FASTLOSS_LIST HESS}}, options); \
  }

// What goes between the parentheses above.
#define FASTLOSS_PREDICTION (const ::fastloss::Input& pred, const ::fastloss::Input& target), (&pred, &target)
#define FASTLOSS_PAIR \
  (const ::fastloss::Input& a, const ::fastloss::Input& b, const ::fastloss::Input& target), (&a, &b, &target)
#define FASTLOSS_TRIPLE                                                                                    \
  (const ::fastloss::Input& anchor, const ::fastloss::Input& positive, const ::fastloss::Input& negative), \
      (&anchor, &positive, &negative)
#define FASTLOSS_ONE(role) (const ::fastloss::Output& role), (&role)
#define FASTLOSS_TWO(role) \
  (const ::fastloss::Output& role##_a, const ::fastloss::Output& role##_b), (&role##_a, &role##_b)
#define FASTLOSS_THREE(role)                                                           \
  (const ::fastloss::Output& role##_anchor, const ::fastloss::Output& role##_positive, \
   const ::fastloss::Output& role##_negative),                                         \
      (&role##_anchor, &role##_positive, &role##_negative)
#define FASTLOSS_EXPAND(MACRO, ...) MACRO(__VA_ARGS__)

#define FASTLOSS_PREDICTION_METHODS                              \
  FASTLOSS_EXPAND(FASTLOSS_FORWARD_METHODS, FASTLOSS_PREDICTION) \
  FASTLOSS_EXPAND(FASTLOSS_BACKWARD_METHODS, FASTLOSS_PREDICTION, FASTLOSS_ONE(grad), FASTLOSS_ONE(hess))
#define FASTLOSS_PAIR_METHODS                              \
  FASTLOSS_EXPAND(FASTLOSS_FORWARD_METHODS, FASTLOSS_PAIR) \
  FASTLOSS_EXPAND(FASTLOSS_BACKWARD_METHODS, FASTLOSS_PAIR, FASTLOSS_TWO(grad), FASTLOSS_TWO(hess))
#define FASTLOSS_TRIPLE_METHODS                              \
  FASTLOSS_EXPAND(FASTLOSS_FORWARD_METHODS, FASTLOSS_TRIPLE) \
  FASTLOSS_EXPAND(FASTLOSS_BACKWARD_METHODS, FASTLOSS_TRIPLE, FASTLOSS_THREE(grad), FASTLOSS_THREE(hess))
// A loss by name may be of any kind; pairs and triples have three inputs both.
#define FASTLOSS_ALL_METHODS  \
  FASTLOSS_PREDICTION_METHODS \
  FASTLOSS_PAIR_METHODS       \
  FASTLOSS_EXPAND(FASTLOSS_BACKWARD_METHODS, FASTLOSS_TRIPLE, FASTLOSS_THREE(grad), FASTLOSS_THREE(hess))
