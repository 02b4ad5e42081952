"""Three groups of points learn an embedding in which they lie apart: triplet loss."""

import fastloss as fl
import numpy as np

random = np.random.default_rng(0)
centers = random.normal(size=(3, 20))
group = random.integers(0, 3, 512)
other = (group + random.integers(1, 3, 512)) % 3
triple = [centers[g] + random.normal(size=(512, 20)) for g in (group, group, other)]
weight = random.normal(scale=0.1, size=(20, 2))  # a linear embedding in the plane

loss = fl.Triplet(margin=1.0)
for step in range(301):
    value, gradients = loss.value_and_grad(*(points @ weight for points in triple))
    weight -= 0.1 * sum(points.T @ g for points, g in zip(triple, gradients, strict=True))
    if step % 100 == 0:
        print(f"step {step:3}: loss {value:.4f}")
