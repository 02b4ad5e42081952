// How far a training is: a bar where somebody looks on, else a line now and then.
#pragma once

#include <cstdio>
#include <string>
#include <utility>

#if __has_include(<unistd.h>)
#include <unistd.h>
inline bool is_terminal() { return isatty(fileno(stdout)) != 0; }
#else
inline bool is_terminal() { return false; }
#endif

class Progress {
 public:
  Progress(std::string title, int epochs) : title_(std::move(title)), epochs_(epochs) {}

  void show(int epoch, double value) const {  // epochs are counted from 1
    constexpr int width = 30;
    const int done = width * epoch / epochs_, every = epochs_ / 5 > 0 ? epochs_ / 5 : 1;
    if (is_terminal()) {
      const std::string bar =
          std::string(static_cast<std::size_t>(done), '#') + std::string(std::size_t(width - done), '.');
      std::printf("\r%s [%s] epoch %d, loss %.6f%s", title_.c_str(), bar.c_str(), epoch, value,
                  epoch == epochs_ ? "\n" : "");
      std::fflush(stdout);
    } else if (epoch == 1 || epoch % every == 0 || epoch == epochs_) {
      std::printf("%s: epoch %d, loss %.6f\n", title_.c_str(), epoch, value);
    }
  }

 private:
  std::string title_;
  int epochs_;
};
