// The checks of a call, shared by every host.
#pragma once

#include "base/job.h"
#include "bind.h"

namespace fastloss {

// The inputs alone: number, views, shapes, and dtypes where they count.
Shapes check_inputs(const Resolved& loss, std::span<const ConstArray> inputs, bool dtypes = true);
Shapes check_call(const Resolved& loss, const Call& call, Job& job);
[[noreturn]] void raise(const Resolved& loss, const Call& call, const Shapes& shapes, const Fault& fault);

}  // namespace fastloss
