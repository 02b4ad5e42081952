// The shape language: what an input's axes are, in a few words. A lower-case letter is an axis along which terms do not
// meet, an upper-case one an axis that a term needs whole, a digit such an axis of that length; `*b` is any number of
// axes of the first kind. "*b C": rows of C classes, however many axes of rows.
#pragma once

#include <cstdint>

namespace fastloss {

struct Axis {
  enum class Kind : std::uint8_t { none, term, inner, fixed, many } kind = Kind::none;
  char letter = '\0';  // of a fixed one, its digit
};

struct ShapeText {
  static constexpr int most = 4;
  const char* text = "";
  Axis axes[most] = {};
  std::int8_t count = 0, many = -1, inner = -1;  // tokens; the places of `*b` and of the first inner axis

  constexpr ShapeText() = default;
  constexpr ShapeText(const char* words) : text(words) {  // NOLINT: a definition writes the words alone
    for (const char* c = words; *c != '\0'; ++c) {
      if (*c == ' ') continue;
      Axis& axis = axes[count];
      if (*c == '*') {
        axis = {Axis::Kind::many, *++c};
        many = count;
      } else if (*c >= 'a' && *c <= 'z') {
        axis = {Axis::Kind::term, *c};
      } else {
        axis = {*c >= '0' && *c <= '9' ? Axis::Kind::fixed : Axis::Kind::inner, *c};
        if (inner < 0) inner = count;
      }
      ++count;
    }
  }
  constexpr bool given() const { return count > 0 || many >= 0; }
};

}  // namespace fastloss
