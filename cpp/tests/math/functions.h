// The functions of cpp/src/math that take one number or two, as tables of loops: one table for each ISA.
#pragma once

#include <cstddef>

// ONE(name), TWO(name): with one argument, with two.
#define FASTLOSS_MATH_FUNCTIONS(ONE, TWO) \
  ONE(expm1)                              \
  ONE(tanh)                               \
  TWO(pow)                                \
  ONE(erf)                                \
  ONE(erfc)                               \
  ONE(normal_cost)                        \
  ONE(normal_hazard)                      \
  ONE(normal_slope)                       \
  ONE(lgamma)                             \
  ONE(digamma)                            \
  ONE(trigamma)                           \
  TWO(atan2)                              \
  ONE(acos)

namespace fastloss {

template <class T>
using Loop = void (*)(const T* x, const T* y, T* out, std::size_t n);  // y: the second argument of those that have one

struct Loops {
  Loop<float> in_float;
  Loop<double> in_double;
};

}  // namespace fastloss
