#include "spec.h"

#include <cstdint>
#include <vector>

#include "arrays.h"

namespace fastloss::python {
namespace {

constexpr const char* by_class_too = ", a dict {class: number} or None";

// What a parameter takes, in the words of the range errors; a name that is not known takes a number.
std::string wanted_of(const std::string& loss, const std::string& parameter) {
  for (const LossInfo& info : losses()) {
    if (info.name != loss) continue;
    for (const ParameterInfo& p : info.parameters) {
      if (p.name != parameter) continue;
      const bool optional = p.kind.ends_with("or None");
      const bool ends = p.range.starts_with('[') || p.range.starts_with('(');
      const std::string range = p.range.empty() ? "" : (ends ? " in " : " ") + p.range;
      if (p.kind == "flag") return "True or False";
      if (p.kind == "choice") return p.range;
      if (p.kind.starts_with("integer")) return "an integer" + range + (optional ? " or None" : "");
      if (p.kind == "vector or None")
        return std::string("one or more ") + (ends ? "" : "finite ") + "numbers" + range + by_class_too;
      return "a number" + range +
             (p.kind.ends_with("or vector") ? " or one per last axis"
              : optional                    ? " or None"
                                            : "");
    }
  }
  return "a number";
}

int axes_of(const py::handle& object) {
  const py::object axes = py::getattr(object, "ndim", py::none());
  return PyLong_Check(axes.ptr()) ? axes.cast<int>() : 0;
}

bool is_masked(const py::handle& object) {
  return py::hasattr(object, "mask") && py::module_::import("numpy.ma").attr("is_masked")(object).cast<bool>();
}

struct Named;
Value value_of(const py::handle& object, const Named& named);

struct Named {  // a parameter on its way into the core
  std::string loss, class_name, parameter;

  bool is_choice() const { return wanted_of(loss, parameter).starts_with('\''); }
  bool is_per_class() const { return wanted_of(loss, parameter).ends_with(by_class_too); }
  [[noreturn]] void refuse(const py::handle& object) const {
    std::string what = " is " + py::repr(object).cast<std::string>();
    if (axes_of(object) > 1)
      what = " has shape " + py::repr(py::type::of(py::tuple())(object.attr("shape"))).cast<std::string>();
    const bool balanced =
        PyUnicode_Check(object.ptr()) && parameter == "class_weight" && py::cast<std::string>(object) == "balanced";
    raise_python("ParameterError",
                 class_name + ": " + parameter + what + ", wanted: " + wanted_of(loss, parameter) +
                     (balanced ? "; fastloss.balanced_class_weight(labels, n_classes) makes the balanced ones" : ""));
  }
};

// The numbers of classes by class, up to the last that is named. One that is not named has 1, as in scikit-learn.
std::vector<double> by_class(const py::handle& mapping, const Named& named) {
  constexpr Py_ssize_t most = Py_ssize_t{1} << 24;  // classes: what a slip of the pen may allocate
  std::vector<double> weights;
  for (const py::handle item : mapping.attr("items")()) {
    const auto [key, weight] = py::cast<std::pair<py::object, py::object>>(item);
    const Py_ssize_t k = PyIndex_Check(key.ptr()) ? PyNumber_AsSsize_t(key.ptr(), nullptr) : -1;
    if (k < 0 || k >= most)
      raise_python("ParameterError", named.class_name + ": " + named.parameter + " has the key " +
                                         py::repr(key).cast<std::string>() + ", wanted: a class, an integer in [0, C)");
    const Value value = value_of(weight, named);
    const auto* real = std::get_if<double>(&value);
    const auto* integer = std::get_if<std::int64_t>(&value);
    if (real == nullptr && integer == nullptr) named.refuse(mapping);
    if (k >= static_cast<Py_ssize_t>(weights.size())) weights.resize(k + 1, 1.0);
    weights[k] = real != nullptr ? *real : static_cast<double>(*integer);
  }
  return weights;
}

Value value_of(const py::handle& object, const Named& named) {
  if (object.is_none()) return std::monostate{};
  if (PyBool_Check(object.ptr())) return object.ptr() == Py_True;
  if (PyLong_Check(object.ptr())) {
    int overflow = 0;
    const long long n = PyLong_AsLongLongAndOverflow(object.ptr(), &overflow);
    if (overflow != 0) named.refuse(object);
    return static_cast<std::int64_t>(n);
  }
  if (PyFloat_Check(object.ptr())) return PyFloat_AS_DOUBLE(object.ptr());
  if (PyUnicode_Check(object.ptr()) && named.is_choice()) return py::cast<std::string>(object);
  if (PyUnicode_Check(object.ptr()) || PyBytes_Check(object.ptr())) named.refuse(object);
  if (py::hasattr(object, "as_py")) return value_of(object.attr("as_py")(), named);  // a scalar of Arrow
  // NumPy scalars and 0-d arrays become Python's own; anything else is a vector of reals.
  if (py::hasattr(object, "item") && py::hasattr(object, "ndim") && object.attr("ndim").cast<int>() == 0) {
    if (is_masked(object)) named.refuse(object);
    const py::object plain = object.attr("item")();
    if (!PyBool_Check(plain.ptr()) && !PyLong_Check(plain.ptr()) && !PyFloat_Check(plain.ptr())) named.refuse(object);
    return value_of(plain, named);
  }
  // In order and whole: a mapping would give its keys, a set any order, a masked array what is masked.
  const bool mapping = py::hasattr(object, "keys") && !py::hasattr(object, "__array__");
  if (mapping && named.is_per_class()) return by_class(object, named);
  if (mapping || PyAnySet_Check(object.ptr()) || !py::isinstance<py::iterable>(object)) named.refuse(object);
  if (is_masked(object)) named.refuse(object);
  std::vector<double> elements;
  for (const py::handle element : py::iter(object)) {
    if (!PyNumber_Check(element.ptr()) || axes_of(element) > 0) named.refuse(object);
    const Value value = value_of(element, named);
    if (const double* real = std::get_if<double>(&value))
      elements.push_back(*real);
    else if (const std::int64_t* integer = std::get_if<std::int64_t>(&value))
      elements.push_back(static_cast<double>(*integer));
    else
      named.refuse(object);
  }
  return elements;
}

py::object object_of(const Value& value) {
  struct Convert {
    py::object operator()(std::monostate) const { return py::none(); }
    py::object operator()(bool x) const { return py::bool_(x); }
    py::object operator()(std::int64_t x) const { return py::int_(x); }
    py::object operator()(double x) const { return py::float_(x); }
    py::object operator()(const std::vector<double>& x) const {
      py::tuple all(x.size());
      for (std::size_t i = 0; i < x.size(); ++i) all[i] = py::float_(x[i]);
      return all;
    }
    py::object operator()(const std::string& x) const { return py::str(x); }
  };
  return std::visit(Convert{}, value);
}

Spec make_spec(const std::string& name, const py::dict& given) {
  Parameters parameters;
  const Loss plain(name);  // knows the names
  for (const auto& [key, value] : given) {
    const std::string parameter = py::cast<std::string>(key);
    parameters.emplace_back(parameter,
                            value_of(value, {std::string(plain.name()), std::string(plain.class_name()), parameter}));
  }
  Spec spec{Loss(name, parameters), {}, {}, {}};
  spec.class_name = spec.loss.class_name();
  for (int i = 0; i < spec.loss.n_inputs(); ++i) {
    spec.input_names[i] = spec.loss.input_name(i);
    spec.input_keys[i] = py::reinterpret_steal<py::object>(PyUnicode_InternFromString(spec.input_names[i]));
  }
  return spec;
}

py::list rows() {
  py::list all;
  for (const LossInfo& info : losses()) {
    py::list parameters;
    for (const ParameterInfo& p : info.parameters)
      parameters.append(py::dict(py::arg("name") = p.name, py::arg("kind") = p.kind,
                                 py::arg("default") = object_of(p.fallback), py::arg("range") = p.range));
    py::list names, records, aliases;
    bool labels = false;
    std::string target_domain = "real";
    for (const std::string& alias : info.aliases) aliases.append(alias);
    for (const InputInfo& input : info.inputs) {
      names.append(input.name);
      records.append(py::dict(py::arg("name") = input.name, py::arg("role") = input.role,
                              py::arg("shape") = input.shape, py::arg("dense") = input.dense,
                              py::arg("domain") = input.domain));
      labels |= input.role == "labels";
      if (input.role != "real") target_domain = input.domain;
    }
    py::list ordered;
    for (const auto& [smaller, larger] : info.ordered) ordered.append(py::make_tuple(smaller, larger));
    all.append(py::dict(py::arg("name") = info.name, py::arg("class_name") = info.class_name,
                        py::arg("aliases") = aliases, py::arg("room") = info.room, py::arg("family") = info.family,
                        py::arg("inputs") = names, py::arg("arguments") = records, py::arg("terms") = info.terms,
                        py::arg("ordered") = ordered, py::arg("formula") = info.formula,
                        py::arg("reference") = info.reference, py::arg("convex") = info.convex,
                        py::arg("hessian") = info.hessian, py::arg("least") = info.least, py::arg("labels") = labels,
                        py::arg("differentiable") = info.n_differentiable, py::arg("parameters") = parameters,
                        py::arg("pred_domain") = info.inputs[0].domain, py::arg("target_domain") = target_domain,
                        py::arg("ulp") = info.ulp, py::arg("slack") = info.slack));
  }
  return all;
}

}  // namespace

namespace {
PyTypeObject* known_type = nullptr;  // written when the module is imported, once
}

const Spec& spec_of(PyObject* object) {
  if (Py_TYPE(object) == known_type)
    return *static_cast<const Spec*>(
        reinterpret_cast<py::detail::instance*>(object)->get_value_and_holder().value_ptr());
  return *py::handle(object).cast<const Spec*>();
}

void bind_spec(py::module_& module) {
  py::class_<Spec> type(module, "Spec", py::is_final());
  known_type = reinterpret_cast<PyTypeObject*>(type.ptr());
  type.def(py::init(&make_spec), py::arg("name"), py::arg("params"))
      .def_property_readonly("name", [](const Spec& spec) { return std::string(spec.loss.name()); })
      .def_property_readonly("params", [](const Spec& spec) {
        py::dict params;
        for (const auto& [name, value] : spec.loss.parameters()) params[py::str(name)] = object_of(value);
        return params;
      });
  module.def("rows", &rows);
}

}  // namespace fastloss::python
