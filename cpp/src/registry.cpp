// The list of all losses: the rooms' tables, one after the other.
#include "registry.h"

#include "pairs/table.h"
#include "pointwise/table.h"
#include "rows/table.h"

namespace fastloss {
namespace {

#define FASTLOSS_ROW(kernels, ...) Row{__VA_ARGS__},
constexpr Row pointwise_rows[] = {FASTLOSS_POINTWISE(FASTLOSS_ROW)};
constexpr Row row_rows[] = {FASTLOSS_ROWS(FASTLOSS_ROW)};
constexpr Row pair_rows[] = {FASTLOSS_PAIRS(FASTLOSS_ROW)};

constexpr int count = static_cast<int>(std::size(pointwise_rows) + std::size(row_rows) + std::size(pair_rows));

struct Entries {
  Entry entry[count];
  constexpr Entries() : entry() {
    int k = 0;
    const auto append = [&](std::span<const Row> rows, Room room) {
      for (int place = 0; place < static_cast<int>(rows.size()); ++place) entry[k++] = {&rows[place], room, place};
    };
    append(pointwise_rows, Room::pointwise);
    append(row_rows, Room::rows);
    append(pair_rows, Room::pairs);
  }
};
constexpr Entries entries;

bool listed(std::string_view names, std::string_view name) noexcept {
  while (!names.empty()) {
    const std::size_t end = names.find('|');
    if (names.substr(0, end) == name) return true;
    if (end == std::string_view::npos) break;
    names.remove_prefix(end + 1);
  }
  return false;
}

}  // namespace

std::span<const Entry> all_losses() { return entries.entry; }

const Entry* find_loss(std::string_view name) noexcept {
  for (const Entry& entry : entries.entry)
    if (name == entry.row->name || listed(entry.row->aliases, name)) return &entry;
  return nullptr;
}

int parameter_count(const Row& row) noexcept {
  int n = 0;
  while (n < max_parameters && row.parameters[n].name != nullptr) ++n;
  return n;
}

int input_count(const Row& row) noexcept {
  int n = 0;
  while (n < max_inputs && row.inputs[n] != nullptr) ++n;
  return n;
}

int parameter_place(const Row& row, std::string_view name) noexcept {
  for (int i = 0; i < parameter_count(row); ++i)
    if (name == row.parameters[i].name) return i;
  return -1;
}

}  // namespace fastloss
