// Numbers to compute with, and whether results are the same.
#pragma once

#include <cstddef>
#include <cstring>
#include <vector>

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

inline std::vector<float> numbers(std::size_t n, float first, float step) {
  std::vector<float> x(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = first + step * static_cast<float>(i % 97) - 0.01f * float(i % 13);
  return x;
}
