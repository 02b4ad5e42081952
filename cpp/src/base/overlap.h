// Whether views share memory.
#pragma once

#include <fastloss/types.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <utility>

namespace fastloss {

// The memory an array spans: first byte, one past the last.
struct Extent {
  std::uintptr_t low, high;
};
template <class Pointer>
Extent extent_of(const BasicArray<Pointer>& array) {
  auto low = reinterpret_cast<std::uintptr_t>(array.data), high = low + size_of(array.dtype);
  if (std::find(array.shape, array.shape + array.ndim, 0) != array.shape + array.ndim) return {low, low};
  for (int axis = 0; axis < array.ndim; ++axis) {
    if (array.shape[axis] == 1) continue;
    const std::int64_t reach = (array.shape[axis] - 1) * array.strides[axis];
    if (reach < 0)
      low += reach;
    else
      high += reach;
  }
  return {low, high};
}

template <class A, class B>
bool same_view(const A& a, const B& b) {
  if (a.data != b.data || a.dtype != b.dtype || a.swapped != b.swapped || a.ndim != b.ndim) return false;
  for (int axis = 0; axis < a.ndim; ++axis)
    if (a.shape[axis] != b.shape[axis] || (a.shape[axis] > 1 && a.strides[axis] != b.strides[axis])) return false;
  return true;
}

// Whether two arrays may share memory. Interleaved views (x[::2] and x[1::2]) are told apart by the
// common divisor of their strides; everything else that overlaps as a range counts as shared.
template <class A, class B>
bool may_share(const A& a, const B& b) {
  const Extent x = extent_of(a), y = extent_of(b);
  if (x.high <= y.low || y.high <= x.low || x.low == x.high || y.low == y.high) return false;
  std::uint64_t step = 0;
  for (int axis = 0; axis < a.ndim; ++axis)
    if (a.shape[axis] > 1) step = std::gcd(step, static_cast<std::uint64_t>(std::abs(a.strides[axis])));
  for (int axis = 0; axis < b.ndim; ++axis)
    if (b.shape[axis] > 1) step = std::gcd(step, static_cast<std::uint64_t>(std::abs(b.strides[axis])));
  if (step == 0) return true;
  const std::uint64_t apart = (y.low > x.low ? y.low - x.low : step - (x.low - y.low) % step) % step;
  return apart < static_cast<std::uint64_t>(size_of(a.dtype)) ||
         step - apart < static_cast<std::uint64_t>(size_of(b.dtype));
}

// Sufficient, and true for every array that NumPy makes without stride tricks.
inline bool overlaps_itself(const Array& array) {
  std::pair<std::int64_t, std::int64_t> axes[max_ndim];  // stride, length
  int n = 0;
  if (std::find(array.shape, array.shape + array.ndim, 0) != array.shape + array.ndim) return false;
  for (int axis = 0; axis < array.ndim; ++axis) {
    if (array.shape[axis] > 1) axes[n++] = {std::abs(array.strides[axis]), array.shape[axis]};
  }
  std::sort(axes, axes + n);
  std::int64_t reach = size_of(array.dtype);
  for (int k = 0; k < n; ++k) {
    if (axes[k].first < reach) return true;
    reach += axes[k].first * (axes[k].second - 1);
  }
  return false;
}

}  // namespace fastloss
