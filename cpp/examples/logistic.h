// Logistic regression with an L2 penalty, by gradient descent with momentum: one classifier per class, each of its
// class against the rest, all trained by one call of the loss.
#pragma once

#include <fastloss/fastloss.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "dense.h"
#include "progress.h"
#include "scores.h"
#include "split.h"

class LogisticRegression {
 public:
  LogisticRegression(std::size_t columns, std::size_t classes) : model_(columns, classes) {}

  void fit(const Rows& rows, double l2, int epochs, int n_threads) {
    const std::vector<std::uint8_t> target = one_hot(rows);
    // The curvature of the mean of n rows is at most that of a sigmoid, 1/4, times the mean squared length of a row
    // with its constant. Standardised columns make that columns + 1.
    const double step = 1.0 / (0.25 * static_cast<double>(rows.columns + 1) + l2);
    std::vector<float> scores(target.size()), d_scores(target.size());
    Dense d = model_, velocity(model_.in, model_.out);
    const fastloss::Options options = options_for(rows, n_threads);
    const Progress progress("logistic regression", epochs);
    for (int epoch = 1; epoch <= epochs; ++epoch) {
      model_.forward(rows.x.data(), rows.n, scores.data());
      const double value = loss_.value_and_grad(scores, target, d_scores, options);
      model_.backward(rows.x.data(), rows.n, d_scores.data(), d);
      progress.show(epoch, value + penalty(l2));
      for (std::size_t j = 0; j < d.w.size(); ++j) d.w[j] += static_cast<float>(l2) * model_.w[j];
      move(model_.w, velocity.w, d.w, step);
      move(model_.b, velocity.b, d.b, step);
    }
  }

  // The loss of one row is the sum over its classes: `classes` times the mean over all numbers.
  Score score(const Rows& rows, int n_threads) const {
    std::vector<float> scores(rows.n * rows.classes);
    model_.forward(rows.x.data(), rows.n, scores.data());
    return {loss_.value(scores, one_hot(rows), options_for(rows, n_threads)), accuracy(scores, rows)};
  }

 private:
  static fastloss::Options options_for(const Rows& rows, int n_threads) {
    return {.scale = static_cast<double>(rows.classes), .n_threads = n_threads};
  }

  static std::vector<std::uint8_t> one_hot(const Rows& rows) {
    std::vector<std::uint8_t> target(rows.n * rows.classes);
    for (std::size_t i = 0; i < rows.n; ++i) target[i * rows.classes + static_cast<std::size_t>(rows.label[i])] = 1;
    return target;
  }

  double penalty(double l2) const {
    double squares = 0.0;
    for (const float w : model_.w) squares += double{w} * double{w};
    return 0.5 * l2 * squares;
  }

  static void move(std::vector<float>& at, std::vector<float>& velocity, const std::vector<float>& d, double step) {
    for (std::size_t j = 0; j < at.size(); ++j) {
      velocity[j] = 0.9f * velocity[j] - static_cast<float>(step) * d[j];
      at[j] += velocity[j];
    }
  }

  fastloss::BinaryCrossEntropy loss_{.from_logits = true};
  Dense model_;
};
