// One call and everything that it points to, put together from the fuzzer's bytes: first as it should be, then spoilt.
#pragma once

#include "subjects.h"

enum Role {
  input = 0,
  weight = fastloss::max_inputs,
  terms,
  grad,
  hess = grad + fastloss::max_differentiable,
  roles = hess + fastloss::max_differentiable
};

struct Scene {
  Given given[roles];
  Verdict verdict[roles];
  bool used[roles];
  fastloss_call call;
  bool spoilt;  // whether anything may be wrong with it
  bool loss_missing, call_missing;
};

// Where structs lie: apart as their size says, with whatever stands behind the bytes of this version.
class Shelf {
 public:
  fastloss_array* put(const Given* given, int n, std::size_t size, std::uint8_t tail) {
    const std::size_t step = size >= sizeof(fastloss_array) && size <= most ? size : sizeof(fastloss_array);
    char* first = memory_ + used_;
    HOLDS(used_ + static_cast<std::size_t>(n) * most <= sizeof memory_);
    for (int i = 0; i < n; ++i) {
      char* at = first + step * static_cast<std::size_t>(i);
      std::memset(at, 0, step);
      std::memcpy(at, &given[i].array, sizeof given[i].array);
      std::memcpy(at, &size, sizeof size);
      if (step > sizeof(fastloss_array) && i + 1 == n) at[step - 1] = static_cast<char>(tail);
    }
    used_ += (step * static_cast<std::size_t>(n) + 15) & ~std::size_t{15};
    return reinterpret_cast<fastloss_array*>(first);
  }
  fastloss_call* put(const fastloss_call& call, std::size_t size, std::uint8_t tail) {
    const std::size_t step = size >= sizeof call && size <= most ? size : sizeof call;
    char* at = call_;
    std::memset(at, 0, step);
    std::memcpy(at, &call, sizeof call);
    std::memcpy(at, &size, sizeof size);
    if (step > sizeof call) at[step - 1] = static_cast<char>(tail);
    return reinterpret_cast<fastloss_call*>(at);
  }
  void clear() { used_ = 0; }

 private:
  static constexpr std::size_t most = 4104;
  alignas(16) char memory_[roles * most], call_[most];
  std::size_t used_ = 0;
};

// Strides without an overlap: the axes in some order, with gaps, to both sides; an input may stand still.
inline void choose_strides(Given& given, Bytes& bytes, bool written) {
  const std::uint8_t way = bytes.byte();
  fastloss_array& array = given.array;
  array.strides = way == 0 ? nullptr : given.strides;
  std::int64_t step = item_sizes[array.dtype];
  const std::uint8_t signs = way & 4 ? bytes.byte() : 0, still = way & 8 && !written ? bytes.byte() : 0;
  if (way & 2) step *= 1 + (way >> 5);
  if (way & 16) step += way >> 6;
  for (int k = 0; k < array.ndim; ++k) {
    const int axis = way & 1 ? k : array.ndim - 1 - k;
    given.strides[axis] = signs >> (k & 7) & 1 ? -step : step;
    if (still >> (k & 7) & 1)
      given.strides[axis] = 0;
    else
      step *= std::max<std::int64_t>(given.shape[axis], 1);
  }
}

struct Ones {
  std::int64_t length[most_axes + 2];
  constexpr Ones() : length() {
    for (std::int64_t& one : length) one = 1;
  }
};

inline void put(Scene& scene, Arena& arena, Bytes& bytes, int role, std::int32_t dtype, int ndim,
                const std::int64_t* shape, bool still = false) {
  Given& given = scene.given[role];
  static constexpr Ones ones;
  std::memcpy(given.shape, ones.length, sizeof given.shape);
  std::memset(given.strides, 0, sizeof given.strides);
  std::copy(shape, shape + ndim, given.shape);
  given.array = {sizeof(fastloss_array), nullptr, given.shape, given.strides, ndim, dtype};
  if (!still) choose_strides(given, bytes, role >= terms);
  scene.used[role] = true;
  given.array.data = arena.place(judge_shape(given.array), bytes.byte() & 7);
  if (given.array.data != nullptr) return;
  given.array.data = arena.begin();  // no room: nothing is promised of it, but it is not null
  scene.spoilt = true;
}
