#include "method.h"

#include <structmember.h>

#include <algorithm>
#include <deque>
#include <iterator>
#include <mutex>
#include <string>

#include "call.h"

namespace fastloss::python {
namespace {

constexpr const char* option_names[] = {"sample_weight", "reduction", "scale", "out", "n_threads", "curvature"};
constexpr PyObject* Arguments::*option_places[] = {&Arguments::sample_weight, &Arguments::reduction,
                                                   &Arguments::scale,         &Arguments::out,
                                                   &Arguments::n_threads,     &Arguments::curvature};

// Interned, as the keywords in compiled Python are, so that most comparisons are of two pointers.
struct Words {
  PyObject* option[option_count];

  Words() {
    for (int i = 0; i < option_count; ++i) option[i] = PyUnicode_InternFromString(option_names[i]);
  }
};
const Words* words = nullptr;  // made when the module is imported, once
Py_ssize_t place_of_spec = 0;  // of the slot `_spec` in a loss; known from the first method on

// Where the argument of this name belongs, or null.
template <class Same>
PyObject** find(const Spec& spec, int options, Arguments& into, Same same) {
  for (int i = 0; i < options; ++i)
    if (same(words->option[i])) return &(into.*option_places[i]);
  for (int i = 0; i < spec.loss.n_inputs(); ++i)
    if (same(spec.input_keys[i].ptr())) return &into.input[i];
  return nullptr;
}

[[noreturn]] void refuse(const Spec& spec, Py_ssize_t count, PyObject* names, int options) {
  py::tuple known(options);
  for (int i = 0; i < options; ++i) known[i] = py::reinterpret_borrow<py::object>(words->option[i]);
  const py::object given = names != nullptr ? py::reinterpret_borrow<py::object>(names) : py::tuple();
  py::module_::import("fastloss._arguments").attr("refuse")(spec.loss.name(), count, given, known);
  throw py::type_error(spec.class_name + ": the arguments do not fit");  // not reached: refuse() raises
}

template <Request request>
PyObject* method(PyObject* self, PyObject* const* values, Py_ssize_t count, PyObject* names) {
  try {
    const auto owner = py::reinterpret_borrow<py::object>(  // CPython has checked the type of self
        *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(self) + place_of_spec));
    if (!owner) throw py::attribute_error("_spec");
    const Spec& spec = spec_of(owner.ptr());
    Arguments arguments;
    place(spec, values, count, names, request == Request::grad_and_hess ? option_count : option_count - 1, arguments);
    return evaluate(spec, request, arguments).release().ptr();
  } catch (...) {
    return translate();
  }
}

using Method = PyObject* (*)(PyObject*, PyObject* const*, Py_ssize_t, PyObject*);

struct Named {
  const char* name;
  Method method;
};
constexpr Named methods[] = {{"__call__", &method<Request::value>},
                             {"value_and_grad", &method<Request::value_and_grad>},
                             {"grad", &method<Request::grad>},
                             {"grad_and_hess", &method<Request::grad_and_hess>}};

struct Text {  // what CPython keeps pointers to
  std::string signature_and_doc;
  PyMethodDef definition;
};

Text& kept(const std::string& text) {
  static std::deque<Text> all;
  static std::mutex mutex;
  const std::lock_guard<std::mutex> lock(mutex);
  return all.emplace_back(Text{text, {}});
}

// Gives a class that derives from Loss one of the methods. `text` is its signature and its docstring, as CPython has
// them for functions in C: "grad($self, pred, target)\n--\n\nReturn the gradient."
void add_method(const py::type& kind, const std::string& name, const std::string& text) {
  const auto* found =
      std::find_if(std::begin(methods), std::end(methods), [&](const Named& m) { return m.name == name; });
  if (found == std::end(methods)) throw py::value_error(name + " is no method of a loss");
  const py::object slot = kind.attr("_spec");
  if (!Py_IS_TYPE(slot.ptr(), &PyMemberDescr_Type)) throw py::type_error("_spec is no slot");
  place_of_spec = reinterpret_cast<PyMemberDescrObject*>(slot.ptr())->d_member->offset;
  Text& its = kept(text);
  its.definition = {found->name, reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(found->method)),
                    METH_FASTCALL | METH_KEYWORDS, its.signature_and_doc.c_str()};
  auto* type = reinterpret_cast<PyTypeObject*>(kind.ptr());
  const auto descriptor = py::reinterpret_steal<py::object>(PyDescr_NewMethod(type, &its.definition));
  if (!descriptor) throw py::error_already_set();
  py::setattr(kind, found->name, descriptor);
}

}  // namespace

void place(const Spec& spec, PyObject* const* values, Py_ssize_t count, PyObject* names, int options, Arguments& into) {
  const int inputs = spec.loss.n_inputs();
  bool fits = count <= inputs;
  for (Py_ssize_t i = 0; fits && i < count; ++i) into.input[i] = values[i];
  const Py_ssize_t named = names != nullptr ? PyTuple_GET_SIZE(names) : 0;
  for (Py_ssize_t i = 0; fits && i < named; ++i) {
    PyObject* name = PyTuple_GET_ITEM(names, i);
    PyObject** slot = find(spec, options, into, [&](PyObject* known) { return known == name; });
    if (slot == nullptr)
      slot = find(spec, options, into, [&](PyObject* known) { return PyUnicode_Compare(known, name) == 0; });
    fits = slot != nullptr && *slot == nullptr;
    if (fits) *slot = values[count + i];
  }
  for (int i = 0; i < inputs; ++i) fits = fits && into.input[i] != nullptr;
  if (!fits) refuse(spec, count, names, options);
}

void bind_methods(py::module_& module) {
  static const Words made;
  words = &made;
  module.def("add_method", &add_method);
}

}  // namespace fastloss::python
