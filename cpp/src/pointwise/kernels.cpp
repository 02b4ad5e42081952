// The pointwise losses of one ISA.
#include "pointwise/binary.h"
#include "pointwise/focal.h"
#include "pointwise/kernel.h"
#include "pointwise/regression.h"
#include "pointwise/table.h"

namespace fastloss::FASTLOSS_ISA {
namespace {

#define FASTLOSS_UNWRAP(...) __VA_ARGS__
#define FASTLOSS_KERNELS(kernels, ...) variants<T, FASTLOSS_UNWRAP kernels>(),
template <class T>
constexpr Variants<T> table[] = {FASTLOSS_POINTWISE(FASTLOSS_KERNELS)};

}  // namespace

const PointwiseKernel<float>* pointwise_float() { return table<float>[0].kernel; }
const PointwiseKernel<double>* pointwise_double() { return table<double>[0].kernel; }

}  // namespace fastloss::FASTLOSS_ISA
