// A function over many numbers, on all tiers: the largest error and where it is.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/cpu.h"
#include "cases.h"
#include "ulps.h"

namespace fastloss {

#define FASTLOSS_DECLARE(isa) \
  namespace isa {             \
  const Loops* math_loops();  \
  }
FASTLOSS_TIERS(FASTLOSS_DECLARE)

// Those that this machine runs, the widest first.
inline std::vector<const Loops*> tiers() {
  std::vector<const Loops*> all;
#define FASTLOSS_TIER(isa) \
  if (cpu_has(Isa::isa)) all.insert(all.begin(), isa::math_loops());
  FASTLOSS_TIERS(FASTLOSS_TIER)
  return all;
}

template <class T>
Loop<T> loop_of(const Loops& loops) {
  if constexpr (sizeof(T) == 4) return loops.in_float;
  if constexpr (sizeof(T) == 8) return loops.in_double;
}

template <class T>
constexpr bool has_reference = sizeof(T) == 4 || std::numeric_limits<long double>::digits > 60;
inline double reference_of(const Case& c, float x, float y) { return c.narrow(x, y); }
inline long double reference_of(const Case& c, double x, double y) { return c.wide(x, y); }

template <class T>
struct Worst {
  double error = 0;
  T x = 0, y = 0, result = 0;
  void take(const Worst& other) {
    if (other.error > error) *this = other;
  }
  std::string text() const {
    char line[200];
    std::snprintf(line, sizeof line, "%.3f ULP at %a, %a: %a", error, double(x), double(y), double(result));
    return line;
  }
};

// `out` are the results. Bits that differ from tier to tier are an infinite error. The plainest tier calls a function
// for each fused multiply-add: `thorough` is with it.
template <class T>
Worst<T> measure(std::size_t k, const T* x, const T* y, T* out, std::size_t n, bool thorough = true) {
  static const std::vector<const Loops*> all = tiers();
  loop_of<T>(all[0][k])(x, y, out, n);
  std::vector<T> other(n);
  Worst<T> worst;
  for (std::size_t t = 1; t + (thorough ? 0 : 1) < all.size(); ++t) {
    loop_of<T>(all[t][k])(x, y, other.data(), n);
    for (std::size_t i = 0; i < n; ++i)
      if (std::memcmp(&out[i], &other[i], sizeof(T)) != 0 && !(std::isnan(out[i]) && std::isnan(other[i])))
        return {std::numeric_limits<double>::infinity(), x[i], y[i], other[i]};
  }
  for (std::size_t i = 0; i < n && has_reference<T>; ++i)
    worst.take({ulps(out[i], reference_of(cases()[k], x[i], y[i])), x[i], y[i], out[i]});
  return worst;
}

// All floats, or 2^28 pairs of them, or one in `every` (odd, or the last bits are all the same); with a bar for who
// waits.
inline Worst<float> sweep_floats(std::size_t k, std::uint64_t every) {
  constexpr std::uint64_t pieces = 1 << 14;
  const Case& c = cases()[k];
  std::atomic<std::uint64_t> next{0};
  std::mutex mutex;
  Worst<float> worst;
  const auto start = std::chrono::steady_clock::now();
  const auto work = [&] {
    for (std::uint64_t piece; (piece = every * next++) < pieces;) {
      Points<float> p;
      if (c.arguments == 2) p = points<float>(c.domain, 1 << 14, piece);
      for (std::uint64_t i = 0; c.arguments == 1 && i < (std::uint64_t{1} << 32) / pieces; ++i)
        p.add(std::bit_cast<float>(static_cast<std::uint32_t>(i * pieces + piece)));
      std::vector<float> out(p.x.size());
      const Worst<float> found = measure<float>(k, p.x.data(), p.y.data(), out.data(), out.size(), piece % 16 == 0);
      const std::lock_guard lock(mutex);
      worst.take(found);
      if (piece % 64 < 63 && piece + every < pieces) continue;
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - start);
      const int done = static_cast<int>(40 * (piece + 1) / pieces);
      std::fprintf(stderr, "\r%-14s [%.*s%.*s] %4d s, %.3f ULP ", c.name, done,
                   "########################################", 40 - done, "........................................",
                   static_cast<int>(seconds.count()), worst.error);
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < std::thread::hardware_concurrency(); ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  std::fprintf(stderr, "\n");
  return worst;
}

}  // namespace fastloss
