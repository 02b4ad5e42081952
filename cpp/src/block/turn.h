// Rows for columns, in squares of `lanes`.
#pragma once

#include "kernels.h"

#include "math/basic.h"

namespace fastloss::FASTLOSS_ISA {

// One half's elements between those of the other: (h, i) goes to (i, h), which shifts the bits of an index round by
// one.
template <class T>
FASTLOSS_INLINE void riffle(const T* __restrict x, T* __restrict y) {
  constexpr int half = lanes * lanes / 2;
#pragma omp simd
  for (int i = 0; i < half; ++i) y[2 * i] = x[i], y[2 * i + 1] = x[half + i];
}
// Columns for rows in a square of `lanes`; `spare` is another. Four shifts change the halves of the index over.
template <class T>
FASTLOSS_INLINE void turn(T* __restrict square, T* __restrict spare) {
  static_assert(lanes == 16);
  riffle(square, spare), riffle(spare, square), riffle(square, spare), riffle(spare, square);
}

template <class T>
static void turn_in(T* __restrict tile, T* __restrict rows, int count, std::int64_t pitch) noexcept {
  alignas(64) T spare[lanes * lanes];
  turn(tile, spare);
  for (int r = 0; r < count; ++r) {
#pragma omp simd
    for (int j = 0; j < lanes; ++j) rows[r * pitch + j] = tile[r * lanes + j];
  }
}

template <class T>
static void turn_out(const T* __restrict rows, const T* scale, const T* rest, T* __restrict tile, int count,
                     std::int64_t pitch) noexcept {
  alignas(64) T spare[lanes * lanes];
  for (int r = 0; r < lanes; ++r) {
    const int from = r < count ? r : 0;  // the rest of the tile is nobody's
    const T first = scale[from], second = rest[from];
#pragma omp simd
    for (int j = 0; j < lanes; ++j) tile[r * lanes + j] = (rows[from * pitch + j] * first) * second;
  }
  turn(tile, spare);
}

}  // namespace fastloss::FASTLOSS_ISA
