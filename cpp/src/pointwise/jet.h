// What a pointwise loss answers.
#pragma once
#include "math/basic.h"

namespace fastloss::FASTLOSS_ISA {

// The loss and its derivatives by `pred`. `curvature` is the non-negative stand-in for `hess`
// (the same where the loss is convex). A kernel stores some of them; the rest is never computed.
template <class T>
struct Jet {
  T value, grad, hess, curvature;
};

}  // namespace fastloss::FASTLOSS_ISA
