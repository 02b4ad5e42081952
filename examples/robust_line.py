"""A line through points of which some are far off: squared error against Huber loss."""

import fastloss as fl
import numpy as np

random = np.random.default_rng(0)
x = np.linspace(0.0, 10.0, 200)
y = 2.0 * x + 1.0 + random.normal(scale=0.5, size=x.size)
y[160:180] += 30.0  # one stretch of the measurements went wrong
design = np.column_stack([np.ones_like(x), x])
bound = 2.0 * design.T @ design  # no Hessian of the two losses is above 2 per point

for loss in (fl.MeanSquaredError(), fl.Huber(delta=1.0)):
    line = np.zeros(2)
    for _ in range(200):
        gradient = loss.grad(design @ line, y, reduction="sum")
        line -= np.linalg.solve(bound, design.T @ gradient)
    print(f"{type(loss).__name__:>16}: y = {line[1]:.2f} x + {line[0]:.2f}, true: y = 2 x + 1")
