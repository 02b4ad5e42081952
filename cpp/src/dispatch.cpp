// The only choice of ISA: made once, from what was compiled, what the CPU has and FASTLOSS_ISA.
#include "dispatch.h"

#include <cstdlib>
#include <cstring>
#include <string>

#include "base/check.h"

namespace fastloss {

// cpp/cmake/isa.cmake defines FASTLOSS_TIERS(TIER): TIER(baseline) TIER(avx2) ..., as they were compiled.
#define FASTLOSS_DECLARE(isa)                        \
  namespace isa {                                    \
  const Passes<float>* passes_float();               \
  const Passes<double>* passes_double();             \
  const PointwiseKernel<float>* pointwise_float();   \
  const PointwiseKernel<double>* pointwise_double(); \
  const RowTable<float>* rows_float();               \
  const RowTable<double>* rows_double();             \
  const PairKernel<float>* pairs_float();            \
  const PairKernel<double>* pairs_double();          \
  }
FASTLOSS_TIERS(FASTLOSS_DECLARE)

namespace {

struct Choice {
  Isa isa;
  Tier tier;
};

#define FASTLOSS_CANDIDATE(isa)                                                                                    \
  {Isa::isa,                                                                                                       \
   {isa::passes_float(), isa::passes_double(), isa::pointwise_float(), isa::pointwise_double(), isa::rows_float(), \
    isa::rows_double(), isa::pairs_float(), isa::pairs_double()}},

Choice choose() {
  const Choice candidates[] = {FASTLOSS_TIERS(FASTLOSS_CANDIDATE)};  // from the plainest to the widest
  const char* wanted = std::getenv("FASTLOSS_ISA");
  const Choice* best = nullptr;
  std::string names;
  for (const Choice& candidate : candidates) {
    if (!cpu_has(candidate.isa)) continue;
    names += std::string(names.empty() ? "" : ", ") + name_of(candidate.isa);
    if (wanted == nullptr || *wanted == '\0' || std::strcmp(wanted, name_of(candidate.isa)) == 0) best = &candidate;
  }
#define FASTLOSS_ISA_WORD(isa) " " #isa
  if (names.empty())
    setting_error("this machine runs none of the instruction sets of this build:" FASTLOSS_TIERS(FASTLOSS_ISA_WORD));
  if (best == nullptr)
    setting_error("FASTLOSS_ISA=" + std::string(wanted) + " is not available here; this machine runs: " + names);
  return *best;
}

const Choice& choice() {
  static const Choice chosen = choose();
  return chosen;
}

}  // namespace

const Tier& tier() { return choice().tier; }
Isa chosen_isa() { return choice().isa; }

std::vector<Isa> compiled_isas() {
#define FASTLOSS_ISA_NAME(isa) Isa::isa,
  return {FASTLOSS_TIERS(FASTLOSS_ISA_NAME)};
}

}  // namespace fastloss
