// A checked loss with its parameters, as the face keeps it.
#pragma once

#include <fastloss/loss.h>
#include <pybind11/pybind11.h>

#include <string>

namespace fastloss::python {

struct Spec {
  Loss loss;
  std::string class_name;
  const char* input_names[max_inputs];
  pybind11::object input_keys[max_inputs];  // the same, interned
};

void bind_spec(pybind11::module_& module);
const Spec& spec_of(PyObject* object);

}  // namespace fastloss::python
