// fastloss for C++ hosts: every loss by type and by name, over ranges and strided views of any element type.
//
//   std::vector<float> pred = ..., target = ..., grad;
//   double value = fastloss::Huber{.delta = 1.0}.value_and_grad(pred, target, grad);
//
//   const fastloss::Loss loss("sparse_categorical_cross_entropy", {{"from_logits", true}});
//   value = loss.value_and_grad(fastloss::View(scores.data(), {rows, classes}), labels, grad, {.n_threads = 4});
//
// losses/ has the types by family, methods.h says what their methods do, view.h what they take, call.h what a call may
// be told (weights, reduction, threads of your own, workspace), result.h how to do without exceptions. C and other
// languages: fastloss_c.h. No Python, no SIMD and no OpenMP type appears here. Calls are thread-safe; a Loss is
// immutable.
#pragma once

#include <fastloss/call.h>
#include <fastloss/loss.h>
#include <fastloss/losses.h>
#include <fastloss/totals.h>
#include <fastloss/types.h>
#include <fastloss/version.h>
