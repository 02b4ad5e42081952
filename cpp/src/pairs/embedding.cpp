// The losses of embeddings of one ISA.
#include "pairs/embedding.h"

#include "base/parameters.h"
#include "block/takes.h"
#include "pairs/cosine.h"
#include "pairs/kernel.h"

namespace fastloss::FASTLOSS_ISA {
namespace {

#define LOSS(kernels, ...) FASTLOSS_HOLD(kernels, __VA_ARGS__)
#include "pairs/embedding.inc"
#undef LOSS
#define LOSS(kernels, ...) pair_variants<T, FASTLOSS_UNWRAP kernels>(),
template <class T>
constexpr PairVariants<T> table[] = {
#include "pairs/embedding.inc"
};

}  // namespace

Kernels pairs_embedding() { return {table<float>, table<double>}; }

}  // namespace fastloss::FASTLOSS_ISA
