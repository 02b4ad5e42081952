// Losses of preferences: of log-probabilities of a chosen and a rejected answer.
#pragma once
#include "block/takes.h"
#include "math/exponent.h"
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
  T keep, rest, keep_slope, rest_slope;
  T first, second;  // beta^2 is first second^2, a power of two, lest the first one times 2^64 (2^512) be infinite
  explicit FASTLOSS_INLINE_MEMBER DirectPreference(const double* p)
      : keep(T(1.0 - p[At::label_smoothing])),
        rest(T(p[At::label_smoothing])),
        keep_slope(T((1.0 - p[At::label_smoothing]) * p[At::beta])),
        rest_slope(T(p[At::label_smoothing] * p[At::beta])) {
    const double b = p[At::beta], far = exponent_of(b) - double(sizeof(T) == 4 ? 30 : 250);
    const double part = power_of_two(clamp(far, 0., 1000.));
    first = T(b / part * (b / part)), second = T(part);
    assign(beta, Pair<double>(b));
  }
  FASTLOSS_INLINE_MEMBER Jets<T, 4> operator()(T chosen, T rejected, T ref_chosen, T ref_rejected) const {
    // Where differences may be infinite although what is left of them is not, by a quarter.
    const T size = max(max(abs(chosen), abs(rejected)), max(abs(ref_chosen), abs(ref_rejected)));
    const bool large = (size > Format<T>::largest * T(0.25)) & (size < Format<T>::inf);
    const T down = large ? T(0.25) : T(1), up = large ? T(4) : T(1);
    const Pair<T> ours = two_sum(chosen * down, T(0) - rejected * down);
    const Pair<T> theirs = two_sum(ref_chosen * down, T(0) - ref_rejected * down);
    const Pair<T> apart = two_sum(ours.hi, T(0) - theirs.hi);
    const T lo = apart.lo + (ours.lo - theirs.lo), part = apart.hi * beta.hi, z = part * up;
    const T z_lo = (fma(apart.hi, beta.hi, T(0) - part) + fma(apart.hi, beta.lo, lo * beta.hi)) * up;
    const Sigmoid<T> s = sigmoid_of(z, z_lo);
    const T value = s.softplus(keep, rest), slope = s.difference(keep_slope, rest_slope);
    const T bend = s.product(first) * second * second, fall = T(0) - slope;
    return {.value = value, .grad = {slope, fall, fall, slope}, .hess = {bend, bend, bend, bend}};
  }
};

}  // namespace fastloss::FASTLOSS_ISA
