// The checks of a call, shared by every host, and what a Loss keeps.
#pragma once

#include <fastloss/fastloss.h>

#include "base/job.h"
#include "registry.h"

namespace fastloss {

struct Loss::State {
  Entry entry;
  Parameters given;                     // resolved, in order
  double numbers[max_parameters] = {};  // the same as the kernels read them
  std::vector<double> element, class_weight, class_alpha;
  std::int64_t axis = -1, ignore_index = 0;
  bool has_ignore_index = false;
  bool has_axis = false;
  int variant = 0;
  Interval pred_domain;
  bool beyond_float = false;  // a parameter is

  const Row& row() const noexcept { return *entry.row; }
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
Value fallback_of(const Parameter& parameter);
std::shared_ptr<const Loss::State> make_state(const Entry& entry, const Parameters& parameters);
Shapes check_shapes(const Loss::State& state, std::span<const ConstArray> inputs);
Shapes check_call(const Loss::State& state, const Call& call, Job& job);
[[noreturn]] void raise(const Row& row, const Call& call, const Shapes& shapes, const Fault& fault);

}  // namespace fastloss
