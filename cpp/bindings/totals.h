// Totals of a loss over chunks of data.
#pragma once

#include <pybind11/pybind11.h>

namespace fastloss::python {

namespace py = pybind11;

void bind_totals(py::module_& module);

}  // namespace fastloss::python
