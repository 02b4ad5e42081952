#include "totals.h"

#include <fastloss/totals.h>

#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "call.h"

namespace fastloss::python {
namespace {

// Chunks may be added from several threads at once.
class SharedTotals {
 public:
  SharedTotals() = default;
  explicit SharedTotals(const Totals& totals) : totals_(totals) {}

  void add(const Spec& spec, const py::object& weight, const py::object& threads, const py::args& inputs,
           const py::kwargs& named) {
    std::vector<PyObject*> values;
    for (const py::handle x : inputs) values.push_back(x.ptr());
    py::tuple names(named.size());
    for (std::size_t i = 0; const auto& [name, x] : named) names[i++] = name, values.push_back(x.ptr());
    Totals chunk;
    try {
      Arguments arguments;
      place(spec, values.data(), static_cast<Py_ssize_t>(inputs.size()), names.ptr(), 0, arguments);
      arguments.sample_weight = weight.ptr(), arguments.n_threads = threads.ptr();
      add_to(chunk, spec, arguments);
    } catch (...) {
      translate();
      throw py::error_already_set();
    }
    merge(chunk);
  }
  void merge(const Totals& other) {
    const std::lock_guard<std::mutex> lock(mutex_);
    totals_.merge(other);
  }
  Totals copy() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return totals_;
  }

 private:
  mutable std::mutex mutex_;
  Totals totals_;
};

py::bytes saved(const SharedTotals& totals) {
  const Totals::Saved words = totals.copy().save();
  return {reinterpret_cast<const char*>(words.data()), sizeof(words)};
}

std::unique_ptr<SharedTotals> loaded(const py::bytes& bytes) {
  const auto text = static_cast<std::string>(bytes);
  Totals::Saved words{};
  if (text.size() == sizeof(words))
    std::memcpy(words.data(), text.data(), sizeof(words));
  else
    words[0] = -1;  // which load() refuses
  return std::make_unique<SharedTotals>(Totals::load(words));
}

}  // namespace

void bind_totals(py::module_& module) {
  py::class_<SharedTotals>(module, "Totals", py::is_final())
      .def(py::init<>())
      .def("add", &SharedTotals::add, py::arg("spec"), py::arg("sample_weight"), py::arg("n_threads"))
      .def("merge", [](SharedTotals& self, const SharedTotals& other) { self.merge(other.copy()); })
      .def_property_readonly("sum", [](const SharedTotals& self) { return self.copy().sum(); })
      .def_property_readonly("mean", [](const SharedTotals& self) { return self.copy().mean(); })
      .def_property_readonly("weight", [](const SharedTotals& self) { return self.copy().weight(); })
      .def(py::pickle(&saved, &loaded));
}

}  // namespace fastloss::python
