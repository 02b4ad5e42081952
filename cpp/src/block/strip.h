// Operands in which rows lie closer to each other than columns, as in Fortran order: read a whole cache line at a
// time, `lanes` rows by `lanes` columns, into a strip of rows from which the runs are then taken.
#pragma once

#include <cstddef>
#include <cstdlib>

#include "block/run.h"

namespace fastloss {

template <class T>
class Strip {
 public:
  // The memory that it wants, a multiple of 64 bytes; none where runs can be taken as they come.
  static std::int64_t bytes(const Operand& operand) noexcept {
    const int last = operand.ndim - 1;
    if (last < 1 || operand.shape[last - 1] < lanes || operand.shape[last] < lanes) return 0;
    if (std::abs(operand.strides[last - 1]) >= std::abs(operand.strides[last])) return 0;
    if (operand.shape[last] > most_bytes) return 0;
    const std::int64_t wanted = pitch_of(operand.shape[last]) * lanes * static_cast<std::int64_t>(sizeof(T));
    return wanted > most_bytes ? 0 : wanted;
  }

  // Without memory, runs are taken as they come.
  void begin(const Operand& operand, std::byte* memory) noexcept {
    operand_ = &operand;
    own_ = direct<T>(operand, own_dtype<T>) ? reinterpret_cast<const T*>(operand.data) : nullptr;
    rows_ = nullptr;
    if (memory == nullptr) return;
    first_ = end_ = 0;
    columns_ = operand.shape[operand.ndim - 1];
    pitch_ = pitch_of(columns_);
    rows_ = reinterpret_cast<T*>(memory);
  }

  // As fetch() of block/run.h.
  const T* fetch(const Passes<T>& passes, std::int64_t index, int n, T* scratch) noexcept {
    if (own_ != nullptr && n % lanes == 0) return own_ + index;
    if (rows_ == nullptr) return fastloss::fetch(passes, *operand_, index, n, scratch);
    for (int done = 0; done < n;) {
      const std::int64_t row = (index + done) / columns_, column = index + done - row * columns_;
      if (row < first_ || row >= end_) turn(passes, row);
      const T* from = rows_ + (row - first_) * pitch_ + column;
      if (n % lanes == 0 && column + n <= columns_) return from;
      const int count = static_cast<int>(std::min<std::int64_t>(n - done, columns_ - column));
      std::copy(from, from + count, scratch + done);
      done += count;
    }
    std::fill(scratch + n, scratch + padded(n), scratch[n - 1]);
    return scratch;
  }

 private:
  static constexpr std::int64_t most_bytes = 448 << 10;
  // Rows a power of two apart would share their place in the cache.
  static std::int64_t pitch_of(std::int64_t columns) noexcept {
    return ((columns + lanes - 1) & -std::int64_t(lanes)) + lanes;
  }

  // Brings in the strip that `row` lies in.
  void turn(const Passes<T>& passes, std::int64_t row) noexcept {
    const int last = operand_->ndim - 1;
    const std::int64_t height = operand_->shape[last - 1], within = row % height & -std::int64_t(lanes);
    const int count = static_cast<int>(std::min<std::int64_t>(lanes, height - within));
    first_ = row - row % height + within, end_ = first_ + count;
    const char* source = operand_->data + operand_->offset_of(first_ * columns_);
    const std::int64_t step = operand_->strides[last - 1], stride = operand_->strides[last];
    const auto load = passes.load[static_cast<int>(operand_->dtype)];
    alignas(64) T tile[lanes * lanes] = {};
    for (std::int64_t column = 0; column < columns_; column += lanes) {
      const int width = static_cast<int>(std::min<std::int64_t>(lanes, columns_ - column));
      for (int j = 0; j < width; ++j) {
        const char* at = source + (column + j) * stride;
        if (column + j + ahead < columns_) __builtin_prefetch(at + ahead * stride);
        load(at, step, tile + j * lanes, count);
      }
      passes.turn_in(tile, rows_ + column, count, pitch_);
    }
  }

  static constexpr std::int64_t ahead = 32;  // columns
  const Operand* operand_;
  std::int64_t columns_, pitch_, first_, end_;
  const T* own_;  // where runs lie as they are used
  T* rows_;
};

}  // namespace fastloss
