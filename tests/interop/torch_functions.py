"""Real data, and the comparison with torch.nn.functional on it."""

import numpy as np
import torch  # the tests that import this have made sure of it
import torch.nn.functional as theirs
from fastloss.torch import functional as ours
from sklearn import datasets

REDUCTIONS = ("none", "mean", "sum")
# Both compute in float64; PyTorch forms differences of rounded logarithms and sums differently.
CLOSE = {"rtol": 1e-11, "atol": 1e-14}


def digits():
    """The logits of digits by nearest centroid, and the labels."""
    data, labels = datasets.load_digits(return_X_y=True)
    centroids = np.stack([data[labels == k].mean(axis=0) for k in range(10)])
    logits = data @ centroids.T / 256 - (centroids**2).sum(axis=1) / 512
    return torch.from_numpy(logits[:96]), torch.from_numpy(labels[:96])


LOGITS, LABELS = digits()
PROBABILITIES = torch.softmax(LOGITS / 4, 1)
SOFT = torch.softmax(LOGITS.flip(0), 1)
HARD = torch.nn.functional.one_hot(LABELS, 10).double()
WEIGHTS = torch.arange(1, 11, dtype=torch.float64) / 7
VECTORS = torch.from_numpy(datasets.load_iris(return_X_y=True)[0])


def compare(name, inputs, differentiable=1, **arguments):
    """Value and gradients under a random upstream gradient agree."""
    results = []
    for functional in (theirs, ours):
        leaves = [x.detach().clone().requires_grad_() for x in inputs[:differentiable]]
        value = getattr(functional, name)(*leaves, *inputs[differentiable:], **arguments)
        upstream = torch.cos(torch.arange(value.numel(), dtype=value.dtype)).reshape(value.shape)
        results.append((value, *torch.autograd.grad(value, leaves, upstream)))
    for expected, found in zip(*results, strict=True):
        assert found.shape == expected.shape
        assert found.dtype == expected.dtype
        torch.testing.assert_close(found, expected, **CLOSE, equal_nan=True)
