// The only throw, and the only catch: messages in one voice, "Huber: target has shape (3,), pred has shape (4,)".
#pragma once

#include <fastloss/result.h>
#include <fastloss/types.h>

#include <cstdint>
#include <string>

#include "base/definition.h"

namespace fastloss {

std::string shape_text(int ndim, const std::int64_t* shape);
std::string number_text(double x);
// Position `index` in C order, as one writes a subscript: [3], [2, 0].
std::string subscript(std::int64_t index, int ndim, const std::int64_t* shape);

[[noreturn]] void shape_error(const Definition& definition, const std::string& what);
[[noreturn]] void dtype_error(const Definition& definition, const std::string& what);
[[noreturn]] void parameter_error(const Definition& definition, const std::string& what);
[[noreturn]] void domain_error(const Definition& definition, const std::string& what);
[[noreturn]] void label_error(const Definition& definition, const std::string& what);
[[noreturn]] void unknown_loss(const std::string& name);
[[noreturn]] void setting_error(const std::string& what);  // threads, environment
[[noreturn]] void interrupted(const Definition& definition);
[[noreturn]] void out_of_memory();

// What is being thrown, as a status and a text; to be asked in a handler.
Error caught() noexcept;
template <class Function>
auto guarded(Function function) noexcept -> Result<decltype(function())> {
  try {
    return function();
  } catch (...) {
    return caught();
  }
}

}  // namespace fastloss
