// The rows room with terms of its own: what it may not assume is that every term is a cross-entropy.
#include <cmath>
#include <limits>

#include "check.h"
#include "rows/kernel.h"

namespace fastloss::FASTLOSS_ISA {
namespace {

// f = (1 - p^q) / q: steep at p = 0 but for q = 1, where it is 1 - p.
template <class T>
struct Flattened {
  static constexpr bool linear = false;
  FASTLOSS_TAKES(q);
  double q, slope_at_zero, curve_at_zero;
  explicit Flattened(const double* p)
      : q(p[At::q]),
        slope_at_zero(q == 1.0 ? 1.0 : Format<double>::inf),
        curve_at_zero(q == 1.0 ? 0.0 : Format<double>::inf) {}
  Term<T> operator()(const Probability<T>& of) const {
    using W = Wide<T>;
    const W power = double(of.p) == 0.0 ? W(0.0) : wide_exp(W(q) * wide_log(of.p));
    return {.value = (W(1.0) - power) / W(q),
            .slope = power,
            .bend = -(of.q * (W(q) * power)),
            .curve = (W(1.0) - W(q)) * power};
  }
};

struct Found {
  double value, grad, hess, other;
};

// Of a row of probabilities [p, 1/4, 3/8] with label 0.
template <class T>
Found at(double p, double q, double eps) {
  alignas(64) T row[lanes] = {T(p), T(0.25), T(0.375)}, hess[lanes];
  RowGroup<T> group = {};
  group.classes = 3;
  group.pitch = lanes;
  group.parameters = &q;
  group.eps = eps;
  group.want_grad = group.want_hess = true;
  group.stopped = [](void*) { return false; };
  group.count = group.last = 1;
  group.factor[0] = 1.0;
  group.rows = row;
  group.hess = hess;
  row_kernel<Flattened, T>().probabilities(group);
  return {group.value[0], double(row[0]), double(hess[0]), double(row[1])};
}

bool close(double x, double wanted) { return x == wanted || std::abs(x - wanted) <= 1e-6 * std::abs(wanted); }

template <class T>
void check() {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  const Found impossible = at<T>(0.0, 0.7, 0.0), straight = at<T>(0.0, 1.0, 0.0), half = at<T>(0.5, 0.7, 0.0);
  expect(close(impossible.value, 1 / 0.7), "value at p = 0");
  expect(impossible.grad == -infinite && impossible.hess == infinite, "derivatives at p = 0, where f is steep");
  expect(straight.value == 1.0 && straight.grad == -1.0 && straight.hess == 0.0, "1 - p at p = 0");
  expect(close(half.grad, -std::pow(0.5, -0.3)) && close(half.hess, 0.3 * std::pow(0.5, -1.3)), "p = 1/2");
  expect(half.other == 0.0 && straight.other == 0.0, "classes without a share");
  for (const double p : {0.0, 0.03125, 1.0}) {
    const Found clipped = at<T>(p, 0.7, 0.0625);
    expect(close(clipped.value, (1 - std::pow(p < 0.5 ? 0.0625 : 0.9375, 0.7)) / 0.7), "value where p is clipped");
    expect(clipped.grad == 0.0 && clipped.hess == 0.0, "derivatives where p is clipped");
  }
}

}  // namespace
}  // namespace fastloss::FASTLOSS_ISA

int main() {
  fastloss::FASTLOSS_ISA::check<float>();
  fastloss::FASTLOSS_ISA::check<double>();
  return report("rows");
}
