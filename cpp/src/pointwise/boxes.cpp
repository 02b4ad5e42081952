// The losses of boxess of one ISA.
#include "pointwise/boxes.h"

#include "pointwise/kernel.h"

namespace fastloss::FASTLOSS_ISA {
namespace {

#define LOSS(kernels, ...) FASTLOSS_HOLD(kernels, __VA_ARGS__)
#include "pointwise/boxes.inc"
#undef LOSS
#define LOSS(kernels, ...) variants<T, FASTLOSS_UNWRAP kernels>(),
template <class T>
constexpr Variants<T> table[] = {
#include "pointwise/boxes.inc"
};

}  // namespace

Kernels pointwise_boxes() { return {table<float>, table<double>}; }

}  // namespace fastloss::FASTLOSS_ISA
