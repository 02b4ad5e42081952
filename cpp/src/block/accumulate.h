// The one order in which values are added up.
#pragma once

#include "kernels.h"

namespace fastloss::FASTLOSS_ISA {

// Brings the cache lines of x[0, lanes) in. Interleaved with the work on what came before, a few at a time: as many
// at once as a run has lines are more than a CPU can have under way.
template <class T>
[[gnu::always_inline]] static inline void look_ahead(const T* x) noexcept {
  for (int j = 0; j < lanes; j += 64 / static_cast<int>(sizeof(T))) __builtin_prefetch(x + j);
}

// Adds the terms [0, n) to the accumulators, chunk k of `lanes` terms to half k % 2 of them. values(i, count) tells
// where up to two chunks from i on lie, which are worked out by then: where terms are added as they are worked out, the
// accumulators leave the registers of Clang, and the loop takes up to six times as long. add(x, i) is what term i adds.
template <class Values, class Add>
[[gnu::always_inline]] static inline void accumulate(Values values, Add add, int n,
                                                     double* __restrict accumulator) noexcept {
  alignas(64) double even[lanes], odd[lanes];
  for (int j = 0; j < lanes; ++j) even[j] = accumulator[j], odd[j] = accumulator[lanes + j];
  int i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    const auto* x = values(i, 2 * lanes);
#pragma omp simd
    for (int j = 0; j < lanes; ++j) even[j] += add(x[j], i + j);
#pragma omp simd
    for (int j = 0; j < lanes; ++j) odd[j] += add(x[lanes + j], i + lanes + j);
  }
  if (i < n) {
    const auto* x = values(i, lanes);
#pragma omp simd
    for (int j = 0; j < lanes; ++j) even[j] += add(x[j], i + j);
  }
  for (int j = 0; j < lanes; ++j) accumulator[j] = even[j], accumulator[lanes + j] = odd[j];
}

struct AsItIs {
  [[gnu::always_inline]] double operator()(double x, int) const { return x; }
};
// A weight of 0 leaves out even an infinite or NaN term.
struct TimesWeight {
  const double* __restrict weight;
  [[gnu::always_inline]] double operator()(double x, int i) const {
    const double product = weight[i] * x;
    return weight[i] == 0.0 ? 0.0 : product;
  }
};

}  // namespace fastloss::FASTLOSS_ISA
