// Cross-entropy of logits that are bent before the softmax, and a price for the size of its normaliser:
//   z = softcap tanh(x / softcap) / temperature,   -sum_k c_k log softmax(z)_k + z_loss m lse(z)^2,
// m what the row counts in a mean. One kernel for labels and dense targets; all is formed in double. Softcap: Gemma
// Team (2024); z_loss: Chowdhery et al. (2022), PaLM.
#pragma once

#include "math/expm1.h"
#include "rows/coefficients.h"
#include "rows/scores.h"
#include "rows/softmax.h"

namespace fastloss::FASTLOSS_ISA {

// tanh(u), u = x / cap, and its slope: with a = (e^2|u| - 1) / 2 they are a / (1 + a) and (1 + 2 a) / (1 + a)^2.
struct Capped {
  double tanh, slope;
};
FASTLOSS_INLINE Capped capped(double x, double cap) {
  const double u = x / cap, size = abs(u), lost = fma(-u, cap, x) / cap, u_lo = size < 350 ? lost : 0;
  const Pair<double> a = half_expm1(min(size + size, 700.)), b = two_sum(1., a.hi);
  const double y = 1 / b.hi, slip = fma(-y, b.hi, 1.) - y * (b.lo + a.lo), q = a.hi * y;  // 1 / (1 + a) = y (1 + slip)
  const double t = fma(fma(-q, b.hi, a.hi) + fma(-q, b.lo + a.lo, a.lo), y, q);
  const double far = (fma(2., a.hi, 1.) * y) * (y * fma(2., slip, 1.)), near = fma(-t, t, 1.);
  const double slope = size < 0.5 ? near : far * fma(-2 * copysign(t, u), u_lo, 1.);
  return {unless_nan(u, copysign(t, u)), size > 350 ? 0 : slope};
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
  double peak, top;             // the largest logit, as given and capped
  double others, sum, log_sum;  // of e^(z - z_peak), without the one at the peak and with it
  double eps, low, high;        // probabilities beyond [eps, 1 - eps] cost `high` and `low`

  // z - z_peak
  template <Way way>
  FASTLOSS_INLINE_MEMBER Below below(double x) const {
    const double y = way == Way::capped ? cap * capped(x, cap).tanh : x;
    const Pair<double> d = two_sum(y, -top);
    const double z = way == Way::plain ? d.hi : min(d.hi / temperature, 0.);
    const double rest = way == Way::plain ? d.lo : (fma(-z, temperature, d.hi) + d.lo) / temperature;
    return {x == peak ? 0 : z, way != Way::capped && rest - rest == 0 ? rest : 0};
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

// With U = sum_k c_k and Z = 2 z_loss m lse: dL/dz_j = p_j (U - c_j + Z) - (1 - p_j) c_j and
// H_j = p_j (1 - p_j) (U + Z) + 2 z_loss m p_j^2, then on to x.
struct BentDerivatives {
  DoubleDouble push;
  double normaliser;           // Z
  double first, second, size;  // 1, U + Z and 2 z_loss m, each with what is to be multiplied by
  double turn, side;           // -2 / cap, and the sign of what is to be multiplied by, which a Hessian gets at the end
  double least;                // of a Hessian
};

template <Way way, bool bends, class T>
static void derive_bent(const BentRow& bent, T* row, T* hess, const double* c, const BentDerivatives& d) {
#pragma omp simd
  for (int j = 0; j < lanes; ++j) {
    const double x = double(row[j]);
    const double high = way == Way::kept ? x : lifted_exp_of(T(0), bent.below<way>(x)), e = high * Lift<T>::down;
    const double rest = e == 1 ? bent.others : bent.sum - e;
    const double push = ((d.push.hi - c[j]) + d.push.lo) + d.normaliser;
    double grad = fma(high * push, d.first * Lift<T>::down, -(rest * c[j] * d.first)), bend = 0;
    if constexpr (bends) bend = high * fma(rest, d.second, e * d.size) * Lift<T>::down;
    if constexpr (way == Way::capped) {
      const Capped to = capped(x, bent.cap);
      if constexpr (bends) bend = to.slope * fma(bend, to.slope, grad * (d.turn * to.tanh));
      grad *= to.slope;
    }
    if constexpr (bends) hess[j] = T(d.side * max(bend, d.least));
    row[j] = T(grad);
  }
}

// A row in one way; `eps` is a way that leaves the logits where they are.
template <Way first, Way later, class T>
static bool bent_row(RowGroup<T>& group, int r, BentRow bent) noexcept {
  constexpr bool keep = later == Way::kept;
  T* row = row_of(group, r);
  alignas(64) double c[run_length];
  const auto runs = [&](auto&& work) {
    return in_pieces(group, [&](std::int64_t begin, int n) {
      for (int i = 0; i < n; i += run_length) {
        const int length = n - i < run_length ? n - i : run_length;
        coefficients(group, r, begin + i, length, c);
        work(begin + i, length);
      }
    });
  };
  const auto within = [](std::int64_t n) { return int(clamp<double>(double(n), -1, run_length)); };

  const std::int64_t spot = find(row, group.pitch, T(bent.peak));
  const double none =
      first != Way::capped && bent.peak == -Format<double>::inf ? Format<double>::nan : nan_of(row[spot]);
  BentSums<T> sums;
  if (!runs([&](std::int64_t at, int n) {
        bent_run<first, keep>(bent, row + at, c, n, within(group.classes - at), within(spot - at), sums);
      }))
    return false;
  const DoubleDouble others = as_pair(sums.others.total());
  bent.others = others.hi * Lift<T>::down + none;
  bent.sum = 1 + bent.others;
  bent.log_sum = sizeof(T) == 4 ? wide_log1p(bent.others) : log1p(bent.others);
  DoubleDouble cost = as_pair(sums.value.total()) + sums.push.total() * DoubleDouble(bent.log_sum);
  if constexpr (!keep) {
    if (bent.eps > 0) {
      BentSums<T> open;
      if (!runs([&](std::int64_t at, int n) { clipped_run<later>(bent, row + at, c, n, open); })) return false;
      cost = as_pair(open.value.total());
      sums.push = open.push;
    }
  }
  const double price = group.bend.z_loss * row_mass(group, r), lse = bent.top / bent.temperature + bent.log_sum;
  group.silent[r] |= !sums.any && price == 0;
  if (group.silent[r]) return true;
  group.value[r] = double(cost) + weighted(price, lse * lse);
  if (!group.want_grad) return true;

  // All finite, so that a probability of 0 has derivatives of 0 even if a logit is infinite.
  const auto finite = [](double x) { return clamp(x, -Format<double>::largest, Format<double>::largest); };
  const DoubleDouble push = sums.push.total();
  const double scale = finite(group.factor[r] / bent.sum / bent.temperature);
  const double twice_scale = abs(finite(scale / bent.sum / bent.temperature)), side = scale < 0 ? -1 : 1;
  const double normaliser = finite(weighted(2 * price, lse));
  const BentDerivatives d = {.push = push,
                             .normaliser = normaliser,
                             .first = scale,
                             .second = finite(twice_scale * (push.hi + normaliser)),
                             .size = finite(twice_scale * 2 * price),
                             .turn = -2 / bent.cap * side,
                             .side = side,
                             .least = group.positive ? 0 : -Format<double>::inf};
  T* hess = group.want_hess ? hess_of(group, r) : nullptr;
  return runs([&](std::int64_t at, int n) {
    if constexpr (!keep) {
      BentSums<T> again;
      if (bent.eps > 0) clipped_run<later>(bent, row + at, c, n, again);
    }
    for (int i = 0; i < n; i += lanes) {
      if (hess == nullptr)
        derive_bent<later, false>(bent, row + at + i, hess, c + i, d);
      else
        derive_bent<later, true>(bent, row + at + i, hess + at + i, c + i, d);
    }
  });
}

template <class T>
static void bent(RowGroup<T>& group) noexcept {
  const LogitBend& by = group.bend;
  const bool caps = by.softcap < Format<double>::inf, clips = group.eps > 0;
  for (int r = group.first; r < group.last; ++r) {
    group.value[r] = 0.0;
    group.scale[r] = group.rest[r] = T(1);
    if (!group.silent[r]) {
      BentRow row = {};
      row.cap = by.softcap, row.temperature = by.temperature;
      row.peak = double(largest(row_of(group, r), group.pitch));
      row.top = caps ? by.softcap * capped(row.peak, by.softcap).tanh : row.peak;
      row.eps = group.eps, row.high = clips ? 0 - log(group.eps) : 0, row.low = clips ? 0 - log1p(-group.eps) : 0;
      if (!(caps                    ? bent_row<Way::capped, Way::capped>(group, r, row)
            : clips                 ? bent_row<Way::scaled, Way::scaled>(group, r, row)
            : by.temperature != 1.0 ? bent_row<Way::scaled, Way::kept>(group, r, row)
                                    : bent_row<Way::plain, Way::kept>(group, r, row)))
        return;
    }
    if (group.silent[r]) pass_over(group, r);
  }
}

template <class T>
struct BentCrossEntropy {
  static constexpr RowKernel<T> kernels() { return {bent<T>, bent<T>}; }
};

}  // namespace fastloss::FASTLOSS_ISA
