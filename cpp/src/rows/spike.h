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
  double top, sum;              // top: the exponential at the peak, lifted
  double at_top;
};

template <class T>
static void spike_hess(const T* row, T* hess, int n, const SpikeHessian& h) {
#pragma omp simd
  for (int i = 0; i < (n & -lanes); ++i) {
    const double lifted = double(row[i]), e = lifted * Lift<T>::down;
    const double away = lifted * fma(e, h.pull, (h.sum - e) * h.push);
    hess[i] = T(lifted == h.top ? h.at_top : away);
  }
}

// The numbers of the rows of a batch, to be worked on side by side.
template <class T>
struct Spikes {
  int first, count;  // in the group
  alignas(64) T peak[group_rows], at_label[group_rows], top[group_rows];
  alignas(64) double coefficient[group_rows], others[group_rows], others_lo[group_rows], rest[group_rows];
  alignas(64) double factor[group_rows];
};

template <template <class> class Loss, class T>
FASTLOSS_INLINE Probability<T> at_label(const Spikes<T>& s, int i) {
  const Wide<T> others = Wide<T>(s.others[i]) + Wide<T>(s.others_lo[i]);
  return probability(Softmax<T>(s.peak[i], others, !Loss<T>::linear), s.at_label[i]);
}

template <template <class> class Loss, class T>
static void finish(const Loss<T>& loss, const Clip<T>& clip, Spikes<T>& s, RowGroup<T>& group) {
  double* value = group.value + s.first;
  const double* factor = group.factor + s.first;
  for (int i = 0; i < s.count; ++i) {
    const Probability<T> of = at_label<Loss>(s, i);
    const Term<T> term = clip(loss, of);
    const Wide<T> c = s.coefficient[i];
    value[i] = double(c * term.value);
    s.factor[i] = double(c * term.slope * Wide<T>(factor[i]) / of.sum);
    s.rest[i] = double(of.rest);
  }
  for (int i = 0; i < s.count; ++i) set_scale(s.factor[i], group.scale[s.first + i], group.rest[s.first + i]);
}

template <template <class> class Loss, class T>
static SpikeHessian finish_hess(const Loss<T>& loss, const Clip<T>& clip, const Spikes<T>& s, int i,
                                const RowGroup<T>& group) {
  const double factor = group.factor[s.first + i];
  const Probability<T> of = at_label<Loss>(s, i);
  const Term<T> term = clip(loss, of);
  const Wide<T> c = s.coefficient[i], slope = c * term.slope, first = Wide<T>(factor) / of.sum;
  // (p_j^2 / q) (q Psi): the quotient first, since Psi alone may overflow where q is tiny
  const Wide<T> bend = wide_select(group.positive, Wide<T>(0.0), c * term.bend);
  const double pull = s.rest[i] > 0.0 ? min(double(bend * first / of.rest), Format<double>::largest) : 0.0,
               push = double(slope * first / of.sum), top = double(rounded_exp(s.peak[i], Shift<T>(s.peak[i]))),
               e = top * Lift<T>::down;
  return {.pull = pull * Lift<T>::down,
          .push = push * Lift<T>::down,
          .at_label = double(of.q * (bend + slope * of.p)) * factor,
          .top = top,
          .sum = double(of.sum),
          .at_top = e * fma(e, pull, s.others[i] * push)};
}

template <template <class> class Loss, class T>
static void spike(RowGroup<T>& group) noexcept {
  constexpr bool fine = sizeof(T) == 8 || !Loss<T>::linear;
  const Loss<T> loss(group.parameters);
  const Clip<T> clip(group.eps);
  const bool together = !fine && group.pitch <= stage;
  Spikes<T> s;
  s.first = group.first;
  s.count = group.last - group.first;
  for (int i = 0; i < s.count; ++i) {
    const int r = s.first + i;
    s.peak[i] = s.at_label[i] = T(0);
    s.others[i] = s.others_lo[i] = 0.0;
    s.coefficient[i] = class_factor(group, group.label[r]);
    group.silent[r] |= s.coefficient[i] == 0.0;
    if (group.silent[r]) continue;
    const LogitRow<T> x = logit_row(group, r, set_aside<fine, true>);
    s.peak[i] = x.peak;
    s.at_label[i] = *x.at(group.label[r]);
    if (together) continue;
    Wide<T> others;
    if (!sum_exponentials<T, fine, true>(group, r, x, others)) return;
    s.others[i] = as_pair(others).hi;
    s.others_lo[i] = as_pair(others).lo;
  }
  if constexpr (!fine)
    if (together) sum_short_rows(group, s.peak, s.top, s.others);
  finish<Loss>(loss, clip, s, group);
  for (int i = 0; i < s.count; ++i) {
    const int r = s.first + i;
    if (group.silent[r]) {
      group.value[r] = 0.0;
      if (group.want_grad) silence(group, r);
      continue;
    }
    if (!group.want_grad) continue;
    T* row = row_of(group, r);
    if (group.want_hess) {
      const SpikeHessian h = finish_hess<Loss>(loss, clip, s, i, group);
      T* hess = hess_of(group, r);
      if (!in_pieces(group, [&](std::int64_t begin, int n) { spike_hess(row + begin, hess + begin, n, h); })) return;
      hess[group.label[r]] = T(h.at_label);
    }
    row[group.label[r]] = T(-s.rest[i] * Lift<T>::up);
  }
}

}  // namespace fastloss::FASTLOSS_ISA
