// Logits that are bent, z = softcap tanh(x / softcap) / temperature: their exponentials and costs.
#pragma once

#include "math/expm1.h"
#include "rows/coefficients.h"
#include "rows/scores.h"
#include "rows/softmax.h"

namespace fastloss::FASTLOSS_ISA {

// tanh(u), u = x / cap, and its slope: with a = (e^2|u| - 1) / 2 they are a / (1 + a) and (1 + 2 a) / (1 + a)^2.
struct Capped {
  Pair<double> tanh, slope;
};
FASTLOSS_INLINE Capped capped(double x, double cap) {
  const double u = x / cap, size = abs(u), lost = fma(-u, cap, x) / cap, u_lo = size < 350 ? lost : 0;
  const Pair<double> a = half_expm1(min(size + size, 700.)), b = two_sum(1., a.hi);
  const double y = 1 / b.hi, slip = fma(-y, b.hi, 1.) - y * (b.lo + a.lo), q = a.hi * y;  // 1 / (1 + a) = y (1 + slip)
  const double left = fma(-q, b.hi, a.hi) + fma(-q, b.lo + a.lo, a.lo), t = fma(left, y, q);
  const Pair<double> rise = two_sum(1., 2 * a.hi), once = two_prod(rise.hi, y), twice = two_prod(once.hi, y);
  const double lost_twice = fma(once.lo, y, fma((rise.lo + 2 * a.lo) * y, y, twice.lo));
  const double slope_lo = fma(twice.hi, fma(-2 * copysign(t, u), u_lo, 2 * slip), lost_twice),
               slope = twice.hi + slope_lo;
  const double t_lo = fma(slope, u_lo, times_sign(fma(left, y, q - t), u));
  const bool flat = size > 350;
  return {{unless_nan(u, copysign(t, u)), t_lo}, {flat ? 0 : slope, flat ? 0 : slope_lo - (slope - twice.hi)}};
}

// By how much a bent logit is below the peak: size + rest.
struct Below {
  double size, rest;
};
// e to the power of that, lifted as the exponentials of other rows are.
FASTLOSS_INLINE double lifted_exp_of(float, Below by) { return wide_exp(by.size) * Lift<float>::up; }
FASTLOSS_INLINE double lifted_exp_of(double, Below by) { return exp(by.size, by.rest, Lift<double>::up); }

// Which of the operations there are; what is kept are the exponentials themselves.
enum class Way { kept, plain, scaled, capped };

// What is the same for all classes of a row.
struct BentRow {
  double cap, temperature;
  double peak, top, top_lo;     // the largest logit, as given and capped
  double others, sum, log_sum;  // of e^(z - z_peak), without the one at the peak and with it
  double eps, low, high;        // probabilities beyond [eps, 1 - eps] cost `high` and `low`
  double price;                 // z_loss m
  bool wide;                    // see bent_far.h

  template <Way way>
  FASTLOSS_INLINE_MEMBER Pair<double> bend(double x) const {
    if constexpr (way != Way::capped) return x;
    return capped(x, cap).tanh * cap;
  }

  // z - z_peak
  template <Way way>
  FASTLOSS_INLINE_MEMBER Below below(double x) const {
    const Pair<double> y = bend<way>(x), d = y - Pair<double>(top, top_lo);
    const double z = way == Way::plain ? d.hi : min(d.hi / temperature, 0.);
    const double rest = way == Way::plain ? d.lo : (fma(-z, temperature, d.hi) + d.lo) / temperature;
    return {x == peak ? 0 : z, rest - rest == 0 ? rest : 0};
  }
};

template <class T>
struct BentSums {
  Lanes<T> others, value;
  Lanes<double> push;  // sum_k c_k of the classes that are not clipped
  bool any = false;    // whether any coefficient counts
};

// The exponentials of n logits but the one at `spot`, in the place of the logits where `keep`, and the costs beside
// log_sum of those that count.
template <Way way, bool keep, class T>
static void bent_run(const BentRow& bent, T* row, const double* c, int n, int there, int spot, BentSums<T>& sums) {
  Lanes<T> others = sums.others, value = sums.value;
  Lanes<double> push = sums.push;
  for (int i = 0; i < n; i += lanes) {
    alignas(64) double below[lanes];
#pragma omp simd
    for (int j = 0; j < lanes; ++j) {
      const Below by = bent.below<way>(double(row[i + j]));
      const double e = i + j < there ? lifted_exp_of(T(0), by) : 0;
      below[j] = by.size;
      others.add(j, i + j == spot ? 0 : e);
      if constexpr (keep) row[i + j] = T(e);
    }
    if (!counts(c + i)) continue;
    sums.any = true;
#pragma omp simd
    for (int j = 0; j < lanes; ++j) {
      value.add(j, c[i + j] == 0 ? 0 : -(c[i + j] * below[j]));
      push.add(j, c[i + j]);
    }
  }
  sums.others = others;
  sums.value = value;
  sums.push = push;
}

// With probabilities that are clipped, for which the sum has to be known: the costs, and in c what still varies.
template <Way way, class T>
static void clipped_run(const BentRow& bent, const T* row, double* c, int n, BentSums<T>& sums) {
  Lanes<T> value = sums.value;
  Lanes<double> push = sums.push;
  for (int i = 0; i < n; i += lanes) {
    if (!counts(c + i)) continue;
    alignas(64) double size[lanes], e[lanes];
#pragma omp simd
    for (int j = 0; j < lanes; ++j) {
      const Below by = bent.below<way>(double(row[i + j]));
      size[j] = by.size;
      e[j] = lifted_exp_of(T(0), by) * Lift<T>::down;
    }
#pragma omp simd
    for (int j = 0; j < lanes; ++j) {
      const double rest = size[j] == 0 ? bent.others : bent.sum - e[j], cost = bent.log_sum - size[j];
      const double open = min(e[j], rest) <= bent.eps * bent.sum ? 0 : c[i + j];
      value.add(j, c[i + j] == 0 ? 0 : c[i + j] * clamp(cost, bent.low, bent.high));
      c[i + j] = open;
      push.add(j, open);
    }
  }
  sums.value = value;
  sums.push = push;
}

}  // namespace fastloss::FASTLOSS_ISA
