// From the methods of the public classes to a Call, and from exceptions to Results.
#include <fastloss/loss.h>

#include "base/check.h"
#include "base/parallel.h"
#include "checks.h"

namespace fastloss {

// A request's arrays as raw views. Ranges that were given for results take the shape of what they are results of.
class Binding {
 public:
  Binding(const Resolved& loss, const detail::Request& request, const Options& options) : loss_(loss) {
    const std::size_t n = request.inputs.size();
    check_count(loss.definition(), n);
    for (std::size_t i = 0; i < n; ++i) inputs_[i] = request.inputs[i].array();
    call_.inputs = {inputs_, n};
    if (options.sample_weight.given()) {
      weight_ = options.sample_weight.array();
      call_.sample_weight = &weight_;
    }
    call_.reduction = options.reduction;
    call_.scale = options.scale;
    call_.curvature = options.curvature;
    call_.n_threads = options.n_threads;
    call_.parallel_for = options.parallel_for;
    call_.workspace = options.workspace;
    call_.totals = options.totals;
    call_.poll = options.poll;
    call_.poll_context = options.poll_context;
    call_.want_value = request.want_value;
    bind(request, options);
  }
  Binding(const Binding&) = delete;
  Binding& operator=(const Binding&) = delete;

  const Call& call() const noexcept { return call_; }

 private:
  void bind(const detail::Request& request, const Options& options) {
    const Definition& definition = loss_.definition();
    if (request.want_value && options.reduction == Reduction::none)
      parameter_error(definition, "reduction is none, wanted: mean or sum; terms() gives the value of every term");
    call_.grad = derivatives(request.grad, "gradient", grad_, grad_strides_);
    call_.hess = derivatives(request.hess, "Hessian", hess_, hess_strides_);
    if (request.terms == nullptr) return;
    call_.reduction = Reduction::none;
    shapes();
    terms_ = place(*request.terms, {nullptr, inputs_[0].dtype, shapes_.ndim, shapes_.terms, nullptr}, term_strides_);
    call_.terms = &terms_;
  }

  std::span<const Array> derivatives(const detail::Arguments<Output>& given, const char* role, Array* to,
                                     std::int64_t (*strides)[max_ndim]) {
    if (!given.given()) return {};
    check_output_count(loss_.definition(), role, given.size());
    for (std::size_t i = 0; i < given.size(); ++i) to[i] = place(given[i], inputs_[i], strides[i]);
    return {to, given.size()};
  }

  const Shapes& shapes() {
    if (!checked_) shapes_ = check_inputs(loss_, call_.inputs);
    checked_ = true;
    return shapes_;
  }

  // The view of a result that is shaped as `like`.
  Array place(const Output& out, const ConstArray& like, std::int64_t* strides) {
    if (!out.given_) parameter_error(loss_.definition(), "an output is left out");
    Array array = out.kept_.array();
    if (!out.flat_) return array;
    shapes();  // before the shape of an input is followed
    std::int64_t count = 1;
    for (int axis = 0; axis < like.ndim; ++axis) count *= like.shape[axis];
    if (array.shape[0] == 0 && out.grow_ != nullptr && count > 0)
      array.data = out.grow_(out.owner_, static_cast<std::size_t>(count));
    else if (array.shape[0] != count)
      return array;
    array.ndim = like.ndim;
    array.shape = like.shape;
    array.strides = strides;
    c_order(size_of(array.dtype), like.ndim, like.shape, strides);
    return array;
  }

  const Resolved& loss_;
  Call call_;
  Shapes shapes_;
  bool checked_ = false;
  ConstArray inputs_[max_inputs], weight_;
  Array grad_[max_inputs], hess_[max_inputs], terms_;
  std::int64_t grad_strides_[max_inputs][max_ndim], hess_strides_[max_inputs][max_ndim], term_strides_[max_ndim];
};

namespace {

// Calls function with what the subject stands for.
template <class Function>
auto with_resolved(const detail::Subject& subject, Function function) {
  if (subject.loss != nullptr) return function(Door::resolved(*subject.loss));
  return function(resolve(subject.name, subject.fields));
}

}  // namespace

namespace detail {

double run(const Subject& subject, const Request& request, const Options& options) {
  return with_resolved(subject, [&](const Resolved& loss) {
    const Binding binding(loss, request, options);
    return Door::evaluate(loss, binding.call());
  });
}

Result<double> try_run(const Subject& subject, const Request& request, const Options& options) noexcept {
  return guarded([&] { return run(subject, request, options); });
}

std::size_t workspace_of(const Subject& subject, const Request& request, const Options& options) {
  return with_resolved(subject, [&](const Resolved& loss) {
    const Binding binding(loss, request, options);
    return Door::workspace_size(loss, binding.call());
  });
}

}  // namespace detail

Result<Loss> Loss::make(std::string_view name, const Parameters& parameters) noexcept {
  return guarded([&] { return Loss(name, parameters); });
}

Result<double> Loss::try_evaluate(const Call& call) const noexcept {
  return guarded([&] { return evaluate(call); });
}

}  // namespace fastloss
