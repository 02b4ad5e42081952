// Parameters that many losses have, each with its one meaning.
#pragma once

#include "base/definition.h"

namespace fastloss::parameter {

inline constexpr Parameter from_logits = {.name = "from_logits", .kind = Kind::flag, .role = Role::logits};
inline constexpr Parameter pos_weight = {
    .name = "pos_weight", .kind = Kind::real_or_vector, .fallback = 1.0, .low = 0.0, .role = Role::per_element};
inline constexpr Parameter class_weight = {
    .name = "class_weight", .kind = Kind::optional_vector, .fallback = none, .low = 0.0, .role = Role::class_weight};
// The same for a loss whose mean is over rows alike.
inline constexpr Parameter class_factor = {
    .name = "class_weight", .kind = Kind::optional_vector, .fallback = none, .low = 0.0, .role = Role::class_scale};
inline constexpr Parameter class_alpha = {.name = "alpha",
                                          .kind = Kind::optional_vector,
                                          .fallback = none,
                                          .low = 0.0,
                                          .high = 1.0,
                                          .role = Role::class_scale};
inline constexpr Parameter label_smoothing = {
    .name = "label_smoothing", .low = 0.0, .high = 1.0, .role = Role::smoothing};
inline constexpr Parameter axis = {.name = "axis", .kind = Kind::integer, .fallback = -1.0, .role = Role::axis};
inline constexpr Parameter eps = {.name = "eps", .low = 0.0, .high = 0.5, .open_high = true, .role = Role::clip};
inline constexpr Parameter ignore_index = {
    .name = "ignore_index", .kind = Kind::optional_integer, .fallback = none, .role = Role::ignore};
inline constexpr Parameter z_loss = {.name = "z_loss", .low = 0.0, .role = Role::z_loss};
inline constexpr Parameter logit_softcap = {.name = "logit_softcap",
                                            .kind = Kind::optional_real,
                                            .fallback = none,
                                            .low = 0.0,
                                            .open_low = true,
                                            .role = Role::softcap};
inline constexpr Parameter temperature = {
    .name = "temperature", .fallback = 1.0, .low = 0.0, .open_low = true, .role = Role::temperature};
inline constexpr Parameter gamma = {.name = "gamma", .fallback = 2.0, .low = 0.0};
inline constexpr Parameter margin = {.name = "margin", .fallback = 1.0, .low = 0.0};

// The second kernel where any of these three is set.
static inline int bends_logits(const Definition& of, ParameterArray p) {
  const double softcap = p[role_place(of, Role::softcap)];
  return p[role_place(of, Role::z_loss)] != 0.0 || softcap == softcap || p[role_place(of, Role::temperature)] != 1.0;
}

}  // namespace fastloss::parameter
