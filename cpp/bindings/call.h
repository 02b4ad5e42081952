#pragma once

#include <Python.h>

namespace fastloss::python {

// run(spec, mode, sample_weight, reduction, scale, out, n_threads, *inputs), METH_FASTCALL: the hot entry.
PyObject* run(PyObject* module, PyObject* const* arguments, Py_ssize_t count);

// Turns the exception in flight into a Python one; returns null.
PyObject* translate() noexcept;

}  // namespace fastloss::python
