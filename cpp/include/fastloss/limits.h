// How many of a thing there may be.
#pragma once

namespace fastloss {

inline constexpr int max_ndim = 64;
inline constexpr int max_inputs = 5;          // arrays that a loss takes
inline constexpr int max_differentiable = 4;  // of them with a gradient
inline constexpr int max_parameters = 12;

}  // namespace fastloss
