// fastloss._jax_ffi: the kernels as a custom call of XLA, on XLA's threads and without Python.
//
// A loss travels in the attributes of the call, by name and with all its parameters, so that a compiled
// program can be cached, saved and run in another process. Operands are the inputs of the loss, then the
// weights if any; results are the value or the terms, then the gradients if any.
#include <fastloss/loss.h>
#include <pybind11/pybind11.h>
#include <xla/ffi/api/ffi.h>

#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "engine.h"

namespace fastloss::python {
namespace {

namespace py = pybind11;
namespace ffi = xla::ffi;

const Engine* engine = nullptr;

ffi::Error error_in_flight() noexcept {
  try {
    throw;
  } catch (const std::out_of_range& error) {
    return ffi::Error(ffi::ErrorCode::kOutOfRange, error.what());
  } catch (const std::invalid_argument& error) {
    return ffi::Error(ffi::ErrorCode::kInvalidArgument, error.what());
  } catch (const std::bad_alloc&) {
    return ffi::Error(ffi::ErrorCode::kResourceExhausted, "fastloss: out of memory");
  } catch (const std::exception& error) {
    return ffi::Error(ffi::ErrorCode::kInternal, error.what());
  }
}

template <class T>
T attribute(const ffi::Dictionary& attributes, std::string_view name) {
  const ffi::ErrorOr<T> value = attributes.get<T>(name);
  if (!value.has_value()) throw std::invalid_argument("fastloss: " + value.error().message());
  return *value;
}

// A parameter, of whatever type it came in. One that did not come is None: MLIR has no attribute for that.
Value parameter(const ffi::Dictionary& given, std::string_view name) {
  if (!given.contains(name)) return std::monostate{};
  if (given.contains<bool>(name)) return attribute<bool>(given, name);
  if (given.contains<std::int64_t>(name)) return attribute<std::int64_t>(given, name);
  if (given.contains<double>(name)) return attribute<double>(given, name);
  if (given.contains<std::string_view>(name)) return std::string(attribute<std::string_view>(given, name));
  const auto reals = attribute<ffi::Span<const double>>(given, name);
  return std::vector<double>(reals.begin(), reals.end());
}

Loss loss_of(const ffi::Dictionary& attributes) {
  const auto name = attribute<std::string_view>(attributes, "loss");
  Parameters parameters = engine->parameters(engine->make(name, {}));
  for (auto& [key, value] : parameters) value = parameter(attributes, key);
  return engine->make(name, parameters);
}

DType dtype_of_buffer(ffi::DataType type) {
  switch (type) {
    case ffi::DataType::PRED:
      return DType::boolean;
    case ffi::DataType::S8:
      return DType::int8;
    case ffi::DataType::S16:
      return DType::int16;
    case ffi::DataType::S32:
      return DType::int32;
    case ffi::DataType::S64:
      return DType::int64;
    case ffi::DataType::U8:
      return DType::uint8;
    case ffi::DataType::U16:
      return DType::uint16;
    case ffi::DataType::U32:
      return DType::uint32;
    case ffi::DataType::U64:
      return DType::uint64;
    case ffi::DataType::F16:
      return DType::float16;
    case ffi::DataType::BF16:
      return DType::bfloat16;
    case ffi::DataType::F32:
      return DType::float32;
    case ffi::DataType::F64:
      return DType::float64;
    default:
      throw std::invalid_argument("fastloss: an operand of the XLA call has an element type that no loss takes");
  }
}

// The buffers of one call as views; XLA lays them out in C order.
class Views {
 public:
  static constexpr std::size_t most = max_inputs + 1;  // and the weights; or the value and the gradients

  void add(ffi::AnyBuffer buffer) {
    const auto shape = buffer.dimensions();
    if (count_ == most || shape.size() > static_cast<std::size_t>(max_ndim))
      throw std::invalid_argument("fastloss: an XLA call of more arrays or more axes than any loss takes");
    std::int64_t* strides = strides_[count_];
    const DType dtype = dtype_of_buffer(buffer.element_type());
    const int ndim = static_cast<int>(shape.size());
    c_order(size_of(dtype), ndim, shape.begin(), strides);
    read[count_] = {buffer.untyped_data(), dtype, ndim, shape.begin(), strides};
    write[count_++] = {buffer.untyped_data(), dtype, ndim, shape.begin(), strides};
  }

  ConstArray read[most];
  Array write[most];

 private:
  std::int64_t strides_[most][max_ndim];
  std::size_t count_ = 0;
};

ffi::Error execute(ffi::RemainingArgs operands, ffi::RemainingRets results, ffi::Dictionary attributes) {
  try {
    const Loss loss = loss_of(attributes);
    const auto reduction = attribute<std::string_view>(attributes, "reduction");
    Views in, out;
    for (std::size_t i = 0; i < operands.size(); ++i) in.add(operands.get<ffi::AnyBuffer>(i).value());
    for (std::size_t i = 0; i < results.size(); ++i) out.add(*results.get<ffi::AnyBuffer>(i).value());
    const auto n_inputs = static_cast<std::size_t>(engine->n_inputs(loss));
    if (operands.size() < n_inputs || results.size() == 0)
      throw std::invalid_argument("fastloss: an XLA call of too few arrays for its loss");
    Call call{.inputs = {in.read, n_inputs}};
    if (operands.size() > n_inputs) call.sample_weight = &in.read[n_inputs];
    call.reduction = reduction == "mean" ? Reduction::mean : reduction == "sum" ? Reduction::sum : Reduction::none;
    if (call.reduction == Reduction::none) call.terms = &out.write[0];
    call.n_threads = static_cast<int>(attribute<std::int64_t>(attributes, "n_threads"));
    call.grad = {out.write + 1, results.size() - 1};
    const double value = engine->evaluate(loss, call);
    if (call.terms == nullptr) {
      if (out.write[0].dtype == DType::float64)
        *static_cast<double*>(out.write[0].data) = value;
      else
        *static_cast<float*>(out.write[0].data) = static_cast<float>(value);
    }
    return ffi::Error::Success();
  } catch (...) {
    return error_in_flight();
  }
}

XLA_FFI_DEFINE_HANDLER(handler, execute, ffi::Ffi::Bind().RemainingArgs().RemainingRets().Attrs());

}  // namespace
}  // namespace fastloss::python

PYBIND11_MODULE(_jax_ffi, module, pybind11::mod_gil_not_used()) {
  namespace py = pybind11;
  using namespace fastloss::python;
  const py::capsule core = py::module_::import("fastloss._core").attr("_engine");
  engine = static_cast<const Engine*>(PyCapsule_GetPointer(core.ptr(), engine_name));
  if (engine == nullptr) throw py::error_already_set();
  module.attr("handler") = py::capsule(reinterpret_cast<void*>(handler));
}
