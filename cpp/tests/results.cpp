// Whatever is asked for in one call, and whatever result is written over whatever input, is what it is when asked for
// apart: every combination of results, times every alias that a call may have, for every loss.
#include <fastloss/fastloss.h>

#include <cstdio>

#include "drawn.h"

namespace {

using namespace fastloss;
using namespace fastloss::drawn;

int wrong = 0, calls = 0;

// What one call gives; results are empty where they were not wanted.
struct Results {
  double value = 0.0;
  std::vector<std::vector<char>> arrays;  // terms, gradients, Hessians
};

struct Wanted {
  bool value, terms, grad, hess, positive, weighted, mean;
};

// Mask: which inputs their own gradient is written over.
Results call(const Loss& loss, const LossInfo& info, std::vector<Buffer> inputs, const Buffer& weight,
             const std::vector<std::int64_t>& per_term, const Wanted& wanted, unsigned over) {
  const auto n = static_cast<std::size_t>(info.n_differentiable);
  Buffer values(inputs[0].dtype, per_term);
  std::vector<Buffer> grads, hessians;
  for (std::size_t i = 0; i < n; ++i) {
    grads.emplace_back(inputs[i].dtype, inputs[i].shape);
    hessians.emplace_back(inputs[i].dtype, inputs[i].shape);
  }
  std::vector<ConstArray> views;
  for (const Buffer& input : inputs) views.push_back(input.view());
  std::vector<Array> grad, hess;
  for (std::size_t i = 0; i < n; ++i) {
    grad.push_back((over >> i & 1u) != 0 ? inputs[i].out() : grads[i].out());
    hess.push_back(hessians[i].out());
  }
  const ConstArray weight_view = weight.view();
  const Array values_out = values.out();
  Call asked{.inputs = views};
  if (wanted.weighted) asked.sample_weight = &weight_view;
  asked.want_value = wanted.value;
  if (wanted.terms) asked.reduction = Reduction::none, asked.terms = &values_out;
  if (!wanted.terms) asked.reduction = wanted.mean ? Reduction::mean : Reduction::sum;
  asked.curvature = wanted.positive ? Curvature::positive : Curvature::exact;
  if (wanted.grad) asked.grad = grad;
  if (wanted.hess) asked.hess = hess;
  Results results;
  results.value = loss.evaluate(asked);
  ++calls;
  if (wanted.terms) results.arrays.push_back(values.bytes);
  for (std::size_t i = 0; wanted.grad && i < n; ++i)
    results.arrays.push_back((over >> i & 1u) != 0 ? inputs[i].bytes : grads[i].bytes);
  for (std::size_t i = 0; wanted.hess && i < n; ++i) results.arrays.push_back(hessians[i].bytes);
  return results;
}

void check(const LossInfo& info, bool logits, bool smoothed, DType dtype, std::int64_t terms, std::int64_t inner) {
  const auto has = [&](const char* name) {
    return std::any_of(info.parameters.begin(), info.parameters.end(), [&](const auto& p) { return p.name == name; });
  };
  if ((logits && !has("from_logits")) || (smoothed && !has("label_smoothing"))) return;
  Parameters parameters;
  if (logits) parameters.emplace_back("from_logits", true);
  if (smoothed) parameters.emplace_back("label_smoothing", 0.125);
  const Loss loss(info.name, parameters);
  Random random;
  const std::vector<Buffer> inputs = inputs_of(info, random, dtype, logits, terms, inner);
  const std::vector<std::int64_t> per_term = shape_of(info.terms, terms, inner);
  Buffer weight(DType::float64, per_term);
  for (std::size_t k = 0; k < weight.size(); ++k) weight.set(k, random.uniform());
  for (int k = 0; k < 8; ++k) {
    const bool weighted = (k & 1) != 0, positive = (k & 2) != 0, mean = (k & 4) != 0;
    // Apart: the value alone, the terms alone, the derivatives alone.
    const auto alone = [&](bool value, bool all, bool grad, bool hess) {
      return call(loss, info, inputs, weight, per_term, {value, all, grad, hess, positive, weighted, mean}, 0);
    };
    const Results value = alone(true, false, false, false), each = alone(false, true, false, false),
                  slopes = alone(false, false, true, false),
                  bends = info.hessian ? alone(false, false, true, true) : slopes;
    for (const bool want_value : {false, true})
      for (const bool want_terms : {false, true})
        for (const bool want_hess : {false, true})
          for (unsigned over = 0; over < 1u << info.n_differentiable; ++over) {
            if (((want_value || mean) && want_terms) || (want_hess && !info.hessian)) continue;
            const Results all = call(loss, info, inputs, weight, per_term,
                                     {want_value, want_terms, true, want_hess, positive, weighted, mean}, over);
            std::vector<std::vector<char>> wanted = (want_hess ? bends : slopes).arrays;
            if (want_terms) wanted.insert(wanted.begin(), each.arrays[0]);
            if (all.arrays == wanted && (!want_value || all.value == value.value)) continue;
            if (++wrong <= 10)
              std::printf("%s%s%s, %s, %lld terms: %s, value %d, terms %d, Hessian %d, weights %d, over %u differ\n",
                          info.name.c_str(), logits ? " from logits" : "", smoothed ? " smoothed" : "", name_of(dtype),
                          static_cast<long long>(terms), mean ? "mean" : "sum", want_value, want_terms, want_hess,
                          weighted, over);
          }
  }
}

}  // namespace

int main() {
  for (const LossInfo& info : losses())
    for (const bool logits : {false, true})
      for (const DType dtype : {DType::float32, DType::float64, DType::float16})
        for (const std::int64_t size : {std::int64_t{5}, std::int64_t{16}, std::int64_t{1100}})
          for (const bool smoothed : {false, true})
            check(info, logits, smoothed, dtype, has_inner(info) ? 7 : size, has_inner(info) ? size : 1);
  std::printf("%d calls, %d wrong\n", calls, wrong);
  return wrong == 0 && calls > 1000 ? 0 : 1;
}
