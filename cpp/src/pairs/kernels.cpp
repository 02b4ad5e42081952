// The pair losses of one ISA.
#include "pairs/embedding.h"
#include "pairs/kernel.h"
#include "pairs/table.h"

namespace fastloss::FASTLOSS_ISA {
namespace {

#define FASTLOSS_UNWRAP(...) __VA_ARGS__
#define FASTLOSS_KERNELS(kernels, ...) pair_variants<T, FASTLOSS_UNWRAP kernels>(),
template <class T>
constexpr PairVariants<T> table[] = {FASTLOSS_PAIRS(FASTLOSS_KERNELS)};

}  // namespace

const PairKernel<float>* pairs_float() { return table<float>[0].kernel; }
const PairKernel<double>* pairs_double() { return table<double>[0].kernel; }

}  // namespace fastloss::FASTLOSS_ISA
