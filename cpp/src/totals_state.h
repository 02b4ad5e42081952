#pragma once

#include <fastloss/totals.h>

#include "base/exact_sum.h"

namespace fastloss {

struct Totals::State {
  ExactSum sum, weight;
};

}  // namespace fastloss
