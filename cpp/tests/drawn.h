// Inputs for every loss, drawn from what its definition says of their roles, shapes and domains, by integer arithmetic:
// the same on every machine.
#pragma once

#include <fastloss/fastloss.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

namespace fastloss::drawn {

class Random {  // Knuth's MMIX generator
 public:
  double uniform() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<double>(state_ >> 11) * 0x1p-53;
  }

 private:
  std::uint64_t state_ = 20261122;
};

struct Buffer {
  std::vector<char> bytes;
  std::vector<std::int64_t> shape, strides;
  DType dtype;

  Buffer(DType type, std::vector<std::int64_t> axes) : shape(std::move(axes)), strides(shape.size()), dtype(type) {
    std::int64_t step = size_of(type);
    for (std::size_t k = shape.size(); k-- > 0; step *= shape[k]) strides[k] = step;
    bytes.resize(static_cast<std::size_t>(step));
  }
  ConstArray view() const {
    return {bytes.data(), dtype, static_cast<int>(shape.size()), shape.data(), strides.data()};
  }
  Array out() { return {bytes.data(), dtype, static_cast<int>(shape.size()), shape.data(), strides.data()}; }
  std::size_t size() const { return bytes.size() / static_cast<std::size_t>(size_of(dtype)); }
  // Of a real type.
  double get(std::size_t i) const {
    const char* p = bytes.data() + i * static_cast<std::size_t>(size_of(dtype));
    double wide = 0.0;
    float narrow = 0.0f;
    std::uint16_t half = 0;
    if (dtype == DType::float64) return std::memcpy(&wide, p, 8), wide;
    if (dtype == DType::float32) return std::memcpy(&narrow, p, 4), static_cast<double>(narrow);
    std::memcpy(&half, p, 2);
    if (dtype == DType::bfloat16)
      return static_cast<double>(__builtin_bit_cast(float, static_cast<std::uint32_t>(half) << 16));
    const double size = std::ldexp((half & 0x3ff) + 1024, (half >> 10 & 31) - 25);
    return (half & 0x7fff) == 0 ? 0.0 : half & 0x8000 ? -size : size;
  }
  void set(std::size_t i, double x) {
    char* p = bytes.data() + i * static_cast<std::size_t>(size_of(dtype));
    const float narrow = static_cast<float>(x);
    const auto integer = static_cast<std::int64_t>(x);
    const std::uint32_t bits = __builtin_bit_cast(std::uint32_t, narrow);
    // Halves are cut, not rounded: any value will do.
    const auto bfloat = static_cast<std::uint16_t>(bits >> 16);
    const std::uint32_t magnitude = bits & 0x7fffffff;
    const auto half =
        static_cast<std::uint16_t>(magnitude < 0x38800000 ? 0 : (magnitude >> 13) - (112 << 10) + (bits >> 31 << 15));
    switch (dtype) {
      case DType::float64:
        std::memcpy(p, &x, 8);
        break;
      case DType::float32:
        std::memcpy(p, &narrow, 4);
        break;
      case DType::bfloat16:
        std::memcpy(p, &bfloat, 2);
        break;
      case DType::float16:
        std::memcpy(p, &half, 2);
        break;
      default:
        std::memcpy(p, &integer, 8);
        break;
    }
  }
};

inline double draw(Random& random, const std::string& domain, bool logits) {
  const double u = random.uniform(), kind = random.uniform();
  if (domain.starts_with("[0, 1]") && !logits) return kind < 0.1 ? 0.0 : kind < 0.2 ? 1.0 : u;
  if (domain.starts_with("finite, >= 0")) return kind < 0.5 ? 0.0 : u;
  if (domain.starts_with("finite, > ")) return std::atof(domain.c_str() + 10) + 0.01 + 3.0 * u;
  if (domain.starts_with(">= 0"))
    return kind < 0.1 ? 0.0 : kind < 0.2 ? std::numeric_limits<double>::infinity() : 3.0 * u;
  if (domain.starts_with("> ")) {
    const double low = std::atof(domain.c_str() + 2);
    return kind < 0.2 ? std::numeric_limits<double>::infinity() : low + 0.01 + 3.0 * u;
  }
  if (domain.find(" or ") < domain.find(';'))
    return kind < 0.5 ? std::atof(domain.c_str()) : std::atof(domain.c_str() + domain.find(" or ") + 4);
  return (u - 0.5) * (kind < 0.2 ? 240.0 : kind < 0.5 ? 30.0 : 3.0);
}

// The shape that a definition's words stand for.
inline std::vector<std::int64_t> shape_of(const std::string& words, std::int64_t terms, std::int64_t inner) {
  std::vector<std::int64_t> shape;
  for (const char c : words)
    if (c == '*')
      shape.push_back(terms);
    else if (c >= 'A' && c <= 'Z')
      shape.push_back(inner);
    else if (c >= '0' && c <= '9')
      shape.push_back(c - '0');
  return shape;
}

// Exchanges the numbers of a term that are not in order.
inline void put_in_order(const LossInfo& info, std::vector<Buffer>& inputs, std::int64_t terms) {
  struct Place {
    std::size_t input, entry, entries;
  };
  std::vector<Place> places;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::size_t entries = info.inputs[i].shape.ends_with('4') ? 4 : 1;
    for (std::size_t k = 0; k < entries; ++k) places.push_back({i, k, entries});
  }
  for (const auto& [smaller, larger] : info.ordered)
    for (std::size_t t = 0; t < static_cast<std::size_t>(terms); ++t) {
      const Place a = places[static_cast<std::size_t>(smaller)], b = places[static_cast<std::size_t>(larger)];
      const std::size_t i = t * a.entries + a.entry, j = t * b.entries + b.entry;
      const double low = inputs[a.input].get(i), high = inputs[b.input].get(j);
      if (low > high) inputs[a.input].set(i, high), inputs[b.input].set(j, low);
    }
}

// Whether a term of the loss needs more than a number of its first input.
inline bool has_inner(const LossInfo& info) {
  const std::string& first = info.inputs[0].shape;
  return std::any_of(first.begin(), first.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

inline std::vector<Buffer> inputs_of(const LossInfo& info, Random& random, DType dtype, bool logits, std::int64_t terms,
                                     std::int64_t inner) {
  std::vector<Buffer> inputs;
  for (const InputInfo& input : info.inputs) {
    const bool real = input.role == "real", label = input.role == "labels";
    inputs.emplace_back(real                      ? dtype
                        : label                   ? DType::int64
                        : dtype == DType::float64 ? DType::float64
                                                  : DType::float32,
                        shape_of(input.shape, terms, inner));
    for (std::size_t k = 0; k < inputs.back().size(); ++k)
      inputs.back().set(
          k, label ? static_cast<double>(static_cast<std::int64_t>(random.uniform() * static_cast<double>(inner)))
                   : draw(random, input.domain, logits && real));
  }
  put_in_order(info, inputs, terms);
  return inputs;
}

}  // namespace fastloss::drawn
