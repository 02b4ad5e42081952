// The tables, told to hosts.
#include <fastloss/loss.h>

#include "base/check.h"
#include "resolved.h"

namespace fastloss {
namespace {

std::vector<std::string> split(std::string_view names) {
  std::vector<std::string> parts;
  while (!names.empty()) {
    const std::size_t end = names.find('|');
    parts.emplace_back(names.substr(0, end));
    if (end == std::string_view::npos) break;
    names.remove_prefix(end + 1);
  }
  return parts;
}

const char* kind_text(Kind kind) {
  switch (kind) {
    case Kind::flag:
      return "flag";
    case Kind::integer:
      return "integer";
    case Kind::optional_integer:
      return "integer or None";
    case Kind::real:
      return "real";
    case Kind::optional_real:
      return "real or None";
    case Kind::real_or_vector:
      return "real or vector";
    case Kind::optional_vector:
      return "vector or None";
    case Kind::choice:
      return "choice";
  }
  return "";
}

std::string range_of(const Interval& x) {
  return std::string(x.open_low ? "(" : "[").append(number_text(x.low)).append(", ").append(number_text(x.high)) +
         (x.open_high ? ")" : "]");
}

std::string interval_text(const Interval& x) {
  if (x.everything()) return "real";
  if (x.ends_alone) return number_text(x.low) + " or " + number_text(x.high);
  if (x.high > 1e300)
    return std::string(x.high == infinity ? "" : "finite, ") + (x.open_low ? "> " : ">= ") + number_text(x.low);
  return range_of(x);
}

std::string domain_text(const Definition& definition, const Domain& domain) {
  if (domain.when == nullptr) return interval_text(domain.interval);
  const Parameter& parameter = definition.parameters[parameter_place(definition, domain.when)];
  std::string when = " with " + std::string(domain.when);
  if (parameter.kind == Kind::choice)
    when += "='" + split(parameter.words)[static_cast<std::size_t>(domain.is)] + "'";
  else if (parameter.kind != Kind::flag)
    when.append("=").append(number_text(domain.is));
  return interval_text(domain.interval) + "; " + interval_text(domain.then) + when;
}

LossInfo describe(const Entry& entry) {
  const Definition& definition = *entry.definition;
  LossInfo info;
  info.name = definition.name;
  info.class_name = definition.class_name;
  info.room = entry.room_name;
  info.family = entry.family_name;
  info.formula = definition.formula;
  info.reference = definition.reference;
  info.slack = definition.slack;
  info.aliases = split(definition.aliases);
  for (int i = 0; i < input_count(definition); ++i) {
    const Argument& input = definition.inputs[i];
    const std::string labels = "class labels 0 to C-1";
    const std::string domain = input.role != InputRole::labels ? domain_text(definition, input.domain)
                               : input.dense.given() ? labels + ", or " + domain_text(definition, input.domain)
                                                     : labels;
    info.inputs.push_back({input.name, role_text(input.role), input.shape.text, input.dense.text, domain});
  }
  info.terms = definition.terms.text;
  for (const Order& order : definition.ordered)
    if (order.smaller >= 0) info.ordered.emplace_back(order.smaller, order.larger);
  for (int i = 0; i < parameter_count(definition); ++i) {
    const Parameter& p = definition.parameters[i];
    info.parameters.push_back({p.name, kind_text(p.kind), range_text(p), value_of(fallback_of(p))});
  }
  info.n_differentiable = differentiable_count(definition);
  info.ulp = definition.ulp;
  info.convex = definition.convex;
  info.hessian = definition.hessian;
  info.least = definition.least;
  return info;
}

}  // namespace

const char* role_text(InputRole role) {
  constexpr const char* texts[] = {"real", "given", "labels"};
  return texts[static_cast<int>(role)];
}

std::string ranged(std::string what, const std::string& range) {
  if (range.empty()) return what;
  const bool ends = range.front() == '[' || range.front() == '(';
  if (const std::size_t at = what.find("finite "); ends && at != std::string::npos) what.erase(at, 7);
  return what + (ends ? " in " : " ") + range;
}

std::string wanted_text(const Interval& x) {
  if (x.ends_alone) return number_text(x.low) + " or " + number_text(x.high);
  if (x.high > 1e300)
    return std::string(x.high == infinity ? "a number " : "a finite number ") + (x.open_low ? "> " : ">= ") +
           number_text(x.low);
  return "a number in " + range_of(x);
}

std::vector<LossInfo> losses() {
  std::vector<LossInfo> all;
  for (const Entry& entry : all_losses()) all.push_back(describe(entry));
  return all;
}

}  // namespace fastloss
