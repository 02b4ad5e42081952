"""Logistic regression by Newton steps: gradient and Hessian diagonal in one pass.

The loss answers per observation; the two matrix products turn that into the gradient and the
Hessian of the coefficients. Five steps are enough.
"""

import fastloss as fl
import numpy as np

random = np.random.default_rng(0)
x = np.column_stack([np.ones(10_000), random.normal(size=(10_000, 3))])
truth = np.array([-0.5, 1.0, -2.0, 0.25])
y = random.random(10_000) < 1.0 / (1.0 + np.exp(-x @ truth))

loss = fl.BinaryCrossEntropy(from_logits=True)
coefficients = np.zeros(4)
for step in range(1, 7):
    logits = x @ coefficients
    print(f"step {step}: loss {loss(logits, y):.10f}")
    gradient, hessian = loss.grad_and_hess(logits, y, reduction="sum")
    coefficients -= np.linalg.solve(x.T @ (hessian[:, None] * x), x.T @ gradient)

print("found", coefficients.round(2), "of", truth)
