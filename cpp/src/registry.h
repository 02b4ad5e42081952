#pragma once

#include <span>
#include <string_view>

#include "base/definition.h"
#include "base/families.h"

namespace fastloss {

struct Entry {
  const Definition* definition = nullptr;
  Room room = Room::pointwise;
  Family family = {};
  int place = 0;  // in the family
  const char* room_name = "";
  const char* family_name = "";
};

// All losses, family after family, in the order of their definitions.
std::span<const Entry> all_losses();
// By name or alias; null where there is none.
const Entry* find_loss(std::string_view name) noexcept;

}  // namespace fastloss
