// Losses on distances between embeddings.
#pragma once
#include "block/takes.h"
#include "pairs/power_norm.h"
#include "pairs/slopes.h"
#include "pairs/wall.h"

namespace fastloss::FASTLOSS_ISA {

// A gradient that is a multiple of the difference of two rows of floats, in floats: good to an ULP where the row and
// the multiple are of ordinary size.
struct Multiple {
  float hi, lo;
  bool fits;
  FASTLOSS_INLINE_MEMBER Multiple(double c, double distance)
      : hi(float(c)), lo(float(c - double(hi))), fits(abs(c) > 0x1p-60 && abs(c) < 0x1p60 && distance < 0x1p60) {}
  FASTLOSS_INLINE_MEMBER float operator()(float x, float y) const { return fma(x - y, hi, (x - y) * lo); }
};
struct DirectPair {
  Multiple step;
  bool fits;
  explicit FASTLOSS_INLINE_MEMBER DirectPair(Multiple step_) : step(step_), fits(step_.fits) {}
  FASTLOSS_INLINE_MEMBER void operator()(int i, const Arrays<const float>& x, const Arrays<float>& grad) const {
    const float g = step(x.a[i], x.b[i]) + 0.f;
    grad.a[i] = g, grad.b[i] = 0.f - g;
  }
};
struct DirectTriple {
  Multiple to_b, to_c;
  bool fits;
  FASTLOSS_INLINE_MEMBER DirectTriple(Multiple b, Multiple c) : to_b(b), to_c(c), fits(b.fits && c.fits) {}
  FASTLOSS_INLINE_MEMBER void operator()(int i, const Arrays<const float>& x, const Arrays<float>& grad) const {
    const float b = to_b(x.a[i], x.b[i]), c = to_c(x.a[i], x.c[i]);
    grad.a[i] = b - c, grad.b[i] = 0.f - b, grad.c[i] = c;
  }
};

// Contrastive (Hadsell, Chopra, LeCun 2006): y d^2 + (1 - y) max(0, margin - d)^2. With u = r / d the gradient by a
// is 2y r - 2(1 - y) max(0, margin - d) u, the Hessian 2y + 2(1 - y) [d < margin] (1 - margin (1 - u^2) / d);
// `curvature` is that of Gauss and Newton, 2y + 2(1 - y) [d < margin] u^2.
template <class T>
struct Contrastive {
  FASTLOSS_TAKES(margin);
  static constexpr int inputs = 2, forms = 1;
  static constexpr bool costly = false;
  Euclidean<T> distance;
  double margin, pull, push, near;

  FASTLOSS_INLINE_MEMBER PairMeasured measure(const T* const* x, std::int64_t n, double y, const double* p,
                                              bool derivatives) {
    distance.measure(x[0], x[1], n, {.derivatives = derivatives});
    margin = p[At::margin];
    const Wide<T> d = distance.d, gap = Wide<T>(margin) - d, apart = Wide<T>(1.0) - Wide<T>(y);
    const double reach = max(double(gap), 0.0), similar = weighted(y, double(distance.d2));
    pull = 2.0 * y;
    push = 2.0 * double(apart * gap);
    near = reach > 0.0 && double(d) > 0.0 ? 2.0 * double(apart) : 0.0;
    if (near == 0.0) distance.per_d = 0.0;
    if (reach == 0.0) {
      push = 0.0;
      return {similar, pull == 0.0};
    }
    return {double(Wide<T>(y) * distance.d2 + apart * gap * gap), false};
  }
  FASTLOSS_INLINE_MEMBER auto direct(double factor) const
    requires(sizeof(T) == 4)
  {
    return DirectPair(Multiple(factor * (pull - push * distance.inverse), distance.d));
  }
  template <int>
  FASTLOSS_INLINE_MEMBER Slopes<2> slopes(T a, T b) const {
    const double u = distance.slope(a, b), grad = product_sum<T>(-push, u, pull * difference(a, b));
    const double hess = product_sum<T>(near, product_sum<T>(-margin, distance.bend(a, b), 1.0), pull);
    const double curvature = product_sum<T>(near * u, u, pull);
    return {{grad, 0.0 - grad}, {hess, hess}, {curvature, curvature}};
  }
};

// Triplet: max(0, d(anchor, positive) - d(anchor, negative) + margin), d any p-norm or its square
// (Weinberger, Saul 2009; Schroff et al. 2015). With `swap` (Balntas et al. 2016) d(positive, negative)
// takes the place of d(anchor, negative) where it is smaller; equal ones share.
template <class T, class Norm>
struct Triplet {
  FASTLOSS_TAKES(margin, p, squared, swap);
  static constexpr int inputs = 3, forms = 2;
  static constexpr bool costly = Norm::costly;
  enum { ap, an, pn };
  Norm d[3];
  double an_share, pn_share;

  FASTLOSS_INLINE_MEMBER PairMeasured measure(const T* const* x, std::int64_t n, double, const double* p,
                                              bool derivatives) {
    const NormChoice choice{.squared = p[At::squared] != 0.0, .p = p[At::p], .derivatives = derivatives};
    const bool swap = p[At::swap] != 0.0;
    for (int k = ap; k <= (swap ? pn : an); ++k) d[k].measure(x[k == pn], x[k == ap ? 1 : 2], n, choice);
    pn_share = swap ? share_across() : 0.0;
    an_share = 1.0 - pn_share;
    const double loss = excess(d[pn_share > 0.0 ? pn : an], p[At::margin]);
    return {loss <= 0.0 ? 0.0 : loss, loss <= 0.0};
  }
  FASTLOSS_INLINE_MEMBER auto direct(double factor) const
    requires(sizeof(T) == 4 && requires { &Norm::inverse; })
  {
    DirectTriple direct{{factor * d[ap].inverse, d[ap].d}, {factor * d[an].inverse, d[an].d}};
    direct.fits = direct.fits && pn_share == 0.0;
    return direct;
  }
  FASTLOSS_INLINE_MEMBER int form() const { return pn_share == 0.0 ? 0 : 1; }
  template <int form>
  FASTLOSS_INLINE_MEMBER Slopes<3> slopes(T a, T p, T n) const {
    const double to_p = d[ap].slope(a, p), bend_p = d[ap].bend(a, p);
    if constexpr (form == 0) {
      const double to_n = d[an].slope(a, n), bend_n = d[an].bend(a, n);
      return with_curvature({to_p - to_n, 0.0 - to_p, to_n}, {bend_p - bend_n, bend_p, 0.0 - bend_n});
    } else {
      const double to_n = weighted(an_share, d[an].slope(a, n)), bend_n = weighted(an_share, d[an].bend(a, n));
      const double across = pn_share * d[pn].slope(p, n), bend_across = pn_share * d[pn].bend(p, n);
      return with_curvature({to_p - to_n, 0.0 - to_p - across, to_n + across},
                            {bend_p - bend_n, bend_p - bend_across, 0.0 - bend_n - bend_across});
    }
  }

 private:
  // Squares near the ends of the range may have lost what the distances still tell apart.
  FASTLOSS_INLINE_MEMBER double share_across() const {
    const double size = double(d[an].distance());
    const bool plain = size > 0x1p-900 && size < 0x1p1000;
    const Wide<T> to_n = plain ? d[an].distance() : d[an].d, across = plain ? d[pn].distance() : d[pn].d;
    return across == to_n ? 0.5 : across < to_n ? 1.0 : 0.0;
  }
  FASTLOSS_INLINE_MEMBER double excess(const Norm& negative, double margin) const {
    const Norm& positive = d[ap];
    const double loss = double(positive.distance() - negative.distance() + Wide<T>(margin));
    // Squares beyond the range still have an order.
    return loss == loss ? loss : double((positive.d - negative.d) * (positive.d + negative.d)) + margin;
  }
  static FASTLOSS_INLINE_MEMBER Slopes<3> with_curvature(PerInput<3> grad, PerInput<3> hess) {
    return {grad, hess, {max(0.0, hess.a), max(0.0, hess.b), max(0.0, hess.c)}};
  }
};

template <class T>
using EuclideanTriplet = Triplet<T, Euclidean<T>>;
template <class T>
using ManhattanTriplet = Triplet<T, Manhattan<T>>;
template <class T>
using ChebyshevTriplet = Triplet<T, Chebyshev<T>>;
template <class T>
using PowerTriplet = Triplet<T, Power<T>>;

}  // namespace fastloss::FASTLOSS_ISA
