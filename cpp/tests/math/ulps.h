// How far a result is from the truth, in units in its last place.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace fastloss {

// |got - want| in ULP of a T near `want`, both finite. It is asked four thousand million times in a sweep of floats.
template <class T, class R>
double distance(R got, R want) {
  using L = std::numeric_limits<T>;
  if constexpr (sizeof(R) == 8 && sizeof(T) == 4) {
    const int biased = static_cast<int>(std::bit_cast<std::uint64_t>(want) >> 52 & 0x7ff);
    const int exponent = std::clamp(biased - 1023, L::min_exponent - 1, L::max_exponent - 1);
    return std::abs(got - want) * std::bit_cast<double>(std::uint64_t(1023 + L::digits - 1 - exponent) << 52);
  } else {
    const int exponent = std::clamp(std::ilogb(want), L::min_exponent - 1, L::max_exponent - 1);
    return static_cast<double>(std::ldexp(std::abs(got - want), L::digits - 1 - exponent));
  }
}

// Infinite where nothing may be off: a NaN, an infinity, the sign of a zero.
template <class T, class R>
double ulps(T result, R exact) {
  using L = std::numeric_limits<T>;
  constexpr double never = std::numeric_limits<double>::infinity();
  if (std::isnan(result) || std::isnan(exact)) return std::isnan(result) && std::isnan(exact) ? 0 : never;
  if (std::signbit(result) != std::signbit(exact)) return never;
  if (exact == 0) return result == 0 ? 0 : never;
  if (std::isinf(exact)) return std::isinf(result) ? 0 : never;
  constexpr R end = R(L::max()) + R(L::max()) * R(L::epsilon()) / 2;  // what is infinite was rounded from this or more
  const R got = std::isinf(result) ? end : std::abs(static_cast<R>(result)), want = std::min(std::abs(exact), end);
  return distance<T>(got, want);
}

}  // namespace fastloss
