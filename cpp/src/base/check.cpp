#include "base/check.h"

#include <charconv>
#include <new>

namespace fastloss {

ShapeError::~ShapeError() = default;
DTypeError::~DTypeError() = default;
ParameterError::~ParameterError() = default;
DomainError::~DomainError() = default;
LabelError::~LabelError() = default;
Interrupted::~Interrupted() = default;

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
  return std::string("[").append(text.empty() ? "()" : text).append("]");  // literal + text: -Wrestrict in GCC 12
}

void shape_error(const Definition& definition, const std::string& what) {
  throw ShapeError(definition.class_name + (": " + what));
}
void dtype_error(const Definition& definition, const std::string& what) {
  throw DTypeError(definition.class_name + (": " + what));
}
void parameter_error(const Definition& definition, const std::string& what) {
  throw ParameterError(definition.class_name + (": " + what));
}
void domain_error(const Definition& definition, const std::string& what) {
  throw DomainError(definition.class_name + (": " + what));
}
void label_error(const Definition& definition, const std::string& what) {
  throw LabelError(definition.class_name + (": " + what));
}
void unknown_loss(const std::string& name) {
  throw ParameterError("no loss is named '" + name + "'; see the list of losses for the names");
}
void setting_error(const std::string& what) { throw ParameterError(what); }
void interrupted(const Definition& definition) {
  throw Interrupted(std::string(definition.class_name) + ": interrupted");
}
void out_of_memory() { throw std::bad_alloc(); }

void detail::raise(const Error& error) {
  switch (error.status) {
    case Status::shape_error:
      throw ShapeError(error.message);
    case Status::dtype_error:
      throw DTypeError(error.message);
    case Status::label_error:
      throw LabelError(error.message);
    case Status::parameter_error:
      throw ParameterError(error.message);
    case Status::domain_error:
      throw DomainError(error.message);
    case Status::interrupted:
      throw Interrupted(error.message);
    case Status::out_of_memory:
      throw std::bad_alloc();
    case Status::ok:
    case Status::internal_error:
      break;
  }
  throw std::runtime_error(error.message);
}

Error caught() noexcept {
  const auto error = [](Status status, const char* what) {
    Error made{status, {}};
    try {
      made.message = what;
    } catch (...) {  // no memory for words
    }
    return made;
  };
  try {
    throw;
  } catch (const ShapeError& what) {
    return error(Status::shape_error, what.what());
  } catch (const DTypeError& what) {
    return error(Status::dtype_error, what.what());
  } catch (const LabelError& what) {
    return error(Status::label_error, what.what());
  } catch (const DomainError& what) {
    return error(Status::domain_error, what.what());
  } catch (const ParameterError& what) {
    return error(Status::parameter_error, what.what());
  } catch (const Interrupted& what) {
    return error(Status::interrupted, what.what());
  } catch (const std::bad_alloc&) {
    return error(Status::out_of_memory, "out of memory");
  } catch (const std::length_error&) {  // a std::vector's
    return error(Status::out_of_memory, "out of memory");
  } catch (const std::exception& what) {
    return error(Status::internal_error, what.what());
  } catch (...) {
    return error(Status::internal_error, "an exception that is none of ours");
  }
}

}  // namespace fastloss
