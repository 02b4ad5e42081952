// Helpers of a call: threads of our own, started when a call first wants them and kept for the next one.
#pragma once

#include <cstdint>

#include "base/parallel.h"

namespace fastloss {

// body over [0, units) on the calling thread and at most threads - 1 helpers. Nothing here can fail: where the system
// gives no thread, or gives it no time, the caller does the work.
void run_on_pool(std::int64_t units, int threads, Poll& poll, Body body, void* context) noexcept;

}  // namespace fastloss
