// Where the rows of a batch lie while they are worked on.
#pragma once

#include <cstddef>
#include <cstdint>

#include "rows/wall.h"

namespace fastloss {

// A batch's rows, their Hessian and its rows back to back lie on the stack where they are short, each in so many bytes.
constexpr std::int64_t stack_bytes = 12 << 10;

template <class T>
struct RowScratch {
  static constexpr int n = stack_bytes / sizeof(T);
  RowGroup<T> group;  // before the rows: behind them, softmax of 1000 classes took a tenth longer
  alignas(64) double weight[group_rows];
  alignas(64) T terms[group_rows];
  alignas(64) T row[n];
  alignas(64) T hess_row[n];
  alignas(64) T flat[n + lanes];

  void use(std::byte* heap, std::int64_t length) noexcept {
    group.rows = heap == nullptr ? row : reinterpret_cast<T*>(heap);
    group.hess = heap == nullptr ? hess_row : group.rows + length;
  }
};

}  // namespace fastloss
