// One evaluation. Everything a method of the face does happens here, in one crossing.
#include "call.h"

#include <fastloss/loss.h>

#include <cstddef>
#include <memory>
#include <new>

#include "arrays.h"
#include "threads.h"

namespace fastloss::python {
namespace {

constexpr std::int64_t release_gil_from = 2048;  // elements; below it the crossing costs more than the work

// Arguments, made as they are needed: each has room for a shape of 64 axes, and few of them are used.
class ArgumentPool {
 public:
  ArgumentPool() = default;
  ArgumentPool(const ArgumentPool&) = delete;
  ArgumentPool& operator=(const ArgumentPool&) = delete;
  ~ArgumentPool() { std::destroy_n(first(), used_); }
  Argument& add() { return *new (first() + used_++) Argument; }
  Argument& operator[](int i) { return first()[i]; }

 private:
  static constexpr int most = 3 * max_inputs + 2;
  Argument* first() { return reinterpret_cast<Argument*>(bytes_); }
  alignas(Argument) std::byte bytes_[most * sizeof(Argument)];
  int used_ = 0;
};

class Evaluation {
 public:
  Evaluation(const Spec& spec, Request request)
      : spec_(spec), loss_(spec.loss), name_(spec.class_name.c_str()), request_(request) {}

  void inputs(PyObject* const* objects) {
    const int count = loss_.n_inputs();
    for (int i = 0; i < count; ++i) {
      Argument& input = arguments_.add();
      input.read(objects[i], name_, spec_.input_names[i], i < loss_.n_differentiable());
      views_[i] = input.view;
    }
    call_.inputs = {views_, static_cast<std::size_t>(count)};
  }

  void options(const Arguments& given) {
    if (is_given(given.sample_weight)) {
      Argument& weight = arguments_.add();
      weight.read(given.sample_weight, name_, "sample_weight", false);
      call_.sample_weight = &weight.view;
    }
    if (PyObject* text = given.reduction) {
      if (is(text, "mean"))
        call_.reduction = Reduction::mean;
      else if (is(text, "sum"))
        call_.reduction = Reduction::sum;
      else if (is(text, "none"))
        call_.reduction = Reduction::none;
      else
        refuse("reduction", text, "'mean', 'sum' or 'none'");
    }
    if (PyObject* number = given.scale) {
      call_.scale = PyFloat_CheckExact(number) ? PyFloat_AS_DOUBLE(number) : PyFloat_AsDouble(number);
      if (PyErr_Occurred() != nullptr || PyUnicode_Check(number)) refuse("scale", number, "a finite number");
    }
    if (is_given(given.n_threads)) {
      PyObject* threads = given.n_threads;
      long n = -1;
      if (PyIndex_Check(threads) && !PyBool_Check(threads))
        n = PyLong_AsLong(py::reinterpret_steal<py::object>(PyNumber_Index(threads)).ptr());
      if (n < 1 || n > INT32_MAX) refuse("n_threads", threads, "an integer >= 1 or None");
      call_.n_threads = static_cast<int>(n);
    } else {
      warn_of_environment();
    }
    if (PyObject* text = given.curvature) {
      if (is(text, "positive"))
        call_.curvature = Curvature::positive;
      else if (!is(text, "exact"))
        refuse("curvature", text, "'exact' or 'positive'");
    }
    call_.want_value = request_ <= Request::value_and_grad;
  }

  void outputs(PyObject* out) {
    PyObject *terms = nullptr, *grads[max_inputs] = {}, *hessians[max_inputs] = {};
    const bool none = call_.reduction == Reduction::none;
    if (is_given(out)) place_outputs(out, terms, grads, hessians, none);
    if (none && call_.want_value) {
      const std::vector<std::int64_t> shape = loss_.term_shape(call_.inputs);
      terms_array_ = prepare(terms, terms_result_, views_[0].dtype, static_cast<int>(shape.size()), shape.data(), 0);
      call_.terms = &terms_array_;
    } else if (terms != nullptr) {
      Argument& argument = arguments_.add();
      argument.write_to(terms, name_);
      terms_array_ = argument.output();
      call_.value = &terms_array_;
      terms_result_ = py::reinterpret_borrow<py::object>(terms);
    }
    const int n = loss_.n_differentiable();
    if (request_ == Request::value) return;
    for (int i = 0; i < n; ++i)
      grad_arrays_[i] = prepare(grads[i], grad_result_[i], views_[i].dtype, views_[i].ndim, views_[i].shape, i);
    call_.grad = {grad_arrays_, static_cast<std::size_t>(n)};
    if (request_ < Request::grad_and_hess) return;
    for (int i = 0; i < n; ++i)
      hess_arrays_[i] = prepare(hessians[i], hess_result_[i], views_[i].dtype, views_[i].ndim, views_[i].shape, i);
    call_.hess = {hess_arrays_, static_cast<std::size_t>(n)};
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
  static bool is_given(PyObject* option) { return option != nullptr && option != Py_None; }
  static bool is(PyObject* object, const char* word) {
    return PyUnicode_Check(object) && PyUnicode_CompareWithASCIIString(object, word) == 0;
  }

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
    const int n = loss_.n_differentiable();
    PyObject* const* items = PyTuple_Check(out) ? &PyTuple_GET_ITEM(out, 0) : nullptr;
    if (request_ == Request::value) {
      if (length(out) > 1) refuse_out("one array");
      terms = slot(length(out) == 1 ? items[0] : out);
    } else if (request_ == Request::grad) {
      spread(out, grads);
    } else if (request_ == Request::value_and_grad) {
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

  Array prepare(PyObject* given, py::object& result, DType dtype, int ndim, const std::int64_t* shape, int like) {
    result = given != nullptr ? py::reinterpret_borrow<py::object>(given)
                              : new_array(dtype, ndim, shape, arguments_[like].keep.ptr());
    Argument& argument = arguments_.add();
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
      case Request::value:
        return value;
      case Request::value_and_grad:
        return py::reinterpret_steal<py::object>(PyTuple_Pack(2, value.ptr(), gather(grad_result_).ptr()));
      case Request::grad:
        return gather(grad_result_);
      default:
        return py::reinterpret_steal<py::object>(
            PyTuple_Pack(2, gather(grad_result_).ptr(), gather(hess_result_).ptr()));
    }
  }

  const Spec& spec_;
  const Loss& loss_;
  const char* name_;
  Request request_;
  Call call_;
  ArgumentPool arguments_;  // the inputs come first
  ConstArray views_[max_inputs];
  Array terms_array_, grad_arrays_[max_inputs], hess_arrays_[max_inputs];
  py::object terms_result_, grad_result_[max_inputs], hess_result_[max_inputs];
  PyThreadState* state_ = nullptr;
  double value_ = 0.0;
};

}  // namespace

py::object evaluate(const Spec& spec, Request request, const Arguments& arguments) {
  Evaluation evaluation(spec, request);
  evaluation.inputs(arguments.input);
  evaluation.options(arguments);
  evaluation.outputs(arguments.out);
  return evaluation.run();
}

void add_to(Totals& totals, const Spec& spec, const Arguments& arguments) {
  Evaluation evaluation(spec, Request::value);
  evaluation.inputs(arguments.input);
  evaluation.options(arguments);
  evaluation.totals(totals);
  evaluation.run();
}

py::tuple check(const py::object& spec, const py::object& weight, const py::object& reduction,
                const py::object& threads, const py::args& inputs) {
  try {
    Arguments arguments;
    place(spec_of(spec.ptr()), &PyTuple_GET_ITEM(inputs.ptr(), 0), static_cast<Py_ssize_t>(inputs.size()), nullptr, 0,
          arguments);
    arguments.sample_weight = weight.ptr();
    arguments.reduction = reduction.ptr();
    arguments.n_threads = threads.ptr();
    Evaluation evaluation(spec_of(spec.ptr()), Request::value);
    evaluation.inputs(arguments.input);
    evaluation.options(arguments);
    return evaluation.check();
  } catch (...) {
    translate();
    throw py::error_already_set();
  }
}

}  // namespace fastloss::python
