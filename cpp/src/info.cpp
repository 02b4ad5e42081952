// The tables, told to hosts.
#include <fastloss/fastloss.h>

#include "base/check.h"
#include "checks.h"

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
  }
  return "";
}

std::string domain_text(const Interval& domain) {
  if (domain.low == -infinity && domain.high == infinity) return "real";
  if (domain.high > 1e300) return "finite, >= " + number_text(domain.low);
  return std::string("[").append(number_text(domain.low)).append(", ").append(number_text(domain.high)).append("]");
}

LossInfo describe(const Entry& entry) {
  const Row& row = *entry.row;
  constexpr const char* rooms[] = {"pointwise", "rows", "pairs"};
  LossInfo info;
  info.name = row.name;
  info.class_name = row.class_name;
  info.room = rooms[static_cast<int>(entry.room)];
  info.family = row.family;
  info.formula = row.formula;
  info.reference = row.reference;
  info.slack = row.slack;
  info.aliases = split(row.aliases);
  for (int i = 0; i < input_count(row); ++i) info.inputs.emplace_back(row.inputs[i]);
  for (int i = 0; i < parameter_count(row); ++i) {
    const Parameter& p = row.parameters[i];
    info.parameters.push_back({p.name, kind_text(p.kind), range_text(p), value_of(fallback_of(p))});
  }
  info.pred_domain = row.probabilities_unless_logits ? "[0, 1]; real with from_logits" : domain_text(row.pred_domain);
  info.target_domain = row.labels ? "class labels 0 to C-1" : domain_text(row.target_domain);
  info.n_differentiable = row.differentiable;
  info.ulp = row.ulp;
  info.convex = row.convex;
  info.labels = row.labels;
  return info;
}

}  // namespace

std::vector<LossInfo> losses() {
  std::vector<LossInfo> all;
  for (const Entry& entry : all_losses()) all.push_back(describe(entry));
  return all;
}

}  // namespace fastloss
