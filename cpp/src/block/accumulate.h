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

// Adds term(i) for i in [0, n) to the accumulators: chunk k of `lanes` terms to half k % 2 of them; before(i) is
// called ahead of every chunk.
template <class Term, class Before>
[[gnu::always_inline]] static inline void accumulate(Term term, int n, double* __restrict accumulator,
                                                     Before before) noexcept {
  alignas(64) double even[lanes], odd[lanes];
  for (int j = 0; j < lanes; ++j) even[j] = accumulator[j], odd[j] = accumulator[lanes + j];
  int i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    before(i), before(i + lanes);
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
template <class Term>
[[gnu::always_inline]] static inline void accumulate(Term term, int n, double* __restrict accumulator) noexcept {
  accumulate(term, n, accumulator, [](int) {});
}

}  // namespace fastloss::FASTLOSS_ISA
