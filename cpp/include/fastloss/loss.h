// A loss by its name, and what is told of all of them; of no loss by its type.
#pragma once

#include <fastloss/call.h>
#include <fastloss/export.h>
#include <fastloss/methods.h>
#include <fastloss/types.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace fastloss {

// A parameter's value: none, flag, integer, real, one real per class, or one of some words.
using Value = std::variant<std::monostate, bool, std::int64_t, double, std::vector<double>, std::string>;
using Parameters = std::vector<std::pair<std::string, Value>>;

class FASTLOSS_API Loss {
 public:
  // Throws ParameterError for an unknown name or a parameter outside its range.
  explicit Loss(std::string_view name, const Parameters& parameters = {});
  // The same loss as a type: Loss loss = fastloss::Huber{.delta = 1.0}.
  template <LossType T>
  Loss(const T& loss) : Loss(T::name, std::span<const Field>(loss.fields())) {}
  static Result<Loss> make(std::string_view name, const Parameters& parameters = {}) noexcept;

  std::string_view name() const noexcept;        // "huber"
  std::string_view class_name() const noexcept;  // "Huber", as messages say it
  // All parameters, defaults filled in, in the order of their declaration.
  const Parameters& parameters() const noexcept;
  int n_inputs() const noexcept;                 // arrays that a call takes
  const char* input_name(int i) const noexcept;  // "pred", "target", ...
  int n_differentiable() const noexcept;         // how many, counted from the first, have gradients
  // The shape of the loss terms for these inputs. Throws ShapeError where they do not fit.
  std::vector<std::int64_t> term_shape(std::span<const ConstArray> inputs) const;

  // The methods of methods.h, with lists of what the loss takes and gives, in its order:
  // loss.value_and_grad({a, b, target}, {grad_a, grad_b}, {.n_threads = 4}).
  using Inputs = std::initializer_list<Input>;
  using Outputs = std::initializer_list<Output>;
  double value(Inputs inputs, const Options& options = {}) const {
    return detail::call(*this, {.inputs = inputs, .want_value = true}, options);
  }
  double operator()(Inputs inputs, const Options& options = {}) const { return value(inputs, options); }
  void terms(Inputs inputs, const Output& out, const Options& options = {}) const {
    detail::call(*this, {.inputs = inputs, .terms = &out}, options);
  }
  void grad(Inputs inputs, Outputs grad, const Options& options = {}) const {
    detail::call(*this, {.inputs = inputs, .grad = grad}, options);
  }
  double value_and_grad(Inputs inputs, Outputs grad, const Options& options = {}) const {
    return detail::call(*this, {.inputs = inputs, .grad = grad, .want_value = true}, options);
  }
  void grad_and_hess(Inputs inputs, Outputs grad, Outputs hess, const Options& options = {}) const {
    detail::call(*this, {.inputs = inputs, .grad = grad, .hess = hess}, options);
  }
  std::size_t workspace_size(Inputs inputs, const Options& options = {}) const {
    return detail::workspace_size(*this, {.inputs = inputs}, options);
  }
  Result<double> try_value(Inputs inputs, const Options& options = {}) const noexcept {
    return detail::attempt(*this, {.inputs = inputs, .want_value = true}, options);
  }
  Result<void> try_terms(Inputs inputs, const Output& out, const Options& options = {}) const noexcept {
    return detail::attempt_void(*this, {.inputs = inputs, .terms = &out}, options);
  }
  Result<void> try_grad(Inputs inputs, Outputs grad, const Options& options = {}) const noexcept {
    return detail::attempt_void(*this, {.inputs = inputs, .grad = grad}, options);
  }
  Result<double> try_value_and_grad(Inputs inputs, Outputs grad, const Options& options = {}) const noexcept {
    return detail::attempt(*this, {.inputs = inputs, .grad = grad, .want_value = true}, options);
  }
  Result<void> try_grad_and_hess(Inputs inputs, Outputs grad, Outputs hess,
                                 const Options& options = {}) const noexcept {
    return detail::attempt_void(*this, {.inputs = inputs, .grad = grad, .hess = hess}, options);
  }

  // The same of (pred, target) without braces, as most losses take them: loss.value_and_grad(pred, target, grad).
  FASTLOSS_ALL_METHODS((pred, target), (pred))

  // The same with the element type named: loss.value_and_grad<float>(pred, target, grad).
  template <class Real>
  double value(std::span<const Real> pred, std::span<const Real> target) const {
    return value(Input(pred), Input(target));
  }
  template <class Real>
  double value_and_grad(std::span<const Real> pred, std::span<const Real> target, std::span<Real> grad) const {
    return value_and_grad(Input(pred), Input(target), Output(grad));
  }

  // Runs the call; returns the reduced value (0 when it is not wanted). Throws the errors of types.h.
  double evaluate(const Call& call) const;
  Result<double> try_evaluate(const Call& call) const noexcept;
  // The bytes of workspace with which the call, whatever of its results are wanted, allocates nothing.
  std::size_t workspace_size(const Call& call) const;

  struct State;

 private:
  friend struct Door;
  Loss(std::string_view name, std::span<const Field> fields);
  std::shared_ptr<const State> state_;
};

// What a table says of a loss.
struct ParameterInfo {
  std::string name, kind, range;  // kind: flag, integer, real, vector, with "or None" where it may be left out
  Value fallback;
};
struct InputInfo {
  std::string name;
  std::string role;    // real: a float with a gradient; given: any real number; labels: class indices
  std::string shape;   // in words, "*b C": see docs/shapes.md
  std::string dense;   // of labels, the shape of shares given in their place; or nothing
  std::string domain;  // the numbers it may hold
};
struct LossInfo {
  std::string name, class_name, room, family, formula, reference;
  std::string slack;  // S of the error bound, see docs/numerics.md
  std::vector<std::string> aliases;
  std::vector<InputInfo> inputs;
  std::string terms;  // their shape
  // Pairs of numbers of a term of which the first may not be the larger; an input "*b 4" is four numbers.
  std::vector<std::pair<int, int>> ordered;
  std::vector<ParameterInfo> parameters;
  int n_differentiable = 1, ulp = 4;
  double least = 0.0;  // no value is below
  bool convex = true, hessian = true;
};
FASTLOSS_API std::vector<LossInfo> losses();

// Threads for calls that do not say. Before it is set: FASTLOSS_NUM_THREADS, else OMP_NUM_THREADS, else one for each
// CPU that the process may run on; what is no integer >= 1 is passed over (Config::threads_notice). Throws
// ParameterError below 1.
FASTLOSS_API void set_num_threads(int n);
FASTLOSS_API int get_num_threads() noexcept;
// For the calling thread alone, 0 to end it; returns the previous override.
FASTLOSS_API int swap_thread_override(int n);

// What was built and what was chosen at load.
struct Config {
  std::string version, isa, compiler, threading;
  std::vector<std::string> isa_compiled, isa_available;
  // What the environment has for a number of threads and is none, and what is used instead; else empty.
  std::string threads_notice;
};
FASTLOSS_API Config config();

}  // namespace fastloss
