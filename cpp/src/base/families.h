// The families of losses and the rooms that compute them. A family is a unit: of definitions, of kernels, of types in
// C++, of a Python module and of a page.
#pragma once

#include <cstdint>

#define FASTLOSS_FAMILIES(FAMILY) \
  FAMILY(pointwise, regression)   \
  FAMILY(pointwise, binary)       \
  FAMILY(pointwise, preference)   \
  FAMILY(pointwise, boxes)        \
  FAMILY(pointwise, survival)     \
  FAMILY(rows, classification)    \
  FAMILY(pairs, embedding)

namespace fastloss {

enum class Room : std::uint8_t { pointwise, rows, pairs };

enum class Family : std::uint8_t {
#define FASTLOSS_FAMILY(room, family) room##_##family,
  FASTLOSS_FAMILIES(FASTLOSS_FAMILY)
#undef FASTLOSS_FAMILY
};

#define FASTLOSS_FAMILY(room, family) +1
inline constexpr int family_count = 0 FASTLOSS_FAMILIES(FASTLOSS_FAMILY);
#undef FASTLOSS_FAMILY

}  // namespace fastloss
