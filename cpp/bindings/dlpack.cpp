// Tensors of other frameworks: through the C functions of their type where it has them, which costs a tenth
// of a microsecond, and otherwise through the capsule that the method __dlpack__ makes.
#include "dlpack.h"

#include <string>

#include "arrays.h"

namespace fastloss::python {
namespace {

constexpr std::uint32_t known_major = 1;

bool dtype_of(const DLTensor& t, DType& dtype) {
  if (t.lanes != 1) return false;
  const int size = t.bits == 8 ? 0 : t.bits == 16 ? 1 : t.bits == 32 ? 2 : t.bits == 64 ? 3 : -1;
  if (size < 0) return false;
  constexpr DType real[] = {DType::boolean, DType::float16, DType::float32, DType::float64};
  switch (t.code) {
    case 0:
      dtype = static_cast<DType>(static_cast<int>(DType::int8) + size);
      return true;
    case 1:
      dtype = static_cast<DType>(static_cast<int>(DType::uint8) + size);
      return true;
    case 2:
      dtype = real[size];
      return size > 0;
    case 4:
      dtype = DType::bfloat16;
      return size == 1;
    case 6:
      dtype = DType::boolean;
      return size == 0;
    default:
      return false;
  }
}

bool on_cpu(int device) { return device == 1 || device == 3 || device == 11; }  // the others: pinned for CUDA, ROCm

[[noreturn]] void refuse_device(const char* loss, const char* name) {
  raise_python("DeviceError", context(loss, name) + " lies on another device, wanted: the CPU; move it there first");
}

// For the error that is set, of which the first line is kept: frameworks append whole stack traces.
[[noreturn]] void refuse_tensor(PyObject* object, const char* loss, const char* name) {
  const py::error_already_set error;
  std::string text = py::str(error.value()).cast<std::string>();
  text = text.substr(0, text.find('\n'));
  const py::object device = py::getattr(object, "device", py::none());
  if (!device.is_none() && !py::str(device).cast<std::string>().starts_with("cpu")) refuse_device(loss, name);
  raise_python("DTypeError", context(loss, name) + " is a tensor that cannot be read: " + text);
}

// What is looked up on every tensor, kept per thread. A type is known by its version tag too, for another type may
// come to lie where one has died; a tag of 0 is none.
struct Lookup {
  PyObject* api_name = PyUnicode_InternFromString("__dlpack_c_exchange_api__");
  PyObject* requires_grad = PyUnicode_InternFromString("requires_grad");
  PyObject* is_neg = PyUnicode_InternFromString("is_neg");
  const PyTypeObject* type = nullptr;
  unsigned int tag = 0;
  const DLExchange* exchange = nullptr;
};

Lookup& lookup() {
  thread_local Lookup kept;
  return kept;
}

// Without the GIL another thread may change the type, and so its tag, right now.
unsigned int tag_of(PyTypeObject* type) { return __atomic_load_n(&type->tp_version_tag, __ATOMIC_ACQUIRE); }

const DLExchange* exchange_of(PyTypeObject* type) {
  Lookup& kept = lookup();
  if (type == kept.type && tag_of(type) == kept.tag) return kept.exchange;
  PyObject* capsule = PyObject_GetAttr(reinterpret_cast<PyObject*>(type), kept.api_name);
  const void* api = capsule == nullptr ? nullptr : PyCapsule_GetPointer(capsule, "dlpack_exchange_api");
  Py_XDECREF(capsule);  // the functions live as long as the process
  PyErr_Clear();
  const auto* exchange = static_cast<const DLExchange*>(api);
  while (exchange != nullptr && exchange->major > known_major) exchange = exchange->older;
  if (exchange != nullptr && exchange->tensor_from_object == nullptr) exchange = nullptr;
  kept.exchange = exchange;
  kept.tag = tag_of(type);
  kept.type = kept.tag != 0 ? type : nullptr;
  return exchange;
}

bool is_true(PyObject* flag) {
  if (flag == Py_False || flag == Py_True) {
    Py_DECREF(flag);
    return flag == Py_True;
  }
  Py_XDECREF(flag);  // no such attribute, or one of another meaning
  PyErr_Clear();
  return false;
}

// What a plain view of the memory would lose: the graph, and the sign that PyTorch keeps apart in a lazy view.
void refuse_meaning(PyObject* object, const char* loss, const char* name) {
  const Lookup& names = lookup();
  if (is_true(PyObject_GetAttr(object, names.requires_grad)))
    raise_python("DTypeError", context(loss, name) +
                                   " is a tensor that requires grad, and this call records none; use " +
                                   "fastloss.torch, or pass tensor.detach()");
  if (is_true(PyObject_CallMethodNoArgs(object, names.is_neg)))
    raise_python("DTypeError", context(loss, name) + " is a view with its sign changed; pass tensor.resolve_neg()");
}

}  // namespace

void Argument::take_tensor(const DLTensor& t, const char* loss, const char* name) {
  if (!on_cpu(t.device_type)) refuse_device(loss, name);
  if (t.ndim > max_ndim || !dtype_of(t, view.dtype))
    raise_python("DTypeError", context(loss, name) + " has an element type or number of axes that is not supported");
  std::int64_t step = size_of(view.dtype);
  for (int axis = t.ndim - 1; axis >= 0; --axis) {
    shape[axis] = t.shape[axis];
    strides[axis] = t.strides != nullptr ? t.strides[axis] * size_of(view.dtype) : step;
    step *= t.shape[axis];
  }
  if (t.data == nullptr && step != 0)
    raise_python("DeviceError",
                 context(loss, name) + " is a tensor without data, wanted: one in the memory of the CPU");
  view.data = static_cast<const char*>(t.data) + t.byte_offset;
  view.ndim = t.ndim;
  view.shape = shape;  // a copy: a tensor may be resized by another thread
  view.strides = strides;
  writable = true;
}

bool Argument::take_exchange(PyObject* object, const char* loss, const char* name) {
  const DLExchange* exchange = exchange_of(Py_TYPE(object));
  if (exchange == nullptr) return false;
  refuse_meaning(object, loss, name);
  DLTensor tensor;
  if (exchange->tensor_from_object(object, &tensor) != 0) refuse_tensor(object, loss, name);
  take_tensor(tensor, loss, name);
  keep = py::reinterpret_borrow<py::object>(object);
  return true;
}

void Argument::take_dlpack(PyObject* object, const char* loss, const char* name) {
  refuse_meaning(object, loss, name);
  if (PyObject_HasAttrString(object, "__dlpack_device__")) {
    PyObject* device = PyObject_CallMethod(object, "__dlpack_device__", nullptr);
    if (device == nullptr) refuse_tensor(object, loss, name);
    if (!on_cpu(py::reinterpret_steal<py::tuple>(device)[0].cast<int>())) refuse_device(loss, name);
  }
  PyObject* method = PyObject_GetAttrString(object, "__dlpack__");
  if (method == nullptr) throw py::error_already_set();
  const auto owner = py::reinterpret_steal<py::object>(method);
  const py::dict keywords(py::arg("max_version") = py::make_tuple(known_major, 3));
  PyObject* made = PyObject_Call(method, py::tuple().ptr(), keywords.ptr());
  if (made == nullptr && PyErr_ExceptionMatches(PyExc_TypeError)) {  // a producer from before version 1
    PyErr_Clear();
    made = PyObject_CallNoArgs(method);
  }
  if (made == nullptr) refuse_tensor(object, loss, name);
  py::object capsule = py::reinterpret_steal<py::object>(made);
  if (PyCapsule_IsValid(made, "dltensor_versioned") != 0) {
    const auto* managed = static_cast<DLManagedTensorVersioned*>(PyCapsule_GetPointer(made, "dltensor_versioned"));
    if (managed->major > known_major)
      raise_python("DTypeError", context(loss, name) + " speaks DLPack " + std::to_string(managed->major) +
                                     ", wanted: version 1 or before");
    take_tensor(managed->tensor, loss, name);
    writable = (managed->flags & DLManagedTensorVersioned::read_only) == 0;
  } else if (PyCapsule_IsValid(made, "dltensor") != 0) {
    take_tensor(static_cast<DLManagedTensor*>(PyCapsule_GetPointer(made, "dltensor"))->tensor, loss, name);
  } else {
    raise_python("DTypeError", context(loss, name) + " gave " + py::repr(capsule).cast<std::string>() +
                                   " for __dlpack__(), wanted: a capsule of DLPack that is not used yet");
  }
  keep = std::move(capsule);  // left unused, so that it calls its deleter itself
}

}  // namespace fastloss::python
