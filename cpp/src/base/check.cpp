#include "base/check.h"

#include <charconv>

namespace fastloss {

const char* name_of(DType dtype) noexcept {
  constexpr const char* names[dtype_count] = {"bool",   "int8",   "int16",   "int32",    "int64",   "uint8",  "uint16",
                                              "uint32", "uint64", "float16", "bfloat16", "float32", "float64"};
  return names[static_cast<int>(dtype)];
}

std::string shape_text(int ndim, const std::int64_t* shape) {
  std::string text = "(";
  for (int axis = 0; axis < ndim; ++axis) text += (axis ? ", " : "") + std::to_string(shape[axis]);
  return text + (ndim == 1 ? ",)" : ")");
}

std::string number_text(double x) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, x).ptr};
}

std::string subscript(std::int64_t index, int ndim, const std::int64_t* shape) {
  std::string text;
  for (int axis = ndim - 1; axis >= 0; --axis) {
    text = std::to_string(index % shape[axis]) + (text.empty() ? "" : ", ") + text;
    index /= shape[axis];
  }
  return "[" + (text.empty() ? "()" : text) + "]";
}

void shape_error(const Row& row, const std::string& what) { throw ShapeError(row.class_name + (": " + what)); }
void dtype_error(const Row& row, const std::string& what) { throw DTypeError(row.class_name + (": " + what)); }
void parameter_error(const Row& row, const std::string& what) { throw ParameterError(row.class_name + (": " + what)); }
void domain_error(const Row& row, const std::string& what) { throw DomainError(row.class_name + (": " + what)); }
void label_error(const Row& row, const std::string& what) { throw LabelError(row.class_name + (": " + what)); }
void unknown_loss(const std::string& name) {
  throw ParameterError("no loss is named '" + name + "'; see the list of losses for the names");
}
void setting_error(const std::string& what) { throw ParameterError(what); }
void interrupted(const Row& row) { throw Interrupted(std::string(row.class_name) + ": interrupted"); }

}  // namespace fastloss
