// A network with one hidden layer of tanh, trained on mini-batches with Adam (Kingma, Ba 2015).
#pragma once

#include <fastloss/fastloss.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "dense.h"
#include "progress.h"
#include "scores.h"
#include "split.h"

// Adam's state for the weights or the biases of one layer.
struct Adam {
  std::vector<double> mean, square;

  void move(std::vector<float>& at, const std::vector<float>& d, double step, int time) {
    mean.resize(d.size());
    square.resize(d.size());
    const double unbias = 1.0 - std::pow(0.9, time), unbias_square = 1.0 - std::pow(0.999, time);
    for (std::size_t j = 0; j < d.size(); ++j) {
      mean[j] += 0.1 * (d[j] - mean[j]);
      square[j] += 0.001 * (double{d[j]} * d[j] - square[j]);
      at[j] -= static_cast<float>(step * mean[j] / unbias / (std::sqrt(square[j] / unbias_square) + 1e-8));
    }
  }
};

class Network {
 public:
  Network(std::size_t columns, std::size_t hidden, std::size_t classes, std::uint32_t seed)
      : random_(seed), first_(columns, hidden), second_(hidden, classes) {
    for (Dense* layer : {&first_, &second_})  // Glorot, Bengio (2010)
      for (float& w : layer->w)
        w = static_cast<float>((2.0 * uniform(random_) - 1.0) *
                               std::sqrt(6.0 / static_cast<double>(layer->in + layer->out)));
  }

  void fit(const Rows& rows, std::size_t batch, int epochs, double step, int n_threads) {
    const std::size_t hidden = first_.out, classes = second_.out, most = std::min(batch, rows.n);
    std::vector<float> x(most * rows.columns), h(most * hidden), scores(most * classes), d_h(h), d_scores(scores);
    std::vector<std::int32_t> label(most);
    Dense d_first = first_, d_second = second_;
    Adam of[4];
    int time = 0;

    // One workspace for all batches: with it no call of the loss allocates.
    std::vector<std::byte> workspace(
        loss_.workspace_size(fastloss::View(scores.data(), {most, classes}), label, {.n_threads = n_threads}));
    const fastloss::Options options{.n_threads = n_threads, .workspace = workspace};

    const Progress progress("network", epochs);
    for (int epoch = 1; epoch <= epochs; ++epoch) {
      const std::vector<std::size_t> order = shuffled(rows.n, random_);
      double total = 0.0;
      for (std::size_t start = 0; start < rows.n; start += most) {
        const std::size_t n = std::min(most, rows.n - start);
        for (std::size_t i = 0; i < n; ++i) {
          std::copy_n(rows.row(order[start + i]), rows.columns, x.data() + i * rows.columns);
          label[i] = rows.label[order[start + i]];
        }
        forward(x.data(), n, h, scores);
        // The last batch may be smaller: views of the first n rows.
        const fastloss::View batch_scores(scores.data(), {n, classes}), batch_grad(d_scores.data(), {n, classes});
        total +=
            static_cast<double>(n) * loss_.value_and_grad(batch_scores, std::span(label).first(n), batch_grad, options);

        second_.backward(h.data(), n, d_scores.data(), d_second, d_h.data());
        for (std::size_t j = 0; j < n * hidden; ++j) d_h[j] *= 1.0f - h[j] * h[j];
        first_.backward(x.data(), n, d_h.data(), d_first);
        ++time;
        of[0].move(first_.w, d_first.w, step, time);
        of[1].move(first_.b, d_first.b, step, time);
        of[2].move(second_.w, d_second.w, step, time);
        of[3].move(second_.b, d_second.b, step, time);
      }
      progress.show(epoch, total / static_cast<double>(rows.n));
    }
  }

  Score score(const Rows& rows, int n_threads) const {
    std::vector<float> h(rows.n * first_.out), scores(rows.n * second_.out);
    forward(rows.x.data(), rows.n, h, scores);
    const fastloss::View all(scores.data(), {rows.n, second_.out});
    return {loss_.value(all, rows.label, {.n_threads = n_threads}), accuracy(scores, rows)};
  }

 private:
  void forward(const float* x, std::size_t n, std::vector<float>& h, std::vector<float>& scores) const {
    first_.forward(x, n, h.data());
    for (std::size_t j = 0; j < n * first_.out; ++j) h[j] = std::tanh(h[j]);
    second_.forward(h.data(), n, scores.data());
  }

  fastloss::SparseCategoricalCrossEntropy loss_{.from_logits = true};
  Random random_;
  Dense first_, second_;
};
