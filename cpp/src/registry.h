#pragma once

#include <span>
#include <string_view>

#include "base/row.h"

namespace fastloss {

struct Entry {
  const Row* row;
  Room room;
  int place;  // in the room's table
};

// All losses, room after room, in the order of the tables.
std::span<const Entry> all_losses();
// By name or alias; null where there is none.
const Entry* find_loss(std::string_view name) noexcept;

int parameter_count(const Row& row) noexcept;
int input_count(const Row& row) noexcept;
// The place of a parameter, -1 where the row has none of that name.
int parameter_place(const Row& row, std::string_view name) noexcept;

}  // namespace fastloss
