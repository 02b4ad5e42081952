// The vocabulary of the tables: what a loss says about itself, once.
#pragma once

#include <cstdint>
#include <limits>

namespace fastloss {

enum class Room { pointwise, rows, pairs };

enum class Kind { flag, integer, optional_integer, real, optional_real, real_or_vector, optional_vector };

inline constexpr double infinity = std::numeric_limits<double>::infinity();

// A parameter of a loss, with its default and its range [low, high]; `open_*` leaves the bound itself out.
struct Parameter {
  const char* name = nullptr;
  Kind kind = Kind::real;
  double fallback = 0.0;  // NaN stands for None
  double low = -infinity, high = infinity;
  bool open_low = false, open_high = false;
  bool infinite = false;  // whether infinity itself is allowed
};

struct Interval {
  double low = -infinity, high = infinity;
};

inline constexpr int max_parameters = 8;
inline constexpr int max_inputs = 3;
inline constexpr int max_variants = 4;
inline constexpr double none = std::numeric_limits<double>::quiet_NaN();

// Resolved parameters as numbers, in the order of their declaration: flags are 0 or 1, None is NaN,
// a vector's slot is NaN too (its elements travel apart).
using ParameterArray = const double*;

// One loss. Everything that differs between losses and is not arithmetic stands here.
struct Row {
  const char* name;
  const char* class_name;
  const char* aliases;  // separated by |
  const char* family;
  const char* formula;
  const char* reference;
  const char* inputs[max_inputs];
  Parameter parameters[max_parameters] = {};
  int differentiable = 1;                    // the first so many inputs have gradients
  Interval pred_domain = {};                 // of the real inputs; for probabilities see domain_follows_logits
  bool probabilities_unless_logits = false;  // pred in [0, 1] unless parameter from_logits
  Interval target_domain = {};
  bool labels = false;                      // the target holds class indices
  bool convex = true;                       // the exact Hessian diagonal is never negative
  const char* element_parameter = nullptr;  // this parameter may hold one value per last axis
  int cost = 1;                             // about ns / element on one core, for the serial threshold
  int ulp = 4;
  const char* slack = "0";                   // S of the error bound: the larger term of a subtraction of inputs
  int (*variant)(ParameterArray) = nullptr;  // which kernel of the row; null: the first
};

}  // namespace fastloss
