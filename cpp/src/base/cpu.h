// What this processor and its operating system can run.
#pragma once

#include <cstdint>

namespace fastloss {

enum class Isa { baseline, avx2, avx512, neon };
inline constexpr int isa_count = 4;

const char* name_of(Isa isa) noexcept;
bool cpu_has(Isa isa) noexcept;
// Outputs beyond this many bytes would only push everything else out of the cache.
std::int64_t last_level_cache() noexcept;

}  // namespace fastloss
