// Where a thread's derivatives go: straight into rows of the caller's memory, where type and layout allow; past
// the cache in whole lines, where they are too large to stay; else converted and scattered.
#pragma once

#include "block/run.h"

namespace fastloss {

inline constexpr int block_features = 512;  // at most, in a block of more than one row

// Whether rows can be used where they lie: type T's own, aligned, features one after the other.
template <class T>
bool rows_in_place(const Operand& operand, std::int64_t features) noexcept {
  constexpr auto size = static_cast<std::int64_t>(sizeof(T)), alignment = static_cast<std::int64_t>(alignof(T));
  if (operand.dtype != own_dtype<T> || (features > 1 && operand.inner_stride != size)) return false;
  if (reinterpret_cast<std::uintptr_t>(operand.data) % alignof(T) != 0) return false;
  return std::all_of(operand.strides, operand.strides + operand.ndim,
                     [](std::int64_t step) { return step % alignment == 0; });
}

// Works in pieces: features [first, first + n) of one row, or `rows` whole rows.
template <class T>
class RowOutput {
 public:
  // `end`: where this thread's rows end; there are more than a cache line of them.
  void begin(const Operand& operand, std::int64_t features, bool past_cache, std::int64_t end) noexcept {
    operand_ = &operand;
    features_ = features;
    end_ = end;
    const bool own = rows_in_place<T>(operand, features);
    const bool packed =
        operand.ndim == 0 || (operand.ndim == 1 && operand.strides[0] == features * std::int64_t(sizeof(T)));
    lines_ = own && packed && past_cache;
    in_place_ = own && !past_cache;
  }

  // Where feature `first` of row index + k is to be written.
  T* open(std::int64_t index, int k, std::int64_t first) noexcept {
    return in_place_ ? address(index + k) + first : buffer_ + lanes + k * features_;
  }

  // Takes a written piece to where it belongs.
  void close(std::int64_t index, int rows, std::int64_t first, int n) noexcept {
    if (in_place_) return;
    if (lines_) {
      char* target = reinterpret_cast<char*>(address(index) + first);
      passes<T>().stream_lines(buffer_ + lanes, target, rows * n, begins_,
                               index + rows == end_ && first + n == features_);
      begins_ = false;
      return;
    }
    for (int done = 0; done < rows;) {
      std::int64_t step, available;
      const std::int64_t offset = operand_->offset_of(index + done, step, available) + first * operand_->inner_stride;
      const bool packed = n == features_ && (n == 1 || step == operand_->inner_stride * features_);
      const int count = packed ? static_cast<int>(std::min<std::int64_t>(rows - done, available)) : 1;
      store(buffer_ + lanes + done * n, offset, n == 1 && packed ? step : operand_->inner_stride, count * n);
      done += count;
    }
  }

 private:
  T* address(std::int64_t row) const noexcept {
    return reinterpret_cast<T*>(const_cast<char*>(operand_->data) + operand_->offset_of(row));
  }

  // Half types take a float on the way.
  void store(const T* source, std::int64_t offset, std::int64_t step, int n) const noexcept {
    const int dtype = static_cast<int>(operand_->dtype);
    for (int done = 0; done < n; done += run_length) {
      const int count = std::min(run_length, n - done);
      char* target = const_cast<char*>(operand_->data) + offset + done * step;
      if (const auto own = passes<T>().store[dtype]) {
        own(source + done, T(1), target, step, count, false);
      } else {
        alignas(64) float narrow[run_length];
        for (int i = 0; i < count; ++i) narrow[i] = static_cast<float>(source[done + i]);
        passes<float>().store[dtype](narrow, 1.0f, target, step, count, false);
      }
    }
  }

  const Operand* operand_ = nullptr;
  std::int64_t features_ = 0, end_ = 0;
  bool lines_ = false, in_place_ = false, begins_ = true;
  alignas(64) T buffer_[lanes + block_features];  // in front: what waits for its line to fill
};

}  // namespace fastloss
