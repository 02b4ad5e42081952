// The focal loss of a yes-or-no target, Lin et al. (2017): alpha_t Q^gamma CE, with CE the cross-entropy of
// pointwise/binary.h, Q = p (1 - t) + (1 - p) t the probability of being wrong and alpha_t = alpha t + (1 - alpha) (1 -
// t). A power multiplies the error of what it is taken of, so all but the default gamma is computed in Wide<T>.
#pragma once
#include "math/wide.h"
#include "pointwise/binary.h"

namespace fastloss::FASTLOSS_ISA {

// alpha t + (1 - alpha) (1 - t); no alpha (NaN): 1.
template <class N>
struct ClassBalance {
  N positive, negative;
  explicit FASTLOSS_INLINE_MEMBER ClassBalance(double alpha)
      : positive(alpha == alpha ? N(alpha) : N(1)), negative(alpha == alpha ? N(1) - N(alpha) : N(1)) {}
  N FASTLOSS_INLINE_MEMBER operator()(N pos, N neg) const { return positive * pos + negative * neg; }
};

// By the logit. The target's shares are those of the likelier side (right) and of the other (wrong); e = exp(-|z|),
// w = 1 / (1 + e). With m = right e + wrong, h = wrong - right, r = h e / m and k = wrong' - right' e, the weighted
// shares: Q = w m, the gradient is +-alpha_t Q^gamma w (k + gamma r CE) and the Hessian alpha_t Q^gamma w^2 (CE''/w^2 +
// gamma r (2k + ((gamma - 1) r - (1 - e)) CE)); `curvature` keeps CE'' + gamma r^2 CE of it. S, soft t: the largest
// term of each sum; hard t: 0, but for the Hessian its largest term.
template <class T>
struct BinaryFocalLogits {
  using N = Wide<T>;
  double gamma;
  ClassBalance<N> balance;
  Smoothing<N> smooth;
  N bound;      // the largest |z| that eps leaves
  double flat;  // from this |z| on the clipped loss is constant; NaN: nowhere
  explicit FASTLOSS_INLINE_MEMBER BinaryFocalLogits(const double* p)
      : gamma(p[0]), balance(p[1]), smooth(p[4]), bound(Format<double>::inf), flat(Format<double>::nan) {
    if (!(p[5] > 0)) return;
    bound = wide_log(N(1) - N(p[5])) - wide_log(N(p[5]));
    flat = double(bound);
  }
  FASTLOSS_INLINE_MEMBER Jet<T> operator()(T z, T target, T pos_weight) const {
    const N pos = smooth.positive(N(target)), neg = smooth.negative(N(target)), weighted_pos = N(pos_weight) * pos;
    const double wide_z = double(z), far = abs(wide_z);  // masks of one width only, or GCC gives up
    const bool below = wide_z < 0, constant = far >= flat;
    const N size = choose(constant, bound, N(far));
    const N right = choose(below, neg, pos), wrong = choose(below, pos, neg);
    const N right_weight = choose(below, neg, weighted_pos), wrong_weight = choose(below, weighted_pos, neg);
    const N e = wide_exp(-size), log_d = wide_log1p(e), w = N(1) / (N(1) + e), m = right * e + wrong;
    const double lifted = double(Lifted<N>::exp(-size)), down = Lifted<N>::down;
    const bool lost = far > 850;  // e and all that it multiplies is 0, whatever the cross-entropy
    const bool sure = double(wrong) < 1e-300, none = e == N(0);  // sure: nothing but e says how wrong
    const N near = right_weight * choose(none, N(1), log_d / choose(none, N(1), e));
    const N ce = weighted(right_weight, log_d) + weighted(wrong_weight, size + log_d);
    const N log_q = choose(sure, wide_log(choose(sure, right, N(1))) - size, wide_log(choose(sure, N(1), m))) - log_d;
    const N h_m = (wrong - right) / choose(sure, N(1), m), r = h_m * e, k = wrong_weight - right_weight * e;
    const N power = balance(pos, neg) * power_of_log(log_q, gamma), g = N(gamma), both = right_weight + wrong_weight;
    // Each but the gradient of a wrong guess is e times the following.
    const N value = power * near, push = power * w * (k + weighted(g * r, ce)),
            pushed = -(power * w * (right_weight + g * near));
    const N steep = (g - N(1)) * r - (N(1) - e);
    const N bend = choose(sure, right_weight + g * (right_weight + right_weight + (g - e) * near),
                          both + weighted(g * h_m, k + k + weighted(steep, ce)));
    const N fit = choose(sure, right_weight + g * near, both + weighted(g * h_m * r, ce));
    const double slope = choose(sure, double(pushed) * lifted * down, double(push));
    const double area = double(power * w * w * bend) * lifted * down,
                 round = double(power * w * w * fit) * lifted * down;
    return {.value = T(choose(sure, double(value) * lifted * down, double(weighted(power, ce)))),
            .grad = T(choose(constant, 0., choose(below, -slope, slope))),
            .hess = T(choose(constant | lost, 0., area)),
            .curvature = T(choose(constant | lost, 0., round))};
  }
};

// By the probability Q' = 1 - 2t and Q'' = 0. Where t leaves no more than one side, CE / Q tends to its weight as Q
// vanishes. `curvature` is the Hessian where that is positive, else 0. S: the largest term of each sum.
template <class T>
struct BinaryFocalProbabilities {
  using N = Wide<T>;
  double gamma, eps, flat;  // flat: at or below it, the clipped loss is constant; -1: nowhere
  ClassBalance<N> balance;
  Smoothing<N> smooth;
  explicit FASTLOSS_INLINE_MEMBER BinaryFocalProbabilities(const double* p)
      : gamma(p[0]), eps(p[5]), flat(p[5] > 0 ? p[5] : -1), balance(p[1]), smooth(p[4]) {}
  FASTLOSS_INLINE_MEMBER Jet<T> operator()(T pred, T target, T pos_weight) const {
    const N t = smooth.positive(N(target)), neg = smooth.negative(N(target)), pos = N(pos_weight) * t;
    const double at = double(pred) + 0.0, lost = at + double(target);  // -0 is 0; NaN where either is
    const N whole = N(at), rest = N(1) - whole;
    const bool constant = (at <= flat) | (1 - at <= flat);
    const bool low = at < eps, high = 1 - at < eps;
    const N p = choose(low, N(eps), choose(high, N(1) - N(eps), whole)),
            q = choose(high, N(eps), choose(low, N(1) - N(eps), rest));
    const bool whole_one = q == N(0);
    const N lq = choose(whole_one, N(Format<double>::inf), -wide_log1p(choose(whole_one, N(0), -p)));
    const N ce = weighted(pos, minus_log(p)) + weighted(neg, lq), Q = p * neg + q * t, slope = neg - t;
    const N alpha = balance(t, neg), power = alpha * pow(Q, gamma),
            less = alpha * weighted(N(gamma), pow(Q, gamma - 1));
    const bool none = Q == N(0);
    const N K = choose(none, pos + neg, ce / choose(none, N(1), Q));
    const N first = weighted(neg, N(1) / q) - weighted(pos, N(1) / p);
    const N push = choose(is_finite(first), N(gamma) * slope * K, N(0));
    const N second = weighted(neg, power / q / q) + weighted(pos, power / p / p);
    const N pull = weighted(less * slope, first + first + N(gamma - 1) * slope * K);
    const N grad = choose(constant, N(0), weighted(power, first + push));
    const N bend = choose(constant, N(0), choose(is_finite(second), second + pull, second));
    const N hess = choose(lost == lost, bend, N(lost)), fit = choose(double(hess) < 0, N(0), hess);
    return {.value = T(choose(lost == lost, weighted(power, ce), N(lost))),
            .grad = T(choose(lost == lost, grad, N(lost))),
            .hess = T(hess),
            .curvature = T(fit)};
  }
};

// What the square keeps of the above, in T: the relative slips of w and e are added at the end.
template <class T>
struct FocalSides {
  Sigmoid<T> s;
  T wrong, m, h, k, ce, sum;  // sum: of the two weights, CE'' = sum e w^2
  FASTLOSS_INLINE_MEMBER FocalSides(T z, T pos, T neg, T pos_weight, const LogitBound<T>& bound) : s(z, bound) {
    const T right = s.likelier(pos, neg), weighted_pos = pos_weight * pos;
    wrong = s.other(pos, neg);
    m = fma(right, s.e, wrong), h = wrong - right;
    k = fma(-(s.likelier(weighted_pos, neg) * s.lifted), s.lower, s.other(weighted_pos, neg));
    ce = s.softplus(weighted_pos, neg), sum = weighted_pos + neg;
  }
};

// gamma = 2, the default, without smoothing and clipping needs no power: with y (1 + slip) = w, every result is a
// product of y, m and e.
template <class T>
struct BinaryFocalSquareLogits {
  ClassBalance<T> balance;
  Smoothing<T> smooth;
  LogitBound<T> bound;
  explicit FASTLOSS_INLINE_MEMBER BinaryFocalSquareLogits(const double* p) : balance(p[1]), smooth(p[4]), bound(p[5]) {}
  FASTLOSS_INLINE_MEMBER Jet<T> operator()(T z, T target, T pos_weight) const {
    const T pos = smooth.positive(target), neg = smooth.negative(target), alpha = balance(pos, neg);
    const FocalSides<T> f(z, pos, neg, pos_weight, bound);
    const T e = f.s.e, y = f.s.y, Q = y * f.m, ce = min(f.ce, T(0x1p100));  // e = 0 beyond: no 0 times infinity
    const T m_slip = f.wrong == T(0) ? f.s.e_slip : T(0), slip = f.s.y_slip + m_slip;
    const auto exact = [](T x, T slip) { return fma(x, slip, x); };
    const T slope = fma(T(2) * f.h * e, ce, f.m * f.k), y2 = y * y;
    const T steep = T(2) * f.h * fma(f.h, e, -f.m * (T(1) - e)), both = f.m * fma(T(4) * f.h, f.k, f.m * f.sum);
    const T e_slip = f.s.e_slip + (m_slip + m_slip) + T(4) * f.s.y_slip;
    const bool flat = abs(z) >= bound.flat;
    return {.value = weighted(exact(alpha * Q, T(2) * slip + m_slip), f.ce) * Q,
            .grad = flat ? T(0) : times_sign(exact(alpha * y2 * slope, T(3) * slip) * Q, z),
            .hess = flat ? T(0) : exact(alpha * (y2 * y2) * fma(steep, ce, both), e_slip) * f.s.lifted * f.s.lower,
            .curvature = flat ? T(0)
                              : exact(alpha * (y2 * y2) * fma(T(2) * f.h * f.h * e, ce, f.m * f.m * f.sum), e_slip) *
                                    f.s.lifted * f.s.lower};
  }
};

}  // namespace fastloss::FASTLOSS_ISA
