// What an extension module beside _core uses of it: there is one core in a process, with one setting of
// its threads, however many modules call it.
#pragma once

#include <fastloss/loss.h>
#include <fastloss/version.h>

#include <string_view>

namespace fastloss::python {

struct Engine {
  Loss (*make)(std::string_view name, const Parameters& parameters);
  const Parameters& (*parameters)(const Loss& loss);
  int (*n_inputs)(const Loss& loss);
  double (*evaluate)(const Loss& loss, const Call& call);
};

// The name of the capsule _core._engine: a module of another version does not open it.
inline constexpr const char* engine_name = "fastloss._core._engine " FASTLOSS_RELEASE;

}  // namespace fastloss::python
