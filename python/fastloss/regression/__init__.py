"""Losses of regression: pred and target are real numbers of one shape, a term is an element."""

from .likelihood import GaussianNLL, Poisson, RelativeEntropy, Tweedie
from .residual import Huber, MeanAbsoluteError, MeanSquaredError

__all__ = [
    "GaussianNLL",
    "Huber",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Poisson",
    "RelativeEntropy",
    "Tweedie",
]
