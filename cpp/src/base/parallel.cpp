#include "base/parallel.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/check.h"
#include "base/host.h"
#include "base/pool.h"

namespace fastloss {
namespace {

std::atomic<int> setting{0};
thread_local int thread_override = 0;

// Where a number of threads may stand, the first first. OpenMP's may be a list with one for each level of nesting.
constexpr struct Variable {
  const char* name;
  bool list;
  const char* wanted;
} variables[] = {{"FASTLOSS_NUM_THREADS", false, "an integer >= 1"},
                 {"OMP_NUM_THREADS", true, "an integer >= 1 or a list of them"}};

// What the variable says, without the spaces around it; a variable that is empty says nothing.
std::string_view text_of(const Variable& variable) noexcept {
  const char* const value = std::getenv(variable.name);
  std::string_view text = value == nullptr ? "" : value;
  constexpr const char* spaces = " \t\n\r";
  text.remove_prefix(std::min(text.find_first_not_of(spaces), text.size()));
  return text.substr(0, text.find_last_not_of(spaces) + 1);
}

// 0 for what is no number of threads.
int number_in(const Variable& variable, std::string_view text) noexcept {
  int n = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, n);
  const bool ends = rest == end || (variable.list && (*rest == ',' || *rest == ' '));
  return error == std::errc{} && ends && n >= 1 ? n : 0;
}

int initial_threads() noexcept {
  for (const Variable& variable : variables)
    if (const int n = number_in(variable, text_of(variable))) return n;
  return Processors::of_this_thread().count();
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

std::string threads_notice() {
  std::string notice;
  const char* used = "one for each CPU";
  for (const Variable& variable : variables) {
    const std::string_view text = text_of(variable);
    if (number_in(variable, text) != 0) {
      used = variable.name;
      break;
    }
    if (text.empty()) continue;
    notice += std::string(variable.name) + "=" + std::string(text) + " is no number of threads, wanted: ";
    notice += std::string(variable.wanted) + "; ";
  }
  if (notice.empty()) return notice;
  return notice + "what is used instead is " + std::to_string(initial_threads()) + ", " + used;
}

void set_default_threads(int n) noexcept { setting.store(n, std::memory_order_relaxed); }

int swap_override(int n) noexcept { return std::exchange(thread_override, n); }

int most_threads() noexcept {
  static const int most = std::max(64, 4 * Processors::of_this_thread().count());
  return most;
}

void run_parallel(std::int64_t units, int threads, const ParallelFor& host, Poll& poll, Body body, void* context) {
  threads = static_cast<int>(std::min<std::int64_t>({threads, units, most_threads()}));
  if (threads <= 1) return body(context, 0, units, true);
  if (host.run != nullptr) return run_on_host(units, threads, host, body, context);
  if (in_region_of_openmp()) return body(context, 0, units, true);
  run_on_pool(units, threads, poll, body, context);
}

}  // namespace fastloss
