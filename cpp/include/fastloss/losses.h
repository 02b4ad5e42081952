// Every loss by type: fastloss::Huber{.delta = 2.0}.value_and_grad(pred, target, grad).
//
// What is not named has the default of the Python class of the same name; what a loss does and takes, its sources and
// how other libraries differ, is what that class says (`python -m fastloss explain huber`). methods.h says what the
// methods do. Parameters are checked in each call; a Loss made from a type checks them once.
#pragma once

#include <fastloss/losses/binary.h>
#include <fastloss/losses/boxes.h>
#include <fastloss/losses/classification.h>
#include <fastloss/losses/embedding.h>
#include <fastloss/losses/preference.h>
#include <fastloss/losses/regression.h>
#include <fastloss/losses/survival.h>

namespace fastloss {

// All of them: LossTypes::each([](const auto& loss) { ... }) goes through one of each type, with its defaults.
using LossTypes = JoinedTypes<RegressionLosses, BinaryLosses, PreferenceLosses, BoxLosses, SurvivalLosses,
                              ClassificationLosses, EmbeddingLosses>;

}  // namespace fastloss
