// Threads of a host: they wait for work all their life, as those of TBB and of most programs do.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

class Pool {
 public:
  explicit Pool(int n_threads) {
    for (int k = 1; k < n_threads; ++k) threads_.emplace_back([this] { work(); });
  }
  ~Pool() {
    {
      const std::lock_guard lock(mutex_);
      is_over_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  // The face that ParallelFor::of takes. The caller works, too.
  template <class Body>
  void operator()(std::int64_t n, Body body) {
    {
      const std::lock_guard lock(mutex_);
      body_ = body, n_ = n, next_ = 0, busy_ = threads_.size(), ++round_;
    }
    wake_.notify_all();
    take();
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return busy_ == 0; });
  }

 private:
  void take() {
    for (std::int64_t k; (k = next_++) < n_;) body_(k);
  }

  void work() {
    for (std::uint64_t seen = 0;;) {
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return is_over_ || round_ != seen; });
        if (is_over_) return;
        seen = round_;
      }
      take();
      const std::lock_guard lock(mutex_);
      if (--busy_ == 0) done_.notify_one();
    }
  }

  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::function<void(std::int64_t)> body_;
  std::atomic<std::int64_t> next_{0};
  std::int64_t n_ = 0;
  std::size_t busy_ = 0;
  std::uint64_t round_ = 0;
  bool is_over_ = false;
};
