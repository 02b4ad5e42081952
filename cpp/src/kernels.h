// The ISA wall: the only names that kernels and engines share. Plain structs of plain function pointers;
// no standard header that could emit an inline function.
#pragma once

#include <cstdint>

namespace fastloss {

// Engines hand kernels runs whose length is a multiple of `lanes`, padded where the data end, so that no
// kernel has a tail. A block's sum uses `lanes` float64 accumulators, whatever the vector width.
inline constexpr int lanes = 16;
inline constexpr int run_length = 256;
inline constexpr int block_length = 2048;

constexpr int padded(int n) { return (n + lanes - 1) & -lanes; }

// What one kernel call computes.
enum class Mode : int { value, grad, value_grad, grad_hess, grad_positive };
inline constexpr int mode_count = 5;

// Passes over a run in L1, for every room. Strides are in bytes.
template <class T>
struct Passes {
  using Load = void (*)(const char* source, std::int64_t stride, T* target, int n);
  using Store = void (*)(const T* source, T factor, char* target, std::int64_t stride, int n, bool stream);
  using StoreWeighted = void (*)(const T* source, const double* weight, double factor, char* target,
                                 std::int64_t stride, int n, bool stream);
  Load load[13];                    // by DType
  Store store[13];                  // real types only; NaNs are made canonical
  StoreWeighted store_weighted[13];
  bool (*outside)(const T* x, int n, T low, T high);  // any element beyond the bounds; NaN is not
  void (*sum)(const T* x, int n, double* accumulator);
  void (*sum_weighted)(const T* x, const double* weight, int n, double* accumulator);
};

// value, grad and hess are written as the mode asks; n is a multiple of `lanes`.
template <class T>
using PointwiseMap = void (*)(const T* pred, const T* target, const T* element, T* value, T* grad, T* hess,
                              int n, const double* parameters);

template <class T>
struct PointwiseKernel {
  PointwiseMap<T> map[mode_count];
};

// Everything that one ISA offers. The tables of the rooms are in the order of their rows, with
// `max_variants` entries for each.
struct Tier {
  const Passes<float>* passes_float;
  const Passes<double>* passes_double;
  const PointwiseKernel<float>* pointwise_float;
  const PointwiseKernel<double>* pointwise_double;

  template <class T>
  const Passes<T>& passes() const {
    if constexpr (sizeof(T) == 4) return *passes_float;
    else return *passes_double;
  }
  template <class T>
  const PointwiseKernel<T>* pointwise() const {
    if constexpr (sizeof(T) == 4) return pointwise_float;
    else return pointwise_double;
  }
};

// The tier chosen at load.
const Tier& tier();

}  // namespace fastloss
