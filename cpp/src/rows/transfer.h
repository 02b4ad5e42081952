// Between a caller's arrays and the padded rows of a batch, whatever the strides.
#pragma once

#include "block/run.h"
#include "rows/scratch.h"

namespace fastloss {

// Rows in one array: where the first lies, the step to the next, the step along the classes.
struct Place {
  char* data;
  std::int64_t step, stride;
  int dtype;

  // Shortens `count` to the rows that follow at one step.
  Place(const Operand& operand, std::int64_t index, int& count) noexcept
      : stride(operand.inner_stride), dtype(static_cast<int>(operand.dtype)) {
    std::int64_t available;
    data = const_cast<char*>(operand.data) + operand.offset_of(index, step, available);
    count = static_cast<int>(std::min<std::int64_t>(count, available));
  }

  char* at(int row, std::int64_t k = 0) const noexcept { return data + row * step + k * stride; }
  std::int64_t size() const noexcept { return size_of(native(static_cast<DType>(dtype))); }
  bool contiguous() const noexcept { return stride == size(); }
  // One row right after the other, and all of them no more than `room`: best moved together.
  bool together(std::int64_t classes, int count, std::int64_t room) const noexcept {
    return contiguous() && (count == 1 || step == classes * stride) && classes <= run_length && count * classes <= room;
  }
  // Rows closer to each other than classes: best moved in tiles.
  bool turned(int count) const noexcept { return count > 1 && std::abs(step) < std::abs(stride); }
};

// Moves batches. `flat` has room for `RowScratch<T>::n` elements back to back, with `lanes` to spare.
template <class T>
class Transfer {
 public:
  Transfer() noexcept : passes_(passes<T>()), rows_(*tier<T>().rows) {}

  // `may_stay`: the kernel can read whole lanes of a row where they lie.
  void fetch(const Place& from, RowGroup<T>& group, T* flat, T pad, bool may_stay) const noexcept {
    const int count = group.last - group.first;
    group.source = nullptr;
    if (may_stay && readable(from, group.classes))
      fetch_ends(from, group, pad);
    else if (from.together(group.classes, count, RowScratch<T>::n))
      fetch_together(from, group, flat, pad);
    else if (from.turned(count))
      fetch_turned(from, group, pad);
    else
      fetch_each(from, group, pad);
  }

  // (row * scale) * rest
  void store(const Place& to, const RowGroup<T>& group, T* rows, const T* scale, const T* rest,
             T* flat) const noexcept {
    const int count = group.last - group.first;
    if (to.together(group.classes, count, RowScratch<T>::n))
      store_together(to, group, rows, scale, rest, flat);
    else if (to.turned(count))
      store_turned(to, group, rows, scale, rest);
    else
      store_each(to, group, rows, scale, rest);
  }

 private:
  static constexpr std::int64_t longest = 1 << 20;  // for one call of a pass
  static constexpr std::int64_t cached = 1 << 15;   // a row of so many classes is still there for a second look
  static int piece(std::int64_t left) noexcept { return static_cast<int>(std::min(left, longest)); }

  static bool readable(const Place& from, std::int64_t classes) noexcept {
    return from.dtype == static_cast<int>(own_dtype<T>) && from.contiguous() && classes > run_length &&
           classes <= cached && reinterpret_cast<std::uintptr_t>(from.data) % alignof(T) == 0 &&
           from.step % alignof(T) == 0;
  }

  void fetch_ends(const Place& from, RowGroup<T>& group, T pad) const noexcept {
    const std::int64_t body = group.classes & -lanes;
    group.source = reinterpret_cast<const T*>(from.at(group.first));
    group.source_step = from.step / static_cast<std::int64_t>(sizeof(T));
    for (int r = 0; r < group.last - group.first; ++r) {
      T* row = group.rows + r * group.pitch;
      T* end = std::copy_n(group.source + r * group.source_step + body, group.classes - body, row + body);
      std::fill(end, row + group.pitch, pad);
    }
  }

  void fetch_together(const Place& from, const RowGroup<T>& group, T* flat, T pad) const noexcept {
    const int classes = static_cast<int>(group.classes), pitch = static_cast<int>(group.pitch),
              count = group.last - group.first;
    T* target = pitch == classes ? group.rows : flat;
    passes_.load[from.dtype](from.at(group.first), from.stride, target, count * classes);
    if (target == flat) rows_.spread(flat, group.rows, count, classes, pitch, pad);
  }

  void fetch_turned(const Place& from, const RowGroup<T>& group, T pad) const noexcept {
    alignas(64) T tile[lanes * lanes];
    for (std::int64_t k = 0; k < group.pitch; k += lanes) {  // all rows first: their lines lie side by side
      for (int r = group.first; r < group.last; r += lanes) {
        const int count = std::min(lanes, group.last - r);
        for (int j = 0; j < lanes; ++j) {
          T* line = tile + j * lanes;
          if (k + lanes + j < group.classes) __builtin_prefetch(from.at(r, k + lanes + j));
          if (k + j < group.classes)
            passes_.load[from.dtype](from.at(r, k + j), from.step, line, count);
          else
            std::fill(line, line + lanes, pad);
        }
        passes_.turn_in(tile, group.rows + (r - group.first) * group.pitch + k, count, group.pitch);
      }
    }
  }

  void fetch_each(const Place& from, const RowGroup<T>& group, T pad) const noexcept {
    for (int r = group.first; r < group.last; ++r) {
      T* row = group.rows + (r - group.first) * group.pitch;
      for (std::int64_t k = 0; k < group.classes; k += longest)
        passes_.load[from.dtype](from.at(r, k), from.stride, row + k, piece(group.classes - k));
      std::fill(row + group.classes, row + group.pitch, pad);
    }
  }

  void store_together(const Place& to, const RowGroup<T>& group, const T* rows, const T* scale, const T* rest,
                      T* flat) const noexcept {
    const int classes = static_cast<int>(group.classes), count = group.last - group.first;
    rows_.settle(rows, scale, rest, flat, count, classes, static_cast<int>(group.pitch));
    passes_.store[to.dtype](flat, T(1), to.at(group.first), to.stride, count * classes, false);
  }

  void store_turned(const Place& to, const RowGroup<T>& group, const T* rows, const T* scale,
                    const T* rest) const noexcept {
    alignas(64) T tile[lanes * lanes];
    for (std::int64_t k = 0; k < group.classes; k += lanes) {
      for (int r = group.first; r < group.last; r += lanes) {
        const int at = r - group.first, count = std::min(lanes, group.last - r);
        passes_.turn_out(rows + at * group.pitch + k, scale + at, rest + at, tile, count, group.pitch);
        for (int j = 0; j < lanes && k + j < group.classes; ++j)
          passes_.store[to.dtype](tile + j * lanes, T(1), to.at(r, k + j), to.step, count, false);
      }
    }
  }

  void store_each(const Place& to, const RowGroup<T>& group, T* rows, const T* scale, const T* rest) const noexcept {
    for (int r = group.first; r < group.last; ++r) {
      const int at = r - group.first;
      T *row = rows + at * group.pitch, factor = scale[at];
      if (rest[at] != T(1)) {
        rows_.scale(row, factor, group.classes);
        factor = rest[at];
      }
      for (std::int64_t k = 0; k < group.classes; k += longest)
        passes_.store[to.dtype](row + k, factor, to.at(r, k), to.stride, piece(group.classes - k), false);
    }
  }

  const Passes<T>& passes_;
  const RowPasses<T>& rows_;
};

}  // namespace fastloss
