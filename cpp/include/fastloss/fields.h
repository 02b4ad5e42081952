// The parameters of a loss by type: their values as a call reads them, and how members become them.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace fastloss {

// A parameter's value as a call reads it: none, flag, integer, real, one real per class, or one of some words.
using FieldValue = std::variant<std::monostate, bool, std::int64_t, double, std::span<const double>, std::string_view>;
struct Field {
  std::string_view name;
  FieldValue value;
};

// One number for all, or one per last axis: 2.0 or {1.0, 3.0, 1.0}.
class PerElement {
 public:
  PerElement(double one) : one_(one) {}
  PerElement(std::vector<double> each) : each_(std::move(each)) {}
  PerElement(std::initializer_list<double> each) : each_(each) {}
  FieldValue field() const { return each_.empty() ? FieldValue(one_) : FieldValue(std::span<const double>(each_)); }

 private:
  double one_ = 1.0;
  std::vector<double> each_;
};

namespace detail {

inline FieldValue field(const PerElement& value) { return value.field(); }
inline FieldValue field(bool value) { return value; }
inline FieldValue field(double value) { return value; }
inline FieldValue field(std::int64_t value) { return value; }
inline FieldValue field(std::string_view value) { return value; }
template <class T>
FieldValue field(const std::optional<T>& value) {
  return value ? FieldValue(*value) : FieldValue(std::monostate());
}
inline FieldValue field(const std::vector<double>& value) {  // an empty one is none
  return value.empty() ? FieldValue(std::monostate()) : FieldValue(std::span<const double>(value));
}

template <std::same_as<Field>... F>
std::array<Field, sizeof...(F)> fields(const F&... each) {
  return {each...};
}

}  // namespace detail
}  // namespace fastloss
