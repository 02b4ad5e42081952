#pragma once

#include "base/job.h"

namespace fastloss {

Outcome run_rows(const Job& job, Poll& poll, Faults& faults, bool wide);

}  // namespace fastloss
