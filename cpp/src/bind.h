// The shapes of a call's inputs, held against the definition's words for them.
#pragma once

#include <span>

#include "resolved.h"

namespace fastloss {

struct Shapes {
  int ndim = 0;  // of the terms
  std::int64_t terms[max_ndim];
  std::int64_t count = 1;                       // terms
  std::int64_t inner = 1;                       // classes, features: what a term needs whole
  int axis[max_inputs] = {-1, -1, -1, -1, -1};  // where that lies; -1: this input has none
  bool labels = false;                          // the last input holds labels
  bool wide = false;                            // computed in double
};

// Refuses a wrong number of inputs.
void check_count(const Definition& definition, std::size_t given);
// Refuses a wrong number of gradients or Hessians.
void check_output_count(const Definition& definition, const char* role, std::size_t given);
// Of views that can be walked. Throws ShapeError where they do not fit.
Shapes bind(const Resolved& loss, std::span<const ConstArray> inputs);

}  // namespace fastloss
