#pragma once

#include <fastloss/totals.h>
#include <pybind11/pybind11.h>

namespace fastloss::python {

// run(spec, mode, sample_weight, reduction, scale, out, n_threads, *inputs), METH_FASTCALL: the hot entry.
PyObject* run(PyObject* module, PyObject* const* arguments, Py_ssize_t count);

// Adds the loss of a chunk to the totals; what a fault interrupts adds nothing.
void add_to(Totals& totals, const pybind11::object& spec, const pybind11::object& weight,
            const pybind11::object& threads, const pybind11::args& inputs);

// Checks a call without looking at a value; returns the shape of the loss terms.
pybind11::tuple check(const pybind11::object& spec, const pybind11::object& weight, const pybind11::object& reduction,
                      const pybind11::object& threads, const pybind11::args& inputs);

// Turns the exception in flight into a Python one; returns null.
PyObject* translate() noexcept;

}  // namespace fastloss::python
