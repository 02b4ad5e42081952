// Cross-entropy of logits that are bent before the softmax, and a price for the size of its normaliser:
//   z = softcap tanh(x / softcap) / temperature,   -sum_k c_k log softmax(z)_k + z_loss m lse(z)^2,
// m what the row counts in a mean. One kernel for labels and dense targets; all is formed in double. Softcap: Gemma
// Team (2024); z_loss: Chowdhery et al. (2022), PaLM.
#pragma once

#include "rows/bent_far.h"
#include "rows/bent_logits.h"

namespace fastloss::FASTLOSS_ISA {

// With U = sum_k c_k and Z = 2 z_loss m lse: dL/dz_j = p_j (U - c_j + Z) - (1 - p_j) c_j and
// H_j = p_j (1 - p_j) (U + Z) + 2 z_loss m p_j^2, then on to x.
struct BentDerivatives {
  Pair<double> push, sum;            // U + Z, and that of the exponentials
  Pair<double> first, second, size;  // 1, U + Z and 2 z_loss m, each with what is to be multiplied by
  Pair<double> turn;                 // -2 / cap, with the sign of what is to be multiplied by
  double side, least;                // that sign, which a Hessian gets at the end, and the least of a Hessian
};

// a - b
template <class N>
FASTLOSS_INLINE N difference(Pair<double> a, double b) {
  if constexpr (sizeof(N) == sizeof(double))
    return (a.hi - b) + a.lo;
  else
    return a - Pair<double>(b);
}
FASTLOSS_INLINE double difference_of_products(double a, double b, double c, double d) { return fma(a, b, -(c * d)); }
FASTLOSS_INLINE Pair<double> difference_of_products(Pair<double> a, double b, Pair<double> c, double d) {
  return a * b - c * d;
}

// The same in the numbers that a class is computed in.
template <class T>
struct BentConstants {
  Fine<T> first, second, size, turn;
  explicit FASTLOSS_INLINE_MEMBER BentConstants(const BentDerivatives& d) {
    assign(first, d.first * double(Lift<T>::down)), assign(second, d.second);
    assign(size, d.size), assign(turn, d.turn);
  }
};

template <Way way, bool bends, class T>
FASTLOSS_INLINE void derive_one(const BentRow& bent, T& out, T* hess, double c, const BentDerivatives& d,
                                const BentConstants<T>& of) {
  using N = Fine<T>;
  const double x = double(out), high = way == Way::kept ? x : lifted_exp_of(T(0), bent.below<way>(x)),
               e = high * Lift<T>::down;
  const N rest = difference<N>(d.sum, e);  // at the peak, too, exactly that of the others
  N grad = difference_of_products(difference<N>(d.push, c), high, rest, c * double(Lift<T>::up)) * of.first, bend(0);
  if constexpr (bends) bend = fma(rest, of.second, of.size * e) * high * double(Lift<T>::down);
  if constexpr (way == Way::capped) {
    const Capped to = capped(x, bent.cap);
    N tanh, slope;
    assign(tanh, to.tanh), assign(slope, to.slope);
    if constexpr (bends) bend = slope * fma(bend, slope, grad * (of.turn * tanh));
    grad = grad * slope;
  }
  if constexpr (bends) *hess = T(d.side * max(double(bend), d.least));
  out = T(double(grad));
}
template <Way way, bool bends, class T>
static void derive_bent(const BentRow& bent, T* row, T* hess, const double* c, const BentDerivatives& d) {
  const BentRow own = bent;  // whose numbers no store can change
  const BentDerivatives by = d;
  const BentConstants<T> of(d);
#pragma omp simd
  for (int j = 0; j < lanes; ++j) derive_one<way, bends>(own, row[j], bends ? hess + j : nullptr, c[j], by, of);
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
  const Far price = far(bent.price), lse = far_lse(bent);
  group.silent[r] |= !sums.any && bent.price == 0;
  if (group.silent[r]) return true;
  group.value[r] = double(cost) + as_double(price * (lse * lse));
  if (!group.want_grad) return true;

  const DoubleDouble push = sums.push.total();
  const Far heat = far(bent.temperature), sum = far(bent.sum), once = far(group.factor[r]) / sum / heat,
            squared = once / sum / heat, twice = {abs(squared.number), squared.exponent},
            normaliser = Far{2, 0} * price * lse, per_size = twice * Far{2, 0} * price;
  const double side = once.number < 0 ? -1 : 1, least = group.positive ? 0 : -Format<double>::inf;
  const bool wide = bent.wide || !(push.hi == 0 || exponent_within(-300, far(push.hi), 200));
  // Constants of the row are rounded once: a class adds its own roundings to them.
  const DoubleDouble whole_sum = DoubleDouble(1.0) + DoubleDouble(bent.others, others.lo * Lift<T>::down);
  const DoubleDouble near_once = DoubleDouble(group.factor[r]) / (whole_sum * DoubleDouble(bent.temperature));
  const DoubleDouble near_twice = DoubleDouble(side) * near_once / (whole_sum * DoubleDouble(bent.temperature));
  const DoubleDouble near_lse = DoubleDouble(bent.top) / DoubleDouble(bent.temperature) + DoubleDouble(bent.log_sum);
  const DoubleDouble near_price(2 * bent.price), fee = bent.price == 0 ? DoubleDouble(0.0) : near_price * near_lse;
  const DoubleDouble near_push = push + fee;
  const auto pair = [](DoubleDouble x) { return Pair<double>(x.hi, x.lo); };
  const BentDerivatives d = {.push = pair(near_push),
                             .sum = pair(whole_sum),
                             .first = pair(near_once),
                             .second = pair(near_twice * near_push),
                             .size = pair(near_twice * near_price),
                             .turn = Pair<double>(-2 * side) / Pair<double>(bent.cap),
                             .side = side,
                             .least = least};
  const FarDerivatives all = {.push = push,
                              .normaliser = normaliser,
                              .first = once,
                              .second = twice * (far(push.hi) + normaliser),
                              .size = per_size,
                              .turn = far(-2 * side) / far(bent.cap),
                              .others = far(others.hi) * Far{1, -double(Lift<T>::exponent)} + far(none),
                              .side = side,
                              .least = least};
  T* hess = group.want_hess ? hess_of(group, r) : nullptr;
  const auto derive = [&]<bool bends>(T* at, T* bend, const double* by) {
    if (wide || (later == Way::capped && far_beyond(at, bent.cap)))
      derive_far<later, bends>(bent, at, bend, by, all);
    else
      derive_bent<later, bends>(bent, at, bend, by, d);
  };
  return runs([&](std::int64_t at, int n) {
    if constexpr (!keep) {
      BentSums<T> again;
      if (bent.eps > 0) clipped_run<later>(bent, row + at, c, n, again);
    }
    for (int i = 0; i < n; i += lanes) {
      if (hess == nullptr)
        derive.template operator()<false>(row + at + i, hess, c + i);
      else
        derive.template operator()<true>(row + at + i, hess + at + i, c + i);
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
      const Pair<double> top = caps ? row.bend<Way::capped>(row.peak) : row.peak;
      row.top = top.hi, row.top_lo = top.lo;
      row.price = group.bend.z_loss * row_mass(group, r);
      row.wide = far_row<T>(row, group.factor[r]);
      row.eps = group.eps, row.high = clips ? 0 - log(group.eps) : 0, row.low = clips ? 0 - log1p(-group.eps) : 0;
      if (!(caps                    ? bent_row<Way::capped, Way::capped>(group, r, row)
            : clips || row.wide     ? bent_row<Way::scaled, Way::scaled>(group, r, row)
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
