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

// t (log t - pred), t = target, or exp(target) with log_target.
struct RelativeEntropy {
  bool log_target = false;

  FASTLOSS_LOSS("relative_entropy", (pred, target), (pred), log_target)
};

// mu - target log mu, mu = exp(pred), or pred without log_input.
struct Poisson {
  bool log_input = true;
  bool full = false;      // adds log(target!)
  bool deviance = false;  // twice the distance from the least value

  FASTLOSS_LOSS("poisson", (pred, target), (pred), log_input, full, deviance)
};

// mu^(2-power) / (2-power) + target mu^(1-power) / (power-1), mu = exp(pred), or pred without log_input.
struct Tweedie {
  double power = 1.5;  // in [1, 2]; 1 is Poisson's limit, 2 the gamma distribution's
  bool log_input = true;
  bool deviance = false;  // twice the distance from the least value

  FASTLOSS_LOSS("tweedie", (pred, target), (pred), power, log_input, deviance)
};

using RegressionLosses =
    Types<MeanSquaredError, MeanAbsoluteError, Huber, GaussianNLL, RelativeEntropy, Poisson, Tweedie>;

}  // namespace fastloss
