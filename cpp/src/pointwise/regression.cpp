// The regression losses of one ISA.
#include "pointwise/regression.h"

#include "pointwise/counts.h"
#include "pointwise/entropy.h"
#include "pointwise/kernel.h"

namespace fastloss::FASTLOSS_ISA {
namespace {

#define LOSS(kernels, ...) FASTLOSS_HOLD(kernels, __VA_ARGS__)
#include "pointwise/regression.inc"
#undef LOSS
#define LOSS(kernels, ...) variants<T, FASTLOSS_UNWRAP kernels>(),
template <class T>
constexpr Variants<T> table[] = {
#include "pointwise/regression.inc"
};

}  // namespace

Kernels pointwise_regression() { return {table<float>, table<double>}; }

}  // namespace fastloss::FASTLOSS_ISA
