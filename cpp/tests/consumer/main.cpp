#include <fastloss/fastloss.h>

#include <cstdio>
#include <span>
#include <vector>

int main() {
  const std::vector<float> pred = {0.0f, 1.0f, 4.0f}, target = {0.5f, 1.0f, 1.0f};
  std::vector<float> grad;
  const double value = fastloss::Huber{.delta = 1.0}.value_and_grad(pred, target, grad);
  std::printf("%.17g %.9g %.9g %.9g\n", value, grad[0], grad[1], grad[2]);
  const fastloss::Loss huber("huber", {{"delta", 1.0}});
  const bool right = value == (0.125 + 0.0 + 2.5) / 3.0 && huber.value(pred, target) == value;
  try {
    huber.value(pred, std::span(target).first(2));
  } catch (const fastloss::ShapeError& error) {
    std::printf("%s\n", error.what());
    return right ? 0 : 1;
  }
  return 1;
}
