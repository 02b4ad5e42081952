#include "threads.h"

#include <fastloss/loss.h>

#include <atomic>

namespace fastloss::python {

namespace py = pybind11;

namespace {

std::atomic<bool> settled{false};  // the environment's number has been read, or another one set

}  // namespace

void warn_of_environment() {
  if (settled.load(std::memory_order_relaxed)) return;
  const int block = swap_thread_override(0);  // inside `with num_threads(n)` the environment is not asked
  swap_thread_override(block);
  if (block > 0 || settled.exchange(true)) return;
  const std::string notice = config().threads_notice;
  if (!notice.empty() && PyErr_WarnEx(PyExc_RuntimeWarning, notice.c_str(), 2) != 0) throw py::error_already_set();
}

void bind_threads(py::module_& module) {
  module.def("get_num_threads", [] {
    warn_of_environment();
    return get_num_threads();
  });
  module.def(
      "set_num_threads",
      [](int n) {
        set_num_threads(n);
        settled.store(true);
      },
      py::arg("n").noconvert());
  module.def("swap_thread_override", &swap_thread_override, py::arg("n").noconvert());
}

}  // namespace fastloss::python
