// The losses of embedding, by type; see losses.h.
#pragma once

#include <fastloss/methods.h>

namespace fastloss {

// y d^2 + (1 - y) max(0, margin - d)^2, d = |a - b|; a and b are (..., D), the target (...), 1 where they are similar.
struct Contrastive {
  double margin = 1.0;  // >= 0

  FASTLOSS_LOSS("contrastive", (a, b, target), (a, b), margin)
};

// max(0, d(anchor, positive) - d(anchor, negative) + margin), d = |x - y|_p.
struct Triplet {
  double margin = 1.0;  // >= 0
  double p = 2.0;       // >= 1, infinity included
  bool squared = false;
  bool swap = false;

  FASTLOSS_LOSS("triplet", (anchor, positive, negative), (anchor, positive, negative), margin, p, squared, swap)
};

// 1 - cos where target is 1, max(0, cos - margin) where it is -1.
struct CosineEmbedding {
  double margin = 0.0;  // [-1, 1]

  FASTLOSS_LOSS("cosine_embedding", (a, b, target), (a, b), margin)
};

using EmbeddingLosses = Types<Contrastive, Triplet, CosineEmbedding>;

}  // namespace fastloss
