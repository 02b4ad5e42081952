#include "arrays.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

namespace fastloss::python {
namespace {

namespace npy = py::detail;

// NumPy's type numbers, in the order of its headers; -1: none of ours.
constexpr int8_t by_number[] = {0, 1, 5,  2, 6, 3, 7, sizeof(long) == 8 ? 4 : 3, sizeof(long) == 8 ? 8 : 7,
                                4, 8, 11, 12};

constexpr char other_order = std::endian::native == std::endian::little ? '>' : '<';

bool dtype_of_descr(PyObject* descr, DType& dtype, bool& swapped) {
  const auto* d = reinterpret_cast<const npy::PyArrayDescr_Proxy*>(descr);
  swapped = d->byteorder == other_order;
  if (d->type_num >= 0 && d->type_num <= 12) {
    dtype = static_cast<DType>(by_number[d->type_num]);
    return true;
  }
  if (d->type_num == 23) {
    dtype = DType::float16;
    return true;
  }
  if (d->type_num >= 256) {  // registered by ml_dtypes
    const char* name = reinterpret_cast<PyTypeObject*>(d->typeobj)->tp_name;
    const char* dot = std::strrchr(name, '.');
    if (std::strcmp(dot != nullptr ? dot + 1 : name, "bfloat16") == 0) {
      dtype = DType::bfloat16;
      return true;
    }
  }
  return false;
}

// NumPy's C API. No static of ours: pybind11 looks it up once and releases the GIL on the way, and a thread that
// waited for the static with the GIL held would wait forever.
const npy::npy_api& numpy_api() { return npy::npy_api::get(); }

bool is_numpy(PyObject* object) {
  const auto& api = numpy_api();
  return Py_TYPE(object) == api.PyArray_Type_ || PyType_IsSubtype(Py_TYPE(object), api.PyArray_Type_);
}

bool is_masked(const py::handle& object) {
  return std::strcmp(Py_TYPE(object.ptr())->tp_name, "numpy.ndarray") != 0 &&
         py::isinstance(object, py::module_::import("numpy.ma").attr("MaskedArray"));
}

}  // namespace

std::string context(const char* loss, const char* name) { return std::string(loss) + ": " + name; }

void raise_python(const char* error, const std::string& message) {
  PyErr_SetString(py::module_::import("fastloss._errors").attr(error).ptr(), message.c_str());
  throw py::error_already_set();
}

bool Argument::take_numpy(PyObject* object) {
  const auto* array = reinterpret_cast<const npy::PyArray_Proxy*>(object);
  view.data = array->data;
  view.ndim = array->nd;
  for (int axis = 0; axis < std::min(array->nd, max_ndim); ++axis) {  // another thread may give the array a new shape
    shape[axis] = array->dimensions[axis];
    strides[axis] = array->strides[axis];
  }
  view.shape = shape;
  view.strides = strides;
  writable = (array->flags & 0x0400) != 0;
  keep = py::reinterpret_borrow<py::object>(object);
  return dtype_of_descr(array->descr, view.dtype, view.swapped);
}

void Argument::read(PyObject* object, const char* loss, const char* name, bool real) {
  const bool numpy = is_numpy(object);
  if (numpy && take_numpy(object) && (Py_TYPE(object) == numpy_api().PyArray_Type_ || !is_masked(object))) return;
  if (!numpy && take_exchange(object, loss, name)) return;
  // Arrow's arrays speak DLPack too, but not for bool, and say less about what is missing.
  if (!numpy && PyObject_HasAttrString(object, "__dlpack__") && !PyObject_HasAttrString(object, "__arrow_c_array__"))
    return take_dlpack(object, loss, name);
  const py::object array = py::module_::import("fastloss._arrays").attr("read")(py::handle(object), loss, name, real);
  if (!take_numpy(array.ptr()))
    raise_python("DTypeError", context(loss, name) + " has dtype " + py::str(array.attr("dtype")).cast<std::string>() +
                                   ", which is not supported");
}

void Argument::write_to(PyObject* object, const char* loss) {
  if (is_numpy(object)) {
    const bool known = take_numpy(object);
    if (is_masked(keep))
      raise_python("DTypeError", context(loss, "out") + " is a masked array, wanted: a plain one, such as its data");
    if (!known || view.swapped)
      raise_python(
          "DTypeError",
          context(loss, "out") + " has dtype " + py::str(keep.attr("dtype")).cast<std::string>() +
              ", wanted: " + (known ? "the byte order of this machine" : "the dtype of the input it belongs to"));
  } else if (take_exchange(object, loss, "out")) {
    return;
  } else if (PyObject_HasAttrString(object, "__dlpack__")) {
    take_dlpack(object, loss, "out");
  } else {
    raise_python("ParameterError", context(loss, "out") + " is a " + Py_TYPE(object)->tp_name + ", wanted: an array");
  }
  if (!writable) raise_python("ParameterError", context(loss, "out") + " is read-only");
}

py::object new_array(DType dtype, int ndim, const std::int64_t* shape, PyObject* like) {
  const auto& api = numpy_api();
  PyObject* descr = nullptr;
  DType own;
  bool swapped;
  if (like != nullptr && is_numpy(like)) {
    descr = reinterpret_cast<npy::PyArray_Proxy*>(like)->descr;
    if (dtype_of_descr(descr, own, swapped) && own == dtype && !swapped)
      Py_INCREF(descr);
    else
      descr = nullptr;
  }
  if (descr == nullptr) {
    const py::module_ np = py::module_::import("numpy");
    py::object type = dtype == DType::bfloat16 ? py::module_::import("ml_dtypes").attr("bfloat16")
                                               : py::object(py::str(name_of(dtype)));
    descr = np.attr("dtype")(type).release().ptr();
  }
  PyObject* array = api.PyArray_NewFromDescr_(
      api.PyArray_Type_, descr, ndim, reinterpret_cast<const Py_intptr_t*>(shape), nullptr, nullptr, 0, nullptr);
  if (array == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(array);
}

}  // namespace fastloss::python
