"""Whether a loss has the curvature that trees of Newton steps divide by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._errors import FastlossError, ParameterError
from .registry import find

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._base import Loss
    from ._types import Array

# Where curvature may be: at the targets, near them, and beyond whatever a parameter sets.
_INSIDE = np.array([0.0, 0.25, 0.5, 0.75, 1.0])  # scores, and probabilities as well
_SCORES = np.array([-1e18, -1e3, -30.0, -2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 30.0, 1e3, 1e18])


def require_curvature(loss: Loss, hess_floor: float) -> None:
    """Refuse a loss without curvature by definition, unless a floor makes up for it.

    What is 0 at some points of a training alone, where it underflows say, is none of this.
    """
    name = type(loss).__name__
    if not hasattr(loss, "grad_and_hess"):
        raise ParameterError(f"{name}: has no Hessian, which trees of Newton steps need")
    if hess_floor == 0 and not any(map(np.any, _curvatures(loss))):
        raise ParameterError(
            f"{name}: has no curvature, and trees of Newton steps divide by it; give "
            "hess_floor=1.0, which makes them gradient steps"
        )


def _curvatures(loss: Loss) -> Iterator[Array]:
    """Yield the curvature at points all over the domain; what is out of it is passed over."""
    for pred, target in _points(loss):
        try:
            yield loss.grad_and_hess(pred, target, curvature="positive", reduction="none")[1]
        except FastlossError:
            continue


def _points(loss: Loss) -> Iterator[tuple[Array, Any]]:
    row = find(loss.name)[0]
    vectors = [len(value) for value in loss.params.values() if isinstance(value, tuple)]
    width = max(vectors, default=3)
    if row["room"] != "rows":
        for points in (_INSIDE, _SCORES):
            pred = np.repeat(points[:, np.newaxis], width, axis=1)
            for target in (1.0, 0.0, 0.5, -1.0):
                yield pred, np.full(pred.shape, target)
        return
    classes = np.eye(width)
    for pred in (
        np.full_like(classes, 1 / width),
        classes,
        0 * classes,
        *np.multiply.outer(_SCORES, classes),
    ):
        for label in range(width):
            yield pred, np.full(width, label) if row["labels"] else classes[[label] * width]
