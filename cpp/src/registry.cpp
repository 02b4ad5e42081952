// The list of all losses: the families' definitions, one after the other.
#include "registry.h"

#include <algorithm>

#include "base/parameters.h"

namespace fastloss {
namespace {

#define LOSS(kernels, ...) Definition{__VA_ARGS__},
constexpr Definition pointwise_regression[] = {
#include "pointwise/regression.inc"
};
constexpr Definition pointwise_binary[] = {
#include "pointwise/binary.inc"
};
constexpr Definition pointwise_preference[] = {
#include "pointwise/preference.inc"
};
constexpr Definition pointwise_boxes[] = {
#include "pointwise/boxes.inc"
};
constexpr Definition pointwise_survival[] = {
#include "pointwise/survival.inc"
};
constexpr Definition rows_classification[] = {
#include "rows/classification.inc"
};
constexpr Definition pairs_embedding[] = {
#include "pairs/embedding.inc"
};
#undef LOSS

#define FASTLOSS_FAMILY(room, family) +static_cast<int>(std::size(room##_##family))
constexpr int count = 0 FASTLOSS_FAMILIES(FASTLOSS_FAMILY);
#undef FASTLOSS_FAMILY

struct Entries {
  Entry entry[count];
  constexpr Entries() : entry() {
    int k = 0;
    const auto append = [&](std::span<const Definition> definitions, Entry like) {
      for (const Definition& definition : definitions) {
        entry[k] = like;
        entry[k++].definition = &definition;
        ++like.place;
      }
    };
#define FASTLOSS_FAMILY(room, family) \
  append(room##_##family, { nullptr, Room::room, Family::room##_##family, 0, #room, #family });
    FASTLOSS_FAMILIES(FASTLOSS_FAMILY)
#undef FASTLOSS_FAMILY
  }
};
constexpr Entries entries;

// The names in order, for a loss by type is looked up in every call.
struct Names {
  struct Name {
    std::string_view name;
    const Entry* entry;
  };
  Name of[count];
  constexpr Names() : of() {
    for (int i = 0; i < count; ++i) of[i] = {entries.entry[i].definition->name, &entries.entry[i]};
    std::sort(of, of + count, [](const Name& a, const Name& b) { return a.name < b.name; });
  }
};
constexpr Names names;

bool listed(std::string_view aliases, std::string_view name) noexcept {
  while (!aliases.empty()) {
    const std::size_t end = aliases.find('|');
    if (aliases.substr(0, end) == name) return true;
    if (end == std::string_view::npos) break;
    aliases.remove_prefix(end + 1);
  }
  return false;
}

}  // namespace

std::span<const Entry> all_losses() { return entries.entry; }

const Entry* find_loss(std::string_view name) noexcept {
  const Names::Name* found = std::lower_bound(names.of, names.of + count, name,
                                              [](const Names::Name& a, std::string_view b) { return a.name < b; });
  if (found != names.of + count && found->name == name) return found->entry;
  for (const Entry& entry : entries.entry)
    if (listed(entry.definition->aliases, name)) return &entry;
  return nullptr;
}

}  // namespace fastloss
