// What a pair loss answers for one feature.
#pragma once
#include "math/basic.h"

namespace fastloss::FASTLOSS_ISA {

// One number for each differentiable input.
template <int inputs>
struct PerInput;
template <>
struct PerInput<2> {
  double a, b;
};
template <>
struct PerInput<3> {
  double a, b, c;
};

// The derivatives. `curvature` is the non-negative stand-in for `hess`. A kernel stores some of them; the
// rest is never computed.
template <int inputs>
struct Slopes {
  PerInput<inputs> grad, hess, curvature;
};

}  // namespace fastloss::FASTLOSS_ISA
