// The room's table: LOSS((kernels), row). Kernels are the structs that compute it; the row's `variant`
// chooses among them. The rest of a row is what base/row.h says.
#pragma once

#define FASTLOSS_PAIRS(LOSS)                                                                                    \
  LOSS((Contrastive), .name = "contrastive", .class_name = "Contrastive", .aliases = "contrastive_loss",        \
       .family = "embedding", .formula = "y d^2 + (1 - y) max(0, margin - d)^2, d = |a - b|",                   \
       .reference = "Hadsell, Chopra, LeCun (2006), Dimensionality Reduction by Learning an Invariant Mapping", \
       .inputs = {"a", "b", "target"}, .parameters = {{.name = "margin", .fallback = 1.0, .low = 0.0}},         \
       .differentiable = 2, .target_domain = {0.0, 1.0}, .convex = false, .cost = 1,                            \
       .slack = "value: max(y d^2, margin^2 (1 - y)); derivatives: the largest term")                           \
  LOSS((EuclideanTriplet, ManhattanTriplet, ChebyshevTriplet, PowerTriplet), .name = "triplet",                 \
       .class_name = "Triplet", .aliases = "triplet_margin", .family = "embedding",                             \
       .formula = "max(0, d(anchor, positive) - d(anchor, negative) + margin), d = |x - y|_p",                  \
       .reference = "Weinberger, Saul (2009), Distance Metric Learning; Schroff et al. (2015), FaceNet",        \
       .inputs = {"anchor", "positive", "negative"},                                                            \
       .parameters = {{.name = "margin", .fallback = 1.0, .low = 0.0},                                          \
                      {.name = "p", .fallback = 2.0, .low = 1.0, .infinite = true},                             \
                      {.name = "squared", .kind = Kind::flag},                                                  \
                      {.name = "swap", .kind = Kind::flag}},                                                    \
       .differentiable = 3, .convex = false, .cost = 1,                                                         \
       .slack = "value: the largest of the distances and the margin; derivatives: the largest term",            \
       .variant = [](ParameterArray p) {                                                                        \
         return p[1] == 2.0 ? 0 : p[1] == 1.0 ? 1 : p[1] == infinity ? 2 : 3;                                   \
       })
