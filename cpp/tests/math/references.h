// What the functions of cpp/src/math should answer, in a wider type R: double for float, long double for double.
#pragma once

#include <cmath>
#include <iterator>
#include <limits>

namespace fastloss::reference {

template <class R>
R expm1(R x) {
  return std::expm1(x);
}
template <class R>
R tanh(R x) {
  return std::tanh(x);
}
// A NaN of either makes one, and so does any x below 0; C's pow knows exceptions.
template <class R>
R pow(R x, R y) {
  return std::isnan(x) || std::isnan(y) || x < 0 ? std::numeric_limits<R>::quiet_NaN() : std::pow(std::abs(x), y);
}
template <class R>
R erf(R x) {
  return std::erf(x);
}
template <class R>
R erfc(R x) {
  return std::erfc(x);
}

// The upper tail of the normal distribution, Q = e^(-z^2/2) / sqrt(2 pi) / h: h - z by Laplace's continued fraction.
template <class R>
R density(R z) {
  if (std::abs(z) > 200) return 0;
  const R square = z * z, rest = std::fma(z, z, -square);
  return std::exp(-square / 2) * (1 - rest / 2) / std::sqrt(2 * std::acos(R(-1)));
}
template <class R>
R hazard_excess(R z) {
  if (std::isnan(z)) return z;
  if (z < 3) return density(z) / (std::erfc(z * std::sqrt(R(0.5))) / 2) - z;
  R excess = 0;
  for (int k = static_cast<int>(10 + 900 / (z * z)); k > 0; --k) excess = R(k) / (z + excess);
  return excess;
}
template <class R>
R normal_tail(R z) {
  return z < 3 ? std::erfc(z * std::sqrt(R(0.5))) / 2 : density(z) / (z + hazard_excess(z));
}
template <class R>
R normal_cost(R z) {
  if (z < 3) return -std::log1p(-normal_tail(-z));
  return z * z / 2 + std::log(z + hazard_excess(z)) + std::log(2 * std::acos(R(-1))) / 2;
}
template <class R>
R normal_hazard(R z) {
  return z < 3 ? density(z) / normal_tail(z) : z + hazard_excess(z);
}
template <class R>
R normal_slope(R z) {
  if (z < 3) return z < -200 ? R(0) : normal_hazard(z) * (normal_hazard(z) - z);
  return std::isinf(z) ? R(1) : normal_hazard(z) * hazard_excess(z);
}

template <class R>
R lgamma(R x) {
  return x < 0 ? std::numeric_limits<R>::quiet_NaN() : std::lgamma(x);
}
// psi^(k)(z) / k! at the zero z of psi, without their signs.
inline constexpr long double taylor[] = {
    0.9676722454476211704274L,   0.4427631689835921060929L,   0.2584997609556510106244L,   0.1639427054424065275043L,
    0.1078240506912623657572L,   0.07219956125645471092612L,  0.04880428816414310722509L,  0.03316112647484735929226L,
    0.02259764823221810465962L,  0.0154247659049489591388L,   0.01053879161661217538812L,  0.00720453438635686824097L,
    0.004926781395729853446354L, 0.003369801655439328082793L, 0.002305126326734927836938L, 0.001576936771430197259271L};

// psi and psi' by steps of 1 and the asymptotic series, psi near its zero by Taylor's series.
template <class R>
R digamma(R x) {
  if (!(x >= 0)) return std::numeric_limits<R>::quiet_NaN();
  if (x < R(1e-30)) return x > 0 ? -1 / x : -std::numeric_limits<R>::infinity();
  const R v = (x - R(0x1.762d86356be3fp0)) - R(9.549995429965697715184199e-17L);
  if (std::abs(v) < R(0x1p-4)) {
    R sum = 0;
    for (int k = std::size(taylor); k-- > 0;) sum = sum * -v + R(taylor[k]);
    return sum * v;
  }
  R steps = 0;
  for (; x < 40; ++x) steps += 1 / x;
  const R z = 1 / (x * x);
  return std::log(x) - 1 / (2 * x) -
         z * (R(1) / 12 -
              z * (R(1) / 120 - z * (R(1) / 252 - z * (R(1) / 240 - z * (R(1) / 132 - z * R(691) / 32760))))) -
         steps;
}
template <class R>
R trigamma(R x) {
  if (!(x >= 0)) return std::numeric_limits<R>::quiet_NaN();
  if (x < R(1e-30)) return x > 0 ? 1 / x / x : std::numeric_limits<R>::infinity();
  R steps = 0;
  for (; x < 40; ++x) steps += 1 / (x * x);
  const R z = 1 / (x * x);
  return (1 +
          (R(0.5) +
           (R(1) / 6 - z * (R(1) / 30 - z * (R(1) / 42 - z * (R(1) / 30 - z * (R(5) / 66 - z * R(691) / 2730))))) / x) /
              x) /
             x +
         steps;
}

template <class R>
R atan2(R y, R x) {
  return std::atan2(y, x);
}
template <class R>
R acos(R x) {
  return std::acos(x);
}

}  // namespace fastloss::reference
