// Numbers of every element type: those of a domain, its ends and their neighbours, and those beyond.
#pragma once

#include <cmath>
#include <cstring>
#include <deque>
#include <limits>
#include <vector>

#include "arena.h"
#include "base/definition.h"

using fastloss::Interval;

// The element as a double: rounded, where it is an integer of more than 53 bits.
inline double number_at(const char* at, std::int32_t dtype) {
  const auto read = [at]<class T>(T x) { return std::memcpy(&x, at, sizeof x), x; };
  switch (dtype) {
    case FASTLOSS_BOOL:
      return read(std::uint8_t{}) != 0 ? 1.0 : 0.0;
    case FASTLOSS_INT8:
      return read(std::int8_t{});
    case FASTLOSS_INT16:
      return read(std::int16_t{});
    case FASTLOSS_INT32:
      return read(std::int32_t{});
    case FASTLOSS_INT64:
      return static_cast<double>(read(std::int64_t{}));
    case FASTLOSS_UINT8:
      return read(std::uint8_t{});
    case FASTLOSS_UINT16:
      return read(std::uint16_t{});
    case FASTLOSS_UINT32:
      return read(std::uint32_t{});
    case FASTLOSS_UINT64:
      return static_cast<double>(read(std::uint64_t{}));
    case FASTLOSS_FLOAT32:
      return static_cast<double>(read(0.0f));
    case FASTLOSS_FLOAT64:
      return read(0.0);
    default: {
      const std::uint32_t half = read(std::uint16_t{});
      if (dtype == FASTLOSS_BFLOAT16) return static_cast<double>(__builtin_bit_cast(float, half << 16));
      const std::uint32_t exponent = half >> 10 & 31, mantissa = half & 0x3ff;
      const double size = exponent == 31 ? (mantissa ? __builtin_nan("") : __builtin_inf())
                          : exponent     ? std::ldexp(mantissa + 1024, static_cast<int>(exponent) - 25)
                                         : std::ldexp(mantissa, -24);
      return half & 0x8000 ? -size : size;
    }
  }
}

// The bits of a number of the type that is near to x.
inline std::uint64_t bits_near(double x, std::int32_t dtype) {
  const bool negative = std::signbit(x);
  const float narrow = static_cast<float>(std::isinf(x) ? x : std::fmin(std::fmax(x, -0x1.fffffep127), 0x1.fffffep127));
  const auto bits = __builtin_bit_cast(std::uint32_t, narrow);
  switch (dtype) {
    case FASTLOSS_FLOAT64:
      return __builtin_bit_cast(std::uint64_t, x);
    case FASTLOSS_FLOAT32:
      return bits;
    case FASTLOSS_BFLOAT16:
      return bits >> 16;
    case FASTLOSS_FLOAT16: {
      const double size = std::fabs(x);
      if (std::isnan(x)) return 0x7e00;
      const std::uint64_t sign = negative ? 0x8000 : 0;
      if (std::isinf(x)) return sign | 0x7c00;
      if (size >= 65504.0) return sign | 0x7bff;
      if (size < 0x1p-14) return sign | static_cast<std::uint64_t>(size * 0x1p24);
      int exponent;
      const double fraction = std::frexp(size, &exponent);  // in [0.5, 1)
      return sign | static_cast<std::uint64_t>((exponent + 14) << 10) |
             (static_cast<std::uint64_t>(fraction * 2048.0) & 0x3ff);
    }
    default: {
      if (dtype == FASTLOSS_BOOL) return x != 0.0;
      const int n = 8 * item_sizes[dtype];
      const bool is_signed = dtype <= FASTLOSS_INT64;
      const std::uint64_t most = ~std::uint64_t{0} >> (64 - n + is_signed), least = is_signed ? ~most : 0;
      if (std::isnan(x)) return 0;
      if (x >= static_cast<double>(most)) return most;
      if (negative)
        return !is_signed                        ? 0
               : x <= -static_cast<double>(most) ? least
                                                 : static_cast<std::uint64_t>(static_cast<std::int64_t>(x));
      return static_cast<std::uint64_t>(x);
    }
  }
}

// For a domain and an element type: ordinary numbers of the domain, all of it with its ends, and what is beyond.
struct Pool {
  std::uint64_t tame[16], inside[80], beyond[80];
  std::uint32_t n_tame = 0, n_inside = 0, n_beyond = 0;

  Pool(const Interval& domain, std::int32_t dtype) {
    const double inf = __builtin_inf();
    for (const double x : {1.0,
                           0.5,
                           0.25,
                           2.0,
                           -1.0,
                           -0.5,
                           3.0,
                           0.75,
                           domain.low,
                           domain.high,
                           0.0,
                           -0.0,
                           100.0,
                           -40.0,
                           1e-42,
                           -1e-310,
                           1e30,
                           inf,
                           -inf,
                           std::numeric_limits<double>::max(),
                           __builtin_nan("")}) {
      const std::uint64_t near = bits_near(x, dtype);
      // The neighbours: of floats, the next ones in size.
      for (const std::uint64_t bits : {near, near + 1, near - 1}) add(domain, dtype, bits, bits == near);
    }
    if (n_inside == 0) std::copy(beyond, beyond + n_beyond, inside), n_inside = n_beyond;
    if (n_beyond == 0) std::copy(inside, inside + n_inside, beyond), n_beyond = n_inside;
    if (n_tame == 0) tame[n_tame++] = inside[0];
  }

 private:
  void add(const Interval& domain, std::int32_t dtype, std::uint64_t bits, bool itself) {
    char at[8];
    std::memcpy(at, &bits, 8);
    const double x = number_at(at, dtype), size = std::fabs(x);
    if (dtype == FASTLOSS_BOOL && bits > 1) return;
    if (!holds(domain, x)) {
      beyond[n_beyond++] = bits;
      return;
    }
    inside[n_inside++] = bits;
    if (itself && n_tame < 12 && (size == 0.0 || (size > 0.01 && size < 10.0))) tame[n_tame++] = bits;
  }

 public:
  static bool holds(const Interval& domain, double x) {
    if (std::isnan(x) || (x == domain.low && !domain.open_low) || (x == domain.high && !domain.open_high)) return true;
    return !domain.ends_alone && x > domain.low && x < domain.high;
  }
};

struct Pools {
  Interval domain;
  std::vector<Pool> of;  // element types

  explicit Pools(const Interval& interval) : domain(interval) {
    for (std::int32_t dtype = 0; dtype <= FASTLOSS_FLOAT64; ++dtype) of.emplace_back(interval, dtype);
  }
};

// The same ones for all inputs of one domain.
inline const Pools& pools_of(const Interval& x) {
  static std::deque<Pools> all;
  for (const Pools& one : all) {
    const Interval& y = one.domain;
    if (x.low == y.low && x.high == y.high && x.open_low == y.open_low && x.open_high == y.open_high &&
        x.ends_alone == y.ends_alone)
      return one;
  }
  return all.emplace_back(x);
}
