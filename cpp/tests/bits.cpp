// The same bits everywhere: hashes of every loss over inputs made by integer arithmetic, for one and three
// threads. `fastloss_bits` prints them; `fastloss_bits FILE [ISA]` compares with recorded ones. Compilers,
// ISA tiers and architectures must all agree with the one file.
#include <fastloss/fastloss.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace {

using namespace fastloss;

class Random {  // Knuth's MMIX generator
 public:
  double uniform() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<double>(state_ >> 11) * 0x1p-53;
  }

 private:
  std::uint64_t state_ = 20261122;
};

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

struct Buffer {
  std::vector<char> bytes;
  std::vector<std::int64_t> shape, strides;
  DType dtype;

  Buffer(DType type, std::vector<std::int64_t> axes) : shape(std::move(axes)), strides(shape.size()), dtype(type) {
    std::int64_t step = size_of(type);
    for (std::size_t k = shape.size(); k-- > 0; step *= shape[k]) strides[k] = step;
    bytes.resize(static_cast<std::size_t>(step));
  }
  ConstArray view() const {
    return {bytes.data(), dtype, static_cast<int>(shape.size()), shape.data(), strides.data()};
  }
  Array out() { return {bytes.data(), dtype, static_cast<int>(shape.size()), shape.data(), strides.data()}; }
  std::size_t size() const { return bytes.size() / static_cast<std::size_t>(size_of(dtype)); }
  // Of a real type.
  double get(std::size_t i) const {
    const char* p = bytes.data() + i * static_cast<std::size_t>(size_of(dtype));
    double wide = 0.0;
    float narrow = 0.0f;
    std::uint16_t half = 0;
    if (dtype == DType::float64) return std::memcpy(&wide, p, 8), wide;
    if (dtype == DType::float32) return std::memcpy(&narrow, p, 4), static_cast<double>(narrow);
    std::memcpy(&half, p, 2);
    if (dtype == DType::bfloat16)
      return static_cast<double>(__builtin_bit_cast(float, static_cast<std::uint32_t>(half) << 16));
    const double size = std::ldexp((half & 0x3ff) + 1024, (half >> 10 & 31) - 25);
    return (half & 0x7fff) == 0 ? 0.0 : half & 0x8000 ? -size : size;
  }
  void set(std::size_t i, double x) {
    char* p = bytes.data() + i * static_cast<std::size_t>(size_of(dtype));
    const float narrow = static_cast<float>(x);
    const auto integer = static_cast<std::int64_t>(x);
    const std::uint32_t bits = __builtin_bit_cast(std::uint32_t, narrow);
    // Halves are cut, not rounded: any value will do.
    const auto bfloat = static_cast<std::uint16_t>(bits >> 16);
    const std::uint32_t magnitude = bits & 0x7fffffff;
    const auto half =
        static_cast<std::uint16_t>(magnitude < 0x38800000 ? 0 : (magnitude >> 13) - (112 << 10) + (bits >> 31 << 15));
    switch (dtype) {
      case DType::float64:
        std::memcpy(p, &x, 8);
        break;
      case DType::float32:
        std::memcpy(p, &narrow, 4);
        break;
      case DType::bfloat16:
        std::memcpy(p, &bfloat, 2);
        break;
      case DType::float16:
        std::memcpy(p, &half, 2);
        break;
      default:
        std::memcpy(p, &integer, 8);
        break;
    }
  }
};

double draw(Random& random, const std::string& domain, bool logits) {
  const double u = random.uniform(), kind = random.uniform();
  if (domain.starts_with("[0, 1]") && !logits) return kind < 0.1 ? 0.0 : kind < 0.2 ? 1.0 : u;
  if (domain.starts_with("finite, >= 0")) return kind < 0.5 ? 0.0 : u;
  if (domain.starts_with("finite, > ")) return std::atof(domain.c_str() + 10) + 0.01 + 3.0 * u;
  if (domain.starts_with(">= 0")) return kind < 0.1 ? 0.0 : kind < 0.2 ? std::numeric_limits<double>::infinity() : 3.0 * u;
  if (domain.find(" or ") < domain.find(';'))
    return kind < 0.5 ? std::atof(domain.c_str()) : std::atof(domain.c_str() + domain.find(" or ") + 4);
  return (u - 0.5) * (kind < 0.2 ? 240.0 : kind < 0.5 ? 30.0 : 3.0);
}

// The shape that a definition's words stand for.
std::vector<std::int64_t> shape_of(const std::string& words, std::int64_t terms, std::int64_t inner) {
  std::vector<std::int64_t> shape;
  for (const char c : words)
    if (c == '*')
      shape.push_back(terms);
    else if (c >= 'A' && c <= 'Z')
      shape.push_back(inner);
    else if (c >= '0' && c <= '9')
      shape.push_back(c - '0');
  return shape;
}

// Exchanges the numbers of a term that are not in order.
void put_in_order(const LossInfo& info, std::vector<Buffer>& inputs, std::int64_t terms) {
  struct Place {
    std::size_t input, entry, entries;
  };
  std::vector<Place> places;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::size_t entries = info.inputs[i].shape.ends_with('4') ? 4 : 1;
    for (std::size_t k = 0; k < entries; ++k) places.push_back({i, k, entries});
  }
  for (const auto& [smaller, larger] : info.ordered)
    for (std::size_t t = 0; t < static_cast<std::size_t>(terms); ++t) {
      const Place a = places[static_cast<std::size_t>(smaller)], b = places[static_cast<std::size_t>(larger)];
      const std::size_t i = t * a.entries + a.entry, j = t * b.entries + b.entry;
      const double low = inputs[a.input].get(i), high = inputs[b.input].get(j);
      if (low > high) inputs[a.input].set(i, high), inputs[b.input].set(j, low);
    }
}

std::uint64_t hash_of(const LossInfo& info, bool logits, DType dtype, bool weighted, int threads) {
  const bool has_logits = std::any_of(info.parameters.begin(), info.parameters.end(),
                                      [](const auto& p) { return p.name == "from_logits"; });
  const Loss loss(info.name, has_logits ? Parameters{{"from_logits", logits}} : Parameters{});
  Random random;
  Hash hash;
  const std::string& first = info.inputs[0].shape;
  const bool whole = std::any_of(first.begin(), first.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  for (const std::int64_t inner : whole ? std::vector<std::int64_t>{3, 37, 1100} : std::vector<std::int64_t>{1, 5003}) {
    const std::int64_t terms = whole ? 57 : inner == 1 ? 700 : inner;
    const std::vector<std::int64_t> per_term = shape_of(info.terms, terms, inner);
    std::vector<Buffer> inputs;
    for (const InputInfo& input : info.inputs) {
      const bool real = input.role == "real", label = input.role == "labels";
      inputs.emplace_back(real                      ? dtype
                          : label                   ? DType::int64
                          : dtype == DType::float64 ? DType::float64
                                                    : DType::float32,
                          shape_of(input.shape, terms, inner));
      for (std::size_t k = 0; k < inputs.back().size(); ++k)
        inputs.back().set(
            k, label ? static_cast<double>(static_cast<std::int64_t>(random.uniform() * static_cast<double>(inner)))
                     : draw(random, input.domain, logits && real));
    }
    put_in_order(info, inputs, terms);
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
  if (argc > 2) setenv("FASTLOSS_ISA", argv[2], 1);
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
          const std::uint64_t one = hash_of(info, logits, dtype, weighted, 1),
                              three = hash_of(info, logits, dtype, weighted, 3);
          const std::string name =
              info.name + (logits ? "/logits/" : "/") + name_of(dtype) + (weighted ? "/weighted" : "");
          char text[20];
          std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(one));
          if (argc == 1) std::printf("%s %s\n", name.c_str(), text);
          ++count;
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
  if (argc > 1) std::printf("%s: %zu hashes, %d differ\n", config().isa.c_str(), count, wrong);
  return wrong == 0 ? 0 : 1;
}
