// The room's table: LOSS((kernels), row). Kernels are the structs that compute it; the row's `variant`
// chooses among them. The rest of a row is what base/row.h says.
#pragma once

#define FASTLOSS_POINTWISE(LOSS)                                                                        \
  LOSS((SquaredError),                                                                                  \
       .name = "mean_squared_error", .class_name = "MeanSquaredError", .aliases = "mse|l2|squared_error", \
       .family = "regression", .formula = "r^2, r = pred - target",                                     \
       .reference = "Gauss (1809), Theoria motus corporum coelestium", .inputs = {"pred", "target"},    \
       .slack = "0")                                                                                    \
  LOSS((AbsoluteError),                                                                                 \
       .name = "mean_absolute_error", .class_name = "MeanAbsoluteError", .aliases = "mae|l1|absolute_error", \
       .family = "regression", .formula = "|r|, r = pred - target",                                     \
       .reference = "Laplace (1774), Memoire sur la probabilite des causes", .inputs = {"pred", "target"}, \
       .slack = "0")                                                                                    \
  LOSS((Huber),                                                                                         \
       .name = "huber", .class_name = "Huber", .aliases = "huber_loss", .family = "regression",         \
       .formula = "r^2/2 where |r| <= delta, else delta (|r| - delta/2); r = pred - target",            \
       .reference = "Huber (1964), Robust Estimation of a Location Parameter",                          \
       .inputs = {"pred", "target"},                                                                    \
       .parameters = {{.name = "delta", .fallback = 1.0, .low = 0.0, .open_low = true}},                \
       .slack = "0")                                                                                    \
  LOSS((BinaryCrossEntropyProbabilities, BinaryCrossEntropyLogits, BinaryCrossEntropyPlainLogits),      \
       .name = "binary_cross_entropy", .class_name = "BinaryCrossEntropy",                              \
       .aliases = "bce|binary_crossentropy|log_loss", .family = "binary",                               \
       .formula = "-(pos_weight t log p + (1 - t) log(1 - p)), p = pred or sigmoid(pred)",              \
       .reference = "Cox (1958), The Regression Analysis of Binary Sequences",                          \
       .inputs = {"pred", "target"},                                                                    \
       .parameters = {{.name = "from_logits", .kind = Kind::flag},                                      \
                      {.name = "pos_weight", .kind = Kind::real_or_vector, .fallback = 1.0, .low = 0.0}, \
                      {.name = "label_smoothing", .low = 0.0, .high = 1.0},                             \
                      {.name = "eps", .low = 0.0, .high = 0.5, .open_high = true}},                     \
       .probabilities_unless_logits = true, .target_domain = {0.0, 1.0},                                \
       .element_parameter = "pos_weight", .cost = 2,                                                    \
       .slack = "gradient: the larger of (1-t) p and pos_weight t (1-p), for soft targets",             \
       .variant = [](ParameterArray p) { return p[0] == 0.0 ? 0 : p[2] == 0.0 && p[3] == 0.0 ? 2 : 1; })                                 \
  LOSS((BinaryFocalProbabilities, BinaryFocalLogits, BinaryFocalSquareLogits, BinaryFocalSquareProbabilities),                          \
       .name = "binary_focal", .class_name = "BinaryFocal",                                             \
       .aliases = "focal|binary_focal_crossentropy|sigmoid_focal", .family = "binary",                  \
       .formula = "alpha_t (1 - p_t)^gamma BCE, p_t = t p + (1 - t)(1 - p), "                           \
                  "alpha_t = alpha t + (1 - alpha)(1 - t)",                                             \
       .reference = "Lin et al. (2017), Focal Loss for Dense Object Detection",                         \
       .inputs = {"pred", "target"},                                                                    \
       .parameters = {{.name = "gamma", .fallback = 2.0, .low = 0.0},                                   \
                      {.name = "alpha", .kind = Kind::optional_real, .fallback = 0.25, .low = 0.0, .high = 1.0}, \
                      {.name = "from_logits", .kind = Kind::flag},                                      \
                      {.name = "pos_weight", .kind = Kind::real_or_vector, .fallback = 1.0, .low = 0.0}, \
                      {.name = "label_smoothing", .low = 0.0, .high = 1.0},                             \
                      {.name = "eps", .low = 0.0, .high = 0.5, .open_high = true}},                     \
       .probabilities_unless_logits = true, .target_domain = {0.0, 1.0}, .convex = false,               \
       .element_parameter = "pos_weight", .cost = 4,                                                    \
       .slack = "derivatives: the largest term of their sums",                                          \
       .variant = [](ParameterArray p) { return p[2] == 0.0 ? (p[0] == 2.0 ? 3 : 0) : p[0] == 2.0 && p[4] == 0.0 && p[5] == 0.0 ? 2 : 1; })
