// The same bits everywhere: hashes of every loss over inputs made by integer arithmetic, for one and three
// threads. `fastloss_bits` prints them; `fastloss_bits FILE [ISA [N]]` compares with recorded ones, every Nth, for the
// ISA that is chosen at load where it says `-`. Compilers, ISA tiers and architectures must all agree with the one
// file.
#include <fastloss/fastloss.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "drawn.h"

namespace {

using namespace fastloss;
using namespace fastloss::drawn;

class Hash {  // FNV-1a
 public:
  void add(const void* data, std::size_t size) {
    for (const auto* p = static_cast<const unsigned char*>(data); size-- > 0; ++p)
      state_ = (state_ ^ *p) * 1099511628211u;
  }
  std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 14695981039346656037u;
};

std::uint64_t hash_of(const LossInfo& info, bool logits, DType dtype, bool weighted, int threads) {
  const bool has_logits = std::any_of(info.parameters.begin(), info.parameters.end(),
                                      [](const auto& p) { return p.name == "from_logits"; });
  const Loss loss(info.name, has_logits ? Parameters{{"from_logits", logits}} : Parameters{});
  Random random;
  Hash hash;
  const bool whole = has_inner(info);
  for (const std::int64_t inner : whole ? std::vector<std::int64_t>{3, 37, 1100} : std::vector<std::int64_t>{1, 5003}) {
    const std::int64_t terms = whole ? 57 : inner == 1 ? 700 : inner;
    const std::vector<std::int64_t> per_term = shape_of(info.terms, terms, inner);
    const std::vector<Buffer> inputs = inputs_of(info, random, dtype, logits, terms, inner);
    Buffer weight(DType::float64, per_term), values(dtype, per_term);
    for (std::size_t k = 0; k < weight.size(); ++k) weight.set(k, random.uniform());
    std::vector<ConstArray> views;
    for (const Buffer& input : inputs) views.push_back(input.view());
    const ConstArray weight_view = weight.view();
    std::vector<Buffer> grads, hessians;
    std::vector<Array> grad_out, hess_out;
    for (int i = 0; i < info.n_differentiable; ++i) {
      grads.emplace_back(dtype, inputs[static_cast<std::size_t>(i)].shape);
      hessians.emplace_back(dtype, inputs[static_cast<std::size_t>(i)].shape);
    }
    for (int i = 0; i < info.n_differentiable; ++i) {
      grad_out.push_back(grads[static_cast<std::size_t>(i)].out());
      hess_out.push_back(hessians[static_cast<std::size_t>(i)].out());
    }
    Call call{.inputs = views};
    if (weighted) call.sample_weight = &weight_view;
    call.n_threads = threads;
    const double value = loss.evaluate(call);  // the value alone, then with everything
    hash.add(&value, sizeof value);
    for (const Curvature curvature : {Curvature::exact, Curvature::positive}) {
      call.curvature = curvature;
      call.grad = grad_out;
      if (info.hessian) call.hess = hess_out;
      const double again = loss.evaluate(call);
      hash.add(&again, sizeof again);
      for (const Buffer& b : grads) hash.add(b.bytes.data(), b.bytes.size());
      for (const Buffer& b : hessians) hash.add(b.bytes.data(), b.bytes.size());
    }
    const Array values_out = values.out();
    Call terms_call{.inputs = views, .reduction = Reduction::none, .n_threads = threads, .terms = &values_out};
    loss.evaluate(terms_call);
    hash.add(values.bytes.data(), values.bytes.size());
  }
  return hash.value();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2 && argv[2] != std::string("-")) setenv("FASTLOSS_ISA", argv[2], 1);
  const std::size_t every = argc > 3 ? std::max(1UL, std::strtoul(argv[3], nullptr, 10)) : 1;
  std::map<std::string, std::string> recorded;
  if (argc > 1) {
    std::ifstream file(argv[1]);
    for (std::string name, value; file >> name >> value;) recorded[name] = value;
  }
  try {
    config();
  } catch (const ParameterError& error) {
    std::printf("skipped: %s\n", error.what());
    return 0;
  }
  int wrong = 0;
  std::size_t count = 0;
  for (const LossInfo& info : losses()) {
    for (const bool logits : {false, true}) {
      if (logits && !info.inputs[0].domain.ends_with("from_logits")) continue;
      for (const DType dtype : {DType::float32, DType::float64, DType::float16, DType::bfloat16}) {
        for (const bool weighted : {false, true}) {
          if (count++ % every != 0) continue;
          const std::uint64_t one = hash_of(info, logits, dtype, weighted, 1),
                              three = hash_of(info, logits, dtype, weighted, 3);
          const std::string name =
              info.name + (logits ? "/logits/" : "/") + name_of(dtype) + (weighted ? "/weighted" : "");
          char text[20];
          std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(one));
          if (argc == 1) std::printf("%s %s\n", name.c_str(), text);
          const bool bad = one != three || (argc > 1 && recorded[name] != text);
          if (bad)
            std::printf("DIFFERENT %s: %s, recorded %s%s\n", name.c_str(), text, recorded[name].c_str(),
                        one == three ? "" : ", threads disagree");
          wrong += bad;
        }
      }
    }
  }
  if (argc > 1 && recorded.size() != count) {
    std::printf("%zu hashes are recorded, %zu were computed\n", recorded.size(), count);
    return 1;
  }
  const std::size_t tried = (count + every - 1) / every;
  if (argc > 1) std::printf("%s: %zu of %zu hashes, %d differ\n", config().isa.c_str(), tried, count, wrong);
  return wrong == 0 ? 0 : 1;
}
