// What a pair loss answers for one feature.
#pragma once
#include "kernels.h"

namespace fastloss::FASTLOSS_ISA {

// The derivatives by each input. `curvature` is the non-negative stand-in for `hess`. A kernel stores some
// of them; the rest is never computed.
template <int inputs> struct Slopes {
  double grad[inputs], hess[inputs], curvature[inputs];
};

}  // namespace fastloss::FASTLOSS_ISA
