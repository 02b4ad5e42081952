#pragma once

#include <vector>

#include "base/cpu.h"
#include "kernels.h"

namespace fastloss {

Isa chosen_isa();
std::vector<Isa> compiled_isas();

}  // namespace fastloss
