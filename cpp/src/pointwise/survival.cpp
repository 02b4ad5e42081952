// The losses of times of one ISA.
#include "pointwise/survival.h"

#include "pointwise/kernel.h"

namespace fastloss::FASTLOSS_ISA {
namespace {

#define LOSS(kernels, ...) FASTLOSS_HOLD(kernels, __VA_ARGS__)
#include "pointwise/survival.inc"
#undef LOSS
#define LOSS(kernels, ...) variants<T, FASTLOSS_UNWRAP kernels>(),
template <class T>
constexpr Variants<T> table[] = {
#include "pointwise/survival.inc"
};

}  // namespace

Kernels pointwise_survival() { return {table<float>, table<double>}; }

}  // namespace fastloss::FASTLOSS_ISA
