// Operands in which rows lie closer to each other than columns, as in Fortran order: read a whole cache line at a
// time, `lanes` rows by `lanes` columns, into a strip of rows from which the runs are then taken.
#pragma once

#include <cstdlib>
#include <memory>
#include <new>

#include "block/run.h"

namespace fastloss {

template <class T>
class Strip {
 public:
  Strip(const Tier& tier, const Operand& operand) : tier_(tier), operand_(operand) {
    const int last = operand.ndim - 1;
    if (last < 1 || operand.shape[last - 1] < lanes || operand.shape[last] < lanes) return;
    if (std::abs(operand.strides[last - 1]) >= std::abs(operand.strides[last])) return;
    columns_ = operand.shape[last];
    pitch_ = padded_columns() + lanes;  // rows a power of two apart would share their place in the cache
    if (pitch_ * lanes * static_cast<std::int64_t>(sizeof(T)) > most_bytes) return;
    rows_.reset(new (std::nothrow) T[pitch_ * lanes]);
  }

  // As fetch() of block/run.h.
  const T* fetch(std::int64_t index, int n, T* scratch) noexcept {
    if (!rows_) return fastloss::fetch(tier_.passes<T>(), operand_, index, n, scratch);
    for (int done = 0; done < n;) {
      const std::int64_t row = (index + done) / columns_, column = index + done - row * columns_;
      if (row < first_ || row >= end_) turn(row);
      const T* from = rows_.get() + (row - first_) * pitch_ + column;
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
  std::int64_t padded_columns() const noexcept { return (columns_ + lanes - 1) & -std::int64_t(lanes); }

  // Brings in the strip that `row` lies in.
  void turn(std::int64_t row) noexcept {
    const int last = operand_.ndim - 1;
    const std::int64_t height = operand_.shape[last - 1], within = row % height & -std::int64_t(lanes);
    const int count = static_cast<int>(std::min<std::int64_t>(lanes, height - within));
    first_ = row - row % height + within, end_ = first_ + count;
    const char* source = operand_.data + operand_.offset_of(first_ * columns_);
    const std::int64_t step = operand_.strides[last - 1], stride = operand_.strides[last];
    const auto load = tier_.passes<T>().load[static_cast<int>(operand_.dtype)];
    alignas(64) T tile[lanes * lanes] = {};
    for (std::int64_t column = 0; column < columns_; column += lanes) {
      const int width = static_cast<int>(std::min<std::int64_t>(lanes, columns_ - column));
      for (int j = 0; j < width; ++j) {
        const char* at = source + (column + j) * stride;
        if (column + j + ahead < columns_) __builtin_prefetch(at + ahead * stride);
        load(at, step, tile + j * lanes, count);
      }
      tier_.rows<T>().passes.turn_in(tile, rows_.get() + column, count, pitch_);
    }
  }

  static constexpr std::int64_t ahead = 32;  // columns
  const Tier& tier_;
  const Operand& operand_;
  std::int64_t columns_ = 0, pitch_ = 0, first_ = 0, end_ = 0;
  std::unique_ptr<T[]> rows_;
};

}  // namespace fastloss
