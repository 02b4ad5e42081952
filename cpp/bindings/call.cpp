// run(): one evaluation. Everything a method of the face does happens here, in one crossing.
#include "call.h"

#include <fastloss/fastloss.h>

#include <optional>

#include "arrays.h"
#include "spec.h"
#include "threads.h"

namespace fastloss::python {
namespace {

constexpr int most = 3;
constexpr std::int64_t release_gil_from = 2048;  // elements; below it the crossing costs more than the work

enum Request { value_only, value_and_grad, grad_only, grad_and_hess, grad_and_positive };

class Evaluation {
 public:
  Evaluation(const Spec& spec, long request)
      : spec_(spec), loss_(spec.loss), name_(spec.class_name.c_str()), request_(request) {}

  void inputs(PyObject* const* objects, Py_ssize_t count) {
    if (count != loss_.n_inputs())
      raise_python("ShapeError", std::string(name_) + ": takes " + std::to_string(loss_.n_inputs()) + " arrays, " +
                                     std::to_string(count) + " were given");
    for (int i = 0; i < count; ++i) {
      input_[i].read(objects[i], name_, spec_.input_names[i], i < loss_.n_differentiable());
      views_[i] = input_[i].view;
    }
    call_.inputs = {views_, static_cast<std::size_t>(count)};
  }

  void options(PyObject* weight, PyObject* reduction, PyObject* scale, PyObject* threads) {
    if (weight != Py_None) {
      weight_.emplace();
      weight_->read(weight, name_, "sample_weight", false);
      call_.sample_weight = &weight_->view;
    }
    const auto is = [&](const char* text) {
      return PyUnicode_Check(reduction) && PyUnicode_CompareWithASCIIString(reduction, text) == 0;
    };
    if (is("mean"))
      call_.reduction = Reduction::mean;
    else if (is("sum"))
      call_.reduction = Reduction::sum;
    else if (is("none"))
      call_.reduction = Reduction::none;
    else
      refuse("reduction", reduction, "'mean', 'sum' or 'none'");
    call_.scale = PyFloat_CheckExact(scale) ? PyFloat_AS_DOUBLE(scale) : PyFloat_AsDouble(scale);
    if (PyErr_Occurred() != nullptr || PyUnicode_Check(scale)) refuse("scale", scale, "a finite number");
    if (threads != Py_None) {
      long n = -1;
      if (PyIndex_Check(threads) && !PyBool_Check(threads))
        n = PyLong_AsLong(py::reinterpret_steal<py::object>(PyNumber_Index(threads)).ptr());
      if (n < 1 || n > INT32_MAX) refuse("n_threads", threads, "an integer >= 1 or None");
      call_.n_threads = static_cast<int>(n);
    } else {
      warn_of_environment();
    }
    call_.curvature = request_ == grad_and_positive ? Curvature::positive : Curvature::exact;
    call_.want_value = request_ <= value_and_grad;
  }

  void outputs(PyObject* out) {
    PyObject *terms = nullptr, *grads[most] = {}, *hessians[most] = {};
    const bool none = call_.reduction == Reduction::none;
    place_outputs(out, terms, grads, hessians, none);
    if (none && call_.want_value) {
      const std::vector<std::int64_t> shape = loss_.term_shape(call_.inputs);
      terms_array_ =
          prepare(terms, terms_result_, terms_, views_[0].dtype, static_cast<int>(shape.size()), shape.data(), 0);
      call_.terms = &terms_array_;
    } else if (terms != nullptr) {
      terms_.write_to(terms, name_);
      terms_array_ = terms_.output();
      call_.value = &terms_array_;
      terms_result_ = py::reinterpret_borrow<py::object>(terms);
    }
    const std::size_t n = loss_.n_differentiable();
    if (request_ == value_only) return;
    for (std::size_t i = 0; i < n; ++i)
      grad_arrays_[i] =
          prepare(grads[i], grad_result_[i], grad_[i], views_[i].dtype, views_[i].ndim, views_[i].shape, i);
    call_.grad = {grad_arrays_, n};
    if (request_ < grad_and_hess) return;
    for (std::size_t i = 0; i < n; ++i)
      hess_arrays_[i] =
          prepare(hessians[i], hess_result_[i], hess_[i], views_[i].dtype, views_[i].ndim, views_[i].shape, i);
    call_.hess = {hess_arrays_, n};
  }

  void totals(Totals& into) { call_.totals = &into; }

  py::tuple check() {
    call_.dry_run = true;
    loss_.evaluate(call_);
    const std::vector<std::int64_t> shape = loss_.term_shape(call_.inputs);
    py::tuple axes(shape.size());
    for (std::size_t i = 0; i < shape.size(); ++i) axes[i] = py::int_(shape[i]);
    return axes;
  }

  py::object run() {
    std::int64_t elements = 1;
    for (int axis = 0; axis < views_[0].ndim; ++axis) {
      elements *= std::max<std::int64_t>(views_[0].shape[axis], 0);
      if (elements >= release_gil_from) break;
    }
    if (elements < release_gil_from) {
      value_ = loss_.evaluate(call_);
    } else {
      state_ = PyEval_SaveThread();
      call_.poll = [](void* self) { return static_cast<Evaluation*>(self)->signalled(); };
      call_.poll_context = this;
      try {
        value_ = loss_.evaluate(call_);
      } catch (...) {
        PyEval_RestoreThread(state_);
        throw;
      }
      PyEval_RestoreThread(state_);
    }
    return result();
  }

 private:
  [[noreturn]] void refuse(const char* argument, PyObject* given, const char* wanted) {
    PyErr_Clear();
    raise_python("ParameterError", std::string(name_) + ": " + argument + " is " + py::repr(given).cast<std::string>() +
                                       ", wanted: " + wanted);
  }

  [[noreturn]] void refuse_out(const char* wanted) {
    raise_python("ParameterError", std::string(name_) + ": out must be " + wanted);
  }

  static Py_ssize_t length(PyObject* out) { return PyTuple_Check(out) ? PyTuple_GET_SIZE(out) : -1; }

  // One array, or a tuple of one per differentiable input.
  void spread(PyObject* out, PyObject** slots) {
    const int n = loss_.n_differentiable();
    if (out == Py_None) return;
    if (length(out) == n) {
      for (int i = 0; i < n; ++i) slots[i] = slot(PyTuple_GET_ITEM(out, i));
    } else if (n == 1 && length(out) < 0) {
      slots[0] = out;
    } else {
      refuse_out(n == 1 ? "an array" : ("a tuple of " + std::to_string(n) + " arrays, one per input").c_str());
    }
  }

  static PyObject* slot(PyObject* out) { return out == Py_None ? nullptr : out; }

  void place_outputs(PyObject* out, PyObject*& terms, PyObject** grads, PyObject** hessians, bool none) {
    if (out == Py_None) return;
    const int n = loss_.n_differentiable();
    PyObject* const* items = PyTuple_Check(out) ? &PyTuple_GET_ITEM(out, 0) : nullptr;
    if (request_ == value_only) {
      if (length(out) > 1) refuse_out("one array");
      terms = slot(length(out) == 1 ? items[0] : out);
    } else if (request_ == grad_only) {
      spread(out, grads);
    } else if (request_ == value_and_grad) {
      const bool both = length(out) == 2 && (n == 1 || none || PyTuple_Check(items[1]) || items[1] == Py_None);
      if (both) {
        terms = slot(items[0]);
        spread(items[1], grads);
      } else if (none) {
        refuse_out("a tuple (values, gradient)");
      } else {
        spread(out, grads);
      }
    } else {
      if (length(out) != 2) refuse_out("a tuple (gradient, Hessian)");
      spread(items[0], grads);
      spread(items[1], hessians);
    }
  }

  Array prepare(PyObject* given, py::object& result, Argument& argument, DType dtype, int ndim,
                const std::int64_t* shape, std::size_t like) {
    result = given != nullptr ? py::reinterpret_borrow<py::object>(given)
                              : new_array(dtype, ndim, shape, input_[like].keep.ptr());
    argument.write_to(result.ptr(), name_);
    return argument.output();
  }

  bool signalled() {
    PyEval_RestoreThread(state_);
    const bool stop = PyErr_CheckSignals() != 0;
    state_ = PyEval_SaveThread();
    return stop;
  }

  py::object gather(py::object* results) const {
    const int n = loss_.n_differentiable();
    if (n == 1) return std::move(results[0]);
    py::tuple all(n);
    for (int i = 0; i < n; ++i) all[i] = std::move(results[i]);
    return all;
  }

  py::object result() {
    py::object value;
    if (call_.want_value) {
      value = terms_result_ ? terms_result_ : py::reinterpret_steal<py::object>(PyFloat_FromDouble(value_));
    }
    switch (request_) {
      case value_only:
        return value;
      case value_and_grad:
        return py::reinterpret_steal<py::object>(PyTuple_Pack(2, value.ptr(), gather(grad_result_).ptr()));
      case grad_only:
        return gather(grad_result_);
      default:
        return py::reinterpret_steal<py::object>(
            PyTuple_Pack(2, gather(grad_result_).ptr(), gather(hess_result_).ptr()));
    }
  }

  const Spec& spec_;
  const Loss& loss_;
  const char* name_;
  long request_;
  Call call_;
  Argument input_[most], terms_, grad_[most], hess_[most];
  std::optional<Argument> weight_;
  ConstArray views_[most];
  Array terms_array_, grad_arrays_[most], hess_arrays_[most];
  py::object terms_result_, grad_result_[most], hess_result_[most];
  PyThreadState* state_ = nullptr;
  double value_ = 0.0;
};

}  // namespace

PyObject* run(PyObject*, PyObject* const* arguments, Py_ssize_t count) {
  try {
    if (count < 8) throw py::type_error("run(spec, mode, sample_weight, reduction, scale, out, n_threads, *inputs)");
    Evaluation evaluation(spec_of(arguments[0]), PyLong_AsLong(arguments[1]));
    evaluation.inputs(arguments + 7, count - 7);
    evaluation.options(arguments[2], arguments[3], arguments[4], arguments[6]);
    evaluation.outputs(arguments[5]);
    return evaluation.run().release().ptr();
  } catch (...) {
    return translate();
  }
}

void add_to(Totals& totals, const py::object& spec, const py::object& weight, const py::object& threads,
            const py::args& inputs) {
  try {
    Evaluation evaluation(spec_of(spec.ptr()), value_only);
    evaluation.inputs(&PyTuple_GET_ITEM(inputs.ptr(), 0), static_cast<Py_ssize_t>(inputs.size()));
    evaluation.options(weight.ptr(), py::str("mean").ptr(), py::float_(1.0).ptr(), threads.ptr());
    evaluation.totals(totals);
    evaluation.run();
  } catch (...) {
    translate();
    throw py::error_already_set();
  }
}

py::tuple check(const py::object& spec, const py::object& weight, const py::object& reduction,
                const py::object& threads, const py::args& inputs) {
  try {
    Evaluation evaluation(spec_of(spec.ptr()), value_only);
    evaluation.inputs(&PyTuple_GET_ITEM(inputs.ptr(), 0), static_cast<Py_ssize_t>(inputs.size()));
    evaluation.options(weight.ptr(), reduction.ptr(), py::float_(1.0).ptr(), threads.ptr());
    return evaluation.check();
  } catch (...) {
    translate();
    throw py::error_already_set();
  }
}

}  // namespace fastloss::python
