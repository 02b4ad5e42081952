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
  // Of logits alone, which become z = softcap tanh(pred / softcap) / temperature; plus z_loss log(sum_k e^z_k)^2.
  double z_loss = 0.0;                       // >= 0
  std::optional<double> logit_softcap = {};  // > 0
  double temperature = 1.0;                  // > 0

  FASTLOSS_LOSS("categorical_cross_entropy", (pred, target), (pred), from_logits, class_weight, label_smoothing, axis,
                eps, z_loss, logit_softcap, temperature)
};

// -w_y log p_y, p = pred or softmax(pred); the target holds class labels of any integer type.
struct SparseCategoricalCrossEntropy {
  bool from_logits = false;
  std::vector<double> class_weight = {};
  double label_smoothing = 0.0;
  std::int64_t axis = -1;
  double eps = 0.0;
  std::optional<std::int64_t> ignore_index = {};  // rows with this label do not count
  double z_loss = 0.0;
  std::optional<double> logit_softcap = {};
  double temperature = 1.0;

  FASTLOSS_LOSS("sparse_categorical_cross_entropy", (pred, target), (pred), from_logits, class_weight, label_smoothing,
                axis, eps, ignore_index, z_loss, logit_softcap, temperature)
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

// -w_y pred_y of logarithms of probabilities; the target holds class labels, or a share for every class.
struct NegativeLogLikelihood {
  std::vector<double> class_weight = {};
  std::int64_t axis = -1;
  std::optional<std::int64_t> ignore_index = {};

  FASTLOSS_LOSS("negative_log_likelihood", (pred, target), (pred), class_weight, axis, ignore_index)
};

// w_y / C sum_{k != y} max(0, margin - pred_y + pred_k)^p.
struct MultiMargin {
  std::int64_t p = 1;   // or 2
  double margin = 1.0;  // >= 0
  std::vector<double> class_weight = {};
  std::int64_t axis = -1;
  std::optional<std::int64_t> ignore_index = {};

  FASTLOSS_LOSS("multi_margin", (pred, target), (pred), p, margin, class_weight, axis, ignore_index)
};

// T^2 sum_k t_k log(t_k / p_k), p = softmax(pred / T) or pred; reverse: T^2 sum_k p_k log(p_k / t_k). T = temperature.
struct KLDivergence {
  bool from_logits = true;
  double temperature = 1.0;  // > 0
  bool reverse = false;
  std::int64_t axis = -1;

  FASTLOSS_LOSS("kl_divergence", (pred, target), (pred), from_logits, temperature, reverse, axis)
};

// -1/C sum_k w_k (t_k log p_k + (1 - t_k) log(1 - p_k)), p = sigmoid(pred); any number of classes may be right.
struct MultiLabelSoftMargin {
  std::vector<double> class_weight = {};  // one per class, >= 0; none: 1. No part of the mean's denominator.
  std::int64_t axis = -1;

  FASTLOSS_LOSS("multilabel_soft_margin", (pred, target), (pred), class_weight, axis)
};

using ClassificationLosses =
    Types<CategoricalCrossEntropy, SparseCategoricalCrossEntropy, CategoricalFocal, SparseCategoricalFocal,
          NegativeLogLikelihood, MultiMargin, KLDivergence, MultiLabelSoftMargin>;

}  // namespace fastloss
