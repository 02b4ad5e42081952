// One call and everything that it points to, put together from the fuzzer's bytes: first as it should be, then spoilt.
#pragma once

#include "arena.h"

// A loss made beforehand, with what the arrays need to know.
struct Made {
  fastloss_loss* loss = nullptr;
  int inputs = 2, differentiable = 1, axis = -1;
  int classes = 0;  // that its vectors have; 0: any
  bool rows = false, pairs = false, labels = false;
};

enum Role { input = 0, weight = 3, terms = 4, grad = 5, hess = 8, roles = 11 };

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
    HOLDS(used_ + 3 * most <= sizeof memory_);
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
  alignas(16) char memory_[15 * most], call_[most];
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

// Fills an input with numbers: of the domains of all losses, or with some that are of none.
inline void fill(const fastloss_array& array, const Verdict& verdict, Stream& stream, bool labels, std::int64_t classes,
                 int wild) {
  constexpr std::uint16_t halves[] = {0, 0x3c00, 0x3800, 0x3400, 0x7e00, 0x7c00, 0xfc00, 1, 0xbc00, 0x8000};
  constexpr std::uint16_t brains[] = {0, 0x3f80, 0x3f00, 0x3e80, 0x7fc0, 0x7f80, 0xff80, 1, 0xbf80, 0x8000};
  constexpr float floats[] = {0.0f,   1.0f,  0.5f,   0.25f, __builtin_nanf(""), __builtin_inff(), -__builtin_inff(),
                              1e-42f, -1.0f, 3.4e38f};
  constexpr double doubles[] = {0.0,    1.0,  0.5,    0.25, __builtin_nan(""), __builtin_inf(), -__builtin_inf(),
                                1e-310, -1.0, 1.7e308};
  const int size = item_sizes[array.dtype];
  if (wild == 3) return;  // what lies there
  const std::int64_t top = labels ? std::min<std::int64_t>(classes, array.dtype == FASTLOSS_BOOL ? 2 : 100) : 2;
  each_element(array, verdict, [&](char* at) {
    const std::uint32_t n = stream.next() >> 8;
    const std::uint32_t k = wild != 0 && n % (wild == 1 ? 64 : 4) == 0 ? n / 64 % 10 : n % 4;
    std::int64_t integer = n / 16 % static_cast<std::uint32_t>(std::max<std::int64_t>(top, 1));
    switch (array.dtype) {
      case FASTLOSS_FLOAT16:
        return void(std::memcpy(at, &halves[k], 2));
      case FASTLOSS_BFLOAT16:
        return void(std::memcpy(at, &brains[k], 2));
      case FASTLOSS_FLOAT32:
        return void(std::memcpy(at, &floats[k], 4));
      case FASTLOSS_FLOAT64:
        return void(std::memcpy(at, &doubles[k], 8));
      default:
        if (k > 3) integer = k == 4 ? -1 : k == 5 ? INT64_MIN : k == 6 ? INT64_MAX : static_cast<std::int64_t>(k);
        if (array.dtype == FASTLOSS_BOOL) integer &= 1;
        std::memcpy(at, &integer, static_cast<std::size_t>(size));
    }
  });
}
