// The C++ API: types and names, ranges and views, element types, errors.
#include <fastloss/fastloss.h>
#include <fastloss/fastloss_c.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "check.h"
#include "numbers.h"

namespace {

using namespace fastloss;

// How many inputs a type's methods take, and how many gradients they give.
template <class T, class Result, class... Arguments>
constexpr int arity(Result (T::*)(Arguments...) const) {
  return sizeof...(Arguments);
}
template <class T>
constexpr int inputs_of = arity(&T::value) - 1;  // besides the options
template <class T>
constexpr int gradients_of = arity(&T::grad) - 1 - inputs_of<T>;
template <class T>
concept HasHessian = requires { arity(&T::grad_and_hess); };

// Every definition has its type, with all its parameters and their defaults, its inputs and its gradients.
void types_and_definitions() {
  std::vector<std::string> names;
  LossTypes::each([&]<class T>(const T& type) {
    names.emplace_back(T::name);
    const Loss by_type = type, by_name(T::name);
    expect(by_type.parameters() == by_name.parameters(), "defaults of " + names.back());
    const auto fields = type.fields();
    expect(fields.size() == by_name.parameters().size(), "parameters of " + names.back());
    for (std::size_t i = 0; i < std::min(fields.size(), by_name.parameters().size()); ++i)
      expect(fields[i].name == by_name.parameters()[i].first, names.back() + ": order of its parameters");
    expect(inputs_of<T> == by_name.n_inputs() && gradients_of<T> == by_name.n_differentiable(),
           names.back() + ": form");
    for (const LossInfo& info : losses())
      if (info.name == T::name) expect(info.hessian == HasHessian<T>, names.back() + ": whether it has a Hessian");
  });
  std::size_t count = 0;
  for (const LossInfo& info : losses()) {
    expect(std::count(names.begin(), names.end(), info.name) == 1, "a type for " + info.name);
    const char* c_name = fastloss_loss_name_at(count++);
    expect(c_name != nullptr && c_name == info.name, info.name + " in the list of C");
  }
  expect(names.size() == count, "a definition for every type");
  expect(fastloss_loss_name_at(count) == nullptr, "the end of C's list");
}

// Call forms of any number of inputs and gradients; under the name of a loss that has another, which says so.
struct OneInput {
  FASTLOSS_LOSS("huber", (image), (image))
};
struct Preference {
  std::string_view ties = "efron";
  std::optional<double> beta = {};
  FASTLOSS_LOSS("huber", (chosen, rejected, ref_chosen, ref_rejected, kl), (chosen, rejected, ref_chosen, ref_rejected),
                ties, beta)
};
struct Box {
  double a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8, i = 9, j = 10, k = 11, l = 12;
  FASTLOSS_LOSS_WITHOUT_HESSIAN("huber", (box, truth), (box), a, b, c, d, e, f, g, h, i, j, k, l)
};
static_assert(inputs_of<OneInput> == 1 && gradients_of<OneInput> == 1 && HasHessian<OneInput>);
static_assert(inputs_of<Preference> == 5 && gradients_of<Preference> == 4 && HasHessian<Preference>);
static_assert(inputs_of<Box> == 2 && gradients_of<Box> == 1 && !HasHessian<Box>);

void forms() {
  std::vector<float> x(4), g;
  expect_error<ShapeError>("Huber: takes 2 arrays, 1 were given", [&] { OneInput{}.value_and_grad(x, g); });
  expect_error<ParameterError>("Huber: there is no parameter 'ties'; it takes delta", [&] {
    Preference{}.grad_and_hess(x, x, x, x, {}, g, g, g, g, g, g, g, g, {.n_threads = 1});
  });
  const auto words = Preference{.ties = "breslow"}.fields();
  expect(words.size() == 2 && words[0].name == "ties" && words[1].name == "beta", "the names of fields");
  expect(std::get<std::string_view>(words[0].value) == "breslow" && words[1].value.index() == 0, "a word as a field");
  const auto twelve = Box{.l = 13}.fields();
  expect(twelve.size() == 12 && twelve[11].name == "l" && std::get<double>(twelve[11].value) == 13.0, "twelve fields");
  expect(!Box{}.try_value_and_grad(x, x, g), "a form without Hessian");
  expect_error<ParameterError>("Huber: delta is 'wide', wanted: a number > 0",
                               [] { const Loss wrong("huber", {{"delta", "wide"}}); });
}

void lists() {
  std::vector<float> pred = {0.0f, 1.0f, 4.0f}, target = {0.5f, 1.0f, 1.0f}, grad, hess, terms, again;
  const Loss loss("huber");
  const double value = loss.value(pred, target);
  expect(loss.value({pred, target}) == value && loss({pred, target}, {.scale = 2.0}) == 2.0 * value,
         "a list of inputs");
  expect(loss.value_and_grad({pred, target}, {grad}, {.n_threads = 4}) == value && grad.size() == 3, "lists of both");
  loss.grad({pred, target}, {again});
  expect(again == grad, "a gradient in a list");
  loss.grad_and_hess({pred, target}, {again}, {hess}, {.reduction = Reduction::sum});
  expect(hess == std::vector<float>{1.0f, 1.0f, 0.0f}, "a Hessian in a list");
  loss.terms({pred, View(target.data(), {3})}, terms);
  expect(terms == std::vector<float>{0.125f, 0.0f, 2.5f}, "terms of a list");
  expect(loss.workspace_size({pred, target}) == loss.workspace_size(pred, target), "workspace of a list");
  expect(*loss.try_value({pred, target}) == value && loss.try_terms({pred, target}, terms), "lists, as Results");
  expect(*loss.try_value_and_grad({pred, target}, {grad}) == value && loss.try_grad({pred, target}, {grad}) &&
             loss.try_grad_and_hess({pred, target}, {grad}, {hess}),
         "gradients of lists, as Results");
  const auto says = [&](const std::string& text, auto act) { expect_error<ShapeError>("Huber: " + text, act); };
  says("takes 2 arrays, 1 were given", [&] { loss.value_and_grad({pred}, {grad}, {.n_threads = 1}); });
  says("takes 2 arrays, 0 were given", [&] { loss.value({}, {.n_threads = 1}); });
  says("takes 2 arrays, 7 were given", [&] { loss.value({pred, pred, pred, pred, pred, pred, pred}); });
  says("gradient needs 1 outputs, 0 were given", [&] { loss.value_and_grad({pred, target}, {}); });
  says("gradient needs 1 outputs, 6 were given",
       [&] { loss.grad({pred, target}, {grad, grad, grad, grad, grad, grad}); });
  says("Hessian needs 1 outputs, 2 were given", [&] { loss.grad_and_hess({pred, target}, {grad}, {hess, again}); });
  expect_error<ParameterError>("Huber: target is left out", [&] { loss.value({pred, {}}); });
  expect_error<ParameterError>("Huber: target is left out", [&] { Huber{}.value(pred, {}); });
  expect_error<ParameterError>("Huber: an output is left out", [&] { loss.grad({pred, target}, {{}}); });
}

void as_it_stands() {
  {
    std::vector<float> pred, target, grad;
    double v = fastloss::Huber{.delta = 1.0}.value_and_grad(pred, target, grad);
    expect(std::isnan(v) && grad.empty(), "the mean of nothing");
  }
  std::vector<float> pred = {0.0f, 1.0f, 4.0f}, target = {0.5f, 1.0f, 1.0f}, grad;
  double v = fastloss::Huber{.delta = 1.0}.value_and_grad(pred, target, grad);
  expect(v == 2.625 / 3.0, "mean of Huber");
  expect(grad == std::vector<float>{-0.5f * (1.0f / 3.0f), 0.0f, 1.0f / 3.0f}, "an empty vector grows");
  const float* place = grad.data();
  expect(Huber{}.value_and_grad(pred, target, grad) == v && grad.data() == place, "and is used again");
  expect(Huber{}(pred, target, {.reduction = Reduction::sum, .scale = 2.0}) == 5.25, "sum and scale");
  const std::array<double, 3> weight = {1.0, 0.0, 3.0};
  expect(Huber{}.value(pred, target, {.sample_weight = weight}) == (0.125 + 7.5) / 4.0, "weights");
  std::vector<float> terms, hess(3);
  Huber{}.terms(pred, target, terms);
  expect(terms == std::vector<float>{0.125f, 0.0f, 2.5f}, "terms");
  Huber{}.grad_and_hess(pred, target, grad, hess, {.reduction = Reduction::sum});
  expect(hess == std::vector<float>{1.0f, 1.0f, 0.0f}, "Hessian");
  const float scores[] = {0.0f, 1.0f, 4.0f};
  float slopes[3];
  expect(Huber{}.value_and_grad(scores, target, slopes) == v && slopes[2] == 1.0f / 3.0f, "arrays of C");
  const float far[] = {3.0f, -3.0f}, wrong[] = {0.0f, 1.0f};  // where a focal loss is not convex
  float slope[2], bend[2], positive[2];
  BinaryFocal{.from_logits = true}.grad_and_hess(far, wrong, slope, bend);
  BinaryFocal{.from_logits = true}.grad_and_hess(far, wrong, slope, positive, {.curvature = Curvature::positive});
  expect(bend[0] < 0.0f && bend[1] < 0.0f && positive[0] >= 0.0f && positive[1] >= 0.0f, "either curvature");
  const Loss named("huber", {{"delta", 1.0}});
  expect(named.value(pred, target) == v && named.value_and_grad<float>(pred, target, grad) == v, "by name");
  expect(*named.try_value(pred, target) == v, "as a Result");
}

template <class T>
T half(float x) {
  return T(x);
}

void element_types() {
  static_assert(dtype_of<long long>::value == DType::int64 && dtype_of<unsigned short>::value == DType::uint16);
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    float16 h;
    bfloat16 b;
    h.bits = b.bits = static_cast<std::uint16_t>(bits);
    const float x = static_cast<float>(h), y = static_cast<float>(b);
    expect(std::isnan(x) ? std::isnan(float(float16(x))) : float16(x).bits == bits, "float16 there and back");
    expect(std::isnan(y) ? std::isnan(float(bfloat16(y))) : bfloat16(y).bits == bits, "bfloat16 there and back");
  }
  // what the kernels round is what float16() rounds: the gradient of |2r| is r
  std::vector<float> wide = {65519.0f, 65520.0f, 1.00048828125f, 1.0009765f, 6e-8f, 2.98e-8f, 3e-8f, -0.33333334f};
  for (float x = 1e-9f; x < 1e5f; x *= 1.37f) wide.push_back(x), wide.push_back(-x);
  std::vector<float16> halves;
  std::vector<bfloat16> brains;
  for (const float x : wide) halves.push_back(half<float16>(x)), brains.push_back(half<bfloat16>(x));
  std::vector<float16> zero(wide.size()), result(wide.size());
  std::vector<bfloat16> none(wide.size()), brain_result(wide.size());
  std::vector<float> grad(wide.size()), exact(wide.size());
  for (std::size_t i = 0; i < wide.size(); ++i) exact[i] = static_cast<float>(halves[i]);
  const Options third{.reduction = Reduction::sum, .scale = 1.0 / 6.0};
  MeanSquaredError{}.grad(exact, zero, grad, third);
  MeanSquaredError{}.grad(halves, zero, result, third);
  for (std::size_t i = 0; i < wide.size(); ++i)
    expect(result[i].bits == float16(grad[i]).bits, "float16 of " + std::to_string(grad[i]));
  for (std::size_t i = 0; i < wide.size(); ++i) exact[i] = static_cast<float>(brains[i]);
  MeanSquaredError{}.grad(exact, none, grad, third);
  MeanSquaredError{}.grad(brains, none, brain_result, third);
  for (std::size_t i = 0; i < wide.size(); ++i)
    expect(brain_result[i].bits == bfloat16(grad[i]).bits, "bfloat16 of " + std::to_string(grad[i]));
}

struct Strided {  // what an mdspan shows
  float* data;
  static constexpr std::size_t rank() { return 2; }
  float* data_handle() const { return data; }
  std::size_t extent(std::size_t axis) const { return axis == 0 ? 40 : 3; }
  std::ptrdiff_t stride(std::size_t axis) const { return axis == 0 ? 1 : 40; }
};

void views() {
  const std::size_t rows = 40, classes = 3;
  std::vector<float> scores = numbers(rows * classes, -2.0f, 0.05f), turned(rows * classes), grad, grad_turned;
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t k = 0; k < classes; ++k) turned[k * rows + i] = scores[i * classes + k];
  std::vector<std::uint8_t> label(rows);
  for (std::size_t i = 0; i < rows; ++i) label[i] = static_cast<std::uint8_t>(i * 7 % classes);
  const SparseCategoricalCrossEntropy loss{.from_logits = true, .class_weight = {1.0, 2.0, 0.5}};
  const double value = loss.value_and_grad(View(scores.data(), {rows, classes}), label, grad);
  expect(grad.size() == rows * classes, "an empty vector grows to the size of a matrix");
  grad_turned.resize(rows * classes);
  const View f_order(turned.data(), {rows, classes}, {1, rows}), f_grad(grad_turned.data(), {rows, classes}, {1, rows});
  expect(loss.value_and_grad(f_order, label, f_grad) == value, "strides count elements");
  for (std::size_t i = 0; i < rows * classes; ++i)
    expect(grad[i] == grad_turned[i % classes * rows + i / classes], "gradient in Fortran order");
  expect(loss.value(View(Strided{turned.data()}), label) == value, "an mdspan");
  std::vector<std::int64_t> reversed(label.rbegin(), label.rend());
  expect(loss.value(f_order, View(&reversed[rows - 1], {rows}, {-1})) == value, "a negative stride");
  const Options kept{.sample_weight = View(scores.data(), {rows}, {0}), .reduction = Reduction::sum};
  expect_error<DomainError>("SparseCategoricalCrossEntropy: sample_weight[0] is -2, wanted: a finite number >= 0",
                            [&] { loss.value(f_order, label, kept); });
  expect(loss.value(View(scores.data(), rows, 3), label) == value, "lengths without braces");
  const std::int64_t shape[] = {40, 3};
  expect(loss.value(View(scores.data(), shape), label) == value, "a shape as an array");

  std::vector<double> a = {0, 0, 3, 4}, b = {0, 1, 0, 0}, ga, gb, gn;
  const std::vector<bool> unused;
  const std::array<bool, 2> similar = {true, false};
  const View<const double> left(a.data(), {2, 2}), right(b.data(), {2, 2});
  expect(Contrastive{.margin = 7.0}.value_and_grad(left, right, similar, ga, gb) == (1.0 + 4.0) / 2.0, "a pair");
  expect(gb[1] == 1.0 && ga[1] == -1.0, "gradients of a pair");
  const Loss named = Contrastive{.margin = 7.0}, triplet = Triplet{.margin = 0.0};
  expect(named.value({left, right, similar}) == 2.5, "a pair by name");
  expect(triplet.value_and_grad({left, right, left}, {ga, gb, gn}) == (1.0 + 5.0) / 2.0, "a triplet by name");
}

void errors() {
  std::vector<float> four(4), three(3), grad(3);
  expect_error<ShapeError>("Huber: target has shape (3,), pred has shape (4,)", [&] { Huber{}.value(four, three); });
  expect_error<ShapeError>("Huber: out (gradient of pred) has shape (3,), wanted: (4,)",
                           [&] { Huber{}.grad(four, four, grad); });
  expect_error<ParameterError>("Huber: delta is -1, wanted: a finite number > 0",
                               [&] { Huber{.delta = -1.0}.value(four, four); });
  expect_error<ParameterError>("Huber: reduction is none, wanted: mean or sum; terms() gives the value of every term",
                               [&] { Huber{}.value(four, four, {.reduction = Reduction::none}); });
  expect_error<ShapeError>("Contrastive: takes 3 arrays, 2 were given", [&] { Loss("contrastive").value(four, four); });
  expect_error<DTypeError>("Huber: out (gradient of pred) has dtype float64, wanted: float32", [&] {
    std::vector<double> wide;
    Huber{}.grad(four, four, wide);
  });
  expect_error<ParameterError>("Huber: sample_weight has no data: its pointer is null", [&] {
    Huber{}.value(four, four, {.sample_weight = View(static_cast<float*>(nullptr), 4)});
  });
  const std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  expect_error<ShapeError>("Huber: pred has strides that lead out of memory",
                           [&] { Huber{}.value(View(four.data(), {2, 2}, {huge, 1}), four); });
  expect_error<ShapeError>("Huber: an axis has the negative length -4",
                           [&] { Huber{}.value(View(four.data(), -4), four); });
  expect_error<ShapeError>("Huber: the shape (4294967296, 4294967296) has more elements than 64 bits can count",
                           [&] { Huber{}.value(View(four.data(), {1LL << 32, 1LL << 32}), four); });
  expect_error<ShapeError>("Huber: pred has a shape and strides of different lengths",
                           [&] { Huber{}.value(View(four.data(), {2, 2}, {1}), four); });
  expect_error<ShapeError>("Huber: pred has more axes than a View, which has up to 8",
                           [&] { Huber{}.value(View(four.data(), std::vector<int>(9, 1)), four); });
  expect_error<LabelError>(
      "SparseCategoricalCrossEntropy: target[1] is -1, pred has 2 classes, wanted: an integer in [0, 2)",
      [&] { SparseCategoricalCrossEntropy{.from_logits = true}.value(View(four.data(), {2, 2}), std::array{0, -1}); });
  const Result<double> none = Huber{}.try_value(four, three);
  expect(!none && none.error().status == Status::shape_error && none.value_or(7.0) == 7.0, "an error as a Result");
  expect_error<ShapeError>("Huber: target has shape (3,), pred has shape (4,)", [&] { (void)none.value(); });
  expect(Huber{.delta = 0.0}.try_grad(four, four, grad).error().status == Status::parameter_error, "without a value");
  expect(!Loss::make("nothing") && Loss::make("mse")->name() == "mean_squared_error", "made without exceptions");
}

void chunks() {
  const std::vector<float> x = numbers(5000, -3.0f, 0.1f), y = numbers(5000, 0.13f, 0.008f);
  Totals totals, rest;
  const std::span<const float> a(x), b(y);
  MeanAbsoluteError{}.value(a.first(1234), b.first(1234), {.totals = &totals});
  MeanAbsoluteError{}.value(a.subspan(1234), b.subspan(1234), {.totals = &rest});
  rest.merge(totals);
  expect(rest.mean() == MeanAbsoluteError{}.value(x, y), "chunks give the bits of the whole");
}

}  // namespace

int main() {
  types_and_definitions();
  forms();
  lists();
  as_it_stands();
  element_types();
  views();
  errors();
  chunks();
  return report("api");
}
