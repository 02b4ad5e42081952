// The methods of a loss: what they are given, and where it belongs.
#pragma once

#include <pybind11/pybind11.h>

#include "spec.h"

namespace fastloss::python {

namespace py = pybind11;

// What a call was given; what it was not given is null.
struct Arguments {
  PyObject* input[max_inputs] = {};
  PyObject *sample_weight = nullptr, *reduction = nullptr, *scale = nullptr, *out = nullptr, *n_threads = nullptr,
           *curvature = nullptr;
};
inline constexpr int option_count = 6;

// Puts every argument in its place: the first `count` values are inputs in the order of the loss, the others are
// called by `names` (a tuple, or null), which may be those of inputs and of the first `options` options. What does
// not fit, or is missing, is a TypeError.
void place(const Spec& spec, PyObject* const* values, Py_ssize_t count, PyObject* names, int options, Arguments& into);

void bind_methods(py::module_& module);

}  // namespace fastloss::python
