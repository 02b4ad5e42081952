// Between memory as callers hold it and the padded rows of a group.
#pragma once

#include "rows/wall.h"

#include "math/basic.h"

namespace fastloss::FASTLOSS_ISA {

// Rows lie back to back in `flat`, which has `lanes` elements to spare.
template <class T>
static void spread(const T* __restrict flat, T* __restrict rows, int count, int classes, int pitch, T pad) noexcept {
  for (int r = 0; r < count; ++r) {
    const T* from = flat + std::ptrdiff_t(r) * classes;
    T* row = rows + std::ptrdiff_t(r) * pitch;
    for (int i = 0; i < pitch; i += lanes) {
#pragma omp simd
      for (int j = 0; j < lanes; ++j) {
        const T x = from[i + j];
        row[i + j] = i + j < classes ? x : pad;
      }
    }
  }
}

// The way back. A row's padding lands on the next row's place and is overwritten by it.
template <class T>
static void settle(const T* __restrict rows, const T* scale, const T* rest, T* __restrict flat, int count, int classes,
                   int pitch) noexcept {
  for (int r = 0; r < count; ++r) {
    const T* row = rows + std::ptrdiff_t(r) * pitch;
    T* to = flat + std::ptrdiff_t(r) * classes;
    const T first = scale[r], second = rest[r];
    for (int i = 0; i < pitch; i += lanes) {
#pragma omp simd
      for (int j = 0; j < lanes; ++j) to[i + j] = (row[i + j] * first) * second;
    }
  }
}

template <class T>
static void scale_row(T* row, T scale, std::int64_t n) noexcept {
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) row[i] *= scale;
}

// Makes every zero +0.
template <class T>
static void plain_zeros(T* row, std::int64_t n) noexcept {
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) row[i] += T(0);
}

}  // namespace fastloss::FASTLOSS_ISA
