// The two memory limits every figure is compared with, each over all threads asked for.
//   triad:     c = a - b, with stores that bypass the caches: two streams read, one written.
//   read_only: the sum of a and b: two streams read, nothing written.
// Compiled on the fly with -O3 -march=native -fopenmp and called through ctypes.
#include <cstddef>
#include <cstdint>
#include <omp.h>
#if defined(__SSE__)
#include <immintrin.h>
#endif

namespace {

#if defined(__AVX512F__)
constexpr std::size_t kLanes = 16;
inline void stream(const float* a, const float* b, float* c) {
  _mm512_stream_ps(c, _mm512_sub_ps(_mm512_loadu_ps(a), _mm512_loadu_ps(b)));
}
#elif defined(__AVX__)
constexpr std::size_t kLanes = 8;
inline void stream(const float* a, const float* b, float* c) {
  _mm256_stream_ps(c, _mm256_sub_ps(_mm256_loadu_ps(a), _mm256_loadu_ps(b)));
}
#elif defined(__SSE__)
constexpr std::size_t kLanes = 4;
inline void stream(const float* a, const float* b, float* c) {
  _mm_stream_ps(c, _mm_sub_ps(_mm_loadu_ps(a), _mm_loadu_ps(b)));
}
#else
constexpr std::size_t kLanes = 4;
inline void stream(const float* a, const float* b, float* c) {
  for (std::size_t j = 0; j < kLanes; ++j) c[j] = a[j] - b[j];
}
#endif

inline void fence() {
#if defined(__SSE__)
  _mm_sfence();
#endif
}

// Where thread k of all begins; a multiple of the cache line except at the end.
std::size_t share(std::size_t n, int k, int all) {
  if (k == all) return n;
  return n / static_cast<std::size_t>(all) * static_cast<std::size_t>(k) / 64 * 64;
}

void subtract(const float* a, const float* b, float* c, std::size_t n) {
  std::size_t i = 0;
  while (i < n && reinterpret_cast<std::uintptr_t>(c + i) % (kLanes * sizeof(float)) != 0) {
    c[i] = a[i] - b[i];
    ++i;
  }
  for (; i + kLanes <= n; i += kLanes) stream(a + i, b + i, c + i);
  for (; i < n; ++i) c[i] = a[i] - b[i];
  fence();
}

// Enough independent sums that the additions never wait for one another.
double total(const float* a, const float* b, std::size_t n) {
  constexpr std::size_t lanes = 128;
  float sums[lanes] = {};
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
#pragma omp simd
    for (std::size_t j = 0; j < lanes; ++j) sums[j] += a[i + j] + b[i + j];
  }
  for (std::size_t j = 0; i < n; ++i, ++j) sums[j] += a[i] + b[i];
  double all = 0;
  for (const float s : sums) all += static_cast<double>(s);
  return all;
}

}  // namespace

extern "C" void triad(const float* a, const float* b, float* c, std::size_t n, int threads) {
#pragma omp parallel num_threads(threads)
  {
    const int k = omp_get_thread_num(), all = omp_get_num_threads();
    const std::size_t low = share(n, k, all), high = share(n, k + 1, all);
    subtract(a + low, b + low, c + low, high - low);
  }
}

extern "C" double read_only(const float* a, const float* b, std::size_t n, int threads) {
  double sum = 0;
#pragma omp parallel num_threads(threads) reduction(+ : sum)
  {
    const int k = omp_get_thread_num(), all = omp_get_num_threads();
    const std::size_t low = share(n, k, all), high = share(n, k + 1, all);
    sum += total(a + low, b + low, high - low);
  }
  return sum;
}
