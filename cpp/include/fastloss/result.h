// Errors without exceptions: a value or what went wrong, with the faces of std::expected.
#pragma once

#include <fastloss/export.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace fastloss {

// What a caller did wrong; the same numbers as in fastloss_c.h.
enum class Status : std::int32_t {
  ok = 0,
  shape_error = 1,
  dtype_error = 2,
  label_error = 3,
  parameter_error = 4,
  domain_error = 5,
  interrupted = 6,
  out_of_memory = 7,
  internal_error = 8,
};

struct Error {
  Status status = Status::ok;
  std::string message;  // the loss, the argument, what was given and what is wanted
};

namespace detail {
[[noreturn]] FASTLOSS_API void raise(const Error& error);
}

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}
  Result(Error error) : error_(std::move(error)) {}

  bool has_value() const noexcept { return value_.has_value(); }
  explicit operator bool() const noexcept { return has_value(); }
  const T& operator*() const& noexcept { return *value_; }
  T&& operator*() && noexcept { return *std::move(value_); }
  const T* operator->() const noexcept { return &*value_; }
  // Throws the exception of types.h that the error stands for.
  const T& value() const {
    if (!value_) detail::raise(error_);
    return *value_;
  }
  T value_or(T fallback) const { return value_ ? *value_ : std::move(fallback); }
  const Error& error() const noexcept { return error_; }  // Status::ok where there is a value

 private:
  std::optional<T> value_;
  Error error_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool has_value() const noexcept { return error_.status == Status::ok; }
  explicit operator bool() const noexcept { return has_value(); }
  void value() const {
    if (!has_value()) detail::raise(error_);
  }
  const Error& error() const noexcept { return error_; }

 private:
  Error error_;
};

}  // namespace fastloss
