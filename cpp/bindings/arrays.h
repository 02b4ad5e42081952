// Python objects as array views: NumPy arrays as they lie, other frameworks' CPU tensors through DLPack,
// everything else (lists, buffers, columns of data frames) as fastloss._arrays makes a NumPy array of it.
#pragma once

#include <fastloss/types.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <string>

namespace fastloss::python {

namespace py = pybind11;

struct DLTensor;

// An argument for the length of a call. Not movable: a DLPack view points into it.
struct Argument {
  ConstArray view;
  py::object keep;  // owns the memory
  bool writable = false;
  std::int64_t shape[max_ndim], strides[max_ndim];

  Argument() = default;
  Argument(const Argument&) = delete;
  Argument& operator=(const Argument&) = delete;

  // `context` is the loss and the argument, "Huber: target". Real inputs keep their dtype or, when they
  // were no array at all (lists, scalars), become float64.
  void read(PyObject* object, const char* loss, const char* name, bool real);
  // An output: no conversion, and writable.
  void write_to(PyObject* object, const char* loss);
  Array output() const { return {const_cast<void*>(view.data), view.dtype, view.ndim, view.shape, view.strides}; }

 private:
  bool take_numpy(PyObject* object);  // false where the element type is none of ours
  // dlpack.cpp
  bool take_exchange(PyObject* object, const char* loss, const char* name);  // false where the type has no such API
  void take_dlpack(PyObject* object, const char* loss, const char* name);
  void take_tensor(const DLTensor& tensor, const char* loss, const char* name);
};

// "Huber: target", with which every message about an argument begins.
std::string context(const char* loss, const char* name);

// A new C-ordered array; `like` lends its dtype object where it is a NumPy array of that type.
py::object new_array(DType dtype, int ndim, const std::int64_t* shape, PyObject* like);

// Raises the Python class of this name from fastloss._errors.
[[noreturn]] void raise_python(const char* error, const std::string& message);

}  // namespace fastloss::python
