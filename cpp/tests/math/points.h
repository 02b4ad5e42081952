// Where the functions of cpp/src/math are tried: the same numbers on every machine.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace fastloss {

class Random {  // splitmix64
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t bits() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  double between(double a, double b) { return a + (b - a) * (static_cast<double>(bits() >> 11) * 0x1p-53); }
  // Of either sign, its logarithm uniform.
  double between_powers_of_two(int low, int high) {
    const std::uint64_t b = bits();  // one draw a statement: the order of evaluation is the compiler's
    const int power = low + static_cast<int>((b >> 1) % static_cast<unsigned>(high - low + 1));
    return std::ldexp(between(b % 2 ? 1 : -2, b % 2 ? 2 : -1), power);
  }

 private:
  std::uint64_t state_;
};

// The second argument that makes a first one worth trying.
using Partner = double (*)(double x, Random&);

struct Domain {
  double low, high;          // where a function does more than to come near a limit
  std::vector<double> near;  // where it must be looked at closely
  Partner partner = nullptr;
};

template <class T>
struct Points {
  std::vector<T> x, y;
  void add(T a, T b = T(0)) { x.push_back(a), y.push_back(b); }
};

template <class T>
using BitsOf = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

// Every pair of the numbers that are special to the format or to a function.
template <class T>
void add_special(Points<T>& points) {
  using L = std::numeric_limits<T>;
  std::vector<T> numbers = {0,
                            L::denorm_min(),
                            L::min() - L::denorm_min(),
                            L::min(),
                            T(0.5),
                            1 - L::epsilon() / 2,
                            1,
                            1 + L::epsilon(),
                            T(1.5),
                            2,
                            3,
                            T(1e6),
                            L::max(),
                            L::infinity(),
                            L::quiet_NaN()};
  for (std::size_t i = 0, n = numbers.size(); i < n; ++i) numbers.push_back(-numbers[i]);
  for (const T a : numbers)
    for (const T b : numbers) points.add(a, b);
}

// A third from all the numbers of the format, a third from the domain, a third ever closer to what is to be near.
template <class T>
Points<T> points(const Domain& domain, std::size_t count, std::uint64_t seed) {
  Points<T> all;
  add_special(all);
  Random random(seed);
  const std::size_t n = count / 3;
  const double width = domain.high - domain.low;
  const auto add = [&](double x) {
    const T a = static_cast<T>(x);
    all.add(a, domain.partner ? static_cast<T>(domain.partner(static_cast<double>(a), random)) : T(0));
  };
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint64_t step = ~std::uint64_t{0} / n;
    const std::uint64_t b = step * i + random.bits() % step;
    add(static_cast<double>(std::bit_cast<T>(static_cast<BitsOf<T>>(b >> (64 - 8 * sizeof(T))))));
  }
  for (std::size_t i = 0; i < n; ++i) {
    const double step = width / static_cast<double>(n), from = domain.low + step * static_cast<double>(i);
    add(random.between(from, from + step));
  }
  for (std::size_t i = 0; i < n && !domain.near.empty(); ++i) {
    const double centre = domain.near[i % domain.near.size()];
    add(centre + random.between_powers_of_two(-std::numeric_limits<T>::digits, 0));
  }
  return all;
}

}  // namespace fastloss
