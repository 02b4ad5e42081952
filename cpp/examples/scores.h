// What a model is worth on some rows.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "split.h"

struct Score {
  double loss = 0.0, accuracy = 0.0;
};

// The share of rows whose highest score is that of their class.
inline double accuracy(const std::vector<float>& scores, const Rows& rows) {
  std::size_t right = 0;
  for (std::size_t i = 0; i < rows.n; ++i) {
    const float* row = scores.data() + i * rows.classes;
    right += std::max_element(row, row + rows.classes) - row == rows.label[i];
  }
  return static_cast<double>(right) / static_cast<double>(rows.n);
}
