#include "base/parallel.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.h"

#ifdef _OPENMP
#include <omp.h>
#endif
#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#define FASTLOSS_HAS_FORK 1
#endif
#if defined(__linux__)
#include <sched.h>
#endif

namespace fastloss {
namespace {

std::atomic<bool> forked{false};
std::atomic<int> setting{0};
thread_local int thread_override = 0;

int available_processors() noexcept {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
#endif
  return std::max(1u, std::thread::hardware_concurrency());
}

int from_environment(const char* name) noexcept {
  const char* text = std::getenv(name);
  if (text == nullptr) return 0;
  char* end = nullptr;
  const long n = std::strtol(text, &end, 10);
  return end != text && n >= 1 && n <= 4096 ? static_cast<int>(n) : 0;
}

int initial_threads() noexcept {
  if (const int n = from_environment("FASTLOSS_NUM_THREADS")) return n;
  if (const int n = from_environment("OMP_NUM_THREADS")) return n;
  return available_processors();
}

// The caller's share may be done long before the others': until they are it goes on asking whether to stop.
void wait_for(std::atomic<int>& finished, std::int64_t team, bool on_caller, Poll& poll) noexcept {
  finished.fetch_add(1, std::memory_order_release);
  if (!on_caller || !poll.asks()) return;
  for (int turns = 0; finished.load(std::memory_order_acquire) < team; ++turns) {
    if (turns < 200)
      std::this_thread::yield();
    else
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    poll.tick(true);
  }
}

void region(std::int64_t units, int threads, std::thread::id caller, Poll& poll, Body body, void* context) {
  std::atomic<int> finished{0};
#ifdef _OPENMP
#pragma omp parallel num_threads(threads)
  {
    const std::int64_t k = omp_get_thread_num(), n = omp_get_num_threads();
    const bool on_caller = std::this_thread::get_id() == caller;
    body(context, units * k / n, units * (k + 1) / n, on_caller);
    wait_for(finished, n, on_caller, poll);
  }
#else
  std::vector<std::thread> members;
  members.reserve(threads);
  int team = 1;
  try {
    for (; team < threads; ++team)
      members.emplace_back([=, &finished, &poll] {
        body(context, units * team / threads, units * (team + 1) / threads, false);
        wait_for(finished, threads, false, poll);
      });
  } catch (const std::system_error&) {  // the system gives no more threads: the rest is done here
  }
  const bool on_caller = std::this_thread::get_id() == caller;
  body(context, 0, units / threads, on_caller);
  if (team < threads) body(context, units * team / threads, units, on_caller);
  wait_for(finished, team, on_caller, poll);
  for (std::thread& member : members) member.join();
#endif
}

// One call's pieces in the hands of the host. Each is done once, however often it is asked for.
struct Pieces {
  static constexpr int most = 1024;
  std::int64_t units, count;
  std::thread::id caller;
  Body body;
  void* context;
  std::atomic<std::int64_t> done{0};
  std::atomic<bool> begun[most] = {};

  static void run(void* context, std::int64_t k) noexcept {
    Pieces& pieces = *static_cast<Pieces*>(context);
    if (k < 0 || k >= pieces.count || pieces.begun[k].exchange(true)) return;
    const std::int64_t begin = pieces.units * k / pieces.count, end = pieces.units * (k + 1) / pieces.count;
    pieces.body(pieces.context, begin, end, std::this_thread::get_id() == pieces.caller);
    pieces.done.fetch_add(1, std::memory_order_release);
  }
};

void run_on_host(std::int64_t units, int threads, const ParallelFor& host, Body body, void* context) {
  Pieces pieces{units, std::min(threads, Pieces::most), std::this_thread::get_id(), body, context};
  host.run(host.host, pieces.count, &Pieces::run, &pieces);
  const std::int64_t done = pieces.done.load(std::memory_order_acquire);
  if (done != pieces.count)
    setting_error("parallel_for came back after " + std::to_string(done) + " of " + std::to_string(pieces.count) +
                  " pieces, wanted: all of them done");
}

}  // namespace

int default_threads() noexcept {
  if (thread_override > 0) return thread_override;
  int n = setting.load(std::memory_order_relaxed);
  if (n == 0) {
    const int initial = initial_threads();
    if (setting.compare_exchange_strong(n, initial, std::memory_order_relaxed)) n = initial;
  }
  return n;
}

void set_default_threads(int n) noexcept { setting.store(n, std::memory_order_relaxed); }

int swap_override(int n) noexcept { return std::exchange(thread_override, n); }

void watch_for_forks() noexcept {
#ifdef FASTLOSS_HAS_FORK
  static const int registered = pthread_atfork(nullptr, nullptr, [] { forked.store(true, std::memory_order_relaxed); });
  (void)registered;
#endif
}

const char* threading_name() noexcept {
#ifdef _OPENMP
  return "OpenMP";
#else
  return "std::thread";
#endif
}

int most_threads() noexcept {
  static const int most = std::max(64, 4 * available_processors());
  return most;
}

void run_parallel(std::int64_t units, int threads, const ParallelFor& host, Poll& poll, Body body, void* context) {
  threads = static_cast<int>(std::min<std::int64_t>({threads, units, most_threads()}));
  const std::thread::id caller = std::this_thread::get_id();
  if (threads <= 1) {
    body(context, 0, units, true);
    return;
  }
  if (host.run != nullptr) return run_on_host(units, threads, host, body, context);
  if (!forked.load(std::memory_order_relaxed)) {
    region(units, threads, caller, poll, body, context);
    return;
  }
  std::mutex mutex;
  std::condition_variable done;
  bool finished = false;
  std::thread starter([&] {
    region(units, threads, caller, poll, body, context);
    const std::lock_guard<std::mutex> lock(mutex);
    finished = true;
    done.notify_one();
  });
  {
    std::unique_lock<std::mutex> lock(mutex);
    while (!done.wait_for(lock, std::chrono::milliseconds(60), [&] { return finished; })) {
      lock.unlock();
      poll.tick(true);
      lock.lock();
    }
  }
  starter.join();
}

}  // namespace fastloss
