// The losses of a yes-or-no target of one ISA.
#include "pointwise/binary.h"

#include "pointwise/focal.h"
#include "pointwise/kernel.h"

namespace fastloss::FASTLOSS_ISA {
namespace {

#define LOSS(kernels, ...) FASTLOSS_HOLD(kernels, __VA_ARGS__)
#include "pointwise/binary.inc"
#undef LOSS
#define LOSS(kernels, ...) variants<T, FASTLOSS_UNWRAP kernels>(),
template <class T>
constexpr Variants<T> table[] = {
#include "pointwise/binary.inc"
};

}  // namespace

Kernels pointwise_binary() { return {table<float>, table<double>}; }

}  // namespace fastloss::FASTLOSS_ISA
