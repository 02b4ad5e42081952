"""Losses as functions, with the arguments and the numbers of ``torch.nn.functional``.

What PyTorch calls ``input`` may be float16, bfloat16, float32 or float64, of any strides. Sums are
exact and derivatives come from the pass that computes the value. ``size_average`` and ``reduce``,
which PyTorch has deprecated, are refused.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

import torch

from .autograd import apply
from .errors import DTypeError, ParameterError, ShapeError
from .form import NO_NUMBER, Form

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "huber_loss",
    "l1_loss",
    "mse_loss",
    "sigmoid_focal_loss",
    "triplet_margin_loss",
]

LEAST_PROBABILITY = math.exp(-100.0)  # PyTorch holds the logarithms of BCE above -100


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: None = None,
    reduce: None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """Squared error, as `torch.nn.functional.mse_loss`; a weighted mean divides by the weights."""
    _modern("mse_loss", size_average, reduce)
    input, target = _together("mse_loss", input, target, weight)
    return apply(Form("mean_squared_error"), (input, target), weight, reduction)


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: None = None,
    reduce: None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """Absolute error, as `torch.nn.functional.l1_loss`; a weighted mean divides by the weights."""
    _modern("l1_loss", size_average, reduce)
    input, target = _together("l1_loss", input, target, weight)
    return apply(Form("mean_absolute_error"), (input, target), weight, reduction)


def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """Huber's loss, as `torch.nn.functional.huber_loss`; a weighted mean divides by the count."""
    input, target = _together("huber_loss", input, target, weight)
    form = Form("huber delta", (delta,))
    if weight is None:
        return apply(form, (input, target), None, reduction)
    return apply(form, (input, target), weight, *_by_count(reduction, input.numel()))


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: None = None,
    reduce: None = None,
    reduction: str = "mean",
) -> Tensor:
    """Cross-entropy of probabilities, as `torch.nn.functional.binary_cross_entropy`.

    Logarithms are held above -100. Where they are, the gradient is 0, as that of a constant;
    PyTorch's is -1e12 there.
    """
    _modern("binary_cross_entropy", size_average, reduce)
    _alike("binary_cross_entropy", input, target)
    form = Form("binary_cross_entropy eps", (LEAST_PROBABILITY,))
    weight = _spread("binary_cross_entropy", "weight", weight, input)
    return apply(form, (input, target), weight, *_by_count(reduction, input.numel()))


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: None = None,
    reduce: None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """Cross-entropy of logits, as `torch.nn.functional.binary_cross_entropy_with_logits`.

    ``pos_weight`` may have any shape that broadcasts to that of ``input``; targets lie in [0, 1].
    """
    name = "binary_cross_entropy_with_logits"
    _modern(name, size_average, reduce)
    _alike(name, input, target)
    weight = _spread(name, "weight", weight, input)
    reduction, scale = _by_count(reduction, input.numel())
    if pos_weight is None:
        form = Form("binary_cross_entropy from_logits", (1.0,))
        return apply(form, (input, target), weight, reduction, scale)
    spread = _spread(name, "pos_weight", pos_weight, input)
    assert spread is not None
    varying = [axis for axis, step in enumerate(spread.stride()) if step and spread.shape[axis] > 1]
    # The weights go along the last axis: one axis takes its place, several become one.
    tensors = [input, target, spread] if weight is None else [input, target, spread, weight]
    if len(varying) > 1:
        tensors = [tensor.reshape(-1) for tensor in tensors]
    elif varying:
        tensors = [tensor.movedim(varying[0], -1) for tensor in tensors]
    vector = tensors[2]
    while vector.dim() > 1:
        vector = vector[0] if vector.shape[0] else pos_weight.reshape(-1)
    form = Form("binary_cross_entropy from_logits | pos_weight", (1.0,), (vector.reshape(-1),))
    weight = tensors[3] if weight is not None else None
    result = apply(form, (tensors[0], tensors[1]), weight, reduction, scale)
    if reduction != "none" or not varying:
        return result
    return result.reshape(input.shape) if len(varying) > 1 else result.movedim(-1, varying[0])


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: None = None,
    ignore_index: int = -100,
    reduce: None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Cross-entropy of classes, as `torch.nn.functional.cross_entropy`.

    Classes lie along axis 1 of ``input``, or along its only axis. Targets are class indices, of
    any integer type, or probabilities >= 0 of the shape of ``input``. The mean is by the weights of
    the counted indices, and for probabilities by the number of rows.
    """
    _modern("cross_entropy", size_average, reduce)
    if not 0.0 <= label_smoothing <= 1.0:
        raise ParameterError(
            f"cross_entropy: label_smoothing must be between 0.0 and 1.0, got {label_smoothing}"
        )
    if input.dim() == 0:
        raise ShapeError("cross_entropy: input has no axis of classes")
    axis = 1 if input.dim() > 1 else 0
    if weight is not None and weight.shape != (input.shape[axis],):
        raise ShapeError(
            f"cross_entropy: weight has shape {tuple(weight.shape)}, wanted: one number for each "
            f"of {input.shape[axis]} classes"
        )
    vectors = () if weight is None else (weight,)
    ending = "" if weight is None else " | class_weight"
    if target.shape != input.shape:
        form = Form(
            "sparse_categorical_cross_entropy from_logits label_smoothing axis ignore_index"
            + ending,
            (1.0, label_smoothing, float(axis), float(ignore_index)),
            vectors,
        )
        return apply(form, (input, target), None, reduction)
    if not target.is_floating_point():
        raise DTypeError(
            f"cross_entropy: target is {target.dtype} and has the shape of input, wanted: "
            "probabilities in floating point, or class indices without the axis of classes"
        )
    if ignore_index >= 0:
        raise ParameterError("cross_entropy: ignore_index is for class indices, not probabilities")
    form = Form(
        "categorical_cross_entropy from_logits label_smoothing axis" + ending,
        (1.0, label_smoothing, float(axis)),
        vectors,
    )
    rows = input.numel() // max(input.shape[axis], 1)
    return apply(form, (input, target), None, *_by_count(reduction, rows))


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: None = None,
    reduce: None = None,
    reduction: str = "mean",
) -> Tensor:
    """Triplet loss, as `torch.nn.functional.triplet_margin_loss`.

    PyTorch adds ``eps`` to every difference; here it is added to ``anchor``, which comes to the
    same for both distances from the anchor. The distance that ``swap`` compares goes without.
    ``p`` is at least 1.
    """
    _modern("triplet_margin_loss", size_average, reduce)
    if not margin > 0.0:
        raise ParameterError(f"triplet_margin_loss: margin must be greater than 0, got {margin}")
    if not anchor.dim() == positive.dim() == negative.dim():
        raise ShapeError("triplet_margin_loss: the three tensors differ in their number of axes")
    if not anchor.shape == positive.shape == negative.shape:
        anchor, positive, negative = torch.broadcast_tensors(anchor, positive, negative)
    if eps != 0.0:
        anchor = anchor + eps
    form = Form("triplet margin p swap", (margin, p, float(swap)))
    return apply(form, (anchor, positive, negative), None, reduction)


def sigmoid_focal_loss(
    inputs: Tensor,
    targets: Tensor,
    alpha: float = 0.25,
    gamma: float = 2.0,
    reduction: str = "none",
) -> Tensor:
    """Focal loss of logits, as `torchvision.ops.sigmoid_focal_loss`; a negative alpha is none."""
    _alike("sigmoid_focal_loss", inputs, targets)
    form = Form("binary_focal gamma alpha from_logits", (gamma, _or_none(alpha), 1.0))
    return apply(form, (inputs, targets), None, reduction)


def _or_none(alpha: float) -> float:
    return alpha if alpha >= 0.0 else NO_NUMBER


def _modern(name: str, size_average: object, reduce: object) -> None:
    if size_average is not None or reduce is not None:
        raise ParameterError(f"{name}: size_average and reduce are gone; pass reduction instead")


def _by_count(reduction: str, count: int) -> tuple[str, float]:
    """A mean by the number of terms, whatever they weigh, as a sum and a scale."""
    return ("sum", 1.0 / count) if reduction == "mean" and count else (reduction, 1.0)


def _alike(name: str, input: Tensor, target: Tensor) -> None:
    if target.shape != input.shape:
        raise ShapeError(
            f"{name}: target has shape {tuple(target.shape)}, input has shape {tuple(input.shape)}"
        )


def _together(
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


def _spread(name: str, what: str, tensor: Tensor | None, input: Tensor) -> Tensor | None:
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
