// The kernels of a row loss: those that it names, or else the ones of its term.
#pragma once

#include "base/parameters.h"
#include "block/takes.h"
#include "rows/bent.h"
#include "rows/dense.h"
#include "rows/multilabel.h"
#include "rows/probabilities.h"
#include "rows/reverse_divergence.h"
#include "rows/scores.h"
#include "rows/spike.h"

namespace fastloss::FASTLOSS_ISA {

// A loss that is no term of a probability has `kernels()`.
template <template <class> class Loss, class T>
constexpr RowKernel<T> row_kernel() {
  if constexpr (requires { Loss<T>::kernels(); })
    return Loss<T>::kernels();
  else
    return {spike<Loss, T>, dense<Loss, T>, probabilities<Loss, T>, true};
}

// Those of one definition: its variants, in the order in which it names them.
template <class T>
struct RowVariants {
  RowKernel<T> kernel[max_variants];
};
template <class T, template <class> class... Losses>
constexpr RowVariants<T> row_variants() {
  return {{row_kernel<Losses, T>()...}};
}

}  // namespace fastloss::FASTLOSS_ISA
