#include "bind.h"

#include <algorithm>

#include "base/check.h"
#include "views.h"

namespace fastloss {
namespace {

// Classes or features: more have no room in any memory, but a stride of 0 can show them.
constexpr std::int64_t most_inner = std::int64_t{1} << 48;

bool same_shape(const ConstArray& a, const ConstArray& b) {
  return a.ndim == b.ndim && std::equal(a.shape, a.shape + a.ndim, b.shape);
}

class Binder {
 public:
  Binder(const Resolved& loss, std::span<const ConstArray> inputs, Shapes& shapes)
      : loss_(loss), definition_(loss.definition()), inputs_(inputs), shapes_(shapes) {}

  void operator()() {
    first();
    for (int i = 1; i < static_cast<int>(inputs_.size()); ++i) other(i);
    shapes_.ndim = static_cast<int>(expand(definition_.terms, -1, shapes_.terms));
    for (int k = 0; k < shapes_.ndim; ++k) shapes_.count *= shapes_.terms[k];
  }

 private:
  static constexpr int most_letters = 6;

  std::string described(int i) const {
    return std::string(definition_.inputs[i].name) + " has shape " + shape_of(inputs_[i]);
  }

  // How many axes the words stand for, now that the first input has said how many "..." is.
  int axes_of(const ShapeText& text) const { return text.many < 0 ? text.count : text.count - 1 + many_count_; }

  // Where the inner axis of an array of so many axes lies, -1 where it has none.
  int place(const ShapeText& text, int ndim) const {
    if (text.inner < 0) return -1;
    if (loss_.has_axis) return static_cast<int>(loss_.axis < 0 ? loss_.axis + ndim : loss_.axis);
    return text.many >= 0 && text.inner > text.many ? ndim - (text.count - text.inner) : text.inner;
  }

  // Calls f(token, axis) for the axes of an array of `ndim`, the inner one at `inner`; true as long as f is.
  template <class F>
  static bool walk(const ShapeText& text, int ndim, int inner, F f) {
    const bool moved = inner >= 0;  // one inner axis, wherever it lies; the others follow it
    int left = ndim - (text.count - (text.many >= 0)), token = 0;
    for (int axis = 0; axis < ndim; ++axis) {
      if (moved && axis == inner) {
        if (!f(text.axes[text.inner], axis)) return false;
        continue;
      }
      if (moved && token == text.inner) ++token;
      if (token == text.many && left == 0) {
        ++token;
        if (moved && token == text.inner) ++token;
      }
      if (!f(text.axes[token], axis)) return false;
      if (token == text.many)
        --left;
      else
        ++token;
    }
    return true;
  }

  bool counts_fit(const ShapeText& text, int ndim) const {
    const int others = text.count - (text.many >= 0);
    return text.many >= 0 ? ndim >= others : ndim == others;
  }

  std::int64_t& extent(char letter) {
    for (int k = 0; k < letters_; ++k)
      if (letter_[k] == letter) return extent_[k];
    letter_[letters_] = letter;
    extent_[letters_] = -1;
    return extent_[letters_++];
  }

  void first() {
    const ConstArray& array = inputs_[0];
    const ShapeText& text = definition_.inputs[0].shape;
    if (!counts_fit(text, array.ndim))
      shape_error(definition_,
                  described(0) + (text.many >= 0 ? ", wanted: at least one axis" : ", wanted: " + words(text)));
    if (loss_.has_axis && (loss_.axis < -array.ndim || loss_.axis >= array.ndim))
      parameter_error(definition_, "axis is " + std::to_string(loss_.axis) + ", but " + described(0));
    const int inner = shapes_.axis[0] = place(text, array.ndim);
    walk(text, array.ndim, inner, [&](const Axis& token, int axis) {
      const std::int64_t length = array.shape[axis];
      switch (token.kind) {
        case Axis::Kind::many:
          many_[many_count_++] = length;
          break;
        case Axis::Kind::fixed:
          if (length != token.letter - '0')
            shape_error(definition_, described(0) + ", wanted: " + std::string(1, token.letter) +
                                         " entries along axis " + std::to_string(axis));
          shapes_.inner *= length;
          break;
        case Axis::Kind::inner:
          inner_axis(length, axis);
          [[fallthrough]];
        default:
          extent(token.letter) = length;
      }
      return true;
    });
  }

  void inner_axis(std::int64_t length, int axis) {
    if (length == 0)
      shape_error(definition_, described(0) + ", wanted: at least one entry along axis " + std::to_string(axis));
    if (length > most_inner)
      shape_error(definition_, described(0) + ", wanted: at most " + std::to_string(most_inner) +
                                   " entries along axis " + std::to_string(axis));
    if (__builtin_mul_overflow(shapes_.inner, length, &shapes_.inner) || shapes_.inner > most_inner)
      shape_error(definition_, described(0) + ", wanted: fewer entries in a term");
  }

  void other(int i) {
    const Argument& input = definition_.inputs[i];
    const ConstArray& array = inputs_[i];
    const ShapeText* text = &input.shape;
    if (input.role == InputRole::labels) {
      shapes_.labels = !(input.dense.given() && array.ndim == axes_of(input.dense));
      if (!shapes_.labels) text = &input.dense;
    }
    if (text->count == 1 && text->many == 0 && shapes_.axis[0] < 0) {  // as it is nearly always
      if (same_shape(array, inputs_[0])) return;
      wrong(i, *text);
    }
    const int axes = axes_of(*text);
    if (array.ndim != axes) wrong(i, *text);
    const int inner = shapes_.axis[i] = place(*text, array.ndim);
    int seen = 0;
    const bool fits = walk(*text, array.ndim, inner, [&](const Axis& token, int axis) {
      const std::int64_t length = array.shape[axis];
      if (token.kind == Axis::Kind::many) return length == many_[seen++];
      if (token.kind == Axis::Kind::fixed) return length == token.letter - '0';
      std::int64_t& known = extent(token.letter);
      if (known < 0) known = length;
      return length == known;
    });
    if (!fits) wrong(i, *text);
  }

  // The shape that the words stand for, the inner axis at `inner`.
  std::int64_t expand(const ShapeText& text, int inner, std::int64_t* shape) {
    const int ndim = axes_of(text);
    int seen = 0;
    walk(text, ndim, inner, [&](const Axis& token, int axis) {
      shape[axis] = token.kind == Axis::Kind::many    ? many_[seen++]
                    : token.kind == Axis::Kind::fixed ? token.letter - '0'
                                                      : extent(token.letter);
      return true;
    });
    return ndim;
  }

  [[noreturn]] void wrong(int i, const ShapeText& text) {
    std::int64_t shape[max_ndim + ShapeText::most];
    const int ndim = axes_of(text);
    expand(text, place(text, ndim), shape);
    const bool as_first = ndim == inputs_[0].ndim && std::equal(shape, shape + ndim, inputs_[0].shape);
    const bool known = std::all_of(shape, shape + ndim, [](std::int64_t length) { return length >= 0; });
    const std::string wanted = as_first ? "" : ": wanted " + (known ? shape_text(ndim, shape) : words(text));
    shape_error(definition_, described(i) + ", " + described(0) + wanted);
  }

  static std::string words(const ShapeText& text) {
    std::string all;
    for (int k = 0; k < text.count; ++k)
      all += std::string(k ? ", " : "") + (k == text.many ? "..." : std::string(1, text.axes[k].letter));
    return "(" + all + (text.count == 1 ? ",)" : ")");
  }

  const Resolved& loss_;
  const Definition& definition_;
  std::span<const ConstArray> inputs_;
  Shapes& shapes_;
  std::int64_t many_[max_ndim];
  int many_count_ = 0;
  char letter_[most_letters];
  std::int64_t extent_[most_letters];
  int letters_ = 0;
};

}  // namespace

void check_count(const Definition& definition, std::size_t given) {
  const int wanted = input_count(definition);
  if (given != static_cast<std::size_t>(wanted))
    shape_error(definition, "takes " + std::to_string(wanted) + " arrays, " + std::to_string(given) + " were given");
}

void check_output_count(const Definition& definition, const char* role, std::size_t given) {
  const int wanted = differentiable_count(definition);
  if (given != static_cast<std::size_t>(wanted))
    shape_error(definition, std::string(role) + " needs " + std::to_string(wanted) + " outputs, " +
                                std::to_string(given) + " were given");
}

Shapes bind(const Resolved& loss, std::span<const ConstArray> inputs) {
  check_count(loss.definition(), inputs.size());
  Shapes shapes;
  Binder(loss, inputs, shapes)();
  return shapes;
}

}  // namespace fastloss
