#include "base/cpu.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__linux__)
#include <unistd.h>
#endif

namespace fastloss {

const char* name_of(Isa isa) noexcept {
  constexpr const char* names[isa_count] = {"baseline", "avx2", "avx512", "neon"};
  return names[static_cast<int>(isa)];
}

#if defined(__x86_64__)
namespace {

struct Features {
  bool avx2 = false, avx512 = false;

  Features() noexcept {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return;
    const unsigned leaf1 = c;
    constexpr unsigned fma = 1u << 12, movbe = 1u << 22, osxsave = 1u << 27, avx = 1u << 28, f16c = 1u << 29;
    if ((leaf1 & (fma | movbe | osxsave | avx | f16c)) != (fma | movbe | osxsave | avx | f16c)) return;
    unsigned low, high;  // which registers the operating system saves
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low & 0x6) != 0x6) return;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return;
    const unsigned leaf7 = b;
    if (!__get_cpuid(0x80000001, &a, &b, &c, &d)) return;
    constexpr unsigned bmi1 = 1u << 3, avx2_bit = 1u << 5, bmi2 = 1u << 8, lzcnt = 1u << 5;
    avx2 = (leaf7 & (bmi1 | avx2_bit | bmi2)) == (bmi1 | avx2_bit | bmi2) && (c & lzcnt) != 0;
    constexpr unsigned f = 1u << 16, dq = 1u << 17, cd = 1u << 28, bw = 1u << 30, vl = 1u << 31;
    avx512 = avx2 && (low & 0xe6) == 0xe6 && (leaf7 & (f | dq | cd | bw | vl)) == (f | dq | cd | bw | vl);
  }
};

}  // namespace

bool cpu_has(Isa isa) noexcept {
  static const Features features;
  return isa == Isa::baseline || (isa == Isa::avx2 && features.avx2) || (isa == Isa::avx512 && features.avx512);
}
#elif defined(__aarch64__)
bool cpu_has(Isa isa) noexcept { return isa == Isa::neon; }  // part of the base architecture
#else
bool cpu_has(Isa isa) noexcept { return isa == Isa::baseline; }
#endif

std::int64_t last_level_cache() noexcept {
  constexpr std::int64_t usual = 8 << 20;
#if defined(_SC_LEVEL3_CACHE_SIZE)
  static const std::int64_t size = [] {
    const long bytes = sysconf(_SC_LEVEL3_CACHE_SIZE);
    return bytes > 0 ? static_cast<std::int64_t>(bytes) : usual;
  }();
  return size;
#else
  return usual;
#endif
}

}  // namespace fastloss
