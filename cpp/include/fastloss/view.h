// What a call takes: any contiguous range of numbers, a View of some shape and strides, or a raw view of types.h.
#pragma once

#include <fastloss/export.h>
#include <fastloss/half.h>
#include <fastloss/types.h>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

namespace fastloss {

// The element types. A host's own half type is made known by
//   template <> struct fastloss::dtype_of<Eigen::half> { static constexpr auto value = fastloss::DType::float16; };
template <class T>
struct dtype_of;

template <class T>
  requires(std::integral<T> && !std::same_as<T, bool> && sizeof(T) <= 8)
struct dtype_of<T> {
  static constexpr DType value = static_cast<DType>(static_cast<int>(std::is_signed_v<T> ? DType::int8 : DType::uint8) +
                                                    std::countr_zero(sizeof(T)));
};
template <>
struct dtype_of<bool> {
  static constexpr DType value = DType::boolean;
};
template <>
struct dtype_of<float> {
  static constexpr DType value = DType::float32;
};
template <>
struct dtype_of<double> {
  static constexpr DType value = DType::float64;
};
template <>
struct dtype_of<float16> {
  static constexpr DType value = DType::float16;
};
template <>
struct dtype_of<bfloat16> {
  static constexpr DType value = DType::bfloat16;
};
#ifdef __FLT16_MAX__
template <>
struct dtype_of<_Float16> {
  static constexpr DType value = DType::float16;
};
#endif
#ifdef __STDCPP_BFLOAT16_T__
template <>
struct dtype_of<decltype(0.0bf16)> {
  static constexpr DType value = DType::bfloat16;
};
#endif

template <class T>
concept Element = requires { dtype_of<std::remove_cv_t<T>>::value; };

template <class R>
concept FlatRange = std::ranges::contiguous_range<R> && std::ranges::sized_range<R> &&
                    Element<std::remove_reference_t<std::ranges::range_reference_t<R>>>;

// Lengths or strides, one per axis: {rows, columns}, of any integer types.
struct Axes {
  int count = 0;  // of all that were given; no more than max_ndim are kept, and no call takes more
  std::int64_t length[max_ndim];

  template <std::integral... N>
    requires(sizeof...(N) <= max_ndim)
  constexpr Axes(N... lengths) : count(sizeof...(N)), length{static_cast<std::int64_t>(lengths)...} {}
  template <std::ranges::contiguous_range R>
    requires std::integral<std::ranges::range_value_t<R>>
  constexpr Axes(const R& lengths) : count(static_cast<int>(std::ranges::size(lengths))) {
    for (int axis = 0; axis < count && axis < max_ndim; ++axis)
      length[axis] = static_cast<std::int64_t>(std::ranges::data(lengths)[axis]);
  }
};

// std::mdspan and its like: elements of one piece of memory, at strides counted in elements.
template <class M>
concept StridedSpan = requires(const M& m) {
  requires Element<std::remove_pointer_t<decltype(m.data_handle())>>;
  m.extent(0);
  m.stride(0);
  M::rank();
};

// Elements that somebody else owns, in some shape.
template <Element T>
class View {
 public:
  using Pointer = std::conditional_t<std::is_const_v<T>, const void*, void*>;

  // In C order: View(scores.data(), {rows, classes}).
  View(T* data, const Axes& shape) noexcept : data_(data), shape_(shape) {
    std::uint64_t step = sizeof(T);  // wraps around only where there is more than any memory: the call says so
    strides_.count = shape.count;
    for (int axis = shape.count < max_ndim ? shape.count : max_ndim; axis-- > 0;) {
      strides_.length[axis] = static_cast<std::int64_t>(step);
      step *= static_cast<std::uint64_t>(shape.length[axis]);
    }
  }
  // The same without braces, as std::mdspan has it: View(scores.data(), rows, classes).
  template <std::integral... N>
    requires(sizeof...(N) > 0)
  View(T* data, N... lengths) noexcept : View(data, Axes(lengths...)) {}
  // With strides counted in elements, negative ones and zero included.
  View(T* data, const Axes& shape, const Axes& strides) noexcept : data_(data), shape_(shape), strides_(strides) {
    if (shape.count != strides.count) shape_.count = -1;  // the call says so
    constexpr std::int64_t size = sizeof(T), most = INT64_MAX / size;
    for (int axis = 0; axis < strides.count && axis < max_ndim; ++axis) {
      const std::int64_t stride = strides.length[axis];
      strides_.length[axis] = stride > most ? INT64_MAX : stride < -most ? INT64_MIN : stride * size;
    }
  }

  // What an mdspan shows.
  template <StridedSpan M>
  View(const M& span) noexcept : data_(span.data_handle()) {
    static_assert(M::rank() <= max_ndim);
    shape_.count = strides_.count = static_cast<int>(M::rank());
    for (int axis = 0; axis < shape_.count; ++axis) {
      shape_.length[axis] = static_cast<std::int64_t>(span.extent(static_cast<std::size_t>(axis)));
      strides_.length[axis] =
          static_cast<std::int64_t>(span.stride(static_cast<std::size_t>(axis))) * std::int64_t{sizeof(T)};
    }
  }

  BasicArray<Pointer> array() const noexcept {
    return {data_, dtype_of<std::remove_cv_t<T>>::value, shape_.count, shape_.length, strides_.length};
  }

 private:
  T* data_;
  Axes shape_, strides_;
};
template <class T>
View(T*, const Axes&) -> View<T>;
template <class T>
View(T*, const Axes&, const Axes&) -> View<T>;
template <class T, std::integral... N>
  requires(sizeof...(N) > 0)
View(T*, N...) -> View<T>;
template <StridedSpan M>
View(const M&) -> View<std::remove_pointer_t<decltype(std::declval<const M&>().data_handle())>>;

// An input of a call: a contiguous range (one axis), a View or a raw view, of any element type.
class Input {
 public:
  Input() = default;  // none, where an input may be left out
  Input(const ConstArray& array) noexcept : array_(array), given_(true) {}
  template <Element T>
  Input(const View<T>& view) noexcept : given_(true) {
    const auto array = view.array();
    array_ = {array.data, array.dtype, array.ndim, array.shape, array.strides};
  }
  template <FlatRange R>
  Input(const R& range) noexcept
      : array_{std::ranges::data(range), dtype_of<std::ranges::range_value_t<R>>::value, 1, nullptr, nullptr},
        size_(static_cast<std::int64_t>(std::ranges::size(range))),
        flat_(true),
        given_(true) {}

  bool given() const noexcept { return given_; }
  // Valid as long as this Input and what it was made of.
  ConstArray array() const noexcept {
    ConstArray array = array_;
    if (flat_) array.shape = &size_, array.strides = stride_of(array.dtype);
    return array;
  }

 private:
  static const std::int64_t* stride_of(DType dtype) noexcept {
    static constexpr std::int64_t sizes[] = {1, 2, 4, 8};
    return &sizes[std::countr_zero(static_cast<unsigned>(size_of(dtype)))];
  }

  friend class Output;
  ConstArray array_;
  std::int64_t size_ = 0;
  bool flat_ = false, given_ = false;
};

// A result of a call. A contiguous range is filled in C order and needs as many elements as the result has; a
// std::vector that is empty is given them. A View or a raw view has the result's shape.
class Output {
 public:
  Output() = default;  // none
  Output(const Array& array) noexcept : array_(array), given_(true) {}
  template <Element T>
    requires(!std::is_const_v<T>)
  Output(const View<T>& view) noexcept : array_(view.array()), given_(true) {}
  template <FlatRange R>
    requires(!std::is_const_v<std::remove_reference_t<std::ranges::range_reference_t<R&>>>)
  Output(R&& range) noexcept : Output(range.data(), std::ranges::size(range)) {}
  template <Element T, class Allocator>
  Output(std::vector<T, Allocator>& vector) noexcept : Output(vector.data(), vector.size()) {
    owner_ = &vector;
    grow_ = [](void* owner, std::size_t size) {
      auto& grown = *static_cast<std::vector<T, Allocator>*>(owner);
      grown.resize(size);
      return static_cast<void*>(grown.data());
    };
  }

  bool given() const noexcept { return given_; }

 private:
  template <Element T>
  Output(T* data, std::size_t size) noexcept
      : array_{data, dtype_of<T>::value, 1, nullptr, nullptr},
        size_(static_cast<std::int64_t>(size)),
        flat_(true),
        given_(true) {}

  friend class Binding;
  Array array_;
  std::int64_t size_ = 0;
  void* owner_ = nullptr;
  void* (*grow_)(void* owner, std::size_t size) = nullptr;
  bool flat_ = false, given_ = false;
};

}  // namespace fastloss
