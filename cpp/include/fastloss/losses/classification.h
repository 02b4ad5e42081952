// The losses of classification, by type; see losses.h.
#pragma once

#include <fastloss/methods.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace fastloss {

// -sum_k w_k t_k log p_k, p = pred or softmax(pred); the target is shaped as pred: one-hot or probabilities.
struct CategoricalCrossEntropy {
  bool from_logits = false;
  std::vector<double> class_weight = {};  // one per class, >= 0; none: 1
  double label_smoothing = 0.0;           // in [0, 1]: t becomes t (1 - s) + s/C
  std::int64_t axis = -1;                 // of the classes
  double eps = 0.0;

  FASTLOSS_LOSS("categorical_cross_entropy", (pred, target), (pred), from_logits, class_weight, label_smoothing, axis,
                eps)
};

// -w_y log p_y, p = pred or softmax(pred); the target holds class labels of any integer type.
struct SparseCategoricalCrossEntropy {
  bool from_logits = false;
  std::vector<double> class_weight = {};
  double label_smoothing = 0.0;
  std::int64_t axis = -1;
  double eps = 0.0;
  std::optional<std::int64_t> ignore_index = {};  // rows with this label do not count

  FASTLOSS_LOSS("sparse_categorical_cross_entropy", (pred, target), (pred), from_logits, class_weight, label_smoothing,
                axis, eps, ignore_index)
};

// -sum_k w_k alpha_k t_k (1 - p_k)^gamma log p_k.
struct CategoricalFocal {
  double gamma = 2.0;
  std::vector<double> alpha = {};  // one per class, in [0, 1]; none: 1
  bool from_logits = false;
  std::vector<double> class_weight = {};
  double label_smoothing = 0.0;
  std::int64_t axis = -1;
  double eps = 0.0;

  FASTLOSS_LOSS("categorical_focal", (pred, target), (pred), gamma, alpha, from_logits, class_weight, label_smoothing,
                axis, eps)
};

// -w_y alpha_y (1 - p_y)^gamma log p_y.
struct SparseCategoricalFocal {
  double gamma = 2.0;
  std::vector<double> alpha = {};
  bool from_logits = false;
  std::vector<double> class_weight = {};
  double label_smoothing = 0.0;
  std::int64_t axis = -1;
  double eps = 0.0;
  std::optional<std::int64_t> ignore_index = {};

  FASTLOSS_LOSS("sparse_categorical_focal", (pred, target), (pred), gamma, alpha, from_logits, class_weight,
                label_smoothing, axis, eps, ignore_index)
};

using ClassificationLosses =
    Types<CategoricalCrossEntropy, SparseCategoricalCrossEntropy, CategoricalFocal, SparseCategoricalFocal>;

}  // namespace fastloss
