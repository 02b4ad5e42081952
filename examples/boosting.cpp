// What a gradient booster asks for in every round: gradient and curvature of each observation, weighted,
// from scores in double and labels in bytes, written into two columns of one matrix of floats.
#include <fastloss/fastloss.h>

#include <cstdint>
#include <cstdio>
#include <vector>

int main() {
  const fastloss::Loss focal("binary_focal", {{"gamma", 2.0}, {"from_logits", true}});
  const std::vector<float> score = {2.0f, -1.0f, 0.5f, -3.0f};
  const std::vector<std::uint8_t> label = {1, 0, 0, 1};
  const std::vector<double> weight = {1.0, 1.0, 0.5, 2.0};
  std::vector<float> columns(2 * score.size());  // gradient and curvature, side by side

  const std::int64_t n = static_cast<std::int64_t>(score.size());
  const std::int64_t dense = sizeof(float), byte = 1, wide = sizeof(double), pair = 2 * sizeof(float);
  using fastloss::DType;
  const fastloss::ConstArray inputs[] = {{score.data(), DType::float32, 1, &n, &dense},
                                         {label.data(), DType::uint8, 1, &n, &byte}};
  const fastloss::ConstArray weights = {weight.data(), DType::float64, 1, &n, &wide};
  const fastloss::Array gradient = {columns.data(), DType::float32, 1, &n, &pair};
  const fastloss::Array curvature = {columns.data() + 1, DType::float32, 1, &n, &pair};

  const double total = focal.evaluate({.inputs = inputs,
                                       .sample_weight = &weights,
                                       .reduction = fastloss::Reduction::sum,
                                       .curvature = fastloss::Curvature::positive,
                                       .grad = {&gradient, 1},
                                       .hess = {&curvature, 1}});
  std::printf("loss %.6f\n", total);
  for (std::size_t i = 0; i < score.size(); ++i)
    std::printf("score %5.1f label %d: gradient %9.6f curvature %9.6f\n", score[i], label[i], columns[2 * i],
                columns[2 * i + 1]);
}
