// The room's table: LOSS((term), row). The term says what one class contributes; the row what it needs.
#pragma once

#define FASTLOSS_CLASS_PARAMETERS                                                              \
  {.name = "from_logits", .kind = Kind::flag},                                                 \
      {.name = "class_weight", .kind = Kind::optional_vector, .fallback = none, .low = 0.0},   \
      {.name = "label_smoothing", .low = 0.0, .high = 1.0},                                    \
      {.name = "axis", .kind = Kind::integer, .fallback = -1.0},                               \
      {.name = "eps", .low = 0.0, .high = 0.5, .open_high = true}
namespace fastloss {
// The order of the above, counted from the place of the first.
enum ClassParameter { from_logits, class_weight, label_smoothing, axis, eps };
}  // namespace fastloss
#define FASTLOSS_FOCAL_PARAMETERS                     \
  {.name = "gamma", .fallback = 2.0, .low = 0.0},     \
      {.name = "alpha", .kind = Kind::optional_vector, .fallback = none, .low = 0.0, .high = 1.0}
#define FASTLOSS_PLAIN_WITHOUT_GAMMA [](ParameterArray p) { return p[0] == 0.0 ? 1 : 0; }
#define FASTLOSS_IGNORE_INDEX {.name = "ignore_index", .kind = Kind::optional_integer, .fallback = none}

#define FASTLOSS_ROWS(LOSS)                                                                              \
  LOSS((CrossEntropy),                                                                                   \
       .name = "categorical_cross_entropy", .class_name = "CategoricalCrossEntropy",                     \
       .aliases = "cce|categorical_crossentropy|softmax_cross_entropy", .family = "classification",      \
       .formula = "-sum_k w_k t_k log p_k, p = pred or softmax(pred)",                                   \
       .reference = "Bridle (1990), Probabilistic Interpretation of Feedforward Classification Network Outputs", \
       .inputs = {"pred", "target"}, .parameters = {FASTLOSS_CLASS_PARAMETERS},                          \
       .probabilities_unless_logits = true, .target_domain = {0.0, 0x1.fffffffffffffp1023}, .cost = 2,   \
       .slack = "gradient: the larger of p_k sum_j t_j w_j and t_k w_k")                                 \
  LOSS((CrossEntropy),                                                                                   \
       .name = "sparse_categorical_cross_entropy", .class_name = "SparseCategoricalCrossEntropy",        \
       .aliases = "scce|ce|cross_entropy|sparse_categorical_crossentropy", .family = "classification",   \
       .formula = "-w_y log p_y, p = pred or softmax(pred)",                                             \
       .reference = "Bridle (1990), Probabilistic Interpretation of Feedforward Classification Network Outputs", \
       .inputs = {"pred", "target"}, .parameters = {FASTLOSS_CLASS_PARAMETERS, FASTLOSS_IGNORE_INDEX},   \
       .probabilities_unless_logits = true, .labels = true, .cost = 2,                                   \
       .slack = "0; with label smoothing, gradient: the larger of p_k sum_j t_j w_j and t_k w_k")        \
  LOSS((Focal, CrossEntropy),                                                                                          \
       .name = "categorical_focal", .class_name = "CategoricalFocal",                                    \
       .aliases = "categorical_focal_crossentropy|softmax_focal", .family = "classification",            \
       .formula = "-sum_k w_k alpha_k t_k (1 - p_k)^gamma log p_k, p = pred or softmax(pred)",           \
       .reference = "Lin et al. (2017), Focal Loss for Dense Object Detection", .inputs = {"pred", "target"}, \
       .parameters = {FASTLOSS_FOCAL_PARAMETERS, FASTLOSS_CLASS_PARAMETERS},                             \
       .probabilities_unless_logits = true, .target_domain = {0.0, 0x1.fffffffffffffp1023},              \
       .convex = false, .cost = 4, .slack = "derivatives: the largest term of their sums",                \
       .variant = FASTLOSS_PLAIN_WITHOUT_GAMMA)               \
  LOSS((Focal, CrossEntropy),                                                                                          \
       .name = "sparse_categorical_focal", .class_name = "SparseCategoricalFocal",                       \
       .aliases = "sparse_softmax_focal", .family = "classification",                                    \
       .formula = "-w_y alpha_y (1 - p_y)^gamma log p_y, p = pred or softmax(pred)",                     \
       .reference = "Lin et al. (2017), Focal Loss for Dense Object Detection", .inputs = {"pred", "target"}, \
       .parameters = {FASTLOSS_FOCAL_PARAMETERS, FASTLOSS_CLASS_PARAMETERS, FASTLOSS_IGNORE_INDEX},      \
       .probabilities_unless_logits = true, .labels = true, .convex = false, .cost = 4,                  \
       .slack = "Hessian: the largest term of its sum; with label smoothing, gradient likewise",          \
       .variant = FASTLOSS_PLAIN_WITHOUT_GAMMA)
