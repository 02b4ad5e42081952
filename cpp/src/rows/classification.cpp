// The softmax losses of one ISA.
#include "rows/kernel.h"

namespace fastloss::FASTLOSS_ISA {
namespace {

#define LOSS(kernels, ...) FASTLOSS_HOLD(kernels, __VA_ARGS__)
#include "rows/classification.inc"
#undef LOSS
#define LOSS(kernels, ...) row_variants<T, FASTLOSS_UNWRAP kernels>(),
template <class T>
constexpr RowVariants<T> table[] = {
#include "rows/classification.inc"
};

}  // namespace

Kernels rows_classification() { return {table<float>, table<double>}; }

}  // namespace fastloss::FASTLOSS_ISA
