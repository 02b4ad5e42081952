// What is asked of the operating system about processors, forks and signals; where it has none of them, nothing is.
#pragma once

#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif
#if defined(__unix__) || defined(__APPLE__)
#include <signal.h>
#define FASTLOSS_IS_POSIX 1
#endif

namespace fastloss {

// Where a thread may run.
class Processors {
 public:
  static Processors of_this_thread() noexcept;
  int count() const noexcept;                               // at least 1
  void confine(std::thread& thread) const noexcept;         // to these
  bool operator==(const Processors& other) const noexcept;  // what is not known differs from nothing

 private:
#if defined(__linux__)
  cpu_set_t set_{};
  bool known_ = false;
#endif
};

// While it lives, the threads that this one starts are born deaf to what the system or a user sends the process: the
// host's handlers run on the host's threads. What a thread does to itself, a fault in a mapped file say, is still told.
class SignalsBlocked {
 public:
  SignalsBlocked() noexcept;
  ~SignalsBlocked();
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

#ifdef FASTLOSS_IS_POSIX
 private:
  sigset_t before_;
#endif
};

// Runs in every child that is forked from now on. False when the system has no room to remember it.
bool at_fork_in_child(void (*handler)()) noexcept;

// Whether this thread is in a parallel region of the host's OpenMP, inside which OpenMP would open no other.
bool in_region_of_openmp() noexcept;

void pause_processor() noexcept;  // a moment, in a loop that waits

}  // namespace fastloss
