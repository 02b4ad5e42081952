// What is wrong with the data of a call whose arrays are right, and whether that is what the library said.
#pragma once

#include <string>

#include "filling.h"

// Of one call at a time.
struct Faults {
  bool labels = false, order = false, weights = false;
  bool input[fastloss::max_inputs] = {};
  bool left_out = false;  // labels are ignored: nobody says whether the rest of their terms is looked at

  Faults(const Scene& scene, const Subject& subject) {
    const std::int64_t classes = classes_of(scene, subject);
    wrong.clear();
    for (int i = 0; i < subject.inputs; ++i) {
      const fastloss_array& array = scene.given[i].array;
      if (subject.labels(i) && !are_dense(scene, subject, i))
        look_at_labels(array, scene.verdict[i], subject, classes);
      else if (!subject.domain[i].everything())
        each_element(array, scene.verdict[i], [&](const char* at) {
          input[i] |= note(!Pool::holds(subject.domain[i], number_at(at, array.dtype)), at);
        });
    }
    each_order(scene, subject, [&](const char* smaller, std::int32_t a, const char* larger, std::int32_t b) {
      order |= note(number_at(smaller, a) > number_at(larger, b), smaller);
    });
    if (!scene.used[weight]) return;
    const fastloss_array& array = scene.given[weight].array;
    each_element(array, scene.verdict[weight], [&](const char* at) {
      const double w = number_at(at, array.dtype);
      weights |= !(w >= 0.0 && w <= std::numeric_limits<double>::max());
    });
  }
  // Whether the message names a number that is wrong: "pred[2, 0]" of this input.
  bool names(const Scene& scene, const Subject& subject, const char* message) const {
    if (weights && std::strstr(message, ": sample_weight[") != nullptr) return true;
    for (int i = 0; i < subject.inputs; ++i) {
      const std::string name = std::string(": ") + subject.definition->inputs[i].name + "[";
      const char* at = std::strstr(message, name.c_str());
      if (at == nullptr) continue;
      at += name.size();
      const fastloss_array& array = scene.given[i].array;
      std::int64_t index[most_axes + 1], step = item_sizes[array.dtype];
      int n = 0;
      for (char* end; n <= most_axes; ++n, at = end + std::strspn(end, ", ")) {
        index[n] = std::strtoll(at, &end, 10);
        if (end == at) break;
      }
      if (n != array.ndim) return false;
      const char* data = static_cast<const char*>(array.data);
      for (int axis = n; axis-- > 0; step *= array.shape[axis]) {
        if (index[axis] < 0 || index[axis] >= array.shape[axis]) return false;
        if (array.shape[axis] > 1) data += index[axis] * (array.strides == nullptr ? step : array.strides[axis]);
      }
      return std::find(wrong.begin(), wrong.end(), data) != wrong.end();
    }
    return false;
  }
  bool inputs() const {
    return std::any_of(input, input + fastloss::max_inputs, [](bool bad) { return bad; });
  }
  bool any() const { return labels || order || weights || inputs(); }
  bool surely() const { return labels || (!left_out && (order || weights || inputs())); }

 private:
  bool note(bool is_wrong, const char* at) {
    if (is_wrong && (wrong.empty() || wrong.back() != at)) wrong.push_back(at);
    return is_wrong;
  }
  void look_at_labels(const fastloss_array& array, const Verdict& verdict, const Subject& subject,
                      std::int64_t classes) {
    each_element(array, verdict, [&](const char* at) {
      std::uint64_t label = 0;
      const int size = item_sizes[array.dtype];
      std::memcpy(&label, at, static_cast<std::size_t>(size));
      if (array.dtype == FASTLOSS_BOOL) label = label != 0;
      if (array.dtype <= FASTLOSS_INT64 && array.dtype != FASTLOSS_BOOL && size < 8 && label >> (8 * size - 1))
        label |= ~std::uint64_t{0} << 8 * size;
      const bool negative = array.dtype != FASTLOSS_UINT64 && label >> 63;
      const bool ignored =
          subject.ignores && label == static_cast<std::uint64_t>(subject.ignored) && negative == (subject.ignored < 0);
      left_out |= ignored;
      labels |= note(!ignored && (negative || label >= static_cast<std::uint64_t>(classes)), at);
    });
  }

  static inline std::vector<const char*> wrong;  // where they are
};
