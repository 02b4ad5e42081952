// What both fuzz targets stand on: decisions read off the input, and the words of an invariant that broke.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#define HOLDS(condition) ((condition) ? void() : broken(#condition, __FILE__, __LINE__))

[[noreturn]] inline void broken(const char* what, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
  std::abort();
}

// The fuzzer's bytes, zeros beyond their end.
class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : at_(data), left_(size) {}

  std::uint8_t byte() { return left_ == 0 ? 0 : (--left_, *at_++); }
  std::uint32_t pair() {
    const std::uint32_t high = byte();
    return high << 8 | byte();
  }
  template <class T, std::size_t n>
  T pick(const T (&from)[n]) {
    return from[byte() % n];
  }
  // Small ones mostly, and those at which arithmetic ends.
  std::int64_t number() {
    constexpr std::int64_t ends[] = {INT64_MIN, INT64_MIN + 1,   INT64_MAX,       INT64_MAX - 1,
                                     1LL << 60, (1LL << 60) + 1, -(1LL << 60),    1LL << 59,
                                     1LL << 62, 1LL << 32,       (1LL << 31) - 1, -(1LL << 31),
                                     1LL << 48, (1LL << 48) + 1, 1LL << 56,       -(1LL << 62)};
    const std::uint8_t way = byte();
    if (way < 192) return static_cast<std::int8_t>(byte());
    return way < 240 ? ends[way % 16] : static_cast<std::int64_t>((std::uint64_t{byte()} << 56) | byte());
  }

 private:
  const std::uint8_t* at_;
  std::size_t left_;
};

// Numbers that follow from a seed alone.
class Stream {
 public:
  explicit Stream(std::uint32_t seed) : state_(seed * 2654435761u + 1) {}
  std::uint32_t next() {
    state_ ^= state_ << 13, state_ ^= state_ >> 17, state_ ^= state_ << 5;
    return state_;
  }

 private:
  std::uint32_t state_;
};
