// The C++ face and the parts below it that Python cannot reach.
#include <fastloss/fastloss.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/exact_sum.h"
#include "base/overlap.h"
#include "check.h"

namespace {

using namespace fastloss;
void exact_sums() {
  const auto sum = [](std::vector<double> terms) {
    ExactSum s;
    for (const double x : terms) s.add(x);
    return s.value();
  };
  const double tiny = std::numeric_limits<double>::denorm_min(), huge = std::numeric_limits<double>::max();
  expect(sum({}) == 0.0, "empty sum");
  expect(sum({1e308, 1.0, -1e308}) == 1.0, "cancellation across the range");
  expect(sum({tiny, tiny}) == 2 * tiny, "subnormals");
  expect(sum({tiny, -tiny, -tiny}) == -tiny, "negative subnormal");
  expect(sum({huge, huge, -huge}) == huge, "intermediate overflow");
  expect(std::isinf(sum({huge, huge})), "true overflow");
  expect(sum({1.0, 0x1p-53}) == 1.0, "tie to even, down");
  expect(sum({1.0, 0x1p-53, tiny}) == 1.0 + 0x1p-52, "just above a tie");
  expect(sum({1.0 + 0x1p-52, 0x1p-53}) == 1.0 + 0x1p-51, "tie to even, up");
  expect(sum({-1.0, -0x1p-53, -tiny}) == -1.0 - 0x1p-52, "the same below zero");
  expect(std::isinf(sum({1.0, INFINITY})) && std::isnan(sum({INFINITY, -INFINITY})) && std::isnan(sum({NAN, 1.0})),
         "special values");
  ExactSum a, b, whole;
  double x = 1.0;
  for (int i = 0; i < 100000; ++i) {
    x = std::fmod(x * 1103515245.0 + 12345.0, 2147483648.0);
    const double term = (x - 1073741824.0) * std::ldexp(1.0, i % 400 - 200);
    (i % 3 ? a : b).add(term);
    whole.add(term);
  }
  b.add(a);
  expect(b.value() == whole.value(), "merged sums equal the whole");
}

void overlaps() {
  float memory[64] = {};
  const std::int64_t eight = 8, one = 4, two = 8, zero = 0;
  const auto array = [&](float* p, const std::int64_t& stride) { return Array{p, DType::float32, 1, &eight, &stride}; };
  expect(!may_share(array(memory, two), array(memory + 1, two)), "interleaved views do not share");
  expect(may_share(array(memory, one), array(memory + 7, one)), "ranges that overlap share");
  expect(!may_share(array(memory, one), array(memory + 8, one)), "neighbours do not share");
  expect(overlaps_itself(array(memory, zero)) && !overlaps_itself(array(memory, one)), "stride zero overlaps itself");
}

void errors() {
  const std::vector<double> three(3), four(4);
  const Loss huber("huber");
  expect_error<ShapeError>("Huber: target has shape (3,), pred has shape (4,)",
                           [&] { huber.value<double>(four, three); });
  expect_error<ParameterError>("Huber: delta is -1, wanted: a finite number > 0",
                               [] { Loss("huber", {{"delta", -1.0}}); });
  expect_error<ParameterError>("Huber: there is no parameter 'beta'; it takes delta",
                               [] { Loss("huber", {{"beta", 1.0}}); });
  expect_error<ParameterError>("no loss is named 'nothing'; see the list of losses for the names",
                               [] { Loss("nothing"); });
  const Loss bce("bce");
  const std::vector<double> bad = {0.5, 1.5, 0.5};
  expect_error<DomainError>(
      "BinaryCrossEntropy: pred[1] is 1.5, wanted: a number in [0, 1]; for scores before the sigmoid or softmax say "
      "from_logits=True",
      [&] { bce.value<double>(bad, three); });
  const float logits[6] = {};
  const std::int64_t labels[2] = {0, std::numeric_limits<std::int64_t>::max()};
  const std::int64_t shape[2] = {2, 3}, strides[2] = {12, 4}, two = 2, step = 8;
  const ConstArray inputs[] = {{logits, DType::float32, 2, shape, strides}, {labels, DType::int64, 1, &two, &step}};
  const Loss ce("sparse_categorical_cross_entropy", {{"from_logits", true}});
  expect_error<LabelError>(
      "SparseCategoricalCrossEntropy: target[1] is 9223372036854775807, pred has 3 classes, wanted: an integer in [0, "
      "3)",
      [&] { ce.evaluate({.inputs = inputs}); });
  const std::int64_t vast[2] = {std::int64_t{1} << 40, std::int64_t{1} << 40};
  const ConstArray overflowing[] = {{logits, DType::float32, 2, vast, strides},
                                    {logits, DType::float32, 2, vast, strides}};
  expect_error<ShapeError>("Huber: the shape (1099511627776, 1099511627776) has more elements than 64 bits can count",
                           [&] { huber.evaluate({.inputs = overflowing}); });
  for (const int ndim : {-1, max_ndim + 1, 200}) {
    const ConstArray deep[] = {{logits, DType::float32, ndim, shape, strides}, inputs[0]};
    const std::string text = "Huber: pred has " + std::to_string(ndim) + " axes, wanted: 0 to 64";
    expect_error<ShapeError>(text.c_str(), [&] { huber.evaluate({.inputs = deep}); });
    expect_error<ShapeError>(text.c_str(), [&] { huber.term_shape(deep); });
  }
  const ConstArray typeless[] = {{logits, static_cast<DType>(77), 2, shape, strides}, inputs[0]};
  expect_error<DTypeError>("Huber: pred has no element type that exists",
                           [&] { huber.evaluate({.inputs = typeless}); });
}

void values() {
  const std::vector<float> pred = {0.0f, 1.0f, 4.0f}, target = {0.5f, 1.0f, 1.0f};
  std::vector<float> grad(3);
  expect(Loss("huber").value_and_grad<float>(pred, target, grad) == 2.625 / 3.0, "mean of Huber");
  expect(grad[0] == -0.5f * (1.0f / 3.0f) && grad[1] == 0.0f && grad[2] == 1.0f / 3.0f, "gradient of Huber");
  bool asked = false;
  const std::vector<float> many(1 << 24);
  const std::int64_t n = 1 << 24, step = 4;
  const ConstArray inputs[] = {{many.data(), DType::float32, 1, &n, &step},
                               {many.data(), DType::float32, 1, &n, &step}};
  Call call{.inputs = inputs};
  call.poll = [](void* context) { return *static_cast<bool*>(context) = true; };
  call.poll_context = &asked;
  try {  // a call of some milliseconds may end before it is asked
    for (int i = 0; i < 1000 && !asked; ++i) Loss("bce", {{"from_logits", true}}).evaluate(call);
  } catch (const Interrupted&) {
    expect(asked, "interrupted only when asked");
  }
}

}  // namespace

int main() {
  exact_sums();
  overlaps();
  errors();
  values();
  return report("core");
}
