// The losses of regression, by type; see losses.h.
#pragma once

#include <fastloss/methods.h>

namespace fastloss {

// r^2, r = pred - target.
struct MeanSquaredError {
  FASTLOSS_LOSS("mean_squared_error", (pred, target), (pred))
};

// |r|, r = pred - target.
struct MeanAbsoluteError {
  FASTLOSS_LOSS("mean_absolute_error", (pred, target), (pred))
};

// r^2/2 where |r| <= delta, else delta (|r| - delta/2); r = pred - target.
struct Huber {
  double delta = 1.0;  // > 0

  FASTLOSS_LOSS("huber", (pred, target), (pred), delta)
};

// (log v + (mean - target)^2 / v) / 2, v = max(variance, eps); with full, + log(2 pi) / 2.
struct GaussianNLL {
  double eps = 1e-6;  // >= 0
  bool full = false;

  FASTLOSS_LOSS("gaussian_nll", (mean, variance, target), (mean, variance), eps, full)
};

using RegressionLosses = Types<MeanSquaredError, MeanAbsoluteError, Huber, GaussianNLL>;

}  // namespace fastloss
