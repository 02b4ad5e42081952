// The losses of survival, by type; see losses.h.
#pragma once

#include <fastloss/methods.h>

#include <string_view>

namespace fastloss {

// -log of the density of an event at time lower = upper, or of the probability that it falls between the two: log of
// the time is score + sigma times a number of the distribution.
struct AcceleratedFailureTime {
  std::string_view distribution = "normal";  // or "logistic", "extreme"
  double sigma = 1.0;                        // > 0

  FASTLOSS_LOSS("accelerated_failure_time", (score, lower, upper), (score), distribution, sigma)
};

using SurvivalLosses = Types<AcceleratedFailureTime>;

}  // namespace fastloss
