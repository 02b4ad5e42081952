// The memory that engines work in: the caller's or the heap's, taken once, before a thread starts.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>

namespace fastloss {

class Workspace {
 public:
  static constexpr std::int64_t alignment = 64;

  // Without given memory the heap's is taken.
  Workspace(std::span<std::byte> given, bool measure) noexcept : given_(given), measure_(measure) {}

  // Memory for so many threads. False ends the call: what is given is too small, or only the size was asked for.
  // Throws std::bad_alloc.
  bool provide(std::int64_t bytes_each, int threads);
  // One thread's part, aligned; null where nothing was wanted.
  std::byte* share() noexcept { return bytes_each_ == 0 ? nullptr : memory_ + taken_.fetch_add(1) * bytes_each_; }

  std::int64_t wanted() const noexcept { return wanted_; }  // bytes of given memory, wherever it begins
  bool too_small() const noexcept { return too_small_; }

 private:
  static std::int64_t aligned(std::int64_t bytes) noexcept { return (bytes + alignment - 1) & -alignment; }
  struct Release {
    void operator()(std::byte* p) const noexcept { ::operator delete[](p, std::align_val_t{alignment}); }
  };
  std::span<std::byte> given_;
  bool measure_, too_small_ = false;
  std::int64_t bytes_each_ = 0, wanted_ = 0;
  std::byte* memory_ = nullptr;
  std::unique_ptr<std::byte[], Release> own_;
  std::atomic<std::int64_t> taken_{0};
};

}  // namespace fastloss
