#include "base/pool.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "base/host.h"

namespace fastloss {
namespace {

// How long a thread that waits stays awake: some times what it takes to wake one, and short enough to leave the
// processors to the pools of others.
constexpr std::chrono::microseconds attention{100};
// A sleeping caller asks its host whether to stop, and whether it is still the process that it was.
constexpr std::chrono::milliseconds nap{50};

template <class Condition>
bool soon(Condition condition) noexcept {
  const auto end = std::chrono::steady_clock::now() + attention;
  do {
    for (int turn = 0; turn < 32; ++turn) {
      if (condition()) return true;
      pause_processor();
    }
    std::this_thread::yield();
  } while (std::chrono::steady_clock::now() < end);
  return condition();
}

// One call's work, cut into as many pieces as there are threads for it. It lives on the caller's stack.
struct Task {
  Body body;
  void* context;
  std::int64_t units, pieces;

  void run(std::int64_t k, bool on_caller) const noexcept {
    body(context, units * k / pieces, units * (k + 1) / pieces, on_caller);
  }
};
constexpr Task the_end{};

// A thread and its letter box. A letter is opened by the worker or taken back by the caller, whoever is first: no
// caller waits for a thread that has not begun, and no worker sees a task whose caller has gone.
class Worker {
 public:
  Worker* next = nullptr;

  // Throws what std::thread throws.
  explicit Worker(const Processors& processors) : processors_(processors) {
    const SignalsBlocked blocked;
    thread_ = std::thread([this] { work(); });
  }

  void give(const Task* task, std::int64_t piece) noexcept {
    piece_ = piece;
    busy_.store(true, std::memory_order_relaxed);
    letter_.store(task);
    if (sleeps_.load()) wake();
  }
  // True when the piece is the caller's again.
  bool take_back() noexcept {
    if (letter_.exchange(nullptr) == nullptr) return false;
    busy_.store(false, std::memory_order_relaxed);
    return true;
  }
  std::int64_t piece() const noexcept { return piece_; }

  // Until the worker is done, which is true; between two naps `stay` may say no.
  template <class Stay>
  bool wait(Stay stay) noexcept {
    const auto done = [this] { return !busy_.load(); };
    if (soon(done)) return true;
    std::unique_lock<std::mutex> lock(mutex_);
    awaited_.store(true);
    while (!changed_.wait_for(lock, nap, done)) {
      lock.unlock();
      if (!stay()) return false;
      lock.lock();
    }
    awaited_.store(false, std::memory_order_relaxed);
    return true;
  }

  // A worker runs where its caller may run, whoever started it.
  void follow(const Processors& processors) noexcept {
    if (processors_ == processors) return;
    processors.confine(thread_);
    processors_ = processors;
  }
  void join() { thread_.join(); }

 private:
  void work() noexcept {
    for (const Task* task = open_letter(); task != &the_end; task = open_letter()) {
      task->run(piece_, false);
      busy_.store(false);
      if (awaited_.load()) wake();
    }
  }
  const Task* open_letter() noexcept {
    for (;;) {
      if (!soon([this] { return letter_.load(std::memory_order_relaxed) != nullptr; })) {
        std::unique_lock<std::mutex> lock(mutex_);
        sleeps_.store(true);
        changed_.wait(lock, [this] { return letter_.load() != nullptr; });
        sleeps_.store(false, std::memory_order_relaxed);
      }
      if (const Task* const task = letter_.exchange(nullptr)) return task;
    }
  }
  // Who is about to sleep holds the mutex from its last look until it does.
  void wake() noexcept {
    { const std::lock_guard<std::mutex> lock(mutex_); }
    changed_.notify_all();
  }

  std::atomic<const Task*> letter_{nullptr};
  std::int64_t piece_ = 0;
  std::atomic<bool> busy_{false}, sleeps_{false}, awaited_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  Processors processors_;
  std::thread thread_;
};

// The workers that no call has. There are never more of them than most_threads(), whatever is called at once.
class Pool {
 public:
  Pool* before = nullptr;  // that of a parent, where this one was left by a child

  // A list of as many as there are, up to `wanted`; the same ones for the same caller, in the same order, if it can be.
  Worker* take(int wanted, int& got) noexcept {
    const Processors processors = Processors::of_this_thread();
    const std::lock_guard<std::mutex> lock(mutex_);
    Worker* first = nullptr;
    Worker** end = &first;
    for (got = 0; got < wanted; ++got) {
      Worker* const worker = idle_ != nullptr ? idle_ : hire(processors);
      if (worker == nullptr) break;
      if (worker == idle_) idle_ = worker->next;
      worker->follow(processors);
      worker->next = nullptr;
      *end = worker;
      end = &worker->next;
    }
    return first;
  }
  void give_back(Worker* first) noexcept {
    Worker* last = first;
    while (last->next != nullptr) last = last->next;
    const std::lock_guard<std::mutex> lock(mutex_);
    last->next = idle_;
    idle_ = first;
  }
  // Ends the workers that have nothing to do. One that has is not waited for: this is the end of the process.
  void close() noexcept {
    const std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock()) return;
    hired_ = most_threads();
    for (Worker* worker = idle_; worker != nullptr; worker = worker->next) worker->give(&the_end, 0);
    while (idle_ != nullptr) {
      const std::unique_ptr<Worker> worker(idle_);
      idle_ = worker->next;
      worker->join();
    }
  }

 private:
  Worker* hire(const Processors& processors) noexcept {
    if (hired_ >= most_threads() - 1) return nullptr;
    try {
      Worker* const worker = new Worker(processors);
      ++hired_;
      return worker;
    } catch (...) {  // no thread, or no memory for one
      return nullptr;
    }
  }

  std::mutex mutex_;
  Worker* idle_ = nullptr;
  int hired_ = 0;
};

// A forked child has none of the threads: it leaves the pool, locks and all, and makes another when it needs one.
std::atomic<Pool*> the_pool{nullptr};
std::atomic<bool> closed{false};
std::atomic<Pool*> left{nullptr};  // by a child and its parents; what no pointer leads to would be a leak
const bool watched = at_fork_in_child([] {
  Pool* const old = the_pool.exchange(nullptr);
  if (old != nullptr) old->before = left.exchange(old);
});

Pool* pool() noexcept {
  Pool* found = the_pool.load();
  if (found != nullptr || closed.load() || !watched) return found;
  std::unique_ptr<Pool> made(new (std::nothrow) Pool);
  return made == nullptr || the_pool.compare_exchange_strong(found, made.get()) ? made.release() : found;
}

// When the process exits, or the library is unloaded: no thread may be left in code that is gone.
struct Closing {
  ~Closing() {
    closed.store(true);
    if (Pool* const last = the_pool.load()) last->close();
  }
} closing;

}  // namespace

void run_on_pool(std::int64_t units, int threads, Poll& poll, Body body, void* context) noexcept {
  Pool* const ours = pool();
  int helpers = 0;
  Worker* const team = ours == nullptr ? nullptr : ours->take(threads - 1, helpers);
  const Task task{body, context, units, helpers + 1};
  std::int64_t piece = 0;
  for (Worker* worker = team; worker != nullptr; worker = worker->next) worker->give(&task, ++piece);
  task.run(0, true);
  for (Worker* worker = team; worker != nullptr; worker = worker->next)
    if (worker->take_back()) task.run(worker->piece(), true);
  // A host that forks when it is asked whether to stop has a child here whose helpers are gone with their pieces.
  const auto stay = [&] {
    poll.tick(true);
    if (the_pool.load() == ours) return true;
    poll.stop();
    return false;
  };
  for (Worker* worker = team; worker != nullptr; worker = worker->next)
    if (!worker->wait(stay)) return;
  if (team != nullptr) ours->give_back(team);
}

}  // namespace fastloss
