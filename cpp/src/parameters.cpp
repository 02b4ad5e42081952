// What a Loss keeps: its parameters, checked against the definition's ranges when it is made.
#include <algorithm>
#include <cfloat>
#include <cmath>

#include "base/check.h"
#include "base/float_mode.h"
#include "resolved.h"

namespace fastloss {
namespace {
// Word k of a choice; nothing beyond the last.
std::string_view word_of(std::string_view words, int k) {
  for (; k > 0; --k) {
    const std::size_t end = words.find('|');
    if (end == std::string_view::npos) return {};
    words.remove_prefix(end + 1);
  }
  return words.substr(0, words.find('|'));
}
}  // namespace

std::string range_text(const Parameter& p) {
  const bool low = p.low > -infinity, high = p.high < infinity;
  std::string text;
  if (p.kind == Kind::choice) {
    for (int k = 0; !word_of(p.words, k).empty(); ++k) {
      const bool last = word_of(p.words, k + 1).empty();
      text.append(k == 0 ? "'" : last ? " or '" : ", '").append(word_of(p.words, k)).append("'");
    }
    return text;
  }
  if (low && high)
    text = std::string(p.open_low ? "(" : "[") + number_text(p.low) + ", " + number_text(p.high) +
           (p.open_high ? ")" : "]");
  else if (low)
    text = (p.open_low ? "> " : ">= ") + number_text(p.low);
  else if (high)
    text = (p.open_high ? "< " : "<= ") + number_text(p.high);
  return text;
}

FieldValue fallback_of(const Parameter& p) {
  if (std::isnan(p.fallback)) return std::monostate{};
  if (p.kind == Kind::flag) return p.fallback != 0.0;
  if (p.kind == Kind::integer || p.kind == Kind::optional_integer) return static_cast<std::int64_t>(p.fallback);
  if (p.kind == Kind::choice) return word_of(p.words, static_cast<int>(p.fallback));
  return p.fallback;
}

namespace {

bool within(const Parameter& p, double x) {
  if (std::isnan(x) || (std::isinf(x) && !p.infinite)) return false;
  return (p.open_low ? x > p.low : x >= p.low) && (p.open_high ? x < p.high : x <= p.high);
}

class Resolver {
 public:
  Resolver(const Definition& definition, const Parameter& parameter) : definition_(definition), p_(parameter) {}

  FieldValue operator()(const FieldValue& given) const {
    switch (p_.kind) {
      case Kind::flag:
        if (std::holds_alternative<bool>(given)) return given;
        fail(given, "True or False");
      case Kind::optional_integer:
        if (std::holds_alternative<std::monostate>(given)) return given;
        [[fallthrough]];
      case Kind::integer:
        return integer(given, p_.kind == Kind::integer ? "" : " or None");
      case Kind::optional_real:
        if (std::holds_alternative<std::monostate>(given)) return given;
        return real(given, " or None");
      case Kind::real:
        return real(given, "");
      case Kind::optional_vector:
        if (std::holds_alternative<std::monostate>(given)) return given;
        return vector(given, " or None");
      case Kind::real_or_vector:
        if (std::holds_alternative<std::span<const double>>(given)) return vector(given, "");
        return real(given, " or one per last axis");
      case Kind::choice:
        return word(given);
    }
    return given;
  }

 private:
  FieldValue integer(const FieldValue& given, const char* besides) const {
    const auto* number = std::get_if<std::int64_t>(&given);
    if (number != nullptr && within(p_, static_cast<double>(*number))) return given;
    fail(given, ranged("an integer", range_text(p_)) + besides);
  }

  FieldValue real(const FieldValue& given, const char* besides) const {
    double x = 0.0;
    if (const double* number = std::get_if<double>(&given))
      x = *number;
    else if (const std::int64_t* integer = std::get_if<std::int64_t>(&given))
      x = static_cast<double>(*integer);
    else
      fail(given, ranged("a number", range_text(p_)) + besides);
    if (!within(p_, x)) fail(given, ranged(p_.infinite ? "a number" : "a finite number", range_text(p_)) + besides);
    return x;
  }

  // The definition's own word, which outlives the one that was given.
  FieldValue word(const FieldValue& given) const {
    if (const auto* text = std::get_if<std::string_view>(&given))
      for (int k = 0; !word_of(p_.words, k).empty(); ++k)
        if (word_of(p_.words, k) == *text) return word_of(p_.words, k);
    fail(given, range_text(p_));
  }

  FieldValue vector(const FieldValue& given, const char* besides) const {
    const auto* elements = std::get_if<std::span<const double>>(&given);
    const auto wanted = [&] { return ranged("finite numbers", range_text(p_)) + besides; };
    if (elements == nullptr || elements->empty()) fail(given, "one or more " + wanted());
    for (std::size_t i = 0; i < elements->size(); ++i)
      if (!within(p_, (*elements)[i]))
        parameter_error(definition_, std::string(p_.name) + "[" + std::to_string(i) + "] is " +
                                         number_text((*elements)[i]) + ", wanted: " + wanted());
    return given;
  }

  [[noreturn]] void fail(const FieldValue& given, const std::string& wanted) const {
    struct Text {
      bool whole;  // 2.0 is no 2 where an integer is wanted
      std::string operator()(std::monostate) const { return "None"; }
      std::string operator()(bool x) const { return x ? "True" : "False"; }
      std::string operator()(std::int64_t x) const { return std::to_string(x); }
      std::string operator()(double x) const {
        const std::string text = number_text(x);
        return whole && text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
      }
      std::string operator()(std::span<const double> x) const {
        return x.empty() ? "empty" : "a vector of " + std::to_string(x.size());
      }
      std::string operator()(std::string_view x) const {
        std::string text;  // a null character would end the message
        for (const char c : x) c == '\0' ? text += "\\0" : text += c;
        return "'" + text + "'";
      }
    };
    const bool whole = p_.kind == Kind::integer || p_.kind == Kind::optional_integer;
    parameter_error(definition_,
                    std::string(p_.name) + " is " + std::visit(Text{whole}, given) + ", wanted: " + wanted);
  }

  const Definition& definition_;
  const Parameter& p_;
};

struct Number {
  double operator()(std::monostate) const { return none; }
  double operator()(bool x) const { return x ? 1.0 : 0.0; }
  double operator()(std::int64_t x) const { return static_cast<double>(x); }
  double operator()(double x) const { return x; }
  double operator()(std::span<const double>) const { return none; }
  double operator()(std::string_view) const { return none; }
};

FieldValue field_of(const Value& value) {  // of a vector or a word, a view of it
  return std::visit([](const auto& x) { return FieldValue(x); }, value);
}

void keep_parameters(Resolved& loss) {
  const Definition& definition = loss.definition();
  for (int i = 0; i < parameter_count(definition); ++i) {
    const FieldValue& value = loss.given[i];
    const auto vector = [&] {
      const auto* elements = std::get_if<std::span<const double>>(&value);
      return elements ? *elements : std::span<const double>{};
    };
    switch (definition.parameters[i].role) {
      case Role::none:
        break;
      case Role::logits:
        loss.logits = loss.numbers[i] != 0.0;
        break;
      case Role::class_weight:
        loss.class_weight = vector();
        break;
      case Role::class_scale:
        loss.class_scale = vector();
        break;
      case Role::smoothing:
        loss.smoothing = loss.numbers[i];
        break;
      case Role::clip:
        loss.clip = loss.numbers[i];
        break;
      case Role::axis:
        loss.axis = std::get<std::int64_t>(value);
        loss.has_axis = true;
        break;
      case Role::ignore:
        if (const auto* index = std::get_if<std::int64_t>(&value))
          loss.ignore_index = *index, loss.has_ignore_index = true;
        break;
      case Role::per_element:
        loss.element = vector();
        loss.element_place = i;
        break;
      case Role::z_loss:
        loss.bend.z_loss = loss.numbers[i];
        break;
      case Role::softcap:
        if (!std::isnan(loss.numbers[i])) loss.bend.softcap = loss.numbers[i];
        break;
      case Role::temperature:
        loss.bend.temperature = loss.numbers[i];
        break;
    }
  }
  if (!loss.logits && loss.bend.any())
    parameter_error(definition, "z_loss, logit_softcap and temperature are of logits, and need from_logits=True");
  for (int i = 0; i < input_count(definition); ++i) {
    const Domain& domain = definition.inputs[i].domain;
    const bool then = domain.when != nullptr && loss.numbers[parameter_place(definition, domain.when)] == domain.is;
    loss.domain[i] = then ? domain.then : domain.interval;
  }
}

}  // namespace

Value value_of(const FieldValue& field) {
  struct Keep {
    Value operator()(std::monostate x) const { return x; }
    Value operator()(bool x) const { return x; }
    Value operator()(std::int64_t x) const { return x; }
    Value operator()(double x) const { return x; }
    Value operator()(std::span<const double> x) const { return std::vector<double>(x.begin(), x.end()); }
    Value operator()(std::string_view x) const { return std::string(x); }
  };
  return std::visit(Keep{}, field);
}

std::vector<Field> fields_of(const Parameters& parameters) {
  std::vector<Field> fields;
  for (const auto& [name, value] : parameters) fields.push_back({name, field_of(value)});
  return fields;
}

namespace {
int place_of(const Definition& definition, std::string_view name) {
  for (int i = 0; i < parameter_count(definition); ++i)
    if (name == definition.parameters[i].name) return i;
  return -1;
}
}  // namespace

Resolved resolve(std::string_view name, std::span<const Field> fields) {
  const FloatMode mode;  // a parameter may be subnormal
  const Entry* entry = find_loss(name);
  if (entry == nullptr) unknown_loss(std::string(name));
  Resolved loss;
  loss.entry = *entry;
  const Definition& definition = *entry->definition;
  const int count = parameter_count(definition);
  for (int i = 0; i < count; ++i) loss.given[i] = fallback_of(definition.parameters[i]);
  for (const Field& field : fields) {
    const int place = place_of(definition, field.name);
    if (place < 0) {
      std::string known;
      for (int i = 0; i < count; ++i) known += std::string(i ? ", " : "") + definition.parameters[i].name;
      parameter_error(definition,
                      "there is no parameter '" + std::string(field.name) + "'; it takes " + (count ? known : "none"));
    }
    loss.given[place] = Resolver(definition, definition.parameters[place])(field.value);
  }
  for (int i = 0; i < count; ++i) {
    loss.numbers[i] = std::visit(Number{}, loss.given[i]);
    if (const auto* text = std::get_if<std::string_view>(&loss.given[i]))
      for (loss.numbers[i] = 0.0; word_of(definition.parameters[i].words, static_cast<int>(loss.numbers[i])) != *text;)
        ++loss.numbers[i];
  }
  keep_parameters(loss);
  if (definition.variant != nullptr) loss.variant = definition.variant(definition, loss.numbers);
  const auto beyond_float = [](double x) { return std::abs(x) > FLT_MAX || (x != 0.0 && std::abs(x) < FLT_MIN); };
  loss.beyond_float = std::any_of(loss.numbers, loss.numbers + count, beyond_float) ||
                      std::any_of(loss.element.begin(), loss.element.end(), beyond_float);
  return loss;
}

std::shared_ptr<const Loss::State> make_state(std::string_view name, std::span<const Field> fields) {
  auto state = std::make_shared<Loss::State>();
  const Resolved loss = resolve(name, fields);
  for (int i = 0; i < parameter_count(loss.definition()); ++i)
    state->given.emplace_back(loss.definition().parameters[i].name, value_of(loss.given[i]));
  state->resolved = resolve(name, fields_of(state->given));  // again, over the vectors that were kept
  return state;
}

}  // namespace fastloss
