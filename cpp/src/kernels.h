// The ISA wall: the only names that kernels and engines share. Plain structs of plain function pointers;
// no standard header that could emit an inline function.
#pragma once

#include <cstdint>

#include "base/families.h"

namespace fastloss {

// Engines hand kernels runs whose length is a multiple of `lanes`, padded where the data end, so that no
// kernel has a tail. A block's sum uses `accumulators` float64 sums, whatever the vector width: twice the
// lanes, so that the additions do not wait for each other.
inline constexpr int lanes = 16;
inline constexpr int accumulators = 2 * lanes;
inline constexpr int run_length = 512;
inline constexpr int block_length = 2048;

constexpr int padded(int n) { return (n + lanes - 1) & -lanes; }

// Passes over a run in L1, for every room. Strides are in bytes.
template <class T>
struct Passes {
  using Load = void (*)(const char* source, std::int64_t stride, T* target, int n);
  using Store = void (*)(const T* source, T factor, char* target, std::int64_t stride, int n, bool stream);
  using StoreWeighted = void (*)(const T* source, const double* weight, double factor, char* target,
                                 std::int64_t stride, int n, bool stream);
  Load load[26];    // by DType, then by the DType of swapped elements
  Store store[13];  // real types only; NaNs are made canonical
  StoreWeighted store_weighted[13];
  bool (*outside)(const T* x, int n, T low, T high);  // any element beyond the bounds; NaN is not
  bool (*unfit)(const T* x, int n, T low, T high);    // any element not within the bounds; NaN is unfit
  bool (*neither)(const T* x, int n, T a, T b);       // any element that is not one of two numbers; NaN passes
  bool (*crossed)(const T* x, const T* y, int n);     // any x above its y
  // Past the cache; `source` has `lanes` elements of room before it. See block/stream.h.
  void (*stream_lines)(T* source, char* target, int n, bool begins, bool ends);
  // Chunk k of `lanes` goes to half k % 2 of the accumulators. A weight of 0 leaves out even a NaN.
  void (*sum)(const T* x, int n, double* accumulator);
  void (*sum_weighted)(const T* x, const double* weight, int n, double* accumulator);
  // x times its weight and the factor, formed in double; NaNs are made canonical.
  void (*weigh)(T* x, const double* weight, double factor, int n);
  // `lanes` columns of up to `lanes` rows, column by column in `tile`; see block/turn.h.
  void (*turn_in)(T* tile, T* rows, int count, std::int64_t pitch);
  void (*turn_out)(const T* rows, const T* scale, const T* rest, T* tile, int count, std::int64_t pitch);
};

// Everything that one ISA offers in one type: the passes, and the kernels of each family as its room knows them,
// `max_variants` for each loss.
template <class T>
struct RowPasses;
// The same for floats and for doubles, as the units of one ISA give them.
template <template <class> class Table>
struct Ends {
  const Table<float>* narrow;
  const Table<double>* wide;
};
struct Kernels {
  const void *narrow, *wide;
};
template <class T>
struct Tier {
  const Passes<T>* passes;
  const RowPasses<T>* rows;
  const void* kernels[family_count];
};
struct Tiers {
  Tier<float> narrow;
  Tier<double> wide;
};

// The tier chosen at load.
const Tiers& tiers();
template <class T>
const Tier<T>& tier() {
  if constexpr (sizeof(T) == 4)
    return tiers().narrow;
  else
    return tiers().wide;
}
template <class T>
const Passes<T>& passes() {
  return *tier<T>().passes;
}

}  // namespace fastloss
