// The vocabulary of the tables: what a loss says about itself, once.
#pragma once

#include <fastloss/limits.h>

#include <cstdint>

#include "base/shape.h"

namespace fastloss {

enum class Kind { flag, integer, optional_integer, real, optional_real, real_or_vector, optional_vector, choice };

// What the house does with a parameter, besides handing it to the kernels.
enum class Role : std::uint8_t {
  none,
  logits,        // flag: the prediction is a logit, not a probability
  class_weight,  // vector: multiplies the class's share of the loss and weighs in the mean
  class_scale,   // vector: multiplies the class's share of the loss alone
  smoothing,     // label smoothing
  clip,          // probabilities are kept within [eps, 1 - eps]
  axis,          // integer: where the inner axis lies
  ignore,        // integer: rows of this label are left out
  per_element,   // may hold one value per last axis
  z_loss,        // the price of the normaliser of a softmax; this and the next two are of logits alone
  softcap,       // logits end there
  temperature,   // logits are divided by it
};

inline constexpr double infinity = __builtin_inf();
inline constexpr double none = __builtin_nan("");
inline constexpr double largest_finite = 0x1.fffffffffffffp1023;

// A parameter of a loss, with its default and its range [low, high]; `open_*` leaves the bound itself out.
struct Parameter {
  const char* name = nullptr;
  Kind kind = Kind::real;
  double fallback = 0.0;  // NaN stands for None; of a choice, the place of the word
  double low = -infinity, high = infinity;
  bool open_low = false, open_high = false;
  bool infinite = false;  // whether infinity itself is allowed
  Role role = Role::none;
  const char* words = nullptr;  // of a choice, separated by |
};

// The numbers that an input may hold; NaN always may. An open end is left out itself.
struct Interval {
  double low = -infinity, high = infinity;
  bool open_low = false, open_high = false;
  bool ends_alone = false;  // nothing between the ends

  constexpr bool everything() const { return low == -infinity && high == infinity; }
  constexpr bool contains(double x) const {
    if (ends_alone) return !(x == x) || x == low || x == high;
    return !(x < low) && !(x > high) && !(open_low && x == low) && !(open_high && x == high);
  }
};

// An interval, or another one where a parameter has a certain value.
struct Domain {
  Interval interval = {};
  const char* when = nullptr;  // the name of a parameter
  double is = 1.0;
  Interval then = {};
};
inline constexpr Interval unit = {0.0, 1.0};
constexpr Domain within(double low, double high) { return {{low, high}}; }
constexpr Domain above(double low, double high = largest_finite) { return {{low, high, true}}; }
constexpr Domain at_least(double low) { return {{low, largest_finite}}; }
constexpr Domain unless(const char* parameter, Interval interval) { return {interval, parameter}; }
constexpr Domain unit_unless(const char* parameter) { return unless(parameter, unit); }
// One of two numbers.
constexpr Domain either(Interval ends) {
  ends.ends_alone = true;
  return {ends};
}
// One of two numbers, and of two others where the parameter says its second word.
constexpr Domain either(Interval first, const char* parameter, Interval second) {
  first.ends_alone = second.ends_alone = true;
  return {first, parameter, 1.0, second};
}

enum class InputRole : std::uint8_t {
  real,    // a float with a gradient; these come first
  given,   // any real number
  labels,  // an integer, below the extent of the inner axis
};

struct Argument {
  const char* name = nullptr;
  InputRole role = InputRole::given;
  ShapeText shape = {};
  Domain domain = {};
  ShapeText dense = {};  // of labels, where the call may give a share for every class instead: that input's shape
};
constexpr Argument real(const char* name, ShapeText shape = "*b", Domain domain = {}) {
  return {name, InputRole::real, shape, domain};
}
constexpr Argument real(const char* name, Domain domain) { return real(name, "*b", domain); }
constexpr Argument given(const char* name, ShapeText shape = "*b", Domain domain = {}) {
  return {name, InputRole::given, shape, domain};
}
constexpr Argument given(const char* name, Domain domain) { return given(name, "*b", domain); }
constexpr Argument labels(const char* name, ShapeText shape) { return {name, InputRole::labels, shape}; }
// Labels, or shares within the domain: told apart by the number of axes.
constexpr Argument labels_or_dense(const char* name, ShapeText shape, ShapeText dense, Domain domain) {
  return {name, InputRole::labels, shape, domain, dense};
}

inline constexpr int max_operands = 8;  // numbers that a pointwise loss takes of one term: an input of 4 is four
inline constexpr int max_variants = 4;

// Resolved parameters as numbers, in the order of their declaration: flags are 0 or 1, words their place, None is
// NaN, a vector's slot is NaN too (its elements travel apart).
using ParameterArray = const double*;

// What happens to logits before their softmax, and to its normaliser.
struct LogitBend {
  double z_loss = 0.0, softcap = infinity, temperature = 1.0;
  constexpr bool any() const { return z_loss != 0.0 || softcap != infinity || temperature != 1.0; }
};

// One of two inputs, or entries of an input, that may not be larger than the other.
struct Order {
  std::int8_t smaller = -1, larger = -1;  // operands
};

// One loss. Everything that differs between losses and is not arithmetic stands here.
struct Definition {
  const char* name;
  const char* class_name;
  const char* aliases = "";  // separated by |
  const char* formula;
  const char* reference;
  Argument inputs[max_inputs] = {};
  Parameter parameters[max_parameters] = {};
  ShapeText terms = "*b";
  bool convex = true;   // the exact Hessian diagonal is never negative
  bool hessian = true;  // there is one
  double least = 0.0;   // no value is below; -infinity where there is no such bound
  Order ordered[2] = {};
  int cost = 1;  // about ns / element on one core, for the serial threshold
  int ulp = 4;
  const char* slack = "0";  // S of the error bound: the larger term of a subtraction of inputs
  // Which kernel of the definition; null: the first. Parameters are found by `place`.
  int (*variant)(const Definition& of, ParameterArray p) = nullptr;
};

constexpr bool same_word(const char* a, const char* b) {
  while (*a != '\0' && *a == *b) ++a, ++b;
  return *a == *b;
}
constexpr int input_count(const Definition& definition) {
  int n = 0;
  while (n < max_inputs && definition.inputs[n].name != nullptr) ++n;
  return n;
}
constexpr int differentiable_count(const Definition& definition) {
  int n = 0;
  while (n < max_inputs && definition.inputs[n].name != nullptr && definition.inputs[n].role == InputRole::real) ++n;
  return n;
}
constexpr int parameter_count(const Definition& definition) {
  int n = 0;
  while (n < max_parameters && definition.parameters[n].name != nullptr) ++n;
  return n;
}
// The place of a parameter, -1 where the definition has none of that name.
constexpr int parameter_place(const Definition& definition, const char* name) {
  for (int i = 0; i < parameter_count(definition); ++i)
    if (same_word(definition.parameters[i].name, name)) return i;
  return -1;
}
constexpr int role_place(const Definition& definition, Role role) {
  for (int i = 0; i < parameter_count(definition); ++i)
    if (definition.parameters[i].role == role) return i;
  return -1;
}

}  // namespace fastloss
