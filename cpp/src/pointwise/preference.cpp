// The losses of preferences of one ISA.
#include "pointwise/preference.h"

#include "pointwise/kernel.h"

namespace fastloss::FASTLOSS_ISA {
namespace {

#define LOSS(kernels, ...) FASTLOSS_HOLD(kernels, __VA_ARGS__)
#include "pointwise/preference.inc"
#undef LOSS
#define LOSS(kernels, ...) variants<T, FASTLOSS_UNWRAP kernels>(),
template <class T>
constexpr Variants<T> table[] = {
#include "pointwise/preference.inc"
};

}  // namespace

Kernels pointwise_preference() { return {table<float>, table<double>}; }

}  // namespace fastloss::FASTLOSS_ISA
