// The checks of a call: shapes, dtypes, weights and outputs, before a thread starts.
#include "checks.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/cpu.h"
#include "base/overlap.h"
#include "views.h"

namespace fastloss {
namespace {

bool same_shape(const ConstArray& a, int ndim, const std::int64_t* shape) {
  return a.ndim == ndim && std::equal(a.shape, a.shape + ndim, shape);
}

void check_views(const Definition& definition, std::span<const ConstArray> inputs) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (is_left_out(inputs[i])) parameter_error(definition, definition.inputs[i].name + std::string(" is left out"));
    check_view(definition, inputs[i], definition.inputs[i].name);
  }
}

// `labels`: the last input holds labels, as far as is known.
void check_dtypes(const Definition& definition, std::span<const ConstArray> inputs, bool labels) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const DType dtype = inputs[i].dtype;
    const Argument& input = definition.inputs[i];
    const auto given = [&] { return std::string(input.name) + " has dtype " + name_of(dtype); };
    if (input.role == InputRole::real && !is_float(dtype))
      dtype_error(definition, given() + ", wanted: float16, bfloat16, float32 or float64");
    if (input.role == InputRole::labels && labels && is_float(dtype))
      dtype_error(definition, given() + ", wanted: integer class labels");
  }
}

class Outputs {
 public:
  Outputs(const Definition& definition, const Call& call) : definition_(definition), call_(call) {}

  // `of`: the input whose derivative it is, or -1; `own`: the input that it may exactly alias, or -1.
  void check(const Array& out, const char* role, int of, int ndim, const std::int64_t* shape, DType dtype, int own) {
    const auto named = [&] {
      return std::string("out (") + role + (of < 0 ? "" : std::string(" of ") + definition_.inputs[of].name) + ")";
    };
    if (!same_shape({out.data, out.dtype, out.ndim, out.shape, out.strides}, ndim, shape))
      shape_error(definition_,
                  named() + " has shape " + shape_text(out.ndim, out.shape) + ", wanted: " + shape_text(ndim, shape));
    if (out.dtype != dtype)
      dtype_error(definition_, named() + " has dtype " + name_of(out.dtype) + ", wanted: " + name_of(dtype));
    if (out.swapped) dtype_error(definition_, named() + " is of the other byte order, wanted: that of this machine");
    if (overlaps_itself(out)) parameter_error(definition_, named() + " overlaps itself");
    for (int i = 0; i < static_cast<int>(call_.inputs.size()); ++i)
      if (!(i == own && same_view(out, call_.inputs[i])) && may_share(out, call_.inputs[i]))
        parameter_error(definition_, named() + " overlaps " + definition_.inputs[i].name +
                                         (i == own ? " in part; only the very same view is allowed" : ""));
    if (call_.sample_weight != nullptr && may_share(out, *call_.sample_weight))
      parameter_error(definition_, named() + " overlaps sample_weight");
    for (int k = 0; k < count_; ++k)
      if (may_share(out, *seen_[k])) parameter_error(definition_, named() + " overlaps another output");
    seen_[count_++] = &out;
  }

 private:
  const Definition& definition_;
  const Call& call_;
  const Array* seen_[2 + 2 * max_differentiable];
  int count_ = 0;
};

// The operand over the terms: the axis of classes or features, if any, becomes the inner step.
template <class Pointer>
void fill(Operand& out, const BasicArray<Pointer>& array, int axis) {
  const DType dtype = stored(array.dtype, array.swapped);
  if (axis < 0) return collapse(out, array.data, dtype, array.ndim, array.shape, array.strides);
  std::int64_t shape[max_ndim], strides[max_ndim];
  int n = 0;
  for (int k = 0; k < array.ndim; ++k) {
    if (k == axis) continue;
    shape[n] = array.shape[k];
    strides[n++] = array.strides[k];
  }
  collapse(out, array.data, dtype, n, shape, strides);
  out.inner_stride = array.shape[axis] == 1 ? size_of(array.dtype) : array.strides[axis];
}

// An input of a pointwise loss: one operand, or one for each entry of a fixed axis.
template <class Pointer>
int unfold(Operand* to, const BasicArray<Pointer>& array, const ShapeText& text, int axis) {
  if (axis < 0 || text.axes[text.inner].kind != Axis::Kind::fixed) {
    fill(to[0], array, -1);
    return 1;
  }
  const int n = static_cast<int>(array.shape[axis]);
  for (int k = 0; k < n; ++k) {
    fill(to[k], array, axis);
    // As a number: where no data are read, a stride may lead out of any memory.
    const auto first = reinterpret_cast<std::uintptr_t>(to[k].data);
    if (first != 0)
      to[k].data = reinterpret_cast<const char*>(first + static_cast<std::uintptr_t>(k) *
                                                             static_cast<std::uintptr_t>(array.strides[axis]));
  }
  return n;
}

// What to say to weights that fit the first axes of the terms: one per row, where the last axes count.
std::string leading_axes(const ConstArray& weight, const Shapes& shapes) {
  if (weight.ndim == 0 || weight.ndim >= shapes.ndim || !same_shape(weight, weight.ndim, shapes.terms)) return "";
  std::string index;
  for (int k = 0; k < shapes.ndim; ++k) index += std::string(k > 0 ? ", " : "") + (k < weight.ndim ? ":" : "None");
  return ": wanted one per term, or per entry of the last axes; for one per row pass sample_weight[" + index + "]";
}

void check_weight(const Definition& definition, const ConstArray& weight, const Shapes& shapes, Job& job) {
  std::int64_t strides[max_ndim] = {};
  bool fits = weight.ndim <= shapes.ndim;
  for (int k = 1; fits && k <= weight.ndim; ++k) {
    const std::int64_t length = weight.shape[weight.ndim - k];
    if (length == shapes.terms[shapes.ndim - k])
      strides[shapes.ndim - k] = weight.strides[weight.ndim - k];
    else
      fits = length == 1;
  }
  if (!fits)
    shape_error(definition, "sample_weight has shape " + shape_of(weight) + ", the loss terms have shape " +
                                shape_text(shapes.ndim, shapes.terms) + leading_axes(weight, shapes));
  job.weighted = true;
  collapse(job.weight, weight.data, stored(weight.dtype, weight.swapped), shapes.ndim, shapes.terms, strides);
}

void check_vectors(const Resolved& loss, const Shapes& shapes, const ConstArray& pred, Job& job) {
  const Definition& definition = loss.definition();
  const auto per_class = [&](Role role, std::span<const double> values) -> const double* {
    if (values.empty()) return nullptr;
    const auto count = static_cast<std::int64_t>(values.size());
    const std::string last = std::to_string(shapes.inner - 1);
    if (count != shapes.inner)
      shape_error(definition, std::string(definition.parameters[role_place(definition, role)].name) + " has " +
                                  std::to_string(count) + (count == 1 ? " entry, " : " entries, ") +
                                  definition.inputs[0].name + " has " + std::to_string(shapes.inner) +
                                  (count > shapes.inner ? " classes"
                                                        : " classes, wanted: one per class; a dict names the last, "
                                                          "too, here {" +
                                                              last + ": 1.0}"));
    return values.data();
  };
  job.class_weight = per_class(Role::class_weight, loss.class_weight);
  job.class_scale = per_class(Role::class_scale, loss.class_scale);
  job.has_element = loss.element_place >= 0;
  if (!job.has_element) return;
  if (loss.element.empty()) {
    collapse(job.element, &loss.numbers[loss.element_place], DType::float64, 0, nullptr, nullptr);
    return;
  }
  const auto length = static_cast<std::int64_t>(loss.element.size());
  if (pred.ndim == 0 || pred.shape[pred.ndim - 1] != length)
    shape_error(definition, std::string(definition.parameters[loss.element_place].name) + " has " +
                                std::to_string(length) + " entries, " + definition.inputs[0].name + " has shape " +
                                shape_of(pred) + ": wanted one per last axis");
  std::int64_t strides[max_ndim] = {};
  strides[pred.ndim - 1] = sizeof(double);
  collapse(job.element, loss.element.data(), DType::float64, pred.ndim, pred.shape, strides);
}

// Whether float inputs are not computed in float: a pointwise loss takes the others into the type it computes in, and
// float does not hold every double, nor every integer, parameter or scale.
bool needs_double(const Resolved& loss, const Call& call, const Shapes& shapes) {
  if (loss.entry.room != Room::pointwise || call.inputs[0].dtype != DType::float32) return false;
  const double scale = std::abs(call.scale),
               least = scale / static_cast<double>(std::max<std::int64_t>(shapes.count, 1));
  if (loss.beyond_float || (scale != 0.0 && (least < 0x1p-100 || scale > 0x1p100))) return true;
  for (std::size_t i = 1; i < call.inputs.size(); ++i) {
    const DType dtype = call.inputs[i].dtype;
    const Interval& domain = loss.domain[i];
    const bool small = domain.low >= -1.0 && domain.high <= 1.0;
    if (dtype == DType::float64 || (!is_float(dtype) && size_of(dtype) >= 4 && !small)) return true;
  }
  return false;
}

void check_outputs(const Definition& definition, const Call& call) {
  if (call.sample_weight != nullptr) check_view(definition, *call.sample_weight, "sample_weight");
  if (call.value != nullptr) check_view(definition, *call.value, "out (value)");
  if (call.terms != nullptr) check_view(definition, *call.terms, "out (values)");
  for (const Array& out : call.grad) check_view(definition, out, "out (gradient)");
  for (const Array& out : call.hess) check_view(definition, out, "out (Hessian)");
}

}  // namespace

Shapes check_inputs(const Resolved& loss, std::span<const ConstArray> inputs, bool dtypes) {
  const Definition& definition = loss.definition();
  const auto known = inputs.first(std::min(inputs.size(), static_cast<std::size_t>(input_count(definition))));
  check_views(definition, known);
  const bool either = definition.inputs[input_count(definition) - 1].dense.given();
  if (dtypes) check_dtypes(definition, known, !either);
  const Shapes shapes = bind(loss, inputs);
  if (dtypes && either) check_dtypes(definition, known, shapes.labels);
  if (either && !shapes.labels && loss.has_ignore_index)
    parameter_error(definition, "ignore_index is " + std::to_string(loss.ignore_index) + ", but " +
                                    definition.inputs[input_count(definition) - 1].name +
                                    " has a share for every class, wanted: class labels, or None");
  return shapes;
}

Shapes check_call(const Resolved& loss, const Call& call, Job& job) {
  const Definition& definition = loss.definition();
  check_outputs(definition, call);
  Shapes shapes = check_inputs(loss, call.inputs);
  const ConstArray& pred = call.inputs[0];
  const bool pointwise = loss.entry.room == Room::pointwise;
  if (!std::isfinite(call.scale))
    parameter_error(definition, "scale is " + number_text(call.scale) + ", wanted: a finite number");
  if (call.n_threads < 0)
    parameter_error(definition, "n_threads is " + std::to_string(call.n_threads) + ", wanted: an integer >= 1");
  if (call.sample_weight != nullptr) check_weight(definition, *call.sample_weight, shapes, job);
  check_vectors(loss, shapes, pred, job);

  Outputs outputs(definition, call);
  if (call.value != nullptr) {
    if (!call.want_value || call.reduction == Reduction::none)
      parameter_error(definition, "out (value) is given, but no reduced value is wanted");
    outputs.check(*call.value, "value", -1, 0, nullptr, DType::float64, -1);
  }
  if (call.terms != nullptr) {
    if (call.reduction != Reduction::none)
      parameter_error(definition, "out (values) is given, but the reduction is mean or sum, wanted: none");
    outputs.check(*call.terms, "values", -1, shapes.ndim, shapes.terms, pred.dtype,
                  pointwise && shapes.axis[0] < 0 ? 0 : -1);
    job.want_terms = true;
    fill(job.term_values, *call.terms, -1);
  }
  const int differentiable = differentiable_count(definition);
  const auto derivatives = [&](std::span<const Array> arrays, const char* role, Operand* operands) {
    if (arrays.empty()) return false;
    check_output_count(definition, role, arrays.size());
    int n = 0;
    for (int i = 0; i < differentiable; ++i) {
      const ConstArray& of = call.inputs[i];
      outputs.check(arrays[i], role, i, of.ndim, of.shape, of.dtype, i);
      if (pointwise)
        n += unfold(operands + n, arrays[i], definition.inputs[i].shape, shapes.axis[i]);
      else
        fill(operands[n++], arrays[i], shapes.axis[i]);
    }
    return true;
  };
  if (!call.hess.empty() && !definition.hessian) parameter_error(definition, "has no Hessian, only a gradient");
  job.want_grad = derivatives(call.grad, "gradient", job.grad);
  job.want_hess = derivatives(call.hess, "Hessian", job.hess);
  if (job.want_hess && !job.want_grad) shape_error(definition, "a Hessian needs its gradient's output too");

  double bytes = 0.0;
  shapes.wide = needs_double(loss, call, shapes);
  job.inputs = 0;
  for (int i = 0; i < static_cast<int>(call.inputs.size()); ++i) {
    int n = 1;
    if (pointwise)
      n = unfold(job.input + job.inputs, call.inputs[i], definition.inputs[i].shape, shapes.axis[i]);
    else
      fill(job.input[job.inputs], call.inputs[i], shapes.axis[i]);
    for (const int end = job.inputs + n; job.inputs < end; ++job.inputs) {
      job.source[job.inputs] = static_cast<std::int8_t>(i);
      job.domain[job.inputs] = loss.domain[i];
    }
    if (i >= differentiable) continue;
    job.differentiable = job.inputs;
    shapes.wide |= call.inputs[i].dtype == DType::float64;
    bytes += static_cast<double>(shapes.count) * static_cast<double>(shapes.inner) * size_of(call.inputs[i].dtype) *
             (1 + job.want_grad + job.want_hess);
  }
  job.definition = &definition;
  job.family = loss.entry.family;
  job.kernel = loss.entry.place * max_variants + loss.variant;
  job.parameters = loss.numbers;
  job.ignore_index = loss.ignore_index;
  job.has_ignore_index = loss.has_ignore_index;
  job.logits = loss.logits;
  job.smoothing = loss.smoothing;
  job.clip = loss.clip;
  job.bend = loss.bend;
  job.labels = shapes.labels;
  job.terms = shapes.count;
  job.inner = shapes.inner;
  job.positive = call.curvature == Curvature::positive;
  job.mean = call.reduction == Reduction::mean;
  job.reduced = call.reduction != Reduction::none && call.want_value;
  job.scale = call.scale;
  job.threads = std::min(call.n_threads > 0 ? call.n_threads : get_num_threads(), most_threads());
  job.parallel_for = call.parallel_for;
  // A larger cache is that of a server and has other users: from this size on results come back from memory anyway.
  constexpr std::int64_t most_cached = 64 << 20;
  job.past_cache = bytes > static_cast<double>(std::min(last_level_cache() / 2, most_cached));
  return shapes;
}

}  // namespace fastloss
