// Where a thread's results go: into the caller's memory as they are computed, where type and layout allow; past the
// cache in whole lines, where they are too large to stay; else converted and scattered.
#pragma once

#include "block/run.h"

namespace fastloss {

template <class T>
class RunOutput {
 public:
  // `end`: where this thread's part ends.
  void begin(const Operand& operand, bool past_cache, std::int64_t end) noexcept {
    operand_ = &operand;
    end_ = end;
    own_ = direct<T>(operand, own_dtype<T>);
    streams_ = own_ && past_cache;
    begins_ = true;
  }

  // The memory for the padded run [index, index + n).
  T* open(std::int64_t index, int n) noexcept {
    return own_ && !streams_ && n % lanes == 0 ? address(index) : buffer_ + lanes;
  }

  // Takes the run from there to where it belongs.
  void close(const Passes<T>& passes, std::int64_t index, int n) noexcept {
    if (n % lanes != 0 || !own_) {
      store_run(passes, *operand_, index, n, buffer_ + lanes, nullptr, 1.0, false);
    } else if (streams_) {
      const std::int64_t next = index + n;
      const bool ends = next == end_ || (end_ - next < run_length && (end_ - next) % lanes != 0);
      passes.stream_lines(buffer_ + lanes, reinterpret_cast<char*>(address(index)), n, begins_, ends);
      begins_ = false;
    }
  }

 private:
  T* address(std::int64_t index) const noexcept {
    return reinterpret_cast<T*>(const_cast<char*>(operand_->data)) + index;
  }

  const Operand* operand_;
  std::int64_t end_;
  bool own_, streams_, begins_;
  alignas(64) T buffer_[lanes + run_length];  // in front: what waits for its line to fill
};

}  // namespace fastloss
