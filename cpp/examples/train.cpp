// Trains two classifiers on a CSV file: a header, columns of numbers, and a last column with the class.
//
//   train iris.csv [--threads 2] [--check 0.9]
//
// --check ends with 1 where a model is right on less than that share of the test rows.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>

#include "csv.h"
#include "logistic.h"
#include "network.h"
#include "split.h"

namespace {

struct Arguments {
  std::string path;
  int n_threads = 0;
  double least_accuracy = 0.0;
};

Arguments parse(int count, char** words) {
  Arguments found;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const bool is_option = word == "--threads" || word == "--check";
    if (is_option && i + 1 == count) throw std::invalid_argument(word + " needs a number");
    if (word == "--threads") {
      found.n_threads = std::atoi(words[++i]);
    } else if (word == "--check") {
      found.least_accuracy = std::atof(words[++i]);
    } else if (word.starts_with("--") || !found.path.empty()) {
      throw std::invalid_argument("unexpected argument: " + word);
    } else {
      found.path = word;
    }
  }
  if (found.path.empty()) throw std::invalid_argument("usage: train FILE.csv [--threads N] [--check ACCURACY]");
  return found;
}

template <class Model>
bool report(const char* name, const Model& model, const Split& parts, const Arguments& wanted) {
  const Score train = model.score(parts.train, wanted.n_threads), test = model.score(parts.test, wanted.n_threads);
  std::printf("%s: train loss %.6f, accuracy %.3f; test loss %.6f, accuracy %.3f\n", name, train.loss, train.accuracy,
              test.loss, test.accuracy);
  return test.accuracy >= wanted.least_accuracy;
}

}  // namespace

int main(int count, char** words) {
  try {
    const Arguments wanted = parse(count, words);
    const Table table = read_csv(wanted.path);
    const Split parts = split(table, 42);
    const std::size_t columns = table.columns, classes = table.classes.size();
    std::printf("%s: %zu rows to learn from, %zu for the test, %zu features, %zu classes\n", wanted.path.c_str(),
                parts.train.n, parts.test.n, columns, classes);

    std::printf("logistic regression: each class against the rest, the highest score wins\n");
    LogisticRegression logistic(columns, classes);
    logistic.fit(parts.train, 0.001, 200, wanted.n_threads);
    Network network(columns, 16, classes, 2015);
    network.fit(parts.train, 16, 30, 0.01, wanted.n_threads);

    const bool logistic_is_good = report("logistic regression", logistic, parts, wanted);
    const bool network_is_good = report("network", network, parts, wanted);
    return logistic_is_good && network_is_good ? 0 : 1;
  } catch (const std::exception& error) {  // those of fastloss among them
    std::fprintf(stderr, "train: %s\n", error.what());
    return 2;
  }
}
