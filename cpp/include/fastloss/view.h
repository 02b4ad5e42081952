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
#if defined(__STDCPP_FLOAT16_T__) || (defined(__FLT16_MAX__) && (defined(__clang__) || defined(__x86_64__)))
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

// The axes of a View; a raw view of types.h may have up to max_ndim.
inline constexpr int max_view_ndim = 8;

// Lengths or strides, one per axis: {rows, columns}, of any integer types.
struct Axes {
  int count = 0;
  std::int64_t length[max_view_ndim];

  template <std::integral... N>
    requires(sizeof...(N) <= max_view_ndim)
  constexpr Axes(N... lengths) : count(sizeof...(N)), length{static_cast<std::int64_t>(lengths)...} {}
  template <std::ranges::contiguous_range R>
    requires std::integral<std::ranges::range_value_t<R>>
  constexpr Axes(const R& lengths) : count(static_cast<int>(std::ranges::size(lengths))), length{} {
    if (std::ranges::size(lengths) > max_view_ndim) count = too_many;
    for (int axis = 0; axis < count; ++axis) length[axis] = static_cast<std::int64_t>(std::ranges::data(lengths)[axis]);
  }

  // Instead of a count, where a View cannot be: the call that takes it says why.
  static constexpr int too_many = -1'000'000, mismatch = -1'000'001;
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
  // In C order: View(scores.data(), {rows, classes}).
  View(T* data, const Axes& shape) noexcept : data_(data), shape_(shape) {
    strides_.count = shape.count;
    c_order(sizeof(T), shape.count, shape.length, strides_.length);
  }
  // The same without braces, as std::mdspan has it: View(scores.data(), rows, classes).
  template <std::integral... N>
    requires(sizeof...(N) > 0)
  View(T* data, N... lengths) noexcept : View(data, Axes(lengths...)) {}
  // With strides counted in elements, negative ones and zero included.
  View(T* data, const Axes& shape, const Axes& strides) noexcept : data_(data), shape_(shape), strides_(strides) {
    if (shape.count != strides.count) shape_.count = Axes::mismatch;
    constexpr std::int64_t size = sizeof(T), most = INT64_MAX / size;
    for (int axis = 0; axis < strides.count; ++axis) {
      const std::int64_t stride = strides.length[axis];
      strides_.length[axis] = stride > most ? INT64_MAX : stride < -most ? INT64_MIN : stride * size;
    }
  }

  // What an mdspan shows.
  template <StridedSpan M>
  View(const M& span) noexcept : View(span, std::make_index_sequence<static_cast<std::size_t>(M::rank())>()) {}

  // As a raw view, which refers to the shape and the strides kept here.
  BasicArray<std::conditional_t<std::is_const_v<T>, const void*, void*>> array() const& noexcept {
    return {data_, dtype_of<std::remove_cv_t<T>>::value, shape_.count, shape_.length, strides_.length};
  }
  void array() const&& = delete;  // what it refers to would be gone
  T* data() const noexcept { return data_; }
  const Axes& shape() const noexcept { return shape_; }
  const Axes& byte_strides() const noexcept { return strides_; }

 private:
  template <StridedSpan M, std::size_t... axis>
  View(const M& span, std::index_sequence<axis...>) noexcept
      : View(span.data_handle(), Axes(span.extent(axis)...), Axes(span.stride(axis)...)) {}

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

namespace detail {
// A view and the shape and strides that it refers to.
template <class Pointer>
class Kept {
 public:
  Kept() = default;
  explicit Kept(const BasicArray<Pointer>& raw) noexcept : array_(raw), raw_(true) {}
  template <class T>
  explicit Kept(const View<T>& view) noexcept
      : array_{view.data(), dtype_of<std::remove_cv_t<T>>::value, view.shape().count, nullptr, nullptr},
        shape_(view.shape()),
        strides_(view.byte_strides()) {}

  // Valid as long as this is, and what a raw view refers to.
  BasicArray<Pointer> array() const noexcept {
    BasicArray<Pointer> array = array_;
    if (!raw_) array.shape = shape_.length, array.strides = strides_.length;
    return array;
  }

 private:
  BasicArray<Pointer> array_;
  Axes shape_, strides_;
  bool raw_ = false;
};
}  // namespace detail

// An input of a call: a contiguous range (one axis), a View or a raw view, of any element type.
class Input {
 public:
  Input() = default;  // left out
  Input(const ConstArray& array) noexcept : kept_(array), given_(true) {}
  template <Element T>
  Input(const View<T>& view) noexcept : kept_(view), given_(true) {}
  template <FlatRange R>
  Input(const R& range) noexcept : Input(View(std::ranges::data(range), std::ranges::size(range))) {}

  bool given() const noexcept { return given_; }
  // Valid as long as this is.
  ConstArray array() const& noexcept { return given_ ? kept_.array() : left_out; }
  void array() const&& = delete;

 private:
  detail::Kept<const void*> kept_;
  bool given_ = false;
};

// A result of a call. A contiguous range is filled in C order and needs as many elements as the result has; a
// std::vector that is empty is given them. A View or a raw view has the result's shape.
class Output {
 public:
  Output() = default;  // none
  Output(const Array& array) noexcept : kept_(array), given_(true) {}
  template <Element T>
    requires(!std::is_const_v<T>)
  Output(const View<T>& view) noexcept : kept_(view), given_(true) {}
  template <FlatRange R>
    requires(!std::is_const_v<std::remove_reference_t<std::ranges::range_reference_t<R&>>>)
  Output(R&& range) noexcept : Output(View(std::ranges::data(range), std::ranges::size(range))) {
    flat_ = true;
  }
  template <Element T, class Allocator>
  Output(std::vector<T, Allocator>& vector) noexcept : Output(View(vector.data(), vector.size())) {
    flat_ = true;
    owner_ = &vector;
    grow_ = [](void* owner, std::size_t size) {
      auto& grown = *static_cast<std::vector<T, Allocator>*>(owner);
      grown.resize(size);
      return static_cast<void*>(grown.data());
    };
  }

  bool given() const noexcept { return given_; }

 private:
  friend class Binding;
  detail::Kept<void*> kept_;
  void* owner_ = nullptr;
  void* (*grow_)(void* owner, std::size_t size) = nullptr;
  bool flat_ = false, given_ = false;
};

}  // namespace fastloss
