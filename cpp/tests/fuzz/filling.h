// What stands in the arrays: numbers of the domains and beyond them, labels, and what a call has to say of it.
#pragma once

#include "scene.h"

inline constexpr Wide most_filled = 1 << 17;

// The entries of a term of the first input, as it is given; 0 where its shape is none of the loss's.
inline std::int64_t classes_of(const Scene& scene, const Subject& subject) {
  Lengths lengths(subject.has_axis, subject.axis);
  const ShapeText& text = subject.definition->inputs[0].shape;
  return lengths.take(text, scene.given[0].array, true) ? lengths.inner(text) : 0;
}

// Whether labels are given as shares for every class.
inline bool are_dense(const Scene& scene, const Subject& subject, int i) {
  const fastloss::Argument& argument = subject.definition->inputs[i];
  const int many = scene.given[0].array.ndim - (subject.definition->inputs[0].shape.count - 1);
  return argument.dense.given() && scene.given[i].array.ndim == argument.dense.count - 1 + many;
}

// How wild the numbers are.
enum Wild { tame, within, beyond, noise_alone };

inline void fill_labels(const fastloss_array& array, const Verdict& verdict, Stream& stream, const Subject& subject,
                        std::int64_t classes, int wild, bool often) {
  const auto size = static_cast<std::size_t>(item_sizes[array.dtype]);
  const std::int64_t most[] = {2, 127, 32767, classes, classes, 255, 65535, classes, classes};
  const std::int64_t top = std::max<std::int64_t>(std::min(classes, most[array.dtype]), 1);
  const std::int64_t faults[] = {-1,        classes,   classes + 1,     classes + (1LL << 32), INT64_MIN,
                                 INT64_MAX, 1LL << 32, classes + 65536, classes + 256,         -(1LL << 32)};
  each_element(array, verdict, [&](char* at) {
    const std::uint32_t n = stream.next() >> 8;
    std::int64_t label = n / 16 % top;
    if (wild >= within && subject.ignores && n % 8 == 0) label = subject.ignored;
    if (wild >= beyond && n % (often ? 4 : 64) == 1) label = faults[n / 64 % std::size(faults)];
    if (array.dtype == FASTLOSS_BOOL) label &= 1;
    std::memcpy(at, &label, size);
  });
}

inline void fill_numbers(const fastloss_array& array, const Verdict& verdict, Stream& stream, const Pools& pools,
                         int wild, bool often) {
  const auto size = static_cast<std::size_t>(item_sizes[array.dtype]);
  const Pool& pool = pools.of[static_cast<std::size_t>(array.dtype)];
  each_element(array, verdict, [&](char* at) {
    const std::uint32_t n = stream.next() >> 8, k = n / 64;
    if (wild >= beyond && n % (often ? 4 : 64) == 1)
      std::memcpy(at, &pool.beyond[k % pool.n_beyond], size);
    else if (wild >= within && n % 4 == 0)
      std::memcpy(at, &pool.inside[k % pool.n_inside], size);
    else
      std::memcpy(at, &pool.tame[k % pool.n_tame], size);
  });
}

// One number of a term of an input: all of it, or an entry of its axis of a fixed length.
struct Entry {
  fastloss_array array;
  std::int64_t shape[most_axes], strides[most_axes];
  int role = -1;

  // Number `place` of a term; of no input where there is none.
  Entry(const Scene& scene, const Subject& subject, int place) : array(), shape(), strides() {
    for (int i = 0; i < subject.inputs; ++i) {
      const char* digit = subject.definition->inputs[i].shape.text;
      digit += std::strcspn(digit, "0123456789");
      const int entries = *digit == '\0' ? 1 : *digit - '0';
      if (place >= entries) {
        place -= entries;
        continue;
      }
      array = scene.given[i].array;
      if (scene.verdict[i].refused || scene.verdict[i].empty) return;
      std::int64_t step = item_sizes[array.dtype];
      const std::int64_t* given = array.strides;
      int n = array.ndim;
      for (int axis = n; axis-- > 0; step *= array.shape[axis]) {
        shape[axis] = array.shape[axis];
        strides[axis] = given == nullptr ? step : shape[axis] == 1 ? 0 : given[axis];
      }
      array.shape = shape, array.strides = strides;
      if (entries > 1) {
        if (n < 1 || shape[--n] != entries) return;
        array.data = static_cast<char*>(array.data) + place * strides[n];
      }
      array.ndim = n, role = i;
      return;
    }
  }
};

// Calls visit(smaller, larger) with the addresses of every two numbers that have an order.
template <class Visit>
void each_order(const Scene& scene, const Subject& subject, Visit visit) {
  static std::vector<char*> smaller, larger;
  for (const fastloss::Order& order : subject.definition->ordered) {
    if (order.smaller < 0) continue;
    const Entry a(scene, subject, order.smaller), b(scene, subject, order.larger);
    const auto list = [](const Entry& entry, std::vector<char*>& to) {
      to.clear();
      if (entry.role < 0) return;
      const Verdict verdict = judge_shape(entry.array);
      if (verdict.count <= most_filled) each_element(entry.array, verdict, [&](char* at) { to.push_back(at); });
    };
    list(a, smaller), list(b, larger);
    if (smaller.size() != larger.size()) continue;
    for (std::size_t k = 0; k < smaller.size(); ++k) visit(smaller[k], a.array.dtype, larger[k], b.array.dtype);
  }
}

inline void put_in_order(const Scene& scene, const Subject& subject) {
  each_order(scene, subject, [](char* smaller, std::int32_t a, char* larger, std::int32_t b) {
    const double low = number_at(smaller, a), high = number_at(larger, b);
    if (!(low > high)) return;
    const std::uint64_t first = bits_near(high, a), second = bits_near(low, b);
    std::memcpy(smaller, &first, static_cast<std::size_t>(item_sizes[a]));
    std::memcpy(larger, &second, static_cast<std::size_t>(item_sizes[b]));
  });
}

inline void fill(const Scene& scene, const Subject& subject, Stream& stream, int wild) {
  if (!scene.used[input]) return;
  const std::int64_t classes = classes_of(scene, subject);
  const bool often = stream.next() >> 8 & 1;
  static const Pools& weights = pools_of({0.0, std::numeric_limits<double>::max()});
  for (int role = 0; role < terms; ++role) {
    if (!scene.used[role] || scene.verdict[role].count > most_filled) continue;
    const fastloss_array& array = scene.given[role].array;
    if (array.dtype < 0) continue;
    if (role < weight && subject.labels(role) && array.dtype < FASTLOSS_FLOAT16)
      fill_labels(array, scene.verdict[role], stream, subject, classes, wild, often);
    else
      fill_numbers(array, scene.verdict[role], stream, role < weight ? *subject.pools[role] : weights, wild, often);
  }
  if (wild < beyond) put_in_order(scene, subject);
}
