#pragma once

#include <fastloss/totals.h>
#include <pybind11/pybind11.h>

#include "method.h"

namespace fastloss::python {

enum class Request { value, value_and_grad, grad, grad_and_hess };

// What a method returns.
pybind11::object evaluate(const Spec& spec, Request request, const Arguments& arguments);

// Adds the loss of a chunk to the totals; what a fault interrupts adds nothing.
void add_to(Totals& totals, const Spec& spec, const Arguments& arguments);

// Checks a call without looking at a value; returns the shape of the loss terms.
pybind11::tuple check(const pybind11::object& spec, const pybind11::object& weight, const pybind11::object& reduction,
                      const pybind11::object& threads, const pybind11::args& inputs);

// Turns the exception in flight into a Python one; returns null.
PyObject* translate() noexcept;

}  // namespace fastloss::python
