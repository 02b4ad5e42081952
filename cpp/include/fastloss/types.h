// Array views, element types and errors of the public interface.
#pragma once

#include <fastloss/export.h>
#include <fastloss/limits.h>

#include <cstdint>
#include <stdexcept>

namespace fastloss {

enum class DType : std::uint8_t {
  boolean,
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
  float16,
  bfloat16,
  float32,
  float64,
};

inline constexpr int dtype_count = 13;

// The size of one element in bytes.
constexpr int size_of(DType dtype) {
  constexpr int sizes[dtype_count] = {1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 2, 4, 8};
  return sizes[static_cast<int>(dtype)];
}

constexpr bool is_float(DType dtype) { return dtype >= DType::float16; }

FASTLOSS_API const char* name_of(DType dtype) noexcept;

// A strided view of memory that somebody else owns. Strides are in bytes and may be zero or negative;
// nothing needs to be aligned. Inputs may be `swapped`: their elements have the other byte order than this machine.
template <class Pointer>
struct BasicArray {
  Pointer data = nullptr;
  DType dtype = DType::float32;
  int ndim = 0;
  const std::int64_t* shape = nullptr;
  const std::int64_t* strides = nullptr;
  bool swapped = false;
};
using ConstArray = BasicArray<const void*>;
using Array = BasicArray<void*>;

// In an input's place, where the loss can do without it: no data, and no element type.
inline constexpr ConstArray left_out = {nullptr, static_cast<DType>(255)};
constexpr bool is_left_out(const ConstArray& array) { return array.data == nullptr && array.dtype == left_out.dtype; }

// The strides of elements of `size` bytes in C order. They wrap around only where the shape has more elements than any
// memory, which every call refuses.
constexpr void c_order(std::int64_t size, int ndim, const std::int64_t* shape, std::int64_t* strides) {
  auto step = static_cast<std::uint64_t>(size);
  for (int axis = ndim; axis-- > 0;) {
    strides[axis] = static_cast<std::int64_t>(step);
    step *= static_cast<std::uint64_t>(shape[axis]);
  }
}

// What a caller did wrong. The message names the loss, the argument, what was given and what is wanted. Their
// destructors live in the library, and with them their one type: some C++ libraries compare types by address.
struct FASTLOSS_API ShapeError : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
  ~ShapeError() override;
};
struct FASTLOSS_API DTypeError : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
  ~DTypeError() override;
};
struct FASTLOSS_API ParameterError : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
  ~ParameterError() override;
};
struct FASTLOSS_API DomainError : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
  ~DomainError() override;
};
struct FASTLOSS_API LabelError : std::out_of_range {
  using std::out_of_range::out_of_range;
  ~LabelError() override;
};
// The caller's poll() asked to stop.
struct FASTLOSS_API Interrupted : std::runtime_error {
  using std::runtime_error::runtime_error;
  ~Interrupted() override;
};

}  // namespace fastloss
