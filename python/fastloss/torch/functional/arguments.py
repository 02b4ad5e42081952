"""What the functions do with their arguments before they call a loss."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import torch

from ..errors import ParameterError, ShapeError

if TYPE_CHECKING:
    from torch import Tensor


def modern(name: str, size_average: object, reduce: object) -> None:
    """Refuse the arguments that PyTorch has deprecated."""
    if size_average is not None or reduce is not None:
        raise ParameterError(f"{name}: size_average and reduce are gone; pass reduction instead")


def by_count(reduction: str, count: int) -> tuple[str, float]:
    """A mean by the number of terms, whatever they weigh, as a sum and a scale."""
    return ("sum", 1.0 / count) if reduction == "mean" and count else (reduction, 1.0)


def alike(name: str, input: Tensor, target: Tensor) -> None:
    """Refuse a target of another shape."""
    if target.shape != input.shape:
        raise ShapeError(
            f"{name}: target has shape {tuple(target.shape)}, input has shape {tuple(input.shape)}"
        )


def together(
    name: str, input: Tensor, target: Tensor, weight: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Broadcast as PyTorch does, with a warning, for it is hardly ever meant."""
    if weight is not None and weight.shape != input.shape:
        raise ShapeError(
            f"{name}: weight has shape {tuple(weight.shape)}, input has shape {tuple(input.shape)}"
        )
    if target.shape == input.shape:
        return input, target
    warnings.warn(
        f"{name}: target has shape {tuple(target.shape)} and input {tuple(input.shape)}; they are "
        "broadcast, which is hardly ever meant. Please ensure they have the same size.",
        stacklevel=3,
    )
    input, target = torch.broadcast_tensors(input, target)
    return input, target


def spread(name: str, what: str, tensor: Tensor | None, input: Tensor) -> Tensor | None:
    """A view of weights in the shape of the input."""
    if tensor is None or tensor.shape == input.shape:
        return tensor
    missing = input.dim() - tensor.dim()
    pairs = zip(tensor.shape, input.shape[max(missing, 0) :], strict=False)
    if missing < 0 or any(own not in (1, full) for own, full in pairs):
        raise ShapeError(
            f"{name}: {what} has shape {tuple(tensor.shape)}, wanted: one that broadcasts to "
            f"{tuple(input.shape)}"
        )
    return tensor.expand(input.shape)
