// The losses of boxes x1 y1 x2 y2, by type; see losses.h.
#pragma once

#include <fastloss/methods.h>

namespace fastloss {

// 1 - I / (U + eps) + (C - U) / (C + eps), the areas of intersection, union and enclosing box.
struct GIoU {
  double eps = 1e-7;  // >= 0

  FASTLOSS_LOSS_WITHOUT_HESSIAN("giou", (pred, target), (pred), eps)
};

using BoxLosses = Types<GIoU>;

}  // namespace fastloss
