// fastloss._core: the table of contents.
#include <fastloss/loss.h>
#include <fastloss/version.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "arrays.h"
#include "call.h"
#include "engine.h"
#include "method.h"
#include "spec.h"
#include "threads.h"
#include "totals.h"

namespace fastloss::python {

PyObject* translate() noexcept {
  const auto raise = [](const char* error, const std::exception& what) {
    try {
      raise_python(error, what.what());
    } catch (py::error_already_set& set) {
      set.restore();
    }
  };
  try {
    throw;
  } catch (py::error_already_set& error) {
    error.restore();
  } catch (const ShapeError& error) {
    raise("ShapeError", error);
  } catch (const DTypeError& error) {
    raise("DTypeError", error);
  } catch (const LabelError& error) {
    raise("LabelError", error);
  } catch (const ParameterError& error) {
    raise("ParameterError", error);
  } catch (const DomainError& error) {
    raise("DomainError", error);
  } catch (const Interrupted& error) {
    if (PyErr_Occurred() == nullptr) PyErr_SetString(PyExc_KeyboardInterrupt, error.what());
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const py::builtin_exception& error) {
    error.set_error();
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
  }
  return nullptr;
}

namespace {

py::dict config_dict() {
  warn_of_environment();
  const Config c = config();
  return py::dict(py::arg("version") = c.version, py::arg("isa") = c.isa, py::arg("isa_compiled") = c.isa_compiled,
                  py::arg("isa_available") = c.isa_available, py::arg("compiler") = c.compiler,
                  py::arg("threading") = c.threading, py::arg("threads") = get_num_threads());
}

}  // namespace
}  // namespace fastloss::python

PYBIND11_MODULE(_core, module, pybind11::mod_gil_not_used(), pybind11::multiple_interpreters::not_supported()) {
  namespace py = pybind11;
  using namespace fastloss;
  if (PyInterpreterState_Get() != PyInterpreterState_Main())  // one that shares its GIL does not read the slot
    throw py::import_error("fastloss works in the main interpreter of a process only, as NumPy does");
  py::register_local_exception_translator([](std::exception_ptr exception) {
    try {
      std::rethrow_exception(exception);
    } catch (const std::invalid_argument&) {
      python::translate();
    } catch (const std::out_of_range&) {
      python::translate();
    }
  });
  const Config chosen = config();          // a bad FASTLOSS_ISA is told at import
  if (chosen.version != FASTLOSS_RELEASE)  // a process has one library of a name
    throw py::import_error("fastloss " FASTLOSS_RELEASE " finds the library of fastloss " + chosen.version +
                           " loaded already, by another program or package");
  module.attr("__version__") = chosen.version;
  python::bind_spec(module);
  python::bind_totals(module);
  python::bind_methods(module);
  static const python::Engine engine = {
      [](std::string_view name, const Parameters& parameters) { return Loss(name, parameters); },
      [](const Loss& loss) -> const Parameters& { return loss.parameters(); },
      [](const Loss& loss) { return loss.n_inputs(); },
      [](const Loss& loss, const Call& call) { return loss.evaluate(call); }};
  module.attr("_engine") = py::capsule(&engine, python::engine_name);
  module.def("check", &python::check);
  module.def("config", &python::config_dict);
  python::bind_threads(module);
}
