// The only threads of the house.
#pragma once

#include <fastloss/call.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "base/float_mode.h"

namespace fastloss {

int default_threads() noexcept;  // what a call uses that does not say: override, then setting
void set_default_threads(int n) noexcept;
int swap_override(int n) noexcept;  // for the calling thread; 0 ends it
std::string threads_notice();       // see Config
int most_threads() noexcept;        // of one call, whatever is asked for

// Asks the host, at most every 50 ms and only on the calling thread, whether to stop.
class Poll {
 public:
  Poll(bool (*ask)(void*), void* context) noexcept : ask_(ask), context_(context) {
    if (ask_ != nullptr) last_ = std::chrono::steady_clock::now();
  }
  bool stopped() const noexcept { return stop_.load(std::memory_order_relaxed); }
  bool asks() const noexcept { return ask_ != nullptr; }
  void stop() noexcept { stop_.store(true, std::memory_order_relaxed); }
  // True when the work should end.
  bool tick(bool on_caller) noexcept {
    if (on_caller && ask_ != nullptr) {
      const auto now = std::chrono::steady_clock::now();
      if (now - last_ > std::chrono::milliseconds(50)) {
        last_ = now;
        if (ask_(context_)) stop();
      }
    }
    return stopped();
  }

 private:
  bool (*ask_)(void*);
  void* context_;
  std::atomic<bool> stop_{false};
  std::chrono::steady_clock::time_point last_{};
};

using Body = void (*)(void* context, std::int64_t begin, std::int64_t end, bool on_caller);

// Splits [0, units) into contiguous pieces, one per thread of the pool, or per turn of the host's own parallel_for.
// Inside a parallel region of the host's OpenMP the calling thread does all of it, as OpenMP has it.
void run_parallel(std::int64_t units, int threads, const ParallelFor& host, Poll& poll, Body body, void* context);

// body(begin, end, on_caller) must not throw.
template <class F>
void parallel_for(std::int64_t units, int threads, const ParallelFor& host, Poll& poll, F&& body) {
  run_parallel(
      units, threads, host, poll,
      [](void* context, std::int64_t begin, std::int64_t end, bool on_caller) {
        const FloatMode mode;
        (*static_cast<F*>(context))(begin, end, on_caller);
      },
      &body);
}

}  // namespace fastloss
