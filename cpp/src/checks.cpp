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

// Classes or features: more have no room in any memory, but a stride of 0 can show them.
constexpr std::int64_t most_inner = std::int64_t{1} << 48;

bool same_shape(const ConstArray& a, int ndim, const std::int64_t* shape) {
  return a.ndim == ndim && std::equal(a.shape, a.shape + ndim, shape);
}

void check_views(const Row& row, std::span<const ConstArray> inputs) {
  for (std::size_t i = 0; i < inputs.size(); ++i) check_view(row, inputs[i], row.inputs[i]);
}

void check_dtypes(const Row& row, std::span<const ConstArray> inputs) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const DType dtype = inputs[i].dtype;
    const auto given = [&] { return std::string(row.inputs[i]) + " has dtype " + name_of(dtype); };
    if (static_cast<int>(i) < row.differentiable && !is_float(dtype))
      dtype_error(row, given() + ", wanted: float16, bfloat16, float32 or float64");
    if (static_cast<int>(i) == 1 && row.labels && is_float(dtype))
      dtype_error(row, given() + ", wanted: integer class labels");
  }
}

class Outputs {
 public:
  Outputs(const Row& row, const Call& call) : row_(row), call_(call) {}

  // `of`: the input whose derivative it is, or -1; `own`: the input that it may exactly alias, or -1.
  void check(const Array& out, const char* role, int of, int ndim, const std::int64_t* shape, DType dtype, int own) {
    const auto named = [&] {
      return std::string("out (") + role + (of < 0 ? "" : std::string(" of ") + row_.inputs[of]) + ")";
    };
    if (!same_shape({out.data, out.dtype, out.ndim, out.shape, out.strides}, ndim, shape))
      shape_error(row_,
                  named() + " has shape " + shape_text(out.ndim, out.shape) + ", wanted: " + shape_text(ndim, shape));
    if (out.dtype != dtype)
      dtype_error(row_, named() + " has dtype " + name_of(out.dtype) + ", wanted: " + name_of(dtype));
    if (out.swapped) dtype_error(row_, named() + " is of the other byte order, wanted: that of this machine");
    if (overlaps_itself(out)) parameter_error(row_, named() + " overlaps itself");
    for (int i = 0; i < static_cast<int>(call_.inputs.size()); ++i)
      if (!(i == own && same_view(out, call_.inputs[i])) && may_share(out, call_.inputs[i]))
        parameter_error(row_, named() + " overlaps " + row_.inputs[i] +
                                  (i == own ? " in part; only the very same view is allowed" : ""));
    if (call_.sample_weight != nullptr && may_share(out, *call_.sample_weight))
      parameter_error(row_, named() + " overlaps sample_weight");
    for (int k = 0; k < count_; ++k)
      if (may_share(out, *seen_[k])) parameter_error(row_, named() + " overlaps another output");
    seen_[count_++] = &out;
  }

 private:
  const Row& row_;
  const Call& call_;
  const Array* seen_[2 + 2 * max_inputs];
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

// What to say to weights that fit the first axes of the terms: one per row, where the last axes count.
std::string leading_axes(const ConstArray& weight, const Shapes& shapes) {
  if (weight.ndim == 0 || weight.ndim >= shapes.ndim || !same_shape(weight, weight.ndim, shapes.terms)) return "";
  std::string index;
  for (int k = 0; k < shapes.ndim; ++k) index += std::string(k > 0 ? ", " : "") + (k < weight.ndim ? ":" : "None");
  return ": wanted one per term, or per entry of the last axes; for one per row pass sample_weight[" + index + "]";
}

void check_weight(const Row& row, const ConstArray& weight, const Shapes& shapes, Job& job) {
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
    shape_error(row, "sample_weight has shape " + shape_of(weight) + ", the loss terms have shape " +
                         shape_text(shapes.ndim, shapes.terms) + leading_axes(weight, shapes));
  job.weighted = true;
  collapse(job.weight, weight.data, stored(weight.dtype, weight.swapped), shapes.ndim, shapes.terms, strides);
}

void check_vectors(const Resolved& loss, const Shapes& shapes, const ConstArray& pred, Job& job) {
  const Row& row = loss.row();
  const auto per_class = [&](const char* name, std::span<const double> values) -> const double* {
    if (values.empty()) return nullptr;
    if (static_cast<std::int64_t>(values.size()) != shapes.inner)
      shape_error(row, std::string(name) + " has " + std::to_string(values.size()) + " entries, pred has " +
                           std::to_string(shapes.inner) + " classes");
    return values.data();
  };
  job.class_weight = per_class("class_weight", loss.class_weight);
  job.class_alpha = per_class("alpha", loss.class_alpha);
  if (row.element_parameter == nullptr) return;
  const int place = parameter_place(row, row.element_parameter);
  if (loss.element.empty()) {
    collapse(job.element, &loss.numbers[place], DType::float64, 0, nullptr, nullptr);
    return;
  }
  const auto length = static_cast<std::int64_t>(loss.element.size());
  if (pred.ndim == 0 || pred.shape[pred.ndim - 1] != length)
    shape_error(row, std::string(row.element_parameter) + " has " + std::to_string(length) +
                         " entries, pred has shape " + shape_of(pred) + ": wanted one per last axis");
  std::int64_t strides[max_ndim] = {};
  strides[pred.ndim - 1] = sizeof(double);
  collapse(job.element, loss.element.data(), DType::float64, pred.ndim, pred.shape, strides);
}

// Whether a float pred is not computed in float: an elementwise loss takes the target into the type it computes in,
// and float does not hold every double, nor every integer, parameter or scale.
bool needs_double(const Resolved& loss, const Call& call, const Shapes& shapes) {
  const ConstArray &pred = call.inputs[0], &target = call.inputs[1];
  if (loss.entry.room != Room::pointwise || pred.dtype != DType::float32) return false;
  const double scale = std::abs(call.scale),
               least = scale / static_cast<double>(std::max<std::int64_t>(shapes.count, 1));
  if (loss.beyond_float || (scale != 0.0 && (least < 0x1p-100 || scale > 0x1p100))) return true;
  const Interval& domain = loss.row().target_domain;
  return target.dtype == DType::float64 ||
         (!is_float(target.dtype) && size_of(target.dtype) >= 4 && !(domain.low >= -1.0 && domain.high <= 1.0));
}

void check_outputs(const Row& row, const Call& call) {
  if (call.sample_weight != nullptr) check_view(row, *call.sample_weight, "sample_weight");
  if (call.value != nullptr) check_view(row, *call.value, "out (value)");
  if (call.terms != nullptr) check_view(row, *call.terms, "out (values)");
  for (const Array& out : call.grad) check_view(row, out, "out (gradient)");
  for (const Array& out : call.hess) check_view(row, out, "out (Hessian)");
}

// Of views that can be walked.
Shapes check_shapes(const Resolved& loss, std::span<const ConstArray> inputs) {
  const Row& row = loss.row();
  check_count(row, inputs.size());
  Shapes shapes;
  const ConstArray& first = inputs[0];
  const int ndim = first.ndim;
  if (loss.entry.room == Room::pointwise) {
    std::copy(first.shape, first.shape + ndim, shapes.terms);
    shapes.ndim = ndim;
  } else {
    const auto described = [&] { return std::string(row.inputs[0]) + " has shape " + shape_of(first); };
    if (ndim == 0) shape_error(row, described() + ", wanted: at least one axis");
    std::int64_t axis = loss.axis;
    if (axis < -ndim || axis >= ndim) parameter_error(row, "axis is " + std::to_string(axis) + ", but " + described());
    if (axis < 0) axis += ndim;
    shapes.axis = static_cast<int>(axis);
    shapes.inner = first.shape[axis];
    if (shapes.inner == 0)
      shape_error(row, described() + ", wanted: at least one entry along axis " + std::to_string(axis));
    if (shapes.inner > most_inner)
      shape_error(row, described() + ", wanted: at most " + std::to_string(most_inner) + " entries along axis " +
                           std::to_string(axis));
    for (int k = 0; k < ndim; ++k)
      if (k != axis) shapes.terms[shapes.ndim++] = first.shape[k];
  }
  for (int k = 0; k < shapes.ndim; ++k) shapes.count *= shapes.terms[k];
  for (int i = 1; i < static_cast<int>(inputs.size()); ++i) {
    const bool per_term = row.labels || (loss.entry.room == Room::pairs && i >= row.differentiable);
    const int want_ndim = per_term ? shapes.ndim : ndim;
    const std::int64_t* want = per_term ? shapes.terms : first.shape;
    if (!same_shape(inputs[i], want_ndim, want))
      shape_error(row, std::string(row.inputs[i]) + " has shape " + shape_of(inputs[i]) + ", " + row.inputs[0] +
                           " has shape " + shape_of(first) +
                           (per_term ? ": wanted " + shape_text(want_ndim, want) : std::string()));
  }
  return shapes;
}

}  // namespace

void check_count(const Row& row, std::size_t given) {
  const int wanted = input_count(row);
  if (given != static_cast<std::size_t>(wanted))
    shape_error(row, "takes " + std::to_string(wanted) + " arrays, " + std::to_string(given) + " were given");
}

Shapes check_inputs(const Resolved& loss, std::span<const ConstArray> inputs, bool dtypes) {
  const Row& row = loss.row();
  const auto known = inputs.first(std::min(inputs.size(), static_cast<std::size_t>(input_count(row))));
  check_views(row, known);
  if (dtypes) check_dtypes(row, known);
  return check_shapes(loss, inputs);
}

Shapes check_call(const Resolved& loss, const Call& call, Job& job) {
  const Row& row = loss.row();
  check_outputs(row, call);
  Shapes shapes = check_inputs(loss, call.inputs);
  const ConstArray& pred = call.inputs[0];
  if (!std::isfinite(call.scale))
    parameter_error(row, "scale is " + number_text(call.scale) + ", wanted: a finite number");
  if (call.n_threads < 0)
    parameter_error(row, "n_threads is " + std::to_string(call.n_threads) + ", wanted: at least 1");
  if (call.sample_weight != nullptr) check_weight(row, *call.sample_weight, shapes, job);
  check_vectors(loss, shapes, pred, job);

  Outputs outputs(row, call);
  if (call.value != nullptr) {
    if (!call.want_value || call.reduction == Reduction::none)
      parameter_error(row, "out (value) is given, but no reduced value is wanted");
    outputs.check(*call.value, "value", -1, 0, nullptr, DType::float64, -1);
  }
  if (call.terms != nullptr) {
    if (call.reduction != Reduction::none)
      parameter_error(row, "out (values) is given, but the reduction is mean or sum, wanted: none");
    outputs.check(*call.terms, "values", -1, shapes.ndim, shapes.terms, pred.dtype, shapes.axis < 0 ? 0 : -1);
    job.want_terms = true;
    fill(job.term_values, *call.terms, -1);
  }
  const auto derivatives = [&](std::span<const Array> arrays, const char* role, Operand* operands) {
    if (arrays.empty()) return false;
    if (static_cast<int>(arrays.size()) != row.differentiable)
      shape_error(row, std::string(role) + " needs " + std::to_string(row.differentiable) + " outputs, " +
                           std::to_string(arrays.size()) + " were given");
    for (int i = 0; i < row.differentiable; ++i) {
      const ConstArray& of = call.inputs[i];
      outputs.check(arrays[i], role, i, of.ndim, of.shape, of.dtype, i);
      fill(operands[i], arrays[i], shapes.axis);
    }
    return true;
  };
  job.want_grad = derivatives(call.grad, "gradient", job.grad);
  job.want_hess = derivatives(call.hess, "Hessian", job.hess);
  if (job.want_hess && !job.want_grad) shape_error(row, "a Hessian needs its gradient's output too");

  job.inputs = static_cast<int>(call.inputs.size());
  double bytes = 0.0;
  shapes.wide = needs_double(loss, call, shapes);
  for (int i = 0; i < job.inputs; ++i) {
    const bool per_term = i >= row.differentiable && (row.labels || loss.entry.room == Room::pairs);
    fill(job.input[i], call.inputs[i], per_term ? -1 : shapes.axis);
    if (i < row.differentiable) {
      shapes.wide |= call.inputs[i].dtype == DType::float64;
      bytes += static_cast<double>(shapes.count) * static_cast<double>(shapes.inner) * size_of(call.inputs[i].dtype) *
               (1 + job.want_grad + job.want_hess);
    }
  }
  job.row = &row;
  job.loss = loss.entry.place;
  job.variant = loss.variant;
  job.parameters = loss.numbers;
  job.ignore_index = loss.ignore_index;
  job.has_ignore_index = loss.has_ignore_index;
  job.pred_domain = loss.pred_domain;
  job.target_domain = row.target_domain;
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
