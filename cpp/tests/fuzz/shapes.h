// What a definition's words say of shapes: the lengths that they stand for, and whether arrays add up to them. By a way
// of its own, for the library's is what is tried.
#pragma once

#include <algorithm>

#include "arena.h"
#include "base/shape.h"

using fastloss::ShapeText;

class Lengths {
 public:
  // `axis`: where the inner axis lies; else where it stands in the words.
  Lengths(bool has_axis, int axis) : has_axis_(has_axis), axis_(axis) { std::fill(letter_, letter_ + 128, -1); }

  void many(int n, const std::int64_t* lengths) {
    n_many_ = n;
    std::copy(lengths, lengths + n, many_);
  }
  void forget_axis() { has_axis_ = false; }
  bool known(char letter) const { return letter_[static_cast<int>(letter)] >= 0; }
  void set(char letter, std::int64_t length) { letter_[static_cast<int>(letter)] = length; }

  int ndim(const ShapeText& text) const { return text.many < 0 ? text.count : text.count - 1 + n_many_; }

  // The lengths that the words stand for; false where the inner axis has no place among them.
  bool expand(const ShapeText& text, std::int64_t* shape) const {
    char words[most_axes + ShapeText::most];
    if (!lay_out(text, words)) return false;
    for (int k = 0, seen = 0; k < ndim(text); ++k)
      shape[k] = words[k] == '*'                      ? many_[seen++]
                 : words[k] >= '0' && words[k] <= '9' ? words[k] - '0'
                                                      : letter_[static_cast<int>(words[k])];
    return true;
  }

  // Whether an array may have the shape. Lengths that nothing has said yet, it says.
  bool take(const ShapeText& text, const fastloss_array& array, bool first = false) {
    char words[most_axes + ShapeText::most];
    if (first) n_many_ = text.many < 0 ? 0 : array.ndim - (text.count - 1);
    if (n_many_ < 0 || array.ndim != ndim(text) || !lay_out(text, words)) return false;
    for (int k = 0, seen = 0; k < array.ndim; ++k) {
      const std::int64_t length = array.shape[k];
      if (words[k] >= '0' && words[k] <= '9') {
        if (length != words[k] - '0') return false;
        continue;
      }
      std::int64_t& known = words[k] == '*' ? many_[seen++] : letter_[static_cast<int>(words[k])];
      if (first ? words[k] == '*' || known < 0 : known < 0) known = length;
      if (length != known || (length == 0 && words[k] >= 'A' && words[k] <= 'Z')) return false;
    }
    return true;
  }

  // How many numbers of an input a term needs.
  std::int64_t inner(const ShapeText& text) const {
    std::int64_t product = 1;
    for (const char* c = text.text; *c != '\0'; ++c)
      if (*c >= '0' && *c <= '9')
        product *= *c - '0';
      else if (*c >= 'A' && *c <= 'Z')
        product *= letter_[static_cast<int>(*c)];
    return product;
  }

 private:
  // A word for every axis, where the axis lies.
  bool lay_out(const ShapeText& text, char* words) const {
    int n = 0, from = -1;
    for (const char* c = text.text; *c != '\0'; ++c) {
      if (*c == ' ') continue;
      if (*c == '*') {
        std::fill(words + n, words + n + n_many_, '*');
        n += n_many_, ++c;
        continue;
      }
      if (from < 0 && (*c < 'a' || *c > 'z')) from = n;
      words[n++] = *c;
    }
    if (!has_axis_ || from < 0) return true;
    const int to = axis_ < 0 ? axis_ + n : axis_;
    if (to < 0 || to >= n) return false;
    if (from < to) std::rotate(words + from, words + from + 1, words + to + 1);
    if (to < from) std::rotate(words + to, words + from, words + from + 1);
    return true;
  }

  bool has_axis_;
  int axis_, n_many_ = 0;
  std::int64_t many_[most_axes], letter_[128];
};

// Whether weights may have the shape: along the last axes of the terms, or 1.
inline bool weighs(const fastloss_array& weight, int ndim, const std::int64_t* terms) {
  if (weight.ndim > ndim) return false;
  for (int k = 1; k <= weight.ndim; ++k) {
    const std::int64_t length = weight.shape[weight.ndim - k];
    if (length != terms[ndim - k] && length != 1) return false;
  }
  return true;
}
