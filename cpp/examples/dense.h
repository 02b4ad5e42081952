// A layer: scores = x w + b for the rows of x, and the way back. Plain loops; the losses are what is shown here.
#pragma once

#include <cstddef>
#include <vector>

struct Dense {
  std::size_t in, out;
  std::vector<float> w, b;  // in x out, out

  Dense(std::size_t in, std::size_t out) : in(in), out(out), w(in * out), b(out) {}

  void forward(const float* x, std::size_t n, float* scores) const {
    for (std::size_t i = 0; i < n; ++i, x += in, scores += out) {
      for (std::size_t k = 0; k < out; ++k) scores[k] = b[k];
      for (std::size_t j = 0; j < in; ++j)
        for (std::size_t k = 0; k < out; ++k) scores[k] += x[j] * w[j * out + k];
    }
  }

  // From the gradient of the scores to that of w and b, and to that of x where it is asked for.
  void backward(const float* x, std::size_t n, const float* d_scores, Dense& d, float* d_x = nullptr) const {
    d.w.assign(in * out, 0.0f);
    d.b.assign(out, 0.0f);
    for (std::size_t i = 0; i < n; ++i, x += in, d_scores += out)
      for (std::size_t k = 0; k < out; ++k) {
        d.b[k] += d_scores[k];
        for (std::size_t j = 0; j < in; ++j) d.w[j * out + k] += x[j] * d_scores[k];
      }
    if (d_x == nullptr) return;
    d_scores -= n * out;
    for (std::size_t i = 0; i < n; ++i, d_scores += out)
      for (std::size_t j = 0; j < in; ++j) {
        float sum = 0.0f;
        for (std::size_t k = 0; k < out; ++k) sum += w[j * out + k] * d_scores[k];
        *d_x++ = sum;
      }
  }
};
