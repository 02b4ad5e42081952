// Which parameters a struct reads: FASTLOSS_TAKES(gamma, alpha) gives their places, p[At::alpha], and the kernel unit
// holds the list against the definition, so that neither can be changed alone.
#pragma once

#include "base/definition.h"

#define FASTLOSS_TAKES(...)                       \
  struct At {                                     \
    enum Place : int { __VA_ARGS__ };             \
    static constexpr char names[] = #__VA_ARGS__; \
  }

namespace fastloss::FASTLOSS_ISA {

// Whether the names are those of the first parameters, in order.
constexpr bool names_first(const char* names, const Definition& definition) {
  for (int k = 0; *names != '\0'; ++k) {
    if (k == max_parameters || definition.parameters[k].name == nullptr) return false;
    const char* name = definition.parameters[k].name;
    for (; *name != '\0'; ++name, ++names)
      if (*names != *name) return false;
    if (*names != '\0' && *names != ',') return false;
    while (*names == ',' || *names == ' ') ++names;
  }
  return true;
}

template <class Loss>
constexpr bool takes(const Definition& definition) {
  if constexpr (requires { Loss::At::names; })
    return names_first(Loss::At::names, definition);
  else
    return true;
}
template <template <class> class... Losses>
constexpr bool all_take(const Definition& definition) {
  return (takes<Losses<float>>(definition) && ...);
}

}  // namespace fastloss::FASTLOSS_ISA

// What a kernel unit makes of a definition.
#define FASTLOSS_UNWRAP(...) __VA_ARGS__
#define FASTLOSS_HOLD(kernels, ...)                                         \
  static_assert(all_take<FASTLOSS_UNWRAP kernels>(Definition{__VA_ARGS__}), \
                "the struct takes other parameters than its definition gives it");
