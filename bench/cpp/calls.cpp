// Value and gradient by every door. A benchmark is called LOSS/DOOR/ELEMENTS/THREADS; bench/hosts.py reads that.
#include <benchmark/benchmark.h>
#include <fastloss/fastloss.h>

#include <cstdint>
#include <string>
#include <vector>

#include "pool.h"
#include "workload.h"

namespace {

using fastloss::Array;
using fastloss::ConstArray;
using fastloss::Options;

// Registers a benchmark. `prepare` gets the arrays and a function to hand the call to, which returns whether it went
// well.
template <class Work, class Prepare>
void add(const std::string& door, std::int64_t n, int n_threads, Prepare prepare) {
  const std::string name =
      std::string(Work::name) + "/" + door + "/" + std::to_string(n) + "/" + std::to_string(n_threads);
  const auto time = [n, prepare](benchmark::State& state) {
    Arrays<Work>& arrays = Arrays<Work>::of(n);
    prepare(arrays, [&](auto call) {
      if (!call()) return state.SkipWithError("the call failed");
      for (auto _ : state) benchmark::DoNotOptimize(call());
      state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                              static_cast<std::int64_t>(arrays.bytes()));
    });
  };
  // Wall time: threads beside the caller's count as they come.
  benchmark::RegisterBenchmark(name.c_str(), time)->UseRealTime()->Unit(benchmark::kNanosecond);
}

template <class Work>
void by_type(std::int64_t n, int n_threads) {
  add<Work>("type", n, n_threads, [n_threads](auto& arrays, auto time) {
    const Options options{.n_threads = n_threads};
    time([&] { return Work{}.loss.value_and_grad(arrays.input(), arrays.wanted(), arrays.output(), options) > 0.0; });
  });
}

template <class Work>
void through_c(std::int64_t n, int n_threads) {
  add<Work>("c", n, n_threads, [n_threads](auto& arrays, auto time) {
    const CCall<Work> call(arrays, n_threads);
    double value = 0.0;
    time([&] { return call.run(value) && value > 0.0; });
  });
}

template <class Work>
void on_threads_of_the_host(std::int64_t n, int n_threads) {
  add<Work>("pool", n, n_threads, [n_threads](auto& arrays, auto time) {
    Pool pool(n_threads);
    const Options options{.n_threads = n_threads, .parallel_for = fastloss::ParallelFor::of(pool)};
    time([&] { return Work{}.loss.value_and_grad(arrays.input(), arrays.wanted(), arrays.output(), options) > 0.0; });
  });
}

// What only a tiny call shows: the ways in, and the ways out of an error.
template <class Work>
void tiny(std::int64_t n) {
  const Options options{.n_threads = 1};
  add<Work>("name", n, 1, [=](auto& arrays, auto time) {
    const fastloss::Loss loss = Work{}.loss;
    time([&] { return loss.value_and_grad(arrays.input(), arrays.wanted(), arrays.output(), options) > 0.0; });
  });
  add<Work>("try", n, 1, [=](auto& arrays, auto time) {
    time([&] {
      return Work{}.loss.try_value_and_grad(arrays.input(), arrays.wanted(), arrays.output(), options).has_value();
    });
  });
  add<Work>("evaluate", n, 1, [](auto& arrays, auto time) {
    const fastloss::Loss loss = Work{}.loss;
    const fastloss::View scores(arrays.pred.data(), arrays.axes()), grad(arrays.grad.data(), arrays.axes());
    const fastloss::Input pred(scores), target(arrays.wanted());
    const ConstArray inputs[] = {pred.array(), target.array()};
    const Array out = grad.array();
    const fastloss::Call call{.inputs = inputs, .n_threads = 1, .grad = {&out, 1}};
    time([&] { return loss.evaluate(call) > 0.0; });
  });
  add<Work>("throw", n, 1, [=](auto& arrays, auto time) {
    const std::vector<float> wrong(3);
    time([&] {
      try {
        Work{}.loss.value(arrays.input(), wrong, options);
        return false;
      } catch (const std::invalid_argument&) {
        return true;
      }
    });
  });
  add<Work>("error", n, 1, [=](auto& arrays, auto time) {
    const std::vector<float> wrong(3);
    time([&] { return !Work{}.loss.try_value(arrays.input(), wrong, options); });
  });
}

template <class Work>
void add_all() {
  tiny<Work>(100);
  by_type<Work>(100, 1);
  through_c<Work>(100, 1);
  for (const std::int64_t n : {10'000, 1'000'000, 10'000'000})
    for (const int n_threads : {1, 2}) {
      by_type<Work>(n, n_threads);
      through_c<Work>(n, n_threads);
      if (n_threads > 1) on_threads_of_the_host<Work>(n, n_threads);
    }
}

}  // namespace

int main(int count, char** words) {
  add_all<MeanSquaredErrorWork>();
  add_all<BinaryCrossEntropyWork>();
  add_all<SparseCrossEntropyWork>();
  benchmark::Initialize(&count, words);
  if (benchmark::ReportUnrecognizedArguments(count, words)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
