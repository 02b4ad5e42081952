// What the kernels of pair losses and their engine share.
#pragma once

#include "kernels.h"

namespace fastloss {

// Pair losses, row by row. `measure` reads all features and leaves in `state` what the derivatives need;
// `derive` then gives `n` features of them, multiplied by `factor`, to one array per differentiable input.
inline constexpr int pair_state_size = 512;

struct PairMeasured {
  double value;
  bool flat;  // all derivatives are 0
};

enum class PairMode { grad, grad_hess, grad_positive };

template <class T>
struct PairKernel {
  using Measure = PairMeasured (*)(const T* const* input, std::int64_t features, double target,
                                   const double* parameters, bool derivatives, void* state) noexcept;
  using Derive = void (*)(const void* state, const T* const* input, int n, double factor, T* const* grad,
                          T* const* hess) noexcept;
  Measure measure;
  Derive grad, grad_hess, grad_positive;
};

}  // namespace fastloss
