// A loss and its parameters, checked once; what the core's own faces hand to each other.
#pragma once

#include <fastloss/loss.h>

#include "registry.h"

namespace fastloss {

// All that a call needs. Vectors stay with whoever gave them.
struct Resolved {
  Entry entry;
  FieldValue given[max_parameters];     // defaults filled in, in order
  double numbers[max_parameters] = {};  // the same as the kernels read them
  // By role.
  bool logits = true;
  double smoothing = 0.0, clip = 0.0;
  LogitBend bend;
  std::span<const double> element, class_weight, class_scale;
  int element_place = -1;
  std::int64_t axis = -1, ignore_index = 0;
  bool has_axis = false, has_ignore_index = false;

  int variant = 0;
  Interval domain[max_inputs];
  bool beyond_float = false;  // a parameter is

  const Definition& definition() const noexcept { return *entry.definition; }
};

struct Loss::State {
  Parameters given;
  Resolved resolved;  // its vectors are those of `given`
};

// What stands behind the public classes.
struct Door {
  static double evaluate(const Resolved& loss, const Call& call);
  static std::size_t workspace_size(const Resolved& loss, const Call& call);
  static const Resolved& resolved(const Loss& loss) noexcept { return loss.state_->resolved; }
};

std::string range_text(const Parameter& parameter);
FieldValue fallback_of(const Parameter& parameter);
Value value_of(const FieldValue& field);
std::vector<Field> fields_of(const Parameters& parameters);
Resolved resolve(std::string_view name, std::span<const Field> fields);
std::shared_ptr<const Loss::State> make_state(std::string_view name, std::span<const Field> fields);
std::string ranged(std::string what, const std::string& range);  // "a finite number >= 0", "a number in [0, 1]"
std::string wanted_text(const Interval& interval);               // "a number in [0, 1]"
const char* role_text(InputRole role);                           // "real"

}  // namespace fastloss
