// Passes over a run: gather and convert, check, sum, scale and scatter. Compiled once per ISA.
#include "kernels.h"

#include <cstddef>

#include "block/accumulate.h"
#include "block/half.h"
#include "block/stream.h"
#include "block/turn.h"

namespace fastloss::FASTLOSS_ISA {
namespace {

struct Float16 {};
struct BFloat16 {};

template <class Stored>
struct Element {
  static constexpr int size = sizeof(Stored);
  template <class T>
  [[gnu::always_inline]] static T load(const char* p) {
    Stored x;
    __builtin_memcpy(&x, p, sizeof x);
    return static_cast<T>(x);
  }
  template <class T>
  [[gnu::always_inline]] static void store(T x, char* p) {
    const Stored y = static_cast<Stored>(x);
    __builtin_memcpy(p, &y, sizeof y);
  }
};
template <>
struct Element<bool> {  // any byte but zero is true
  static constexpr int size = 1;
  template <class T>
  [[gnu::always_inline]] static T load(const char* p) {
    return *p != 0 ? T(1) : T(0);
  }
};
template <>
struct Element<Float16> {
  static constexpr int size = 2;
  template <class T>
  [[gnu::always_inline]] static T load(const char* p) {
    std::uint16_t x;
    __builtin_memcpy(&x, p, sizeof x);
    return static_cast<T>(from_float16(x));
  }
  [[gnu::always_inline]] static void store(float x, char* p) {
    const std::uint16_t y = to_float16(x);
    __builtin_memcpy(p, &y, sizeof y);
  }
};
template <>
struct Element<BFloat16> {
  static constexpr int size = 2;
  template <class T>
  [[gnu::always_inline]] static T load(const char* p) {
    std::uint16_t x;
    __builtin_memcpy(&x, p, sizeof x);
    return static_cast<T>(from_bfloat16(x));
  }
  [[gnu::always_inline]] static void store(float x, char* p) {
    const std::uint16_t y = to_bfloat16(x);
    __builtin_memcpy(p, &y, sizeof y);
  }
};
[[gnu::always_inline]] inline std::uint16_t reversed(std::uint16_t x) { return __builtin_bswap16(x); }
[[gnu::always_inline]] inline std::uint32_t reversed(std::uint32_t x) { return __builtin_bswap32(x); }
[[gnu::always_inline]] inline std::uint64_t reversed(std::uint64_t x) { return __builtin_bswap64(x); }

// Elements of the other byte order, each with the integer that holds its bytes.
template <class Stored, class Bits>
struct Swapped {};
template <class Stored, class Bits>
struct Element<Swapped<Stored, Bits>> {
  static constexpr int size = sizeof(Bits);
  template <class T>
  [[gnu::always_inline]] static T load(const char* p) {
    Bits x;
    __builtin_memcpy(&x, p, sizeof x);
    x = reversed(x);
    return Element<Stored>::template load<T>(reinterpret_cast<const char*>(&x));
  }
};

template <class Stored, class T>
void load(const char* source, std::int64_t stride, T* __restrict target, int n) noexcept {
  using E = Element<Stored>;
  if (stride == E::size) {
    constexpr int piece = 64;
    int i = 0;
    for (; i + piece <= n; i += piece) {
      const char* from = source + std::ptrdiff_t(i) * E::size;
      for (int byte = 0; byte < piece * E::size; byte += 64) __builtin_prefetch(from + run_length * E::size + byte);
#pragma omp simd
      for (int j = 0; j < piece; ++j) target[i + j] = E::template load<T>(from + std::ptrdiff_t(j) * E::size);
    }
#pragma omp simd
    for (int j = i; j < n; ++j) target[j] = E::template load<T>(source + std::ptrdiff_t(j) * E::size);
  } else if (stride == 0) {
    const T same = n > 0 ? E::template load<T>(source) : T(0);
#pragma omp simd
    for (int i = 0; i < n; ++i) target[i] = same;
  } else {
    for (int i = 0; i < n; ++i) target[i] = E::template load<T>(source + i * stride);
  }
}

template <class T>
[[gnu::always_inline]] inline T canonical(T x) {
  return x != x ? static_cast<T>(__builtin_nan("")) : x;
}

template <class Stored, class T, class Scale>
[[gnu::always_inline]] inline void scatter(Scale scaled, char* target, std::int64_t stride, int n, bool past_cache) {
  using E = Element<Stored>;
  if (stride == E::size) {
    alignas(64) char buffer[run_length * E::size];
    char* to = past_cache ? buffer : target;
#pragma omp simd
    for (int i = 0; i < n; ++i) E::store(canonical(scaled(i)), to + std::ptrdiff_t(i) * E::size);
    if (past_cache) stream_pieces(buffer, target, std::ptrdiff_t(n) * E::size);
  } else {
    for (int i = 0; i < n; ++i) E::store(canonical(scaled(i)), target + i * stride);
  }
}

template <class Stored, class T>
void store(const T* __restrict source, T factor, char* target, std::int64_t stride, int n, bool past) noexcept {
  scatter<Stored, T>([=](int i) { return source[i] * factor; }, target, stride, n, past);
}

// A term of weight zero takes part in nothing, even where it is infinite or NaN.
template <class Stored, class T>
void store_weighted(const T* __restrict source, const double* __restrict weight, double factor, char* target,
                    std::int64_t stride, int n, bool past) noexcept {
  scatter<Stored, T>(
      [=](int i) {
        const double x = static_cast<double>(source[i]) * (weight[i] * factor);
        return static_cast<T>(weight[i] == 0.0 ? 0.0 : x);
      },
      target, stride, n, past);
}

template <class T>
bool outside(const T* __restrict x, int n, T low, T high) noexcept {
  int count = 0;
#pragma omp simd reduction(+ : count)
  for (int i = 0; i < n; ++i) count += (x[i] < low) | (x[i] > high);
  return count != 0;
}

template <class T>
bool unfit(const T* __restrict x, int n, T low, T high) noexcept {
  int count = 0;
#pragma omp simd reduction(+ : count)
  for (int i = 0; i < n; ++i) count += (x[i] >= low) & (x[i] <= high);
  return count != n;
}

template <class T>
bool neither(const T* __restrict x, int n, T a, T b) noexcept {
  int count = 0;
#pragma omp simd reduction(+ : count)
  for (int i = 0; i < n; ++i) count += (x[i] != a) & (x[i] != b) & (x[i] == x[i]);
  return count != 0;
}

template <class T>
bool crossed(const T* __restrict x, const T* __restrict y, int n) noexcept {
  int count = 0;
#pragma omp simd reduction(+ : count)
  for (int i = 0; i < n; ++i) count += x[i] > y[i];
  return count != 0;
}

template <class T>
void weigh(T* __restrict x, const double* __restrict weight, double factor, int n) noexcept {
#pragma omp simd
  for (int i = 0; i < n; ++i) {
    const T product = static_cast<T>(static_cast<double>(x[i]) * (weight[i] * factor));
    x[i] = weight[i] == 0.0 ? T(0) : canonical(product);
  }
}

template <class T>
void stream(T* source, char* target, int n, bool begins, bool ends) noexcept {
  stream_whole_lines(source, target, n, begins, ends);
}

template <class T>
void sum(const T* __restrict x, int n, double* __restrict accumulator) noexcept {
  accumulate([=](int i, int) { return x + i; }, AsItIs{}, n, accumulator);
}

template <class T>
void sum_weighted(const T* __restrict x, const double* __restrict weight, int n,
                  double* __restrict accumulator) noexcept {
  accumulate([=](int i, int) { return x + i; }, TimesWeight{weight}, n, accumulator);
}

template <class T>
constexpr Passes<T> passes() {
  Passes<T> table = {
      .load = {load<bool, T>, load<std::int8_t, T>, load<std::int16_t, T>, load<std::int32_t, T>, load<std::int64_t, T>,
               load<std::uint8_t, T>, load<std::uint16_t, T>, load<std::uint32_t, T>, load<std::uint64_t, T>,
               load<Float16, T>, load<BFloat16, T>, load<float, T>, load<double, T>,
               // swapped; elements of one byte never are
               nullptr, nullptr, load<Swapped<std::int16_t, std::uint16_t>, T>,
               load<Swapped<std::int32_t, std::uint32_t>, T>, load<Swapped<std::int64_t, std::uint64_t>, T>, nullptr,
               load<Swapped<std::uint16_t, std::uint16_t>, T>, load<Swapped<std::uint32_t, std::uint32_t>, T>,
               load<Swapped<std::uint64_t, std::uint64_t>, T>, load<Swapped<Float16, std::uint16_t>, T>,
               load<Swapped<BFloat16, std::uint16_t>, T>, load<Swapped<float, std::uint32_t>, T>,
               load<Swapped<double, std::uint64_t>, T>},
      .store = {},
      .store_weighted = {},
      .outside = outside<T>,
      .unfit = unfit<T>,
      .neither = neither<T>,
      .crossed = crossed<T>,
      .stream_lines = stream<T>,
      .sum = sum<T>,
      .sum_weighted = sum_weighted<T>,
      .weigh = weigh<T>,
      .turn_in = turn_in<T>,
      .turn_out = turn_out<T>,
  };
  if constexpr (sizeof(T) == 4) {
    table.store[9] = store<Float16, T>;
    table.store[10] = store<BFloat16, T>;
    table.store_weighted[9] = store_weighted<Float16, T>;
    table.store_weighted[10] = store_weighted<BFloat16, T>;
  }
  table.store[11] = store<float, T>;
  table.store[12] = store<double, T>;
  table.store_weighted[11] = store_weighted<float, T>;
  table.store_weighted[12] = store_weighted<double, T>;
  return table;
}

constexpr Passes<float> float_passes = passes<float>();
constexpr Passes<double> double_passes = passes<double>();

}  // namespace

Ends<Passes> block_passes() { return {&float_passes, &double_passes}; }

}  // namespace fastloss::FASTLOSS_ISA
