// The number of threads, where Python asks for it or sets it.
#pragma once

#include <pybind11/pybind11.h>

namespace fastloss::python {

// Where a number of threads is needed that nobody gave: a RuntimeWarning, once, when the environment has none that is
// one.
void warn_of_environment();

void bind_threads(pybind11::module_& module);

}  // namespace fastloss::python
