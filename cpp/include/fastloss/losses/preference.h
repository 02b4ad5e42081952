// The losses of preferences, by type; see losses.h.
#pragma once

#include <fastloss/methods.h>

namespace fastloss {

// -(1 - label_smoothing) log sigmoid(h) - label_smoothing log sigmoid(-h),
// h = beta ((chosen - rejected) - (ref_chosen - ref_rejected)).
struct DPO {
  double beta = 0.1;             // > 0
  double label_smoothing = 0.0;  // [0, 1]

  FASTLOSS_LOSS("dpo", (chosen, rejected, ref_chosen, ref_rejected), (chosen, rejected, ref_chosen, ref_rejected), beta,
                label_smoothing)
};

using PreferenceLosses = Types<DPO>;

}  // namespace fastloss
