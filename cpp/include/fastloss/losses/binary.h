// The losses of binary, by type; see losses.h.
#pragma once

#include <fastloss/methods.h>

#include <optional>

namespace fastloss {

// -(pos_weight t log p + (1 - t) log(1 - p)), p = pred or sigmoid(pred); targets in [0, 1], hard or soft.
struct BinaryCrossEntropy {
  bool from_logits = false;
  PerElement pos_weight = 1.0;   // >= 0
  double label_smoothing = 0.0;  // in [0, 1]: t becomes t (1 - s) + s/2
  double eps = 0.0;              // in [0, 0.5): probabilities are clipped to [eps, 1 - eps]

  FASTLOSS_LOSS("binary_cross_entropy", (pred, target), (pred), from_logits, pos_weight, label_smoothing, eps)
};

// alpha_t (1 - p_t)^gamma times the binary cross-entropy.
struct BinaryFocal {
  double gamma = 2.0;                  // >= 0
  std::optional<double> alpha = 0.25;  // in [0, 1]: alpha for 1, 1 - alpha for 0; none: 1 for both
  bool from_logits = false;
  PerElement pos_weight = 1.0;
  double label_smoothing = 0.0;
  double eps = 0.0;

  FASTLOSS_LOSS("binary_focal", (pred, target), (pred), gamma, alpha, from_logits, pos_weight, label_smoothing, eps)
};

// max(0, margin - y pred), squared with squared; y = 2 target - 1, or target with labels = "pm1".
struct Hinge {
  double margin = 1.0;  // >= 0
  bool squared = false;
  std::string_view labels = "01";  // or "pm1": targets are -1 and 1

  FASTLOSS_LOSS("hinge", (pred, target), (pred), margin, squared, labels)
};

using BinaryLosses = Types<BinaryCrossEntropy, BinaryFocal, Hinge>;

}  // namespace fastloss
