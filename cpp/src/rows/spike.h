// Rows of logits whose target is a single class: after one pass for the peak and one for the exponentials
// everything else is a handful of numbers per row.
#pragma once

#include "rows/coefficients.h"
#include "rows/terms.h"

namespace fastloss::FASTLOSS_ISA {

// row * scale * rest = row * factor / 2^exponent, where neither product leaves T's range before the result does.
template <class T>
FASTLOSS_INLINE void set_scale(double factor, T& scale, T& rest) {
  constexpr bool narrow = sizeof(T) == 4;
  constexpr double small = narrow ? 0x1p-60 : 0x1p-700, largest = Format<T>::largest;
  const bool tiny = abs(factor) < small;
  scale = T(clamp(factor * (tiny ? Lift<T>::up : Lift<T>::down), -largest, largest));
  rest = tiny ? T(Lift<T>::down * Lift<T>::down) : T(1);
}

// H_j = p_j^2 Psi + p_j (1 - p_j) U away from the label.
struct SpikeHessian {
  double pull, push, at_label;  // Psi and U, each with what the exponentials are to be divided by
  double top, others, sum;      // lifted: the exponential at the peak
};

template <class T>
static void spike_hess(const T* row, T* hess, int n, const SpikeHessian& h) {
#pragma omp simd
  for (int i = 0; i < (n & -lanes); ++i) {
    const double lifted = double(row[i]), e = lifted * Lift<T>::down;
    const double rest = lifted == h.top ? h.others : h.sum - e;
    hess[i] = T(lifted * fma(e, h.pull, rest * h.push));
  }
}

template <template <class> class Loss, class T>
static void spike(RowGroup<T>& group) noexcept {
  constexpr bool fine_loss = !Loss<T>::linear, fine = sizeof(T) == 8 || fine_loss;
  const Loss<T> loss(group.parameters);
  const Clip<T> clip(group.eps);
  alignas(64) T peak[group_rows], at_label[group_rows];
  alignas(64) double others_hi[group_rows], others_lo[group_rows], rest[group_rows];
  alignas(64) double coefficient[group_rows];
  SpikeHessian hess[group_rows];

  for (int r = 0; r < group.count; ++r) {
    peak[r] = at_label[r] = T(0);
    others_hi[r] = others_lo[r] = 0.0;
    coefficient[r] = class_factor(group, group.label[r]);
    group.silent[r] |= coefficient[r] == 0.0;
    if (group.silent[r]) continue;
    T* row = group.rows + r * group.pitch;
    peak[r] = peak_of(row, group.pitch);
    at_label[r] = row[group.label[r]];
    Wide<T> others;
    if (!sum_exponentials<T, fine, true>(group, r, peak[r], others)) return;
    others_hi[r] = as_pair(others).hi;
    others_lo[r] = as_pair(others).lo;
  }

#pragma omp simd
  for (int r = 0; r < group.count; ++r) {
    const Softmax<T> softmax(peak[r], Wide<T>(others_hi[r]) + Wide<T>(others_lo[r]), fine_loss);
    const Probability<T> of = probability(softmax, at_label[r]);
    const Term<T> term = clip(loss, of);
    const Wide<T> c = coefficient[r], slope = c * term.slope, first = Wide<T>(group.factor[r]) / softmax.sum;
    group.value[r] = group.silent[r] ? 0.0 : double(c * term.value);
    set_scale(double(slope * first), group.scale[r], group.rest[r]);
    rest[r] = double(of.rest);
    // (p_j^2 / q) (q Psi): the quotient first, since Psi alone may overflow where q is tiny
    const Wide<T> bend = wide_select(group.positive, Wide<T>(0.0), c * term.bend);
    const double pull = min(double(bend * first / of.rest), Format<double>::largest);
    hess[r].pull = rest[r] > 0.0 ? pull * Lift<T>::down : 0.0;
    hess[r].push = double(slope * first / softmax.sum) * Lift<T>::down;
    hess[r].top = double(rounded_exp(peak[r], softmax.shift));
    hess[r].others = double(softmax.others);
    hess[r].sum = double(softmax.sum);
    hess[r].at_label = double(of.q * (bend + slope * of.p)) * group.factor[r];
  }

  if (!group.want_grad) return;
  for (int r = 0; r < group.count; ++r) {
    T* row = group.rows + r * group.pitch;
    if (group.silent[r]) {
      silence(group, r);
      continue;
    }
    if (group.want_hess) {
      T* out = group.hess + r * group.pitch;
      if (!in_pieces(group, [&](std::int64_t begin, int n) { spike_hess(row + begin, out + begin, n, hess[r]); }))
        return;
      out[group.label[r]] = T(hess[r].at_label);
    }
    row[group.label[r]] = T(-rest[r] * Lift<T>::up);
  }
}

}  // namespace fastloss::FASTLOSS_ISA
