// What a call takes of its host: memory and threads.
#include <fastloss/fastloss.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

#include "allocations.h"
#include "check.h"
#include "numbers.h"

namespace {

using namespace fastloss;

// Each of these needs memory to work in: rows that lie turned, rows longer than the stack's share, gathered features.
void workspaces() {
  const std::size_t n = 600;
  std::vector<float> x = numbers(n * n, -3.0f, 0.1f), y = numbers(n * n, 0.13f, 0.008f), own(n * n), grad(n * n);
  std::vector<float> hess(n * n), g2(n * n), g3(n * n);
  std::vector<std::int32_t> label(n, 3);
  const View columns(x.data(), {n, n}, {1, n}), rows(y.data(), {n, n});
  const View long_rows(x.data(), {10, 36000}), features(x.data(), {30, 12000}, {1, 30});
  const std::vector<std::int32_t> ten(10, 35999);
  std::vector<std::byte> memory;
  const auto check = [&](const char* what, bool needs, const auto& loss, const auto& run, const auto&... inputs) {
    for (const int threads : {1, 2}) {
      Options options{.n_threads = threads};
      const double wanted = run(loss, options);
      own = grad;
      memory.assign(loss.workspace_size(inputs..., options), std::byte{});
      expect(memory.empty() != needs, std::string(what) + " needs a workspace");
      options.workspace = memory;
      double value = 0.0;
      const long n_allocations = allocated([&] { value = run(loss, options); });
      expect(value == wanted && same_bits(own, grad), std::string(what) + ": the same with a workspace");
      if (threads == 1) expect(n_allocations == 0, std::string(what) + " allocates nothing");
      if (!needs) continue;
      options.workspace = std::span(memory).first(63);
      const std::string too_small = std::string(Loss(loss).class_name()) + ": workspace has 63 bytes, wanted: ";
      try {
        run(loss, options);
        expect(false, std::string(what) + ": a workspace that is too small");
      } catch (const ParameterError& error) {
        expect(std::string(error.what()).starts_with(too_small), error.what());
      }
    }
  };
  check("elements in a row", false, Huber{}, [&](auto& l, auto& o) { return l.value_and_grad(x, y, grad, o); }, x, y);
  check(
      "a loss with a vector", false, BinaryCrossEntropy{.from_logits = true, .pos_weight = {1.0, 2.0, 3.0}},
      [&](auto& l, auto& o) {
        return l.value_and_grad(View(x.data(), {100, 3}), View(y.data(), {100, 3}), std::span(grad).first(300), o);
      },
      View(x.data(), {100, 3}), View(y.data(), {100, 3}));
  check(
      "turned elements", true, MeanSquaredError{},
      [&](auto& l, auto& o) { return l.value_and_grad(columns, rows, grad, o); }, columns, rows);
  check(
      "turned rows", true, SparseCategoricalCrossEntropy{.from_logits = true},
      [&](auto& l, auto& o) { return l.value_and_grad(columns, label, grad, o); }, columns, label);
  check(
      "long rows", true, SparseCategoricalCrossEntropy{.from_logits = true, .label_smoothing = 0.1},
      [&](auto& l, auto& o) {
        l.grad_and_hess(long_rows, ten, grad, hess, o);
        return l.value(long_rows, ten, o);
      },
      long_rows, ten);
  const std::vector<std::int32_t> one = {3};
  const View one_row(x.data(), {1, 360'000});
  expect(SparseCategoricalCrossEntropy{}.workspace_size(one_row, one, {.n_threads = 8}) == 2 * 4 * 360'000 + 64,
         "a long row: itself and its Hessian, as docs/memory.md has it");
  check(
      "gathered features", true, Triplet{},
      [&](auto& l, auto& o) {
        return l.value_and_grad(features, features, features, std::span(grad), std::span(g2), std::span(g3), o);
      },
      features, features, features);
}

void threads_of_the_host() {
  const std::size_t n = 300'001;
  const std::vector<float> x = numbers(n, -3.0f, 0.1f), y = numbers(n, 0.13f, 0.008f);
  std::vector<float> wanted, grad(n);
  const BinaryCrossEntropy loss{.from_logits = true};
  const std::vector<double> weight(n, 0.3);
  const double value = loss.value_and_grad(x, y, wanted, {.sample_weight = weight, .n_threads = 1});
  int regions = 0;
  const auto backwards = [&](std::int64_t count, auto body) {
    ++regions;
    for (std::int64_t k = count; k-- > 0;) body(k), body(k), body(-1), body(count);
  };
  const auto together = [](std::int64_t count, auto body) {
    std::vector<std::thread> team;
    for (std::int64_t k = 0; k < count; ++k) team.emplace_back([=] { body(k); });
    for (std::thread& member : team) member.join();
  };
  Options options{.sample_weight = weight, .n_threads = 5, .parallel_for = ParallelFor::of(backwards)};
  expect(loss.value_and_grad(x, y, grad, options) == value && same_bits(grad, wanted), "pieces backwards and twice");
  expect(regions == 2, "one region for the weights, one for the loss");
  options.parallel_for = ParallelFor::of(together);
  expect(loss.value_and_grad(x, y, grad, options) == value && same_bits(grad, wanted), "threads of the host");
  const auto lazy = [](std::int64_t count, auto body) {
    for (std::int64_t k = 1; k < count; ++k) body(k);
  };
  options.parallel_for = ParallelFor::of(lazy);
  expect_error<ParameterError>("parallel_for came back after 4 of 5 pieces, wanted: all of them done",
                               [&] { loss.value(x, y, options); });
  const std::array<float, 3> few = {1, 2, 3};
  options.sample_weight = {};
  expect(loss.try_value(few, few, options).error().status == Status::domain_error, "small work is not shared");
}

}  // namespace

int main() {
  workspaces();
  threads_of_the_host();
  return report("resources");
}
