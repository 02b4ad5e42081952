// A sum of doubles without rounding, in fixed point over the whole exponent range: the order of the
// additions cannot change a bit of the result, so threads and chunks may add in any order.
// The idea is Kulisch's long accumulator ("Computer Arithmetic and Validity", 2008).
#pragma once

#include <cstdint>

namespace fastloss {

class ExactSum {
 public:
  void add(double x) noexcept {
    const std::uint64_t bits = __builtin_bit_cast(std::uint64_t, x);
    const int exponent = static_cast<int>(bits >> 52 & 0x7ff);
    if (exponent == 0x7ff) {  // infinities and NaN follow IEEE addition
      special_ += x;
      return;
    }
    const std::uint64_t fraction = bits & ((std::uint64_t{1} << 52) - 1);
    const int shift = exponent == 0 ? 0 : exponent - 1;
    const unsigned __int128 wide =
        static_cast<unsigned __int128>(exponent == 0 ? fraction : fraction | std::uint64_t{1} << 52) << (shift & 31);
    const std::int64_t sign = bits >> 63 ? -1 : 1;
    std::int64_t* digit = digits_ + (shift >> 5);
    digit[0] += sign * static_cast<std::int64_t>(static_cast<std::uint64_t>(wide) & 0xffffffffu);
    digit[1] += sign * static_cast<std::int64_t>(static_cast<std::uint64_t>(wide >> 32) & 0xffffffffu);
    digit[2] += sign * static_cast<std::int64_t>(static_cast<std::uint64_t>(wide >> 64));
    if (++pending_ == 1 << 30) carry();
  }

  void add(const ExactSum& other) noexcept {
    ExactSum copy = other;
    copy.carry();
    carry();
    for (int i = 0; i < size; ++i) digits_[i] += copy.digits_[i];
    special_ += copy.special_;
    carry();
  }

  // The sum, rounded once to nearest even.
  double value() const noexcept;

 private:
  void carry() noexcept {
    for (int i = 0; i + 1 < size; ++i) {
      const std::int64_t high = digits_[i] >> 32;  // floor
      digits_[i] -= high * (std::int64_t{1} << 32);
      digits_[i + 1] += high;
    }
    pending_ = 0;
  }

  static constexpr int size = 70;  // 2098 bits of doubles, room for 2^64 additions, the sign
  std::int64_t digits_[size] = {};
  double special_ = 0.0;
  int pending_ = 0;
};

}  // namespace fastloss
