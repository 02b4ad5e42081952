// What a pointwise loss answers: its value and its derivatives by the inputs that have any. A kernel stores some of
// them; the rest is never computed.
#pragma once
#include "math/basic.h"

namespace fastloss::FASTLOSS_ISA {

// A convex loss.
template <class T>
struct Jet {
  T value, grad, hess;
};
// One that is not: `curvature` is the non-negative stand-in for `hess`.
template <class T>
struct CurvedJet {
  T value, grad, hess, curvature;
};

// The same by n inputs. A loss without a Hessian answers SlopeJets.
template <class T, int n>
struct Jets {
  T value, grad[n], hess[n];
};
template <class T, int n>
struct CurvedJets {
  T value, grad[n], hess[n], curvature[n];
};
template <class T, int n>
struct SlopeJets {
  T value, grad[n];
};

// What a loss takes of a term; a struct that says nothing is a function of (pred, target).
template <class Loss>
constexpr int inputs_of() {
  if constexpr (requires { Loss::inputs; })
    return Loss::inputs;
  else
    return 2;
}
template <class Loss>
constexpr int gradients_of() {
  if constexpr (requires { Loss::gradients; })
    return Loss::gradients;
  else
    return 1;
}

}  // namespace fastloss::FASTLOSS_ISA
