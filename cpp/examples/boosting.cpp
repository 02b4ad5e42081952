// What a gradient booster asks for in every round: gradient and curvature of each observation, weighted, from scores in
// floats, labels in bytes and weights in doubles, written into the two columns of one matrix.
#include <fastloss/fastloss.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <vector>

int main() {
  const fastloss::BinaryFocal focal{.gamma = 2.0, .from_logits = true};
  const std::vector<float> score = {2.0f, -1.0f, 0.5f, -3.0f};
  const std::vector<std::uint8_t> label = {1, 0, 0, 1};
  const std::vector<double> weight = {1.0, 1.0, 0.5, 2.0};

  const std::size_t n = score.size();
  std::vector<float> pairs(2 * n);  // gradient and curvature of an observation side by side
  const fastloss::View gradient(pairs.data(), {n}, {2}), curvature(pairs.data() + 1, {n}, {2});  // every second element

  // A sum: the derivatives of an observation do not depend on how many there are. Focal losses are not convex, and a
  // leaf's step needs a divisor above zero: the positive curvature is never below it.
  focal.grad_and_hess(
      score, label, gradient, curvature,
      {.sample_weight = weight, .reduction = fastloss::Reduction::sum, .curvature = fastloss::Curvature::positive});

  double numerator = 0.0, denominator = 1.0;  // 1: the L2 penalty of the leaf
  bool is_positive = true;
  for (std::size_t i = 0; i < n; ++i) {
    std::printf("score %5.1f label %d: gradient %9.6f curvature %9.6f\n", score[i], label[i], pairs[2 * i],
                pairs[2 * i + 1]);
    numerator -= pairs[2 * i];
    denominator += pairs[2 * i + 1];
    is_positive = is_positive && pairs[2 * i + 1] >= 0.0f;
  }
  std::printf("one leaf for all of them: %.6f\n", numerator / denominator);
  return is_positive ? 0 : 1;
}
