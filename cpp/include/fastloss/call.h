// One evaluation: what it may be told, and all that it can give.
#pragma once

#include <fastloss/fields.h>
#include <fastloss/result.h>
#include <fastloss/totals.h>
#include <fastloss/types.h>
#include <fastloss/view.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <type_traits>

namespace fastloss {

enum class Reduction { mean, sum, none };
enum class Curvature { exact, positive };

// The host's own threads instead of ours. `run` calls task(context, k) once for every k in [0, n), on any threads
// and in any order, and returns when all of them have returned. It is called up to twice per call, never for work
// too small to share, and n is no more than the call's n_threads. It throws nothing while a task may still run. The
// bits of the results do not depend on it.
struct ParallelFor {
  using Task = void (*)(void* context, std::int64_t k);

  void (*run)(void* host, std::int64_t n, Task task, void* context) = nullptr;
  void* host = nullptr;

  // From anything that can be called as parallel(n, body), where body(k) does piece k; it is kept by reference.
  template <class F>
  static ParallelFor of(F& parallel) noexcept {
    return {[](void* host, std::int64_t n, Task task, void* context) {
              (*static_cast<std::remove_const_t<F>*>(host))(n, [=](std::int64_t k) { task(context, k); });
            },
            const_cast<std::remove_const_t<F>*>(&parallel)};
  }
};

// What every call may be told, by name: huber.value(pred, target, {.sample_weight = weights, .n_threads = 1}).
struct Options {
  Input sample_weight = {};  // one per loss term, or broadcast from fewer trailing axes to exactly their shape
  Reduction reduction = Reduction::mean;
  double scale = 1.0;  // multiplies value and derivatives
  Curvature curvature = Curvature::exact;
  int n_threads = 0;                    // 0: the setting of set_num_threads()
  ParallelFor parallel_for = {};        // none: threads of the library's own
  std::span<std::byte> workspace = {};  // of workspace_size() bytes: the call then allocates nothing
  Totals* totals = nullptr;             // the mean's two sums are added here, too; for calls without derivatives
  // Asked from time to time on the calling thread during long calls; true ends the call with Interrupted.
  bool (*poll)(void* context) = nullptr;
  void* poll_context = nullptr;
};

// The same with everything spelt out, over raw views. What is left empty is not computed.
struct Call {
  std::span<const ConstArray> inputs = {};  // in the order of the loss: pred, target | a, b, target | ...
  const ConstArray* sample_weight = nullptr;
  Reduction reduction = Reduction::mean;
  Curvature curvature = Curvature::exact;
  double scale = 1.0;
  int n_threads = 0;
  bool want_value = true;        // the reduced value; ignored for Reduction::none
  const Array* value = nullptr;  // a float64 of shape (), to write it into as well
  const Array* terms = nullptr;  // Reduction::none: the value of every term
  Totals* totals = nullptr;
  std::span<const Array> grad = {};  // one per differentiable input
  std::span<const Array> hess = {};  // the same; needs grad
  // Asked from time to time on the calling thread during long calls; true ends the call with Interrupted.
  bool (*poll)(void* context) = nullptr;
  void* poll_context = nullptr;
  bool dry_run = false;  // the checks alone, without looking at a value: for hosts that compute later
  ParallelFor parallel_for = {};
  std::span<std::byte> workspace = {};
};

class Loss;

namespace detail {

// The inputs or the outputs of a method: one by one, where it names them, or as the list that it was given.
template <class T>
class Arguments {
 public:
  Arguments() = default;  // the method has none
  Arguments(std::initializer_list<const T*> each) noexcept : each_(each), size_(each.size()), given_(true) {}
  Arguments(std::initializer_list<T> list) noexcept : list_(list), size_(list.size()), given_(true) {}

  bool given() const noexcept { return given_; }
  std::size_t size() const noexcept { return size_; }
  const T& operator[](std::size_t i) const noexcept { return each_.size() > 0 ? *each_.begin()[i] : list_.begin()[i]; }

 private:
  std::initializer_list<const T*> each_ = {};
  std::initializer_list<T> list_ = {};
  std::size_t size_ = 0;
  bool given_ = false;
};

// What a method of a loss asks for.
struct Request {
  Arguments<Input> inputs;
  Arguments<Output> grad = {}, hess = {};
  const Output* terms = nullptr;
  bool want_value = false;
};

struct Subject {  // a loss: made already, or by its name and parameters
  const Loss* loss = nullptr;
  std::string_view name = {};
  std::span<const Field> fields = {};
};

FASTLOSS_API double run(const Subject& subject, const Request& request, const Options& options);
FASTLOSS_API Result<double> try_run(const Subject& subject, const Request& request, const Options& options) noexcept;
FASTLOSS_API std::size_t workspace_of(const Subject& subject, const Request& request, const Options& options);

template <class Self, class Function>
auto with_subject(const Self& loss, Function function) {
  if constexpr (std::is_same_v<Self, Loss>) {
    return function(Subject{.loss = &loss});
  } else {
    const auto fields = loss.fields();
    return function(Subject{.name = Self::name, .fields = fields});
  }
}

template <class Self>
double call(const Self& loss, const Request& request, const Options& options) {
  return with_subject(loss, [&](const Subject& subject) { return run(subject, request, options); });
}
template <class Self>
std::size_t workspace_size(const Self& loss, const Request& request, const Options& options) {
  return with_subject(loss, [&](const Subject& subject) { return workspace_of(subject, request, options); });
}
template <class Self>
Result<double> attempt(const Self& loss, const Request& request, const Options& options) noexcept {
  return with_subject(loss, [&](const Subject& subject) { return try_run(subject, request, options); });
}
template <class Self>
Result<void> attempt_void(const Self& loss, const Request& request, const Options& options) noexcept {
  const Result<double> done = attempt(loss, request, options);
  return done ? Result<void>() : Result<void>(done.error());
}

}  // namespace detail
}  // namespace fastloss
