// The derivatives of bent rows that are far from ordinary: temperatures, caps, weights and prices of any exponent, and
// logits so far beyond the cap that its slope is below the range.
#pragma once

#include "rows/bent_logits.h"
#include "rows/far.h"

namespace fastloss::FASTLOSS_ISA {

// lse = top / temperature + log_sum
FASTLOSS_INLINE Far far_lse(const BentRow& bent) {
  const double quotient = bent.top / bent.temperature;
  return abs(quotient) > 0x1p500 ? far(bent.top) / far(bent.temperature) : far(quotient + bent.log_sum);
}

FASTLOSS_INLINE bool exponent_within(double low, Far x, double high) { return x.exponent >= low && x.exponent <= high; }

// Whether the products of doubles may leave the range before the results do, or what is kept of a row does not hold
// its small probabilities.
template <class T>
static bool far_row(const BentRow& bent, double factor) {
  const Far first = far(factor) / far(bent.temperature), second = first / far(bent.temperature),
            price = far(bent.price);
  const double lse = max((far(bent.top) / far(bent.temperature)).exponent, 6.) + 2;
  const double more = max(price.exponent + lse, 0.), most = (sizeof(T) == 4 ? 60. : 100.) - more;
  const bool capped = bent.cap < Format<double>::inf;
  return !(exponent_within(-300, first, most) && exponent_within(-300, second, most + (sizeof(T) == 4 ? 0. : 100.)) &&
           more <= 100 && exponent_within(-100, far(bent.temperature), 100) &&
           (!capped || exponent_within(-100, far(bent.cap), 100)) &&
           (bent.price == 0 || exponent_within(-300, price, 100)));
}

// e to the power of what a bent logit is below the peak.
FASTLOSS_INLINE Far far_exp_of(Below by) { return far_exp_of(by.size, by.rest); }

// tanh and its slope, which far out is 4 e^-2|u|.
struct FarCapped {
  double tanh;
  Far slope;
};
FASTLOSS_INLINE FarCapped far_capped(double given, double given_cap) {
  const double up = masked(given_cap < 0x1p-500, 0x1p500, 1.), x = given * up, cap = given_cap * up;
  const double u = x / cap, size = abs(u), lost = fma(-u, cap, x) / cap;
  const Capped near = capped(x, cap);
  const Far far_out = far_exp_of(-2 * size, -2 * times_sign(lost, u)), close = far(near.slope.hi);
  const bool beyond = size > 300;
  return {near.tanh.hi,
          {masked(beyond, 4 * far_out.number, close.number), masked(beyond, far_out.exponent, close.exponent)}};
}

// See BentDerivatives.
struct FarDerivatives {
  DoubleDouble push;
  Far normaliser, first, second, size, turn, others;
  double side, least;
};

template <Way way, bool bends, class T>
FASTLOSS_INLINE void derive_one_far(const BentRow& bent, T& out, T* hess, double c, const FarDerivatives& d) {
  const double x = double(out);
  const Far e = way == Way::kept ? far(x) * Far{1, -double(Lift<T>::exponent)} : far_exp_of(bent.below<way>(x));
  const double plain = as_double(e);
  const bool top = plain == 1;
  const Far left = far(bent.sum - plain);
  const Far rest = {masked(top, d.others.number, left.number), masked(top, d.others.exponent, left.exponent)};
  const Far push = far((d.push.hi - c) + d.push.lo) + d.normaliser;
  Far grad = (e * push + -(rest * far(c))) * d.first, bend = {0, 0};
  if constexpr (bends) bend = e * (rest * d.second + e * d.size);
  if constexpr (way == Way::capped) {
    const FarCapped to = far_capped(x, bent.cap);
    if constexpr (bends) bend = to.slope * (bend * to.slope + grad * (d.turn * far(to.tanh)));
    grad = grad * to.slope;
  }
  if constexpr (bends) *hess = T(d.side * max(as_double(bend), d.least));
  out = T(as_double(grad));
}
template <Way way, bool bends, class T>
[[gnu::noinline]] static void derive_far(const BentRow& bent, T* row, T* hess, const double* c,
                                         const FarDerivatives& d) {
  const BentRow own = bent;  // whose numbers no store can change
#pragma omp simd
  for (int j = 0; j < lanes; ++j) derive_one_far<way, bends>(own, row[j], bends ? hess + j : nullptr, c[j], d);
}

// Whether one of `lanes` logits is so far beyond the cap.
template <class T>
FASTLOSS_INLINE bool far_beyond(const T* row, double cap) {
  int n = 0;
#pragma omp simd reduction(+ : n)
  for (int j = 0; j < lanes; ++j) n += (abs(double(row[j])) > 300 * cap) & (abs(double(row[j])) < Format<double>::inf);
  return n != 0;
}

}  // namespace fastloss::FASTLOSS_ISA
