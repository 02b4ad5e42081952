// The only choice of ISA: made once, from what was compiled, what the CPU has and FASTLOSS_ISA.
#include "dispatch.h"

#include <cstdlib>
#include <cstring>
#include <span>
#include <string>

#include "base/check.h"

namespace fastloss {

// cpp/cmake/isa.cmake defines FASTLOSS_TIERS(TIER): TIER(baseline) TIER(avx2) ..., as they were compiled.
#define FASTLOSS_FAMILY(room, family) Kernels room##_##family();
#define FASTLOSS_DECLARE(isa)        \
  namespace isa {                    \
  Ends<Passes> block_passes();       \
  Ends<RowPasses> row_passes();      \
  FASTLOSS_FAMILIES(FASTLOSS_FAMILY) \
  }
FASTLOSS_TIERS(FASTLOSS_DECLARE)
#undef FASTLOSS_FAMILY

namespace {

struct Choice {
  Isa isa;
  Tiers tiers;
};

Choice made_of(Isa isa, Ends<Passes> passes, Ends<RowPasses> rows, std::span<const Kernels, family_count> kernels) {
  Choice choice{isa, {{passes.narrow, rows.narrow, {}}, {passes.wide, rows.wide, {}}}};
  for (int family = 0; family < family_count; ++family) {
    choice.tiers.narrow.kernels[family] = kernels[static_cast<std::size_t>(family)].narrow;
    choice.tiers.wide.kernels[family] = kernels[static_cast<std::size_t>(family)].wide;
  }
  return choice;
}

#define FASTLOSS_CANDIDATE(isa)                                      \
  [] {                                                               \
    using namespace isa;                                             \
    const Kernels kernels[] = {FASTLOSS_FAMILIES(FASTLOSS_FAMILY)};  \
    return made_of(Isa::isa, block_passes(), row_passes(), kernels); \
  }(),

Choice choose() {
#define FASTLOSS_FAMILY(room, family) room##_##family(),
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

const Tiers& tiers() { return choice().tiers; }
Isa chosen_isa() { return choice().isa; }

std::vector<Isa> compiled_isas() {
#define FASTLOSS_ISA_NAME(isa) Isa::isa,
  return {FASTLOSS_TIERS(FASTLOSS_ISA_NAME)};
}

}  // namespace fastloss
