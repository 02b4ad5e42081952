// The focal loss of a yes-or-no target, with digits to spare in between: a power multiplies the error of what it is
// taken of.
#pragma once
#include "math/wide.h"
#include "pointwise/binary.h"

namespace fastloss::FASTLOSS_ISA {

// alpha t + (1 - alpha) (1 - t); no alpha (NaN): 1.
template <class N>
struct ClassBalance {
  N positive, negative;
  explicit FASTLOSS_INLINE_MEMBER ClassBalance(double alpha) {
    const bool given = alpha == alpha;
    assign(positive, given ? Pair<double>(alpha) : Pair<double>(1));
    assign(negative, given ? Pair<double>(1) - Pair<double>(alpha) : Pair<double>(1));
  }
  N FASTLOSS_INLINE_MEMBER operator()(auto pos, N neg) const { return positive * pos + negative * neg; }
};

// Focal loss, Lin et al. (2017): alpha_t Q^gamma CE, with CE the cross-entropy above, Q = p (1 - t) + (1 - p) t the
// probability of being wrong and alpha_t = alpha t + (1 - alpha) (1 - t).
//
// By the logit, with e, w of math/sigmoid.h and the target's shares of the likelier side (right) and the other (wrong):
//   Q = w m, m = right e + wrong;   Q'/Q = +-w r, r = (wrong - right) e / m;   CE' = +-w k,   CE'' = w^2 sum e.
// N has digits to spare; S: the largest term of the gradient (soft t) or of the Hessian.
template <class T, class N>
struct FocalSides {
  N wrong, right, cost, gain, sum, m, k, ce;  // cost, gain: wrong, right with pos_weight
  FASTLOSS_INLINE_MEMBER FocalSides(T z, N t, N u, N pos, const FineSigmoid<N>& s)
      : wrong(by_sign(z, t, u)),
        right(by_sign(z, u, t)),
        cost(by_sign(z, pos, u)),
        gain(by_sign(z, u, pos)),
        sum(pos + u),
        m(right * s.e + wrong),
        k(cost - gain * s.e),
        ce(sum * s.log + cost * s.size) {}
};

template <class T>
struct BinaryFocalLogits {
  FASTLOSS_TAKES(gamma, alpha, from_logits, pos_weight, label_smoothing, eps);
  using N = Fine<T>;
  double gamma;
  ClassBalance<N> balance;
  Smoothing<N> smooth;
  LogitBound<double> bound;
  T flat, far;  // from `far` on an unclipped loss is a multiple of |z|
  explicit FASTLOSS_INLINE_MEMBER BinaryFocalLogits(const double* p)
      : gamma(p[At::gamma]),
        balance(p[At::alpha]),
        smooth(p[At::label_smoothing]),
        bound(p[At::eps]),
        flat(T(bound.flat)),
        far(p[At::eps] > 0 ? Format<T>::nan : T(1e30)) {}
  FASTLOSS_INLINE_MEMBER CurvedJet<T> operator()(T z, T target, T pos_weight) const {
    const FineSigmoid<N> s(z, bound);
    const N t = smooth.positive(target), u = smooth.negative(target), w = s.w;
    const FocalSides<T, N> f(z, t, u, t * N(pos_weight), s);
    const N one(1), g(gamma), lift(s.lift), alpha = balance(t, u);
    const auto Q = rounded_pow(f.m * w, gamma, N(0));
    const N power = alpha * Q.power;
    const T scale = T(s.lower) * Q.scale;
    const N lifted_r = (f.wrong - f.right) * unless_zero(f.wrong, s.lifted / f.m, lift), r = lifted_r * N(s.lower);
    const N lifted_k = f.cost * lift - f.gain * s.lifted, lifted_ce = f.sum * s.lifted_log + f.cost * s.size * lift;
    const N bend = power * w * w, bce = f.sum * s.lifted, gr = g * lifted_r, steep = (g - one) * r - (one - s.e);
    const bool constant = abs(z) >= flat;
    return {.value = abs(z) >= far ? T(weighted(power * f.cost, abs(z))) * Q.scale : T(power * lifted_ce) * scale,
            .grad = constant ? T(0) : times_sign(T(power * w * (lifted_k + gr * f.ce)) * scale, z),
            .hess = constant ? T(0) : T(bend * (bce + gr * (twice(f.k) + steep * f.ce))) * scale + T(0),
            .curvature = constant ? T(0) : T(bend * (bce + gr * r * f.ce)) * scale};
  }
};

// gamma = 2 needs no power, and without smoothing and eps no more than Pairs.
template <class T>
struct BinaryFocalSquareLogits {
  FASTLOSS_TAKES(gamma, alpha, from_logits, pos_weight, label_smoothing, eps);
  using N = Pair<T>;
  ClassBalance<N> balance;
  explicit FASTLOSS_INLINE_MEMBER BinaryFocalSquareLogits(const double* p) : balance(p[At::alpha]) {}
  Begun<T> FASTLOSS_INLINE_MEMBER begin(T z) const { return Sigmoid<T>::begin(z); }
  FASTLOSS_INLINE_MEMBER CurvedJet<T> operator()(T z, Begun<T> begun, T t, T pos_weight) const {
    const FineSigmoid<N> s{Sigmoid<T>(z, begun)};
    const N u = fast_two_sum(T(1), -t), w = s.w;
    const FocalSides<T, N> f(z, t, u, two_prod(t, pos_weight), s);
    const N alpha = balance(t, u), Q = f.m * w, h = f.wrong - f.right, he = h * s.e, ww = w * w, mm = f.m * f.m * f.sum;
    const T ce = T(f.ce), weight = T(alpha * Q), steep = weight * T(ww), bend = T(alpha * ww) * T(ww) * T(s.lifted);
    return {
        .value = abs(z) >= T(1e30) ? weighted(weight * T(Q) * T(f.cost), abs(z)) : weight * T(Q) * ce,
        .grad = times_sign(steep * T(f.m * f.k + twice(he) * ce), z),
        .hess = bend * T(mm + twice(twice(f.m * h * f.k)) + twice(h * (he - f.m * (N(1) - s.e))) * ce) * s.lower + T(0),
        .curvature = bend * T(mm + twice(h * he) * ce) * s.lower};
  }
};

// By the probability Q' = 1 - 2t and Q'' = 0. Divisions by p and q = 1 - p are put off to the end, and left out where
// the term that wants them has no weight. `curvature` is the Hessian where that is positive, else 0.
template <class T, class N, bool square>
struct FocalOfProbability {
  FASTLOSS_TAKES(gamma, alpha, from_logits, pos_weight, label_smoothing, eps);
  double gamma;
  ClassBalance<N> balance;
  Smoothing<N> smooth;
  T eps, endless;                       // endless: -log 0
  N least, most, low, high, log_gamma;  // bounds of p and of -log p
  explicit FASTLOSS_INLINE_MEMBER FocalOfProbability(const double* p)
      : gamma(p[At::gamma]),
        balance(p[At::alpha]),
        smooth(p[At::label_smoothing]),
        eps(p[At::eps] > 0 ? at_most<T>(p[At::eps]) : T(-1)),
        endless(p[At::eps] > 0 ? T(0) : Format<T>::inf) {
    assign(least, p[At::eps]), assign(most, Pair<double>(1) - Pair<double>(p[At::eps]));
    assign(low, Pair<double>(0) - log1p_pair(-p[At::eps])),
        assign(high, p[At::eps] > 0 ? -log_pair(p[At::eps]) : Pair<double>(1e30));
    assign(log_gamma, p[At::gamma] > 0 ? log_pair(p[At::gamma]) : Pair<double>(-1e305));
  }
  FASTLOSS_INLINE_MEMBER CurvedJet<T> operator()(T pred, T target, T pos_weight) const {
    const N one(1), whole(pred + T(0)), p = clamp(whole, least, most), q = clamp(one - whole, least, most);  // -0 is 0
    const N t = smooth.positive(target), u = smooth.negative(target), pos = t * N(pos_weight), alpha = balance(t, u);
    const N room = most - p;  // the logarithms at the upper bound are those of 1 - eps itself, not of its rounding
    const N lp = unless_zero(room, clamp(-fine_log(p), low, high), low);
    const N lq = unless_zero(room, clamp(-fine_log_rest(p), low, high), high);
    const N dp = unless_zero(pos, p, one), dq = unless_zero(u, q, one), D = dp * dq;
    const N Q = p * u + q * t, slope = u - t, first = u * dp - pos * dq, M = pos * (p * lp) * dq + u * (q * lq) * dp;
    const N K = unless_zero(Q, M / Q, pos + u), g(square ? 2 : gamma);
    N power, less;
    T scale = 1;
    if constexpr (square) {
      power = Q * Q, less = twice(Q);
    } else {
      const auto whole = rounded_pow(Q, gamma, N(0)), part = rounded_pow(Q, gamma - 1, log_gamma);
      power = whole.power, scale = whole.scale, less = part.power * N(part.scale / scale);
    }
    const N bend = power * (u * dp * dp + pos * dq * dq) + less * slope * D * (twice(first) + (g - one) * slope * K);
    const T margin = min(pred, T(1) - pred), at_end = margin == T(0) ? endless : T(0);
    const bool weightless = T(alpha) == T(0), certain = T(pos) + T(u) == T(0);
    const bool idle = (pred == pred) & (weightless | certain);  // powers of 0 do no harm
    const bool flat = (margin <= eps) | idle;
    const T hess = flat ? T(0) : T(quotient(quotient(alpha * bend, D), D)) * scale;
    return {.value = T(alpha * power * (pos * lp + u * lq)) * scale +
                     weighted(T(alpha * power * unless_zero(p, u, pos)), at_end),
            .grad = flat ? T(0) : T(quotient(alpha * power * (first + g * slope * K), D)) * scale,
            .hess = hess,
            .curvature = max(hess, T(0))};
  }
};
template <class T>
using BinaryFocalProbabilities = FocalOfProbability<T, Fine<T>, false>;
template <class T>
using BinaryFocalSquareProbabilities = FocalOfProbability<T, Fine<T>, true>;

}  // namespace fastloss::FASTLOSS_ISA
