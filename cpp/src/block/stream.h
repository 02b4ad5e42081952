// Stores past the cache, in the widest pieces of this ISA.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace fastloss::FASTLOSS_ISA {

#if defined(__AVX512F__)
using Piece = __m512i;
[[gnu::always_inline]] static inline void stream_piece(char* target, Piece x) {
  _mm512_stream_si512(reinterpret_cast<Piece*>(target), x);
}
#elif defined(__AVX__)
using Piece = __m256i;
[[gnu::always_inline]] static inline void stream_piece(char* target, Piece x) {
  _mm256_stream_si256(reinterpret_cast<Piece*>(target), x);
}
#elif defined(__x86_64__)
using Piece = __m128i;
[[gnu::always_inline]] static inline void stream_piece(char* target, Piece x) {
  _mm_stream_si128(reinterpret_cast<Piece*>(target), x);
}
#endif

// Copies `bytes`, in pieces of 16 bytes that leave no line half to the cache where the target is so aligned.
// The caller fences when all is done.
[[gnu::always_inline]] static inline void stream_pieces(const char* source, char* target, std::ptrdiff_t bytes) {
#if defined(__x86_64__)
  const std::ptrdiff_t lead = -reinterpret_cast<std::intptr_t>(target) & 15, head = lead < bytes ? lead : bytes;
  __builtin_memcpy(target, source, static_cast<std::size_t>(head));
  std::ptrdiff_t i = head;
  for (; i + 16 <= bytes; i += 16)
    _mm_stream_si128(reinterpret_cast<__m128i*>(target + i),
                     _mm_loadu_si128(reinterpret_cast<const __m128i*>(source + i)));
  __builtin_memcpy(target + i, source + i, static_cast<std::size_t>(bytes - i));
#else
  __builtin_memcpy(target, source, static_cast<std::size_t>(bytes));
#endif
}

// Writes source[0, n) to consecutive memory, whole cache lines at a time: a line that one call cannot fill waits
// in the `lanes` elements before `source` for the next, which continues where this one ended. `begins` and
// `ends` mark a thread's first and last call. Half-written lines cost more than all the others together.
template <class T>
[[gnu::always_inline]] static inline void stream_whole_lines(T* source, char* target, int n, bool begins, bool ends) {
  constexpr int line = 64, per_line = line / static_cast<int>(sizeof(T));
  const int within = static_cast<int>(reinterpret_cast<std::uintptr_t>(target) % line) / static_cast<int>(sizeof(T));
  int i = -within;
  if (begins && within != 0) {
    i = per_line - within < n ? per_line - within : n;
    __builtin_memcpy(target, source, sizeof(T) * static_cast<std::size_t>(i));
  }
  for (; i + per_line <= n; i += per_line) {
    const char* from = reinterpret_cast<const char*>(source + i);
    char* to = target + static_cast<std::ptrdiff_t>(i) * static_cast<std::ptrdiff_t>(sizeof(T));
#if defined(__x86_64__)
    for (int byte = 0; byte < line; byte += static_cast<int>(sizeof(Piece))) {
      Piece x;
      __builtin_memcpy(&x, from + byte, sizeof x);
      stream_piece(to + byte, x);
    }
#else
    __builtin_memcpy(to, from, line);
#endif
  }
  const auto rest = sizeof(T) * static_cast<std::size_t>(n - i);
  if (ends)
    __builtin_memcpy(target + static_cast<std::ptrdiff_t>(i) * static_cast<std::ptrdiff_t>(sizeof(T)), source + i,
                     rest);
  else
    __builtin_memmove(source - (n - i), source + i, rest);
}

}  // namespace fastloss::FASTLOSS_ISA
