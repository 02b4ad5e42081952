// The kernels of a row loss, from its term.
#pragma once

#include "base/parameters.h"
#include "block/takes.h"
#include "rows/dense.h"
#include "rows/probabilities.h"
#include "rows/spike.h"

namespace fastloss::FASTLOSS_ISA {

// Those of one definition: its variants, in the order in which it names them.
template <class T>
struct RowVariants {
  RowKernel<T> kernel[max_variants];
};
template <class T, template <class> class... Losses>
constexpr RowVariants<T> row_variants() {
  return {{{spike<Losses, T>, dense<Losses, T>, probabilities<Losses, T>}...}};
}

}  // namespace fastloss::FASTLOSS_ISA
