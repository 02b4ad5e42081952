// The one order in which values are added up.
#pragma once

#include "kernels.h"

namespace fastloss::FASTLOSS_ISA {

// Adds term(i) for i in [0, n) to the accumulators: chunk k of `lanes` terms to half k % 2 of them.
template <class Term>
[[gnu::always_inline]] static inline void accumulate(Term term, int n, double* __restrict accumulator) noexcept {
  alignas(64) double even[lanes], odd[lanes];
  for (int j = 0; j < lanes; ++j) even[j] = accumulator[j], odd[j] = accumulator[lanes + j];
  int i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
#pragma omp simd
    for (int j = 0; j < lanes; ++j) even[j] += static_cast<double>(term(i + j));
#pragma omp simd
    for (int j = 0; j < lanes; ++j) odd[j] += static_cast<double>(term(i + lanes + j));
  }
  if (i < n) {
#pragma omp simd
    for (int j = 0; j < lanes; ++j) even[j] += static_cast<double>(term(i + j));
  }
  for (int j = 0; j < lanes; ++j) accumulator[j] = even[j], accumulator[lanes + j] = odd[j];
}

}  // namespace fastloss::FASTLOSS_ISA
