#include "base/workspace.h"

#include "base/check.h"

namespace fastloss {

bool Workspace::provide(std::int64_t bytes_each, int threads) {
  bytes_each_ = aligned(bytes_each);
  std::int64_t total;
  if (__builtin_mul_overflow(bytes_each_, threads, &total) || __builtin_add_overflow(total, alignment, &wanted_))
    out_of_memory();
  if (total == 0) wanted_ = 0;
  if (measure_) return false;
  if (total == 0) return true;
  if (given_.data() == nullptr) {
    own_.reset(static_cast<std::byte*>(
        ::operator new[](static_cast<std::size_t>(total), std::align_val_t{static_cast<std::size_t>(alignment)})));
    memory_ = own_.get();
    return true;
  }
  const auto address = reinterpret_cast<std::uintptr_t>(given_.data());
  const auto before = static_cast<std::size_t>(-address & (alignment - 1));
  too_small_ = given_.size() < before || given_.size() - before < static_cast<std::size_t>(total);
  if (too_small_) return false;
  memory_ = given_.data() + before;
  return true;
}

}  // namespace fastloss
