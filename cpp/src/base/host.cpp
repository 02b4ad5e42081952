#include "base/host.h"

#include <algorithm>

#ifdef FASTLOSS_IS_POSIX
#include <pthread.h>
#endif

#if defined(__ELF__)  // of the runtime that the host has loaded, if it has: fastloss brings none
extern "C" {
__attribute__((weak)) int omp_get_active_level();
__attribute__((weak)) int omp_get_max_active_levels();
}
#endif

namespace fastloss {

Processors Processors::of_this_thread() noexcept {
  Processors found;
#if defined(__linux__)
  found.known_ = sched_getaffinity(0, sizeof found.set_, &found.set_) == 0;
#endif
  return found;
}

int Processors::count() const noexcept {
#if defined(__linux__)
  if (known_) return std::max(1, CPU_COUNT(&set_));
#endif
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

void Processors::confine([[maybe_unused]] std::thread& thread) const noexcept {
#if defined(__linux__)
  pthread_setaffinity_np(thread.native_handle(), sizeof set_, &set_);
#endif
}

bool Processors::operator==([[maybe_unused]] const Processors& other) const noexcept {
#if defined(__linux__)
  return !known_ || !other.known_ || CPU_EQUAL(&set_, &other.set_);
#else
  return true;
#endif
}

#ifdef FASTLOSS_IS_POSIX
SignalsBlocked::SignalsBlocked() noexcept {
  sigset_t sent;
  sigfillset(&sent);
  for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS, SIGPROF}) sigdelset(&sent, own);
  pthread_sigmask(SIG_BLOCK, &sent, &before_);
}
SignalsBlocked::~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

bool at_fork_in_child(void (*handler)()) noexcept { return pthread_atfork(nullptr, nullptr, handler) == 0; }
#else
SignalsBlocked::SignalsBlocked() noexcept = default;
SignalsBlocked::~SignalsBlocked() = default;

bool at_fork_in_child(void (*)()) noexcept { return true; }
#endif

bool in_region_of_openmp() noexcept {
#if defined(__ELF__)
  return omp_get_active_level != nullptr && omp_get_max_active_levels != nullptr && omp_get_active_level() > 0 &&
         omp_get_active_level() >= omp_get_max_active_levels();
#else
  return false;
#endif
}

void pause_processor() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

}  // namespace fastloss
