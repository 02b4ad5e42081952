// float16 and bfloat16 by integer arithmetic: exact one way, rounded to nearest even the other, the same
// on every ISA. NaNs come out quiet and positive.
#pragma once

#include <cstdint>

namespace fastloss::FASTLOSS_ISA {

[[gnu::always_inline]] static inline float from_float16(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000) << 16;
  const std::uint32_t magnitude = static_cast<std::uint32_t>(half & 0x7fff);
  // Normal numbers only need the exponent moved; subnormal ones are magnitude * 2^-24.
  const std::uint32_t normal = (magnitude << 13) + ((127 - 15) << 23);
  const float small = static_cast<float>(static_cast<std::int32_t>(magnitude)) * 0x1p-24f;
  const std::uint32_t top = (magnitude << 13) | 0x7f800000u;  // infinity and NaN
  std::uint32_t bits = magnitude < 0x0400 ? __builtin_bit_cast(std::uint32_t, small) : normal;
  bits = magnitude >= 0x7c00 ? top : bits;
  return __builtin_bit_cast(float, bits | sign);
}

[[gnu::always_inline]] static inline std::uint16_t to_float16(float x) {
  const std::uint32_t bits = __builtin_bit_cast(std::uint32_t, x);
  const std::uint32_t sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffffu;
  const std::uint32_t rounded = magnitude + 0xfff + (magnitude >> 13 & 1);
  const std::uint32_t normal = (rounded >> 13) - ((127 - 15) << 10);
  // Below 2^-14 the unit is 2^-24: adding 1/2 lets the hardware round there.
  const float shifted = __builtin_bit_cast(float, magnitude) + 0.5f;
  const std::uint32_t small = __builtin_bit_cast(std::uint32_t, shifted) - 0x3f000000u;
  std::uint32_t half = magnitude < 0x38800000u ? small : normal;
  half = magnitude >= 0x477ff000u ? 0x7c00u : half;  // 65520 and above
  half = magnitude > 0x7f800000u ? 0x7e00u : half | sign;
  return static_cast<std::uint16_t>(half);
}

[[gnu::always_inline]] static inline float from_bfloat16(std::uint16_t half) {
  return __builtin_bit_cast(float, static_cast<std::uint32_t>(half) << 16);
}

[[gnu::always_inline]] static inline std::uint16_t to_bfloat16(float x) {
  const std::uint32_t bits = __builtin_bit_cast(std::uint32_t, x);
  const std::uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  return static_cast<std::uint16_t>((bits & 0x7fffffffu) > 0x7f800000u ? 0x7fc0u : rounded);
}

}  // namespace fastloss::FASTLOSS_ISA
