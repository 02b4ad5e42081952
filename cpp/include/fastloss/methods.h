// The methods of a loss by type, the same for every loss; what differs is the inputs that they take.
//
//   value(inputs...)                             the reduced value; also as loss(inputs...)
//   terms(inputs..., out)                        the value of every term, times its weight and the scale
//   grad(inputs..., grad...)                     one gradient per differentiable input, shaped as that input
//   value_and_grad(inputs..., grad...)           both in one pass; returns the value
//   grad_and_hess(inputs..., grad..., hess...)   the gradient and the Hessian's diagonal, where there is one
//   workspace_size(inputs...)                    the bytes of Options::workspace with which none of them allocates
//
// The inputs are (pred, target), or what the loss has instead: (a, b, target), (anchor, positive, negative), ... The
// gradient of an input is called grad_pred, grad_a, ... Options come last.
// Inputs are contiguous ranges, Views or raw views: of floats of 16 to 64 bits where the loss is differentiated, of
// those, integers or bool elsewhere; {} where an input may be left out. Results have the type of the input that they
// belong to. A gradient is that of the reduced scalar; with Reduction::none it is each term's own.
// Throws ShapeError, DTypeError, LabelError, ParameterError or DomainError of types.h, before anything is written;
// only what is found in the data itself (a label, a value out of its domain) may come after a part of the results.
// The same methods with try_ before them never throw and return a Result.
#pragma once

#include <fastloss/call.h>

#include <concepts>
#include <cstddef>
#include <string_view>

namespace fastloss {

// A loss by type.
template <class T>
concept LossType = requires(const T& loss) {
  { T::name } -> std::convertible_to<std::string_view>;
  loss.fields();
};

// The losses of a header, for whoever goes through all of them.
template <LossType... T>
struct Types {
  template <class Function>
  static void each(Function function) {
    (function(T{}), ...);
  }
};
template <class... List>
struct JoinedTypes {
  template <class Function>
  static void each(Function function) {
    (List::each(function), ...);
  }
};

}  // namespace fastloss

// The last line of a struct whose members are the parameters: name, (inputs), (those that have gradients), parameters,
// all in the order of the loss's definition.
//
//   struct Huber {
//     double delta = 1.0;  // > 0
//     FASTLOSS_LOSS("huber", (pred, target), (pred), delta)
//   };
//
// It writes name, fields() and the methods; not a base class, with which Huber{.delta = 1.0} would draw a warning.
#define FASTLOSS_LOSS(NAME, INPUTS, DIFFERENTIABLE, ...) \
  FASTLOSS_NAME_AND_FIELDS(NAME, __VA_ARGS__)            \
  FASTLOSS_ALL_METHODS(INPUTS, DIFFERENTIABLE)

// The same without grad_and_hess.
#define FASTLOSS_LOSS_WITHOUT_HESSIAN(NAME, INPUTS, DIFFERENTIABLE, ...) \
  FASTLOSS_NAME_AND_FIELDS(NAME, __VA_ARGS__)                            \
  FASTLOSS_FIRST_ORDER_METHODS(INPUTS, DIFFERENTIABLE)

#define FASTLOSS_NAME_AND_FIELDS(NAME, ...)      \
  static constexpr std::string_view name = NAME; \
  auto fields() const { return ::fastloss::detail::fields(FASTLOSS_EACH(FASTLOSS_FIELD, __VA_ARGS__)); }
#define FASTLOSS_ALL_METHODS(INPUTS, DIFFERENTIABLE)   \
  FASTLOSS_FIRST_ORDER_METHODS(INPUTS, DIFFERENTIABLE) \
  FASTLOSS_WITH(FASTLOSS_HESSIAN_METHODS, FASTLOSS_INPUTS(INPUTS), FASTLOSS_OUTPUTS(DIFFERENTIABLE))
#define FASTLOSS_FIRST_ORDER_METHODS(INPUTS, DIFFERENTIABLE)     \
  FASTLOSS_WITH(FASTLOSS_VALUE_METHODS, FASTLOSS_INPUTS(INPUTS)) \
  FASTLOSS_WITH(FASTLOSS_GRADIENT_METHODS, FASTLOSS_INPUTS(INPUTS), FASTLOSS_OUTPUTS(DIFFERENTIABLE))

// What the methods below are given: lists in parentheses, of parameters and of their addresses.
#define FASTLOSS_WITH(MACRO, ...) MACRO(__VA_ARGS__)
#define FASTLOSS_INPUTS(LIST) \
  (FASTLOSS_EACH(FASTLOSS_INPUT, FASTLOSS_LIST LIST)), (FASTLOSS_EACH(FASTLOSS_INPUT_AT, FASTLOSS_LIST LIST))
#define FASTLOSS_OUTPUTS(LIST)                                                                               \
  (FASTLOSS_EACH(FASTLOSS_GRAD, FASTLOSS_LIST LIST)), (FASTLOSS_EACH(FASTLOSS_GRAD_AT, FASTLOSS_LIST LIST)), \
      (FASTLOSS_EACH(FASTLOSS_HESS, FASTLOSS_LIST LIST)), (FASTLOSS_EACH(FASTLOSS_HESS_AT, FASTLOSS_LIST LIST))
#define FASTLOSS_LIST(...) __VA_ARGS__
#define FASTLOSS_INPUT(input) const ::fastloss::Input& input
#define FASTLOSS_INPUT_AT(input) &input
#define FASTLOSS_GRAD(input) const ::fastloss::Output& grad_##input
#define FASTLOSS_GRAD_AT(input) &grad_##input
#define FASTLOSS_HESS(input) const ::fastloss::Output& hess_##input
#define FASTLOSS_HESS_AT(input) &hess_##input
#define FASTLOSS_FIELD(parameter) \
  ::fastloss::Field { #parameter, ::fastloss::detail::field(parameter) }

// MACRO(a), MACRO(b), ... of up to 16. No macro expands within itself: each turn leaves the next one to another scan.
#define FASTLOSS_EACH(MACRO, ...) __VA_OPT__(FASTLOSS_SCANS(FASTLOSS_TURN(MACRO, __VA_ARGS__)))
#define FASTLOSS_TURN(MACRO, one, ...) MACRO(one) __VA_OPT__(, FASTLOSS_NEXT FASTLOSS_LATER(MACRO, __VA_ARGS__))
#define FASTLOSS_NEXT() FASTLOSS_TURN
#define FASTLOSS_LATER ()
#define FASTLOSS_SCANS(...) \
  FASTLOSS_FOUR_SCANS(FASTLOSS_FOUR_SCANS(FASTLOSS_FOUR_SCANS(FASTLOSS_FOUR_SCANS(__VA_ARGS__))))
#define FASTLOSS_FOUR_SCANS(...) FASTLOSS_SCAN(FASTLOSS_SCAN(FASTLOSS_SCAN(__VA_ARGS__)))
#define FASTLOSS_SCAN(...) __VA_ARGS__

#define FASTLOSS_VALUE_METHODS(INPUTS, AT)                                                                             \
  double value(FASTLOSS_LIST INPUTS, const ::fastloss::Options& options = {}) const {                                  \
    return ::fastloss::detail::call(*this, {.inputs = {FASTLOSS_LIST AT}, .want_value = true}, options);               \
  }                                                                                                                    \
  double operator()(FASTLOSS_LIST INPUTS, const ::fastloss::Options& options = {}) const {                             \
    return ::fastloss::detail::call(*this, {.inputs = {FASTLOSS_LIST AT}, .want_value = true}, options);               \
  }                                                                                                                    \
  void terms(FASTLOSS_LIST INPUTS, const ::fastloss::Output& out, const ::fastloss::Options& options = {}) const {     \
    ::fastloss::detail::call(*this, {.inputs = {FASTLOSS_LIST AT}, .terms = &out}, options);                           \
  }                                                                                                                    \
  std::size_t workspace_size(FASTLOSS_LIST INPUTS, const ::fastloss::Options& options = {}) const {                    \
    return ::fastloss::detail::workspace_size(*this, {.inputs = {FASTLOSS_LIST AT}}, options);                         \
  }                                                                                                                    \
  ::fastloss::Result<double> try_value(FASTLOSS_LIST INPUTS, const ::fastloss::Options& options = {}) const noexcept { \
    return ::fastloss::detail::attempt(*this, {.inputs = {FASTLOSS_LIST AT}, .want_value = true}, options);            \
  }                                                                                                                    \
  ::fastloss::Result<void> try_terms(FASTLOSS_LIST INPUTS, const ::fastloss::Output& out,                              \
                                     const ::fastloss::Options& options = {}) const noexcept {                         \
    return ::fastloss::detail::attempt_void(*this, {.inputs = {FASTLOSS_LIST AT}, .terms = &out}, options);            \
  }

#define FASTLOSS_GRADIENT_METHODS(INPUTS, AT, GRADS, GRADS_AT, HESSES, HESSES_AT)                                    \
  void grad(FASTLOSS_LIST INPUTS, FASTLOSS_LIST GRADS, const ::fastloss::Options& options = {}) const {              \
    ::fastloss::detail::call(*this, {.inputs = {FASTLOSS_LIST AT}, .grad = {FASTLOSS_LIST GRADS_AT}}, options);      \
  }                                                                                                                  \
  double value_and_grad(FASTLOSS_LIST INPUTS, FASTLOSS_LIST GRADS, const ::fastloss::Options& options = {}) const {  \
    return ::fastloss::detail::call(                                                                                 \
        *this, {.inputs = {FASTLOSS_LIST AT}, .grad = {FASTLOSS_LIST GRADS_AT}, .want_value = true}, options);       \
  }                                                                                                                  \
  ::fastloss::Result<void> try_grad(FASTLOSS_LIST INPUTS, FASTLOSS_LIST GRADS,                                       \
                                    const ::fastloss::Options& options = {}) const noexcept {                        \
    return ::fastloss::detail::attempt_void(*this, {.inputs = {FASTLOSS_LIST AT}, .grad = {FASTLOSS_LIST GRADS_AT}}, \
                                            options);                                                                \
  }                                                                                                                  \
  ::fastloss::Result<double> try_value_and_grad(FASTLOSS_LIST INPUTS, FASTLOSS_LIST GRADS,                           \
                                                const ::fastloss::Options& options = {}) const noexcept {            \
    return ::fastloss::detail::attempt(                                                                              \
        *this, {.inputs = {FASTLOSS_LIST AT}, .grad = {FASTLOSS_LIST GRADS_AT}, .want_value = true}, options);       \
  }

#define FASTLOSS_HESSIAN_METHODS(INPUTS, AT, GRADS, GRADS_AT, HESSES, HESSES_AT)                                    \
  void grad_and_hess(FASTLOSS_LIST INPUTS, FASTLOSS_LIST GRADS, FASTLOSS_LIST HESSES,                               \
                     const ::fastloss::Options& options = {}) const {                                               \
    ::fastloss::detail::call(                                                                                       \
        *this, {.inputs = {FASTLOSS_LIST AT}, .grad = {FASTLOSS_LIST GRADS_AT}, .hess = {FASTLOSS_LIST HESSES_AT}}, \
        options);                                                                                                   \
  }                                                                                                                 \
  ::fastloss::Result<void> try_grad_and_hess(FASTLOSS_LIST INPUTS, FASTLOSS_LIST GRADS, FASTLOSS_LIST HESSES,       \
                                             const ::fastloss::Options& options = {}) const noexcept {              \
    return ::fastloss::detail::attempt_void(                                                                        \
        *this, {.inputs = {FASTLOSS_LIST AT}, .grad = {FASTLOSS_LIST GRADS_AT}, .hess = {FASTLOSS_LIST HESSES_AT}}, \
        options);                                                                                                   \
  }
