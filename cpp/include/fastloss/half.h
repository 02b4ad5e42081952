// The half types as plain storage. Hosts with a type of their own (an Eigen::half, a c10::BFloat16) name it to
// fastloss by specialising dtype_of of view.h.
#pragma once

#include <bit>
#include <cstdint>

namespace fastloss {

// IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits.
struct float16 {
  std::uint16_t bits = 0;

  constexpr float16() = default;
  // Rounded to nearest, ties to even; beyond 65519 it is infinity.
  constexpr explicit float16(float x) : bits(from(std::bit_cast<std::uint32_t>(x))) {}
  constexpr explicit operator float() const {
    const std::uint32_t sign = std::uint32_t{bits} << 16 & 0x80000000u, rest = bits & 0x7fffu;
    if (rest >= 0x7c00u) return std::bit_cast<float>(sign | 0x7f800000u | (rest & 0x3ffu) << 13);
    if (rest >= 0x400u) return std::bit_cast<float>(sign | ((rest << 13) + (112u << 23)));
    const float size = static_cast<float>(rest) * 0x1p-24f;  // subnormal
    return sign ? -size : size;
  }

 private:
  static constexpr std::uint16_t from(std::uint32_t x) {
    const std::uint32_t sign = x >> 16 & 0x8000u, size = x & 0x7fffffffu;
    if (size > 0x7f800000u) return static_cast<std::uint16_t>(sign | 0x7e00u | (size >> 13 & 0x3ffu));
    if (size >= 0x477ff000u) return static_cast<std::uint16_t>(sign | 0x7c00u);
    if (size < 0x33000000u) return static_cast<std::uint16_t>(sign);
    // the fraction with its leading bit, and how far it goes down; subnormal results go further
    const std::uint32_t exponent = size >> 23, fraction = (size & 0x7fffffu) | 0x800000u;
    const std::uint32_t down = exponent < 113 ? 126 - exponent : 13, kept = fraction >> down;
    const std::uint32_t rest = fraction & ((1u << down) - 1), half = 1u << (down - 1);
    const std::uint32_t rounded = kept + (rest > half || (rest == half && (kept & 1u)));
    return static_cast<std::uint16_t>(sign | (exponent < 113 ? rounded : rounded + ((exponent - 113) << 10)));
  }
};

// The upper half of a float: 1 sign, 8 exponent and 7 fraction bits.
struct bfloat16 {
  std::uint16_t bits = 0;

  constexpr bfloat16() = default;
  // Rounded to nearest, ties to even.
  constexpr explicit bfloat16(float x) : bits(from(std::bit_cast<std::uint32_t>(x))) {}
  constexpr explicit operator float() const { return std::bit_cast<float>(std::uint32_t{bits} << 16); }

 private:
  static constexpr std::uint16_t from(std::uint32_t x) {
    if ((x & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>(x >> 16 | 0x40u);
    return static_cast<std::uint16_t>((x + 0x7fffu + (x >> 16 & 1u)) >> 16);
  }
};

}  // namespace fastloss
