// What is tried, against what, and how far it may be off: cpp/src/math's promises as numbers.
#pragma once

#include "functions.h"
#include "points.h"
#include "references.h"

namespace fastloss {

struct Case {
  const char* name;
  int arguments;
  double (*narrow)(double, double);               // for floats
  long double (*wide)(long double, long double);  // for doubles
  double ulp_float, ulp_double;                   // the largest errors allowed
  Domain domain;
};

#define FASTLOSS_CASE1(name)                                     \
  #name, 1, [](double x, double) { return reference::name(x); }, \
      [](long double x, long double) { return reference::name(x); }
#define FASTLOSS_CASE2(name)                                          \
  #name, 2, [](double x, double y) { return reference::name(x, y); }, \
      [](long double x, long double y) { return reference::name(x, y); }

// A y for which x^y is within the range of doubles, most often within that of floats.
inline double exponent(double x, Random& random) {
  int k = 0;
  const double m = std::frexp(std::abs(x), &k), log2 = k + 2 * (m - 1);  // to 0.1
  const double range = random.bits() % 2 ? 150 : 1080;
  return std::isfinite(x) && log2 != 0 ? random.between(-range, range) / log2 : random.between(-2, 2);
}

// Of any sign and some powers of two away.
inline double companion(double x, Random& random) { return x * random.between_powers_of_two(-40, 40); }

// In the order of FASTLOSS_MATH_FUNCTIONS.
inline const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {FASTLOSS_CASE1(expm1), 1.0, 1.3, {-50, 720, {0, 1, -1}}},
      {FASTLOSS_CASE1(tanh), 1.0, 1.0, {-20, 20, {0}}},
      {FASTLOSS_CASE2(pow), 0.6, 0.9, {0, 4, {1}, exponent}},
      {FASTLOSS_CASE1(erf), 1.2, 1.3, {-7, 7, {0, 1, -1}}},
      {FASTLOSS_CASE1(erfc), 0.6, 1.3, {-7, 28, {0, 1, 3}}},
      {FASTLOSS_CASE1(normal_cost), 0.6, 1.4, {-39, 39, {0, 1, 3}}},
      {FASTLOSS_CASE1(normal_hazard), 0.6, 1.3, {-39, 39, {0, 1, 3}}},
      {FASTLOSS_CASE1(normal_slope), 0.6, 1.8, {-39, 39, {0, 1, 3}}},
      {FASTLOSS_CASE1(lgamma), 0.6, 1.8, {0, 10, {1, 2, 2.5, 0.5}}},
      {FASTLOSS_CASE1(digamma), 0.6, 1.0, {0, 10, {1.4616321449683623, 1, 2, 0.5}}},
      {FASTLOSS_CASE1(trigamma), 0.6, 1.3, {0, 10, {1, 2, 0.5}}},
      {FASTLOSS_CASE2(atan2), 1.6, 1.6, {-2, 2, {0, 1, -1}, companion}},
      {FASTLOSS_CASE1(acos), 1.2, 1.3, {-1, 1, {0, 1, -1, 0.5, -0.5}}},
  };
  return all;
}

}  // namespace fastloss
