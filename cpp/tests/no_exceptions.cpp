// A host that is compiled without exceptions and without RTTI.
#include <fastloss/fastloss.h>

#include <cstdio>
#include <vector>

int main() {
  const std::vector<float> pred = {0.0f, 1.0f, 4.0f}, target = {0.5f, 1.0f, 1.0f};
  std::vector<float> grad;
  const auto value = fastloss::Huber{.delta = 1.0}.try_value_and_grad(pred, target, grad);
  const auto wrong = fastloss::Huber{.delta = -1.0}.try_value(pred, target);
  const auto loss = fastloss::Loss::make("huber");
  const auto none = fastloss::Loss::make("nothing");
  if (!value || *value != 0.875 || wrong || !loss || none || *loss->try_value(pred, target) != 0.875) return 1;
  std::printf("%s\n%s\n", wrong.error().message.c_str(), none.error().message.c_str());
  return wrong.error().status == fastloss::Status::parameter_error ? 0 : 1;
}
