#include "base/exact_sum.h"

#include <cmath>

namespace fastloss {

double ExactSum::value() const noexcept {
  if (special_ != 0.0) return special_;  // infinite or NaN
  ExactSum sum = *this;
  sum.carry();
  const bool negative = sum.digits_[size - 1] < 0;
  if (negative) {
    for (std::int64_t& digit : sum.digits_) digit = -digit;
    sum.carry();
  }
  int top = size - 1;
  while (top > 0 && sum.digits_[top] == 0) --top;
  // The leading 64 bits, with everything below folded into the last one, decide the rounding.
  std::uint64_t leading = 0;
  bool rest = false;
  int exponent = top * 32;
  std::uint64_t digit = static_cast<std::uint64_t>(sum.digits_[top]);
  if (digit == 0) return 0.0;
  const int spare = __builtin_clzll(digit);
  leading = digit << spare;
  exponent -= spare;
  int room = spare;
  for (int i = top - 1; i >= 0; --i) {
    digit = static_cast<std::uint64_t>(sum.digits_[i]);
    if (room >= 32) {
      leading |= digit << (room - 32);
      room -= 32;
    } else if (room > 0) {
      leading |= digit >> (32 - room);
      rest |= (digit & ((std::uint64_t{1} << (32 - room)) - 1)) != 0;
      room = 0;
    } else {
      rest |= digit != 0;
    }
  }
  const double magnitude = std::ldexp(static_cast<double>(leading | (rest ? 1 : 0)), exponent - 1074);
  return negative ? -magnitude : magnitude;
}

}  // namespace fastloss
