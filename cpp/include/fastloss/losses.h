// Every loss by type: fastloss::Huber{.delta = 2.0}.value_and_grad(pred, target, grad).
//
// What is not named has the default of the Python class of the same name; what a loss does and takes, its sources and
// how other libraries differ, is what that class says (`python -m fastloss explain huber`). methods.h says what the
// methods do. Parameters are checked in each call; a Loss made from a type checks them once.
#pragma once

#include <fastloss/methods.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace fastloss {

// One number for all, or one per last axis: 2.0 or {1.0, 3.0, 1.0}.
class PerElement {
 public:
  PerElement(double one) : one_(one) {}
  PerElement(std::vector<double> each) : each_(std::move(each)) {}
  PerElement(std::initializer_list<double> each) : each_(each) {}
  FieldValue field() const { return each_.empty() ? FieldValue(one_) : FieldValue(std::span<const double>(each_)); }

 private:
  double one_ = 1.0;
  std::vector<double> each_;
};

namespace detail {
inline FieldValue field(const PerElement& value) { return value.field(); }
inline FieldValue field(bool value) { return value; }
inline FieldValue field(double value) { return value; }
inline FieldValue field(std::int64_t value) { return value; }
template <class T>
FieldValue field(const std::optional<T>& value) {
  return value ? FieldValue(*value) : FieldValue(std::monostate());
}
inline FieldValue field(const std::vector<double>& value) {  // an empty one is none
  return value.empty() ? FieldValue(std::monostate()) : FieldValue(std::span<const double>(value));
}
}  // namespace detail

#define FASTLOSS_FIELD(parameter) \
  ::fastloss::Field { #parameter, ::fastloss::detail::field(parameter) }

// r^2, r = pred - target.
struct MeanSquaredError {
  static constexpr std::string_view name = "mean_squared_error";
  std::array<Field, 0> fields() const { return {}; }
  FASTLOSS_PREDICTION_METHODS
};

// |r|, r = pred - target.
struct MeanAbsoluteError {
  static constexpr std::string_view name = "mean_absolute_error";
  std::array<Field, 0> fields() const { return {}; }
  FASTLOSS_PREDICTION_METHODS
};

// r^2/2 where |r| <= delta, else delta (|r| - delta/2); r = pred - target.
struct Huber {
  double delta = 1.0;  // > 0

  static constexpr std::string_view name = "huber";
  std::array<Field, 1> fields() const { return {FASTLOSS_FIELD(delta)}; }
  FASTLOSS_PREDICTION_METHODS
};

// -(pos_weight t log p + (1 - t) log(1 - p)), p = pred or sigmoid(pred); targets in [0, 1], hard or soft.
struct BinaryCrossEntropy {
  bool from_logits = false;
  PerElement pos_weight = 1.0;   // >= 0
  double label_smoothing = 0.0;  // in [0, 1]: t becomes t (1 - s) + s/2
  double eps = 0.0;              // in [0, 0.5): probabilities are clipped to [eps, 1 - eps]

  static constexpr std::string_view name = "binary_cross_entropy";
  std::array<Field, 4> fields() const {
    return {FASTLOSS_FIELD(from_logits), FASTLOSS_FIELD(pos_weight), FASTLOSS_FIELD(label_smoothing),
            FASTLOSS_FIELD(eps)};
  }
  FASTLOSS_PREDICTION_METHODS
};

// alpha_t (1 - p_t)^gamma times the binary cross-entropy.
struct BinaryFocal {
  double gamma = 2.0;                  // >= 0
  std::optional<double> alpha = 0.25;  // in [0, 1]: alpha for 1, 1 - alpha for 0; none: 1 for both
  bool from_logits = false;
  PerElement pos_weight = 1.0;
  double label_smoothing = 0.0;
  double eps = 0.0;

  static constexpr std::string_view name = "binary_focal";
  std::array<Field, 6> fields() const {
    return {FASTLOSS_FIELD(gamma),      FASTLOSS_FIELD(alpha),           FASTLOSS_FIELD(from_logits),
            FASTLOSS_FIELD(pos_weight), FASTLOSS_FIELD(label_smoothing), FASTLOSS_FIELD(eps)};
  }
  FASTLOSS_PREDICTION_METHODS
};

// -sum_k w_k t_k log p_k, p = pred or softmax(pred); the target is shaped as pred: one-hot or probabilities.
struct CategoricalCrossEntropy {
  bool from_logits = false;
  std::vector<double> class_weight = {};  // one per class, >= 0; none: 1
  double label_smoothing = 0.0;           // in [0, 1]: t becomes t (1 - s) + s/C
  std::int64_t axis = -1;                 // of the classes
  double eps = 0.0;

  static constexpr std::string_view name = "categorical_cross_entropy";
  std::array<Field, 5> fields() const {
    return {FASTLOSS_FIELD(from_logits), FASTLOSS_FIELD(class_weight), FASTLOSS_FIELD(label_smoothing),
            FASTLOSS_FIELD(axis), FASTLOSS_FIELD(eps)};
  }
  FASTLOSS_PREDICTION_METHODS
};

// -w_y log p_y, p = pred or softmax(pred); the target holds class labels of any integer type.
struct SparseCategoricalCrossEntropy {
  bool from_logits = false;
  std::vector<double> class_weight = {};
  double label_smoothing = 0.0;
  std::int64_t axis = -1;
  double eps = 0.0;
  std::optional<std::int64_t> ignore_index = {};  // rows with this label do not count

  static constexpr std::string_view name = "sparse_categorical_cross_entropy";
  std::array<Field, 6> fields() const {
    return {FASTLOSS_FIELD(from_logits), FASTLOSS_FIELD(class_weight), FASTLOSS_FIELD(label_smoothing),
            FASTLOSS_FIELD(axis),        FASTLOSS_FIELD(eps),          FASTLOSS_FIELD(ignore_index)};
  }
  FASTLOSS_PREDICTION_METHODS
};

// -sum_k w_k alpha_k t_k (1 - p_k)^gamma log p_k.
struct CategoricalFocal {
  double gamma = 2.0;
  std::vector<double> alpha = {};  // one per class, in [0, 1]; none: 1
  bool from_logits = false;
  std::vector<double> class_weight = {};
  double label_smoothing = 0.0;
  std::int64_t axis = -1;
  double eps = 0.0;

  static constexpr std::string_view name = "categorical_focal";
  std::array<Field, 7> fields() const {
    return {FASTLOSS_FIELD(gamma),        FASTLOSS_FIELD(alpha),           FASTLOSS_FIELD(from_logits),
            FASTLOSS_FIELD(class_weight), FASTLOSS_FIELD(label_smoothing), FASTLOSS_FIELD(axis),
            FASTLOSS_FIELD(eps)};
  }
  FASTLOSS_PREDICTION_METHODS
};

// -w_y alpha_y (1 - p_y)^gamma log p_y.
struct SparseCategoricalFocal {
  double gamma = 2.0;
  std::vector<double> alpha = {};
  bool from_logits = false;
  std::vector<double> class_weight = {};
  double label_smoothing = 0.0;
  std::int64_t axis = -1;
  double eps = 0.0;
  std::optional<std::int64_t> ignore_index = {};

  static constexpr std::string_view name = "sparse_categorical_focal";
  std::array<Field, 8> fields() const {
    return {FASTLOSS_FIELD(gamma),        FASTLOSS_FIELD(alpha),           FASTLOSS_FIELD(from_logits),
            FASTLOSS_FIELD(class_weight), FASTLOSS_FIELD(label_smoothing), FASTLOSS_FIELD(axis),
            FASTLOSS_FIELD(eps),          FASTLOSS_FIELD(ignore_index)};
  }
  FASTLOSS_PREDICTION_METHODS
};

// y d^2 + (1 - y) max(0, margin - d)^2, d = |a - b|; a and b are (..., D), the target (...), 1 where they are similar.
struct Contrastive {
  double margin = 1.0;  // >= 0

  static constexpr std::string_view name = "contrastive";
  std::array<Field, 1> fields() const { return {FASTLOSS_FIELD(margin)}; }
  FASTLOSS_PAIR_METHODS
};

// max(0, d(anchor, positive) - d(anchor, negative) + margin), d = |x - y|_p.
struct Triplet {
  double margin = 1.0;  // >= 0
  double p = 2.0;       // >= 1, infinity included
  bool squared = false;
  bool swap = false;

  static constexpr std::string_view name = "triplet";
  std::array<Field, 4> fields() const {
    return {FASTLOSS_FIELD(margin), FASTLOSS_FIELD(p), FASTLOSS_FIELD(squared), FASTLOSS_FIELD(swap)};
  }
  FASTLOSS_TRIPLE_METHODS
};

#undef FASTLOSS_FIELD

// A loss of this header.
template <class T>
concept LossType = requires(const T& loss) {
  { T::name } -> std::convertible_to<std::string_view>;
  loss.fields();
};

}  // namespace fastloss
