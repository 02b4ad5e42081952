#include <fastloss/fastloss.h>

#include <cstdio>
#include <span>
#include <vector>

int main() {
  const fastloss::Loss huber("huber", {{"delta", 1.0}});
  const std::vector<float> pred = {0.0f, 1.0f, 4.0f}, target = {0.5f, 1.0f, 1.0f};
  std::vector<float> grad(pred.size());
  const double value = huber.value_and_grad<float>(pred, target, grad);
  std::printf("%.17g %.9g %.9g %.9g\n", value, grad[0], grad[1], grad[2]);
  const bool right = value == (0.125 + 0.0 + 2.5) / 3.0;
  try {
    huber.value<float>(pred, std::span<const float>(target).first(2));
  } catch (const fastloss::ShapeError& error) {
    std::printf("%s\n", error.what());
    return right ? 0 : 1;
  }
  return 1;
}
