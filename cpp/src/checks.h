// The checks of a call, shared by every host, and what a Loss keeps.
#pragma once

#include <fastloss/fastloss.h>

#include "base/job.h"
#include "registry.h"

namespace fastloss {

// A loss and its parameters, checked: all that a call needs. Vectors stay with whoever gave them.
struct Resolved {
  Entry entry;
  FieldValue given[max_parameters];     // defaults filled in, in order
  double numbers[max_parameters] = {};  // the same as the kernels read them
  std::span<const double> element, class_weight, class_alpha;
  std::int64_t axis = -1, ignore_index = 0;
  bool has_ignore_index = false;
  int variant = 0;
  Interval pred_domain;
  bool beyond_float = false;  // a parameter is

  const Row& row() const noexcept { return *entry.row; }
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

// The shapes of one call.
struct Shapes {
  int ndim = 0;  // of the terms
  std::int64_t terms[max_ndim];
  std::int64_t count = 1;  // terms
  std::int64_t inner = 1;  // classes or features
  int axis = -1;           // where those lie in pred; -1: pointwise
  bool wide = false;       // computed in double
};

std::string range_text(const Parameter& parameter);
FieldValue fallback_of(const Parameter& parameter);
Value value_of(const FieldValue& field);
std::vector<Field> fields_of(const Parameters& parameters);
Resolved resolve(std::string_view name, std::span<const Field> fields);
std::shared_ptr<const Loss::State> make_state(std::string_view name, std::span<const Field> fields);
// Refuses a wrong number of inputs.
void check_count(const Row& row, std::size_t given);
// The inputs alone: number, views, shapes, and dtypes where they count.
Shapes check_inputs(const Resolved& loss, std::span<const ConstArray> inputs, bool dtypes = true);
Shapes check_call(const Resolved& loss, const Call& call, Job& job);
[[noreturn]] void raise(const Row& row, const Call& call, const Shapes& shapes, const Fault& fault);

}  // namespace fastloss
