// What the C functions share: errors as statuses, and the checks of pointers and of structs' sizes.
#pragma once

#include <fastloss/fastloss_c.h>
#include <fastloss/loss.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "base/check.h"

struct fastloss_loss {
  fastloss::Loss loss;
};
struct fastloss_totals {
  fastloss::Totals totals;
};

namespace fastloss {

// Leaves the message for fastloss_error_message().
fastloss_status keep(const Error& error) noexcept;

template <class Function>
fastloss_status status_of(Function function) noexcept {
  const Result<int> done = guarded([&] { return function(), 0; });
  return done ? FASTLOSS_OK : keep(done.error());
}

inline void want(const void* pointer, const char* name) {
  if (pointer == nullptr) setting_error(std::string(name) + " is a null pointer");
}

// The bytes that the first struct of its kind had: of later ones, what comes after may be missing.
template <class Struct>
inline constexpr std::size_t first_size = sizeof(Struct);
template <>
inline constexpr std::size_t first_size<fastloss_parameter> = offsetof(fastloss_parameter, text);

// Takes every size from the first to our own; what comes after our own must be zeros.
void check_size(std::size_t given, std::size_t first, std::size_t own, std::size_t alignment, const void* data,
                const char* name);
template <class Struct>
void check_size(const Struct& data, const char* name) {
  check_size(data.size, first_size<Struct>, sizeof(Struct), alignof(Struct), &data, name);
}
void check_choice(std::int32_t given, std::int32_t last, const char* name);

// The i-th of structs that stand as far apart as the first one says, with zeros where it ends before ours does.
template <class Struct>
Struct element(const Struct* first, std::size_t i, const char* name) {
  check_size(*first, name);
  const auto& one = *reinterpret_cast<const Struct*>(reinterpret_cast<const char*>(first) + i * first->size);
  if (one.size != first->size) setting_error(std::string(name) + "s of different sizes stand in one array");
  if (i > 0) check_size(one, name);
  Struct whole = {};
  std::memcpy(&whole, &one, std::min(one.size, sizeof whole));
  return whole;
}

}  // namespace fastloss
