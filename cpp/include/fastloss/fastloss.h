// fastloss for C++ hosts: every loss by name, over strided views of any element type.
//
//   const fastloss::Loss huber("huber", {{"delta", 1.0}});
//   std::vector<float> pred = ..., target = ..., grad(pred.size());
//   double value = huber.value_and_grad<float>(pred, target, grad);
//
// No Python, no SIMD and no OpenMP type appears here. Calls are thread-safe; a Loss is immutable.
#pragma once

#include <fastloss/totals.h>
#include <fastloss/types.h>
#include <fastloss/version.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace fastloss {

// A parameter's value: none, flag, integer, real, or one real per class.
using Value = std::variant<std::monostate, bool, std::int64_t, double, std::vector<double>>;
using Parameters = std::vector<std::pair<std::string, Value>>;

enum class Reduction { mean, sum, none };
enum class Curvature { exact, positive };

// One evaluation. Everything that is left empty is not computed.
struct Call {
  std::span<const ConstArray> inputs;         // in the order of the loss: pred, target | a, b, target | ...
  const ConstArray* sample_weight = nullptr;  // one per loss term, or broadcast to exactly their shape
  Reduction reduction = Reduction::mean;
  Curvature curvature = Curvature::exact;
  double scale = 1.0;                // multiplies value and derivatives
  int n_threads = 0;                 // 0: the setting of set_num_threads()
  bool want_value = true;            // the reduced value; ignored for Reduction::none
  const Array* value = nullptr;      // a float64 of shape (), to write it into as well
  const Array* terms = nullptr;      // Reduction::none: the value of every term
  Totals* totals = nullptr;          // the mean's two sums are added here, too; for calls without derivatives
  std::span<const Array> grad = {};  // one per differentiable input
  std::span<const Array> hess = {};  // the same; needs grad
  // Asked from time to time on the calling thread during long calls; true ends the call with Interrupted.
  bool (*poll)(void* context) = nullptr;
  void* poll_context = nullptr;
  bool dry_run = false;  // the checks alone, without looking at a value: for hosts that compute later
};

class Loss {
 public:
  // Throws ParameterError for an unknown name or a parameter outside its range.
  explicit Loss(std::string_view name, const Parameters& parameters = {});

  std::string_view name() const noexcept;        // "huber"
  std::string_view class_name() const noexcept;  // "Huber", as messages say it
  // All parameters, defaults filled in, in the order of their declaration.
  const Parameters& parameters() const noexcept;
  int n_inputs() const noexcept;                 // arrays that a call takes
  const char* input_name(int i) const noexcept;  // "pred", "target", ...
  int n_differentiable() const noexcept;         // how many, counted from the first, have gradients
  // The shape of the loss terms for these inputs. Throws ShapeError where they do not fit.
  std::vector<std::int64_t> term_shape(std::span<const ConstArray> inputs) const;

  // Runs the call; returns the reduced value (0 when it is not wanted). Throws the errors of types.h.
  double evaluate(const Call& call) const;

  // The everyday form of losses of (pred, target): one axis, the mean.
  template <class Real>
  double value(std::span<const Real> pred, std::span<const Real> target) const;
  template <class Real>
  double value_and_grad(std::span<const Real> pred, std::span<const Real> target, std::span<Real> grad) const;

  struct State;

 private:
  std::shared_ptr<const State> state_;
};

// What a table says of a loss.
struct ParameterInfo {
  std::string name, kind, range;  // kind: flag, integer, real, vector, with "or None" where it may be left out
  Value fallback;
};
struct LossInfo {
  std::string name, class_name, room, family, formula, reference;
  std::string slack;  // S of the error bound, see docs/numerics.md
  std::vector<std::string> aliases, inputs;
  std::vector<ParameterInfo> parameters;
  std::string pred_domain, target_domain;
  int n_differentiable = 1, ulp = 4;
  bool convex = true, labels = false;
};
std::vector<LossInfo> losses();

// Worker threads for calls that do not say. Throws ParameterError below 1.
void set_num_threads(int n);
int get_num_threads() noexcept;
// For the calling thread alone, 0 to end it; returns the previous override.
int swap_thread_override(int n);

// What was built and what was chosen at load.
struct Config {
  std::string version, isa, compiler, threading;
  std::vector<std::string> isa_compiled, isa_available;
};
Config config();

// ---- the everyday form -------------------------------------------------------------------------

template <class Real>
struct dtype_of;
template <>
struct dtype_of<float> {
  static constexpr DType value = DType::float32;
};
template <>
struct dtype_of<double> {
  static constexpr DType value = DType::float64;
};

namespace detail {
struct Flat {  // the shape and stride of a span, kept alive beside its view
  std::int64_t size, stride;
  template <class Pointer, class Real>
  BasicArray<Pointer> view(std::span<Real> data) {
    size = static_cast<std::int64_t>(data.size());
    stride = sizeof(Real);
    return {data.data(), dtype_of<std::remove_const_t<Real>>::value, 1, &size, &stride};
  }
};
}  // namespace detail

template <class Real>
double Loss::value(std::span<const Real> pred, std::span<const Real> target) const {
  return value_and_grad<Real>(pred, target, {});
}

template <class Real>
double Loss::value_and_grad(std::span<const Real> pred, std::span<const Real> target, std::span<Real> grad) const {
  detail::Flat flat[3];
  const ConstArray inputs[] = {flat[0].view<const void*>(pred), flat[1].view<const void*>(target)};
  const Array out = flat[2].view<void*>(grad);
  Call call{.inputs = inputs};
  if (grad.data() != nullptr) call.grad = {&out, 1};
  return evaluate(call);
}

}  // namespace fastloss
