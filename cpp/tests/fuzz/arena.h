// The memory that a fuzzed call may touch, and which views stay in it: by arithmetic of its own, in 128 bits.
#pragma once

#include <fastloss/fastloss_c.h>

#include <algorithm>
#include <cstring>

#include "bytes.h"

#if defined(__SANITIZE_ADDRESS__) || (defined(__has_feature) && __has_feature(address_sanitizer))
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

using Wide = __int128;

inline constexpr int most_axes = 64;
inline constexpr int item_sizes[] = {1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 2, 4, 8};

// An array as the library is given it. Lengths and strides beyond ndim are there, for a larger ndim.
struct Given {
  std::int64_t shape[most_axes + 2], strides[most_axes + 2];
  fastloss_array array;
};

// What must hold of a view, whatever else it is used for.
struct Verdict {
  bool refused = false;  // by rule: the library has to say no
  bool empty = false;
  Wide low = 0, high = 0;  // the bytes that it shows, from its data on
  Wide count = 1;
};

// Without the question where the data are.
inline Verdict judge_shape(const fastloss_array& array) {
  Verdict verdict;
  if (array.ndim < 0 || array.ndim > most_axes || array.dtype < 0 || array.dtype > FASTLOSS_FLOAT64 ||
      (array.ndim > 0 && array.shape == nullptr))
    return verdict.refused = true, verdict;
  constexpr Wide most = Wide{1} << 60;
  bool beyond = false;
  for (int axis = 0; axis < array.ndim; ++axis) {
    if (array.shape[axis] < 0) return verdict.refused = true, verdict;
    verdict.empty |= array.shape[axis] == 0;
  }
  Wide step = item_sizes[array.dtype];
  verdict.high = step;
  for (int axis = array.ndim; axis-- > 0;) {
    const Wide length = array.shape[axis], stride = array.strides == nullptr ? step : Wide{array.strides[axis]};
    if (!verdict.empty) {
      (stride < 0 ? verdict.low : verdict.high) += (length - 1) * stride;
      verdict.count *= length;
      step *= length;
      beyond |= verdict.high - verdict.low - item_sizes[array.dtype] > most || verdict.count > most;
      if (beyond) return verdict.refused = true, verdict;
    }
  }
  if (verdict.empty) verdict.low = verdict.high = verdict.count = 0;
  return verdict;
}

inline Verdict judge(const fastloss_array& array) {
  Verdict verdict = judge_shape(array);
  verdict.refused |= !verdict.empty && array.data == nullptr;
  return verdict;
}

class Arena {
 public:
  static constexpr std::int64_t size = 1 << 14;

  void clear() { used_ = 0; }
  // Where the next view goes: after the last and a gap, `skew` bytes off alignment. Null where it finds no room.
  void* place(const Verdict& verdict, int skew) {
    const Wide first = ((used_ + 7) & -8) + 64 + skew, end = first + (verdict.high - verdict.low);
    if (verdict.refused || end > size) return nullptr;
    used_ = static_cast<std::int64_t>(end);
    return memory_ + static_cast<std::int64_t>(first - verdict.low);
  }
  bool holds(const fastloss_array& array, const Verdict& verdict) const {
    if (verdict.refused) return false;
    if (verdict.empty) return true;
    const Wide data = reinterpret_cast<std::uintptr_t>(array.data), first = reinterpret_cast<std::uintptr_t>(memory_);
    return data + verdict.low >= first && data + verdict.high <= first + used_;
  }

  // Only what has been opened may be touched from here on.
  void close() { ASAN_POISON_MEMORY_REGION(memory_, size); }
  void open(const fastloss_array& array, const Verdict& verdict) {
    if (!verdict.empty)
      ASAN_UNPOISON_MEMORY_REGION(static_cast<char*>(array.data) + static_cast<std::int64_t>(verdict.low),
                                  static_cast<std::size_t>(verdict.high - verdict.low));
  }
  void open() { ASAN_UNPOISON_MEMORY_REGION(memory_, size); }

  unsigned char* begin() { return memory_; }
  std::size_t used() const { return static_cast<std::size_t>(used_); }

 private:
  alignas(64) unsigned char memory_[size] = {};
  std::int64_t used_ = 0;
};

// Calls visit(address) for every element.
template <class Visit>
void each_element(const fastloss_array& array, const Verdict& verdict, Visit visit) {
  if (verdict.empty) return;
  std::int64_t at[most_axes] = {}, strides[most_axes];
  std::int64_t step = item_sizes[array.dtype];
  for (int axis = array.ndim; axis-- > 0;) {
    strides[axis] = array.strides == nullptr ? step : array.shape[axis] == 1 ? 0 : array.strides[axis];
    step *= array.shape[axis];
  }
  char* data = static_cast<char*>(array.data);
  for (;;) {
    visit(data);
    int axis = array.ndim;
    while (axis-- > 0) {
      if (++at[axis] < array.shape[axis]) {
        data += strides[axis];
        break;
      }
      data -= strides[axis] * (array.shape[axis] - 1);
      at[axis] = 0;
    }
    if (axis < 0) return;
  }
}
