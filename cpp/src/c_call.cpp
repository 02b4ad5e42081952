// A C call, behind its checks, as a Call.
#include <algorithm>

#include "c_status.h"
#include "checks.h"

namespace fastloss {
namespace {

// No element type of any array, and not that of one that is left out.
constexpr auto unknown = static_cast<DType>(254);

// A C array as a view; strides that are left out are those of C order.
struct ArrayView {
  std::int64_t strides[max_ndim];

  template <class Pointer>
  BasicArray<Pointer> operator()(const fastloss_array& array) {
    const bool known = array.dtype >= 0 && array.dtype < dtype_count;
    const DType dtype = known                              ? static_cast<DType>(array.dtype)
                        : array.dtype == FASTLOSS_LEFT_OUT ? left_out.dtype
                                                           : unknown;
    BasicArray<Pointer> view{array.data, dtype, array.ndim, array.shape, array.strides};
    if (array.strides != nullptr || array.shape == nullptr || array.ndim <= 0 || array.ndim > max_ndim) return view;
    c_order(known ? size_of(view.dtype) : 0, array.ndim, array.shape, strides);
    view.strides = strides;
    return view;
  }
};

// A C call as a Call.
class Translation {
 public:
  Translation(const fastloss_loss* handle, const fastloss_call* given) {
    want(handle, "loss"), want(given, "call");
    check_size(*given, "fastloss_call");
    const Loss& loss = handle->loss;
    const Definition& definition = Door::resolved(loss).definition();
    const auto arrays = [&](const fastloss_array* first, std::size_t n, int wanted, const char* role, auto* to,
                            ArrayView* views) {
      if (n == 0) return std::size_t{0};
      if (n != static_cast<std::size_t>(wanted))
        shape_error(definition, "takes " + std::to_string(wanted) + " arrays as " + role + ", " + std::to_string(n) +
                                    " were given");
      want(first, role);
      for (std::size_t i = 0; i < n; ++i) translate(element(first, i, "fastloss_array"), to[i], views[i]);
      return n;
    };
    call_.inputs = {inputs_, arrays(given->inputs, given->n_inputs, loss.n_inputs(), "inputs", inputs_, views_)};
    call_.grad = {grad_,
                  arrays(given->grad, given->n_grad, loss.n_differentiable(), "grad", grad_, views_ + max_inputs)};
    call_.hess = {hess_,
                  arrays(given->hess, given->n_hess, loss.n_differentiable(), "hess", hess_, views_ + 2 * max_inputs)};
    if (given->sample_weight != nullptr) {
      translate(element(given->sample_weight, 0, "fastloss_array"), weight_, views_[3 * max_inputs]);
      call_.sample_weight = &weight_;
    }
    if (given->terms != nullptr) {
      translate(element(given->terms, 0, "fastloss_array"), terms_, views_[3 * max_inputs + 1]);
      call_.terms = &terms_;
    }
    check_choice(given->reduction, FASTLOSS_NONE, "reduction");
    check_choice(given->curvature, FASTLOSS_POSITIVE, "curvature");
    call_.reduction = static_cast<Reduction>(given->reduction);
    call_.curvature = static_cast<Curvature>(given->curvature);
    call_.scale = given->scale;
    call_.n_threads = given->n_threads;
    call_.want_value = given->want_value != 0;
    if (given->totals != nullptr) call_.totals = &given->totals->totals;
    call_.parallel_for = {given->parallel_for, given->parallel_host};
    if (given->poll != nullptr) {
      call_.poll = [](void* call) {
        const auto& asking = *static_cast<const fastloss_call*>(call);
        return asking.poll(asking.poll_context) != 0;
      };
      call_.poll_context = const_cast<fastloss_call*>(given);
    }
    if (given->workspace_size > 0) want(given->workspace, "workspace");
    if (given->workspace != nullptr)
      call_.workspace = {static_cast<std::byte*>(given->workspace), given->workspace_size};
  }
  Translation(const Translation&) = delete;
  Translation& operator=(const Translation&) = delete;

  const Call& call() const noexcept { return call_; }

 private:
  template <class Pointer>
  static void translate(const fastloss_array& array, BasicArray<Pointer>& to, ArrayView& view) {
    to = view.operator()<Pointer>(array);
  }

  Call call_;
  ConstArray inputs_[max_inputs], weight_;
  Array grad_[max_inputs], hess_[max_inputs], terms_;
  ArrayView views_[3 * max_inputs + 2];
};

void evaluate(const fastloss_loss* loss, const fastloss_call* call, double* value) {
  const Translation translation(loss, call);
  const double result = loss->loss.evaluate(translation.call());
  if (value != nullptr) *value = result;
}

}  // namespace
}  // namespace fastloss

using namespace fastloss;

fastloss_status fastloss_evaluate(const fastloss_loss* loss, const fastloss_call* call, double* value) noexcept {
  return status_of([&] { evaluate(loss, call, value); });
}

fastloss_status fastloss_workspace_size(const fastloss_loss* loss, const fastloss_call* call,
                                        std::size_t* bytes) noexcept {
  return status_of([&] {
    want(bytes, "bytes");
    const Translation translation(loss, call);
    *bytes = loss->loss.workspace_size(translation.call());
  });
}

fastloss_status fastloss_terms_shape(const fastloss_loss* loss, const fastloss_array* inputs, std::size_t n_inputs,
                                     std::int64_t* shape, std::int32_t* ndim) noexcept {
  return status_of([&] {
    want(shape, "shape"), want(ndim, "ndim");
    fastloss_call call = FASTLOSS_CALL_INIT;
    call.inputs = inputs, call.n_inputs = n_inputs;
    const Translation translation(loss, &call);
    const Shapes shapes = check_inputs(Door::resolved(loss->loss), translation.call().inputs, false);
    std::copy(shapes.terms, shapes.terms + shapes.ndim, shape);
    *ndim = shapes.ndim;
  });
}

fastloss_status fastloss_contiguous(const fastloss_loss* loss, std::int32_t dtype, std::int32_t target_dtype,
                                    std::int32_t ndim, const std::int64_t* shape, const void* pred, const void* target,
                                    const void* sample_weight, void* grad, void* hess, double* value) noexcept {
  return status_of([&] {
    want(loss, "loss");
    if (ndim > 0) want(shape, "shape");
    const auto array = [&](const void* data, std::int32_t type, std::int32_t axes, const std::int64_t* lengths) {
      return fastloss_array{sizeof(fastloss_array), const_cast<void*>(data), lengths, nullptr, axes, type};
    };
    const Resolved& resolved = Door::resolved(loss->loss);
    // The terms: pred's shape, without its inner axis where it has one.
    std::int64_t terms[max_ndim];
    std::int32_t n_terms = ndim;
    const Definition& definition = resolved.definition();
    if (ndim > 0 && ndim <= max_ndim) std::copy(shape, shape + ndim, terms);
    if (definition.inputs[0].shape.inner >= 0 && ndim > 0 && ndim <= max_ndim) {
      const std::int64_t axis = resolved.axis < 0 ? resolved.axis + ndim : resolved.axis;
      if (axis >= 0 && axis < ndim) std::copy(terms + axis + 1, terms + ndim, terms + axis), --n_terms;
    }
    const bool per_term = definition.inputs[1].shape.inner < 0;
    const fastloss_array inputs[] = {array(pred, dtype, ndim, shape), per_term
                                                                          ? array(target, target_dtype, n_terms, terms)
                                                                          : array(target, target_dtype, ndim, shape)};
    const fastloss_array weight = array(sample_weight, dtype, n_terms, terms);
    const fastloss_array gradient = array(grad, dtype, ndim, shape), hessian = array(hess, dtype, ndim, shape);
    fastloss_call call = FASTLOSS_CALL_INIT;
    call.inputs = inputs, call.n_inputs = 2;
    if (sample_weight != nullptr) call.sample_weight = &weight;
    if (grad != nullptr) call.grad = &gradient, call.n_grad = 1;
    if (hess != nullptr) call.hess = &hessian, call.n_hess = 1;
    call.want_value = value != nullptr;
    evaluate(loss, &call, value);
  });
}
