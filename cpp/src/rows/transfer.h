// Between a caller's arrays and the padded rows of a group, whatever the strides.
#pragma once

#include "block/run.h"

namespace fastloss {

// The rows of a group in one array: where the first lies, the step to the next, the step along the classes.
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

  std::int64_t size() const noexcept { return size_of(static_cast<DType>(dtype)); }
  // One row right after the other, and short: best moved together.
  bool together(std::int64_t classes, int count) const noexcept {
    return stride == size() && (count == 1 || step == classes * stride) && classes <= run_length;
  }
  // Rows closer to each other than classes: best moved in tiles.
  bool turned(int count) const noexcept { return count > 1 && std::abs(step) < std::abs(stride); }
};

// Moves groups. `flat` holds the rows of a group back to back, with `lanes` elements to spare.
template <class T>
class Transfer {
 public:
  Transfer(const Tier& tier, bool) noexcept
      : passes_(tier.passes<T>()), rows_(tier.rows<T>().passes), past_cache_(false) {}

  void fetch(const Place& from, RowGroup<T>& group, T* flat, T pad) const noexcept {
    const auto load = passes_.load[from.dtype];
    const std::int64_t classes = group.classes, pitch = group.pitch;
    if (from.together(classes, group.count)) {
      const int n = static_cast<int>(classes);
      if (pitch == classes) {
        load(from.data, from.stride, group.rows, group.count * n);
      } else {
        load(from.data, from.stride, flat, group.count * n);
        rows_.spread(flat, group.rows, group.count, n, static_cast<int>(pitch), pad);
      }
    } else if (from.turned(group.count)) {
      alignas(64) T tile[lanes * lanes];
      for (int r = 0; r < group.count; r += lanes) {
        const int count = std::min(lanes, group.count - r);
        for (std::int64_t k = 0; k < pitch; k += lanes) {
          for (int j = 0; j < lanes; ++j) {
            if (k + j < classes)
              load(from.data + r * from.step + (k + j) * from.stride, from.step, tile + j * lanes, count);
            else
              std::fill(tile + j * lanes, tile + (j + 1) * lanes, pad);
          }
          rows_.turn_in(tile, group.rows + r * pitch + k, count, pitch);
        }
      }
    } else {
      for (int r = 0; r < group.count; ++r) {
        T* row = group.rows + r * pitch;
        for (std::int64_t k = 0; k < classes; k += longest)
          load(from.data + r * from.step + k * from.stride, from.stride, row + k, piece(classes - k));
        std::fill(row + classes, row + pitch, pad);
      }
    }
  }

  // (row * scale) * rest
  void store(const Place& to, const RowGroup<T>& group, T* rows, const T* scale, const T* rest,
             T* flat) const noexcept {
    const auto put = passes_.store[to.dtype];
    const std::int64_t classes = group.classes, pitch = group.pitch;
    if (to.together(classes, group.count)) {
      const int n = group.count * static_cast<int>(classes);
      rows_.settle(rows, scale, rest, flat, group.count, static_cast<int>(classes), static_cast<int>(pitch));
      for (int i = 0; i < n; i += run_length)
        put(flat + i, T(1), to.data + i * to.stride, to.stride, std::min(run_length, n - i), past_cache_);
    } else if (to.turned(group.count)) {
      alignas(64) T tile[lanes * lanes];
      for (int r = 0; r < group.count; r += lanes) {
        const int count = std::min(lanes, group.count - r);
        for (std::int64_t k = 0; k < classes; k += lanes) {
          rows_.turn_out(rows + r * pitch + k, scale + r, rest + r, tile, count, pitch);
          for (int j = 0; j < lanes && k + j < classes; ++j)
            put(tile + j * lanes, T(1), to.data + r * to.step + (k + j) * to.stride, to.step, count, false);
        }
      }
    } else {
      for (int r = 0; r < group.count; ++r) {
        T *row = rows + r * pitch, factor = scale[r];
        if (rest[r] != T(1)) {
          rows_.scale(row, factor, classes);
          factor = rest[r];
        }
        for (std::int64_t k = 0; k < classes; k += run_length)
          put(row + k, factor, to.data + r * to.step + k * to.stride, to.stride,
              static_cast<int>(std::min<std::int64_t>(run_length, classes - k)), past_cache_);
      }
    }
  }

 private:
  static constexpr std::int64_t longest = 1 << 20;
  static int piece(std::int64_t left) noexcept { return static_cast<int>(std::min(left, longest)); }

  const Passes<T>& passes_;
  const RowPasses<T>& rows_;
  bool past_cache_;
};

}  // namespace fastloss
