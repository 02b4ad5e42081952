// Rows to learn from and rows to be judged by, standardised; and random numbers that are the same everywhere.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

#include "csv.h"

using Random = std::mt19937;  // what std::shuffle and the distributions make of it differs between libraries

inline double uniform(Random& random) { return random() * 0x1p-32; }

inline std::vector<std::size_t> shuffled(std::size_t n, Random& random) {
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = n; i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  return order;
}

struct Rows {
  std::size_t n = 0, columns = 0, classes = 0;
  std::vector<float> x;  // n x columns
  std::vector<std::int32_t> label;

  const float* row(std::size_t i) const { return x.data() + i * columns; }
};

struct Split {
  Rows train, test;
};

// Three rows of ten, taken at random, are the test. Mean 0 and deviation 1 are those of the rows learnt from.
inline Split split(const Table& table, std::uint32_t seed) {
  Random random(seed);
  const std::vector<std::size_t> order = shuffled(table.rows, random);
  const std::size_t n_test = table.rows * 3 / 10;
  if (n_test == 0) throw std::runtime_error("there are too few rows to keep some for a test, wanted: at least 4");
  Split parts;
  for (std::size_t i = 0; i < order.size(); ++i) {
    Rows& part = i < n_test ? parts.test : parts.train;
    const float* row = table.features.data() + order[i] * table.columns;
    part.x.insert(part.x.end(), row, row + table.columns);
    part.label.push_back(table.labels[order[i]]);
  }
  for (Rows* part : {&parts.train, &parts.test})
    part->n = part->label.size(), part->columns = table.columns, part->classes = table.classes.size();

  const std::size_t n = parts.train.n;
  for (std::size_t j = 0; j < table.columns; ++j) {
    double sum = 0.0, squares = 0.0;
    for (std::size_t i = 0; i < n; ++i) sum += parts.train.row(i)[j];
    const double mean = sum / static_cast<double>(n);
    for (std::size_t i = 0; i < n; ++i) squares += std::pow(parts.train.row(i)[j] - mean, 2);
    const double deviation = std::sqrt(squares / static_cast<double>(n));
    for (Rows* part : {&parts.train, &parts.test})
      for (std::size_t i = 0; i < part->n; ++i) {
        float& x = part->x[i * part->columns + j];
        x = static_cast<float>(deviation > 0.0 ? (x - mean) / deviation : 0.0);
      }
  }
  return parts;
}
