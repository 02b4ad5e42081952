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

  // As numbers, the same for equal sums.
  static constexpr int words = 71;
  void save(std::int64_t* to) const noexcept {
    ExactSum sum = *this;
    sum.carry();
    for (int i = 0; i < size; ++i) to[i] = sum.digits_[i];
    to[size] = special_ == special_ ? __builtin_bit_cast(std::int64_t, special_) : not_a_number;
  }
  // False where the numbers are none that save() writes.
  bool load(const std::int64_t* from) noexcept {
    for (int i = 0; i < size; ++i) {
      const bool top = i == size - 1;
      if (top ? from[i] > top_limit || from[i] < -top_limit : from[i] < 0 || from[i] >> 32 != 0) return false;
      digits_[i] = from[i];
    }
    special_ = __builtin_bit_cast(double, from[size]);
    return special_ == 0.0 || special_ - special_ != 0.0;
  }

 private:
  void carry() noexcept {
    for (int i = 0; i + 1 < size; ++i) {
      const std::int64_t high = digits_[i] >> 32;  // floor
      digits_[i] -= high * (std::int64_t{1} << 32);
      digits_[i + 1] += high;
    }
    pending_ = 0;
  }

  static constexpr std::int64_t not_a_number = 0x7ff8000000000000, top_limit = std::int64_t{1} << 40;
  static constexpr int size = 70;  // 2098 bits of doubles, room for 2^64 additions, the sign
  std::int64_t digits_[size] = {};
  double special_ = 0.0;
  int pending_ = 0;
};

}  // namespace fastloss
