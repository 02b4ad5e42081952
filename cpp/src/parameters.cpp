// What a Loss keeps: its parameters, checked against the row's ranges when it is made.
#include <algorithm>
#include <cfloat>
#include <cmath>

#include "base/check.h"
#include "base/float_mode.h"
#include "checks.h"

namespace fastloss {
std::string range_text(const Parameter& p) {
  const bool low = p.low > -infinity, high = p.high < infinity;
  std::string text;
  if (low && high)
    text = std::string(p.open_low ? "(" : "[") + number_text(p.low) + ", " + number_text(p.high) +
           (p.open_high ? ")" : "]");
  else if (low)
    text = (p.open_low ? "> " : ">= ") + number_text(p.low);
  else if (high)
    text = (p.open_high ? "< " : "<= ") + number_text(p.high);
  return text;
}

Value fallback_of(const Parameter& p) {
  if (std::isnan(p.fallback)) return std::monostate{};
  if (p.kind == Kind::flag) return p.fallback != 0.0;
  if (p.kind == Kind::integer || p.kind == Kind::optional_integer) return static_cast<std::int64_t>(p.fallback);
  return p.fallback;
}

namespace {

bool within(const Parameter& p, double x) {
  if (std::isnan(x) || (std::isinf(x) && !p.infinite)) return false;
  return (p.open_low ? x > p.low : x >= p.low) && (p.open_high ? x < p.high : x <= p.high);
}

class Resolver {
 public:
  Resolver(const Row& row, const Parameter& parameter) : row_(row), p_(parameter) {}

  Value operator()(const Value& given) const {
    switch (p_.kind) {
      case Kind::flag:
        if (std::holds_alternative<bool>(given)) return given;
        fail(given, "True or False");
      case Kind::optional_integer:
        if (std::holds_alternative<std::monostate>(given)) return given;
        [[fallthrough]];
      case Kind::integer:
        if (std::holds_alternative<std::int64_t>(given)) return given;
        fail(given, p_.kind == Kind::integer ? "an integer" : "an integer or None");
      case Kind::optional_real:
        if (std::holds_alternative<std::monostate>(given)) return given;
        return real(given, "or None");
      case Kind::real:
        return real(given, "");
      case Kind::optional_vector:
        if (std::holds_alternative<std::monostate>(given)) return given;
        return vector(given, "or None");
      case Kind::real_or_vector:
        if (std::holds_alternative<std::vector<double>>(given)) return vector(given, "");
        return real(given, "or one per last axis");
    }
    return given;
  }

 private:
  Value real(const Value& given, const char* besides) const {
    double x = 0.0;
    if (const double* number = std::get_if<double>(&given))
      x = *number;
    else if (const std::int64_t* integer = std::get_if<std::int64_t>(&given))
      x = static_cast<double>(*integer);
    else
      fail(given, std::string("a number ") + range_text(p_) + (*besides ? std::string(" ") + besides : ""));
    if (!within(p_, x)) fail(given, std::string(p_.infinite ? "a number " : "a finite number ") + range_text(p_));
    return x;
  }

  Value vector(const Value& given, const char* besides) const {
    const auto* elements = std::get_if<std::vector<double>>(&given);
    const std::string wanted = "finite numbers " + range_text(p_) + (*besides ? std::string(" ") + besides : "");
    if (elements == nullptr || elements->empty()) fail(given, "one or more " + wanted);
    for (std::size_t i = 0; i < elements->size(); ++i)
      if (!within(p_, (*elements)[i]))
        parameter_error(row_, std::string(p_.name) + "[" + std::to_string(i) + "] is " + number_text((*elements)[i]) +
                                  ", wanted: " + wanted);
    return given;
  }

  [[noreturn]] void fail(const Value& given, const std::string& wanted) const {
    struct Text {
      std::string operator()(std::monostate) const { return "None"; }
      std::string operator()(bool x) const { return x ? "True" : "False"; }
      std::string operator()(std::int64_t x) const { return std::to_string(x); }
      std::string operator()(double x) const { return number_text(x); }
      std::string operator()(const std::vector<double>& x) const {
        return x.empty() ? "empty" : "a vector of " + std::to_string(x.size());
      }
    };
    parameter_error(row_, std::string(p_.name) + " is " + std::visit(Text{}, given) + ", wanted: " + wanted);
  }

  const Row& row_;
  const Parameter& p_;
};

double as_number(const Value& value) {
  struct Number {
    double operator()(std::monostate) const { return none; }
    double operator()(bool x) const { return x ? 1.0 : 0.0; }
    double operator()(std::int64_t x) const { return static_cast<double>(x); }
    double operator()(double x) const { return x; }
    double operator()(const std::vector<double>&) const { return none; }
  };
  return std::visit(Number{}, value);
}

void keep_vectors(Loss::State& state) {
  const auto vector = [&](const char* name) {
    const int place = parameter_place(state.row(), name);
    const auto* elements = place < 0 ? nullptr : std::get_if<std::vector<double>>(&state.given[place].second);
    return elements ? *elements : std::vector<double>{};
  };
  state.class_weight = vector("class_weight");
  if (state.row().element_parameter != nullptr) state.element = vector(state.row().element_parameter);
  if (state.entry.room == Room::rows) state.class_alpha = vector("alpha");
}

}  // namespace

std::shared_ptr<const Loss::State> make_state(const Entry& entry, const Parameters& parameters) {
  const FloatMode mode;  // a parameter may be subnormal
  auto state = std::make_shared<Loss::State>();
  const Row& row = *entry.row;
  state->entry = entry;
  const int count = parameter_count(row);
  for (int i = 0; i < count; ++i) state->given.emplace_back(row.parameters[i].name, fallback_of(row.parameters[i]));
  for (const auto& [name, value] : parameters) {
    const int place = parameter_place(row, name);
    if (place < 0) {
      std::string known;
      for (int i = 0; i < count; ++i) known += std::string(i ? ", " : "") + row.parameters[i].name;
      parameter_error(row, "there is no parameter '" + name + "'; it takes " + (count ? known : "none"));
    }
    state->given[place].second = Resolver(row, row.parameters[place])(value);
  }
  for (int i = 0; i < count; ++i) state->numbers[i] = as_number(state->given[i].second);
  keep_vectors(*state);
  if (const int place = parameter_place(row, "axis"); place >= 0) {
    state->has_axis = true;
    state->axis = std::get<std::int64_t>(state->given[place].second);
  }
  if (const int place = parameter_place(row, "ignore_index"); place >= 0) {
    const auto* index = std::get_if<std::int64_t>(&state->given[place].second);
    state->has_ignore_index = index != nullptr;
    if (index != nullptr) state->ignore_index = *index;
  }
  if (row.probabilities_unless_logits) {
    const int place = parameter_place(row, "from_logits");
    if (place < 0 || state->numbers[place] == 0.0) state->pred_domain = {0.0, 1.0};
  } else {
    state->pred_domain = row.pred_domain;
  }
  if (row.variant != nullptr) state->variant = row.variant(state->numbers);
  const auto beyond_float = [](double x) { return std::abs(x) > FLT_MAX || (x != 0.0 && std::abs(x) < FLT_MIN); };
  state->beyond_float = std::any_of(state->numbers, state->numbers + count, beyond_float) ||
                        std::any_of(state->element.begin(), state->element.end(), beyond_float);
  return state;
}

}  // namespace fastloss
