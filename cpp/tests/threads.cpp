// The threads that a call works with: that there are some, that there may be none, and that they go as they came.
#include <fastloss/fastloss.h>
#include <fastloss/fastloss_c.h>

#include <dirent.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "check.h"
#include "numbers.h"

#ifdef _OPENMP
#include <omp.h>
#endif
#if defined(__SANITIZE_ADDRESS__)
constexpr bool sanitized = true, watches_threads = false;
#elif defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true, watches_threads = true;
#else
constexpr bool sanitized = false, watches_threads = false;
#endif

namespace {

using namespace fastloss;

const std::size_t n = 300'001;
const std::vector<float> x = numbers(n, -3.0f, 0.1f), y = numbers(n, 0.13f, 0.008f);
const BinaryCrossEntropy loss{.from_logits = true};
std::vector<float> wanted(n);
double value = 0.0;

bool right(int n_threads) {
  std::vector<float> grad(n);
  return loss.value_and_grad(x, y, grad, {.n_threads = n_threads}) == value && same_bits(grad, wanted);
}

int threads_of_process() {
  int count = 0;
  if (DIR* const tasks = opendir("/proc/self/task")) {
    while (const dirent* const task = readdir(tasks)) count += task->d_name[0] != '.';
    closedir(tasks);
  }
  return count;
}

// What a child process makes of it: its exit code, or minus the signal that ended it.
template <class Act>
int in_child(Act act) {
  const pid_t child = fork();
  if (child == 0) _exit(act());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

template <class Resource>
void limit(Resource resource, rlim_t most) {
  rlimit limits;
  getrlimit(resource, &limits);
  limits.rlim_cur = most;
  setrlimit(resource, &limits);
}

constexpr int not_bound = 42;  // an exit code: there is no such limit here

// False where the limit is none, as in qemu-user.
bool limit_memory(long beyond) {
  long pages = 0;
  if (std::FILE* const statm = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(statm, "%ld", &pages) != 1) pages = 0;
    std::fclose(statm);
  }
  limit(RLIMIT_AS, static_cast<rlim_t>(pages * sysconf(_SC_PAGESIZE) + beyond));
  return mmap(nullptr, 1 << 30, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
}

bool threads_are_refused() {
  try {
    std::thread([] {}).join();
  } catch (const std::system_error&) {
    return true;
  }
  return false;
}

int without_threads() {
  if (getuid() == 0 && setuid(65534) != 0) return not_bound;
  limit(RLIMIT_NPROC, 0);
  if (!threads_are_refused()) return not_bound;
  return right(8) && right(2) ? 0 : 1;
}

int c_without_threads() {
  fastloss_loss* made = nullptr;
  fastloss_loss_create("mse", nullptr, 0, &made);
  fastloss_set_num_threads(8);
  if (getuid() == 0 && setuid(65534) != 0) return not_bound;
  limit(RLIMIT_NPROC, 0);
  double mean = 0.0;
  const std::int64_t shape = n;
  std::vector<float> grad(n);
  const fastloss_status status = fastloss_contiguous(made, FASTLOSS_FLOAT32, FASTLOSS_FLOAT32, 1, &shape, x.data(),
                                                     x.data(), nullptr, grad.data(), nullptr, &mean);
  return status == FASTLOSS_OK && mean == 0.0 ? 0 : 1;
}

// A row of four million classes is worked on in memory of its own.
int without_memory() {
  const std::int64_t shape[2] = {1, 4'000'000};
  const std::vector<float> row(4'000'000);
  std::vector<float> grad(row.size());
  const std::vector<std::int64_t> label = {3};
  const View<const float> rows(row.data(), {1, 4'000'000});
  fastloss_loss* made = nullptr;
  const SparseCategoricalCrossEntropy by_type{.from_logits = true};
  fastloss_parameter logits = FASTLOSS_PARAMETER_INIT;
  logits.name = "from_logits", logits.kind = FASTLOSS_FLAG, logits.integer = 1;
  fastloss_loss_create("sparse_categorical_cross_entropy", &logits, 1, &made);
  if (!limit_memory(1'000'000)) return not_bound;
  for (const int n_threads : {1, 8}) {
    set_num_threads(n_threads);
    if (fastloss_contiguous(made, FASTLOSS_FLOAT32, FASTLOSS_INT64, 2, shape, row.data(), label.data(), nullptr,
                            grad.data(), nullptr, nullptr) != FASTLOSS_OUT_OF_MEMORY)
      return 1;
    if (by_type.try_value(rows, label).error().status != Status::out_of_memory) return 2;
    try {
      by_type.value(rows, label);
      return 3;
    } catch (const std::bad_alloc&) {
    }
  }
  return 0;
}

void expect_child(const char* what, int code) {
  if (code == not_bound)
    std::printf("SKIPPED: %s: the limit does not bind here\n", what);
  else
    expect(code == 0, std::string(what) + ": the child ends with " + std::to_string(code));
}

void refused_threads(const char* when) {
  std::printf("%s\n", when);
  if (watches_threads && threads_of_process() > 1) {
    std::printf("SKIPPED: children of a process with threads: ThreadSanitizer allows them none\n");
    return;
  }
  expect_child("no thread for this user", in_child(without_threads));
  expect_child("no thread for this user, in C", in_child(c_without_threads));
  expect_child("fork", in_child([] { return right(4) && right(8) && right(2) ? 0 : 1; }));
  expect_child("exit of a child", in_child([] {
                 if (right(4)) std::exit(0);
                 return 1;
               }));
  if (sanitized) {
    std::printf("SKIPPED: limits of memory: the sanitizer's own is beyond them\n");
    return;
  }
  expect_child("no memory", in_child(without_memory));
  for (const long beyond : {0L, 100'000L, 1'000'000L, 9'000'000L, 20'000'000L})
    expect_child("no memory for threads", in_child([=] {
                   std::vector<float> grad(n);
                   if (!limit_memory(beyond)) return not_bound;
                   for (const int n_threads : {8, 2, 4})
                     if (loss.value_and_grad(x, y, grad, {.n_threads = n_threads}) != value) return 1;
                   return same_bits(grad, wanted) ? 0 : 2;
                 }));
}

// A poll that forks is asked in both processes. In the child the helpers are gone, with their parts.
pid_t forked_by_poll = -1;
void fork_while_called() {
  Options options{.n_threads = 2};
  const View<const float> many(x.data(), {1000, 300'001}, {0, 1}), targets(y.data(), {1000, 300'001}, {0, 1});
  options.poll = [](void*) {
    if (forked_by_poll < 0) forked_by_poll = fork();
    return false;
  };
  const Result<double> result = loss.try_value(many, targets, options);
  if (forked_by_poll == 0) _exit(result ? 1 : result.error().status == Status::interrupted ? 0 : 2);
  expect(result && std::abs(*result - value) < 1e-12, "the call in which the process forked");
  expect(forked_by_poll > 0, "the poll was asked");
  int status = 0;
  waitpid(forked_by_poll, &status, 0);
  expect(status == 0, "the child of a poll: status " + std::to_string(status));
}

void many_callers(int before) {
  std::atomic<int> wrong{0};
  std::vector<std::thread> callers;
  for (int k = 0; k < 12; ++k)
    callers.emplace_back([&, k] {
      for (int turn = 0; turn < 20; ++turn) wrong += !right(1 + (k + turn) % 5);
    });
  for (std::thread& caller : callers) caller.join();
  expect(wrong == 0, "many callers at once");
  expect(threads_of_process() <= before + 12 * 4, "no more helpers than were asked for");
}

#ifdef _OPENMP
void regions_of_openmp() {
  const int before = threads_of_process();
  int wrong = 0, most = 0;
#pragma omp parallel num_threads(3) reduction(+ : wrong)
  {
    wrong += !right(64);
#pragma omp barrier
#pragma omp single
    most = threads_of_process();
  }
  expect(wrong == 0, "calls in a region of OpenMP");
  expect(most <= before + 2, "a call in a region stays on its thread");
  omp_set_max_active_levels(2);
#pragma omp parallel num_threads(2)
#pragma omp single
  expect(right(9), "a nested region");
  expect(threads_of_process() > before + 2, "where regions may be nested, so may calls");
}
#endif

}  // namespace

int main() {
  std::setvbuf(stdout, nullptr, _IONBF, 0);  // nothing that a child would print again
  value = loss.value_and_grad(x, y, wanted, {.n_threads = 1});
  const int before = threads_of_process();
  refused_threads("cold");
  expect(threads_of_process() == before, "one thread is the caller");
  for (const int team : {2, 3, 2, 6, 4}) expect(right(team), "teams of any size");
  expect(threads_of_process() == before + 5, "helpers are kept: those of the largest team, no more");
  sigset_t none;
  pthread_sigmask(SIG_SETMASK, nullptr, &none);
  expect(sigismember(&none, SIGTERM) == 0, "the caller hears signals as before");
  refused_threads("while there are helpers");
  if (!watches_threads) fork_while_called();
#ifdef _OPENMP
  regions_of_openmp();
#else
  std::printf("SKIPPED: regions of OpenMP: the compiler has none\n");
#endif
  many_callers(before);
  return report("threads");
}
