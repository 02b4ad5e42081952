// A view prepared for the block passes: logical positions in C order, axes collapsed where memory allows.
#pragma once

#include <fastloss/types.h>

#include <cstdint>

namespace fastloss {

// Elements of the other byte order are types of their own here, after those that a view has: only the pass that
// loads them knows the difference.
constexpr DType stored(DType dtype, bool swapped) {
  return static_cast<DType>(static_cast<int>(dtype) + (swapped && size_of(dtype) > 1 ? dtype_count : 0));
}
constexpr DType native(DType dtype) { return static_cast<DType>(static_cast<int>(dtype) % dtype_count); }

struct Operand {  // made by collapse(); there are many, so nothing is set before
  const char* data;
  DType dtype;  // as `stored` says
  int ndim;     // after collapsing; 0: a single element for all positions
  std::int64_t shape[max_ndim];
  std::int64_t strides[max_ndim];
  std::int64_t inner_stride;  // rows and pairs: the step along classes or features

  // The byte offset of logical position `index`, and how many further positions follow at `step` bytes.
  std::int64_t offset_of(std::int64_t index, std::int64_t& step, std::int64_t& available) const noexcept {
    if (ndim <= 1) {
      step = ndim == 0 ? 0 : strides[0];
      available = ndim == 0 ? INT64_MAX : shape[0] - index;
      return index * step;
    }
    const int last = ndim - 1;
    step = strides[last];
    std::int64_t rest = index / shape[last], position = index - rest * shape[last];
    available = shape[last] - position;
    std::int64_t offset = position * step;
    for (int axis = last - 1; axis > 0; --axis) {
      const std::int64_t next = rest / shape[axis];
      offset += (rest - next * shape[axis]) * strides[axis];
      rest = next;
    }
    return offset + rest * strides[0];
  }

  std::int64_t offset_of(std::int64_t index) const noexcept {
    std::int64_t step, available;
    return offset_of(index, step, available);
  }
};

// Builds the operand over `ndim` axes of `shape` with `strides`, merging neighbours and dropping axes of one.
inline void collapse(Operand& out, const void* data, DType dtype, int ndim, const std::int64_t* shape,
                     const std::int64_t* strides) noexcept {
  out.data = static_cast<const char*>(data);
  out.dtype = dtype;
  out.inner_stride = 0;
  out.ndim = 0;
  for (int axis = 0; axis < ndim; ++axis) {
    if (shape[axis] == 1) continue;
    if (out.ndim > 0 && out.strides[out.ndim - 1] == shape[axis] * strides[axis]) {
      out.shape[out.ndim - 1] *= shape[axis];
      out.strides[out.ndim - 1] = strides[axis];
    } else {
      out.shape[out.ndim] = shape[axis];
      out.strides[out.ndim++] = strides[axis];
    }
  }
}

// Whether elements can be used where they lie: type T's own, aligned, one after the other.
template <class T>
bool direct(const Operand& operand, DType own) noexcept {
  return operand.dtype == own && reinterpret_cast<std::uintptr_t>(operand.data) % alignof(T) == 0 &&
         operand.ndim == 1 && operand.strides[0] == static_cast<std::int64_t>(sizeof(T));
}

}  // namespace fastloss
