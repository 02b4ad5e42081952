#pragma once

#include "base/job.h"

namespace fastloss {

Outcome run_pointwise(const Job& job, Poll& poll, Faults& faults, bool wide);

}  // namespace fastloss
