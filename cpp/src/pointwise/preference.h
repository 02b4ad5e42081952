// Losses of preferences: of log-probabilities of a chosen and a rejected answer.
#pragma once
#include "block/takes.h"
#include "math/sigmoid.h"
#include "pointwise/jet.h"

namespace fastloss::FASTLOSS_ISA {

// Direct preference optimization, Rafailov et al. (2023): -log sigmoid(h), with the logit h of the model's preference
// over that of the reference, h = beta ((chosen - rejected) - (ref_chosen - ref_rejected)).
// S: what a rounding of the largest input would change.
template <class T>
struct DirectPreference {
  FASTLOSS_TAKES(beta, label_smoothing);
  static constexpr int inputs = 4, gradients = 4;
  Pair<T> beta;
  T keep, rest, keep_slope, rest_slope, square;
  explicit FASTLOSS_INLINE_MEMBER DirectPreference(const double* p)
      : keep(T(1.0 - p[At::label_smoothing])),
        rest(T(p[At::label_smoothing])),
        keep_slope(T((1.0 - p[At::label_smoothing]) * p[At::beta])),
        rest_slope(T(p[At::label_smoothing] * p[At::beta])),
        square(T(p[At::beta] * p[At::beta])) {
    assign(beta, Pair<double>(p[At::beta]));
  }
  FASTLOSS_INLINE_MEMBER Jets<T, 4> operator()(T chosen, T rejected, T ref_chosen, T ref_rejected) const {
    const Pair<T> ours = two_sum(chosen, T(0) - rejected), theirs = two_sum(ref_chosen, T(0) - ref_rejected);
    const Pair<T> apart = two_sum(ours.hi, T(0) - theirs.hi);
    const T lo = apart.lo + (ours.lo - theirs.lo), z = apart.hi * beta.hi;
    const T z_lo = fma(apart.hi, beta.hi, T(0) - z) + fma(apart.hi, beta.lo, lo * beta.hi);
    const Sigmoid<T> s = sigmoid_of(z, z_lo);
    const T value = s.softplus(keep, rest), slope = s.difference(keep_slope, rest_slope);
    const T bend = s.product(square), down = T(0) - slope;
    return {.value = value, .grad = {slope, down, down, slope}, .hess = {bend, bend, bend, bend}};
  }
};

}  // namespace fastloss::FASTLOSS_ISA
