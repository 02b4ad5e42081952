"""Binary and multi-label classification."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from ..autograd import apply
from ..call import number
from ..errors import ParameterError
from ..form import NO_NUMBER, Form
from ..ways import ordinary
from .arguments import alike, by_count, modern, overridable, spread

if TYPE_CHECKING:
    from torch import Tensor

LEAST_PROBABILITY = math.exp(-100.0)  # PyTorch holds the logarithms of BCE above -100


@overridable
def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: None = None,
    reduce: None = None,
    reduction: str = "mean",
) -> Tensor:
    """Cross-entropy of probabilities, as `torch.nn.functional.binary_cross_entropy`.

    Parameters
    ----------
    input : Tensor
        Probabilities, in [0, 1].
    target : Tensor
        The targets, in [0, 1], of the shape of ``input``.
    weight : Tensor, optional
        Weights >= 0 that broadcast to the shape of ``input``.
    size_average, reduce : None
        Deprecated by PyTorch; refused.
    reduction : {"mean", "sum", "none"}, default "mean"
        The mean divides by the number of elements, whatever they weigh.

    Returns
    -------
    Tensor
        Of the dtype of ``input``; of shape () or, with ``"none"``, that of ``input``.

    Raises
    ------
    DeviceError
        When a tensor does not lie on the CPU.
    DTypeError
        When ``target`` or ``weight`` requires grad.
    ShapeError
        When shapes do not fit together.
    DomainError
        When a value lies outside its range.

    Notes
    -----
    Logarithms are held above -100. Where they are, the gradient is 0, as that of a constant;
    PyTorch's is -1e12 there.

    Examples
    --------
    >>> import torch
    >>> from fastloss.torch.functional import binary_cross_entropy
    >>> binary_cross_entropy(torch.tensor([0.5, 0.0]), torch.tensor([1.0, 1.0]), reduction="none")
    tensor([  0.6931, 100.0000])
    """
    modern("binary_cross_entropy", size_average, reduce)
    alike("binary_cross_entropy", input, target)
    form = Form(
        "binary_cross_entropy(input, target): binary_cross_entropy eps", (LEAST_PROBABILITY,)
    )
    weight = spread("binary_cross_entropy", "weight", weight, input)
    return apply(form, (input, target), weight, by_count(reduction))


@overridable
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

    Parameters
    ----------
    input : Tensor
        Logits.
    target : Tensor
        The targets, in [0, 1], of the shape of ``input``.
    weight : Tensor, optional
        Weights >= 0 that broadcast to the shape of ``input``.
    size_average, reduce : None
        Deprecated by PyTorch; refused.
    reduction : {"mean", "sum", "none"}, default "mean"
        The mean divides by the number of elements, whatever they weigh.
    pos_weight : Tensor, optional
        Weights >= 0 of the positive part, of any shape that broadcasts to that of ``input``.

    Returns
    -------
    Tensor
        Of the dtype of ``input``; of shape () or, with ``"none"``, that of ``input``.

    Raises
    ------
    DeviceError
        When a tensor does not lie on the CPU.
    DTypeError
        When ``target`` or ``weight`` requires grad.
    ShapeError
        When shapes do not fit together.
    DomainError
        When a value lies outside its range.

    Examples
    --------
    >>> import torch
    >>> from fastloss.torch.functional import binary_cross_entropy_with_logits
    >>> logits, target = torch.zeros(2), torch.tensor([1.0, 0.0])
    >>> binary_cross_entropy_with_logits(logits, target, pos_weight=torch.tensor([3.0, 1.0]))
    tensor(1.3863)
    """
    name = "binary_cross_entropy_with_logits"
    modern(name, size_average, reduce)
    alike(name, input, target)
    weight = spread(name, "weight", weight, input)
    text = f"{name}(input, target): binary_cross_entropy from_logits"
    if pos_weight is None:
        return apply(Form(text, (1.0,)), (input, target), weight, by_count(reduction))
    wide = spread(name, "pos_weight", pos_weight, input)
    assert wide is not None
    tensors = [input, target] if weight is None else [input, target, weight]
    # The weights go along the last axis: one axis takes its place, several become one.
    bare = ordinary((*tensors, pos_weight))
    varying, vector = _by_strides(pos_weight, wide) if bare else _by_shape(pos_weight, input)
    if len(varying) > 1 and bare:
        *tensors, vector = (tensor.reshape(-1) for tensor in (*tensors, wide))
    elif len(varying) > 1:
        *tensors, vector = (_flat(tensor.expand(input.shape)) for tensor in (*tensors, wide))
    elif varying:
        tensors = [tensor.movedim(varying[0], -1) for tensor in tensors]
    form = Form(f"{text} | pos_weight", (1.0,), (vector,))
    weight = tensors[2] if weight is not None else None
    result = apply(form, (tensors[0], tensors[1]), weight, by_count(reduction))
    if reduction != "none" or not varying:
        return result
    return result.reshape(input.shape) if len(varying) > 1 else result.movedim(-1, varying[0])


def _flat(tensor: Tensor) -> Tensor:
    """Return the elements in one axis; what make_fx records of a reshape is for some strides."""
    return tensor.clone(memory_format=torch.contiguous_format).view(-1)


def _by_strides(pos_weight: Tensor, wide: Tensor) -> tuple[list[int], Tensor]:
    """Return the axes along which weights differ, and the weights where there is but one."""
    axes = enumerate(zip(wide.shape, wide.stride(), strict=True))
    varying = [axis for axis, (size, step) in axes if step and size > 1]
    vector = wide.movedim(varying[0], -1) if varying else wide
    while vector.dim() > 1:
        vector = vector[0] if vector.shape[0] else pos_weight.reshape(-1)
    return varying, vector.reshape(-1)


def _by_shape(pos_weight: Tensor, input: Tensor) -> tuple[list[int], Tensor]:
    """Return them as a record can hold them: by the shape alone, which the record then asks for."""
    own = pos_weight.dim()
    varying = [axis - own for axis, size in enumerate(pos_weight.shape) if size != 1]
    sizes = [1] * max(own, min(input.dim(), 1))
    if sizes:
        axis = varying[0] if varying else -1
        sizes[axis] = input.shape[axis]
    return varying, pos_weight if len(varying) > 1 else pos_weight.expand(sizes).reshape(-1)


@overridable
def sigmoid_focal_loss(
    inputs: Tensor,
    targets: Tensor,
    alpha: float = 0.25,
    gamma: float = 2.0,
    reduction: str = "none",
) -> Tensor:
    """Focal loss of logits, as `torchvision.ops.sigmoid_focal_loss`.

    Parameters
    ----------
    inputs : Tensor
        Logits.
    targets : Tensor
        The targets, in [0, 1], of the shape of ``inputs``.
    alpha : float, default 0.25
        Weight of target 1, in [0, 1]; target 0 weighs ``1 - alpha``. A negative one weighs both 1.
    gamma : float, default 2.0
        How strongly easy examples are played down; >= 0.
    reduction : {"none", "mean", "sum"}, default "none"
        The mean divides by the number of elements.

    Returns
    -------
    Tensor
        Of the dtype of ``inputs``; of shape () or, with ``"none"``, that of ``inputs``.

    Raises
    ------
    DeviceError
        When a tensor does not lie on the CPU.
    DTypeError
        When ``targets`` requires grad.
    ShapeError
        When shapes do not fit together.
    DomainError
        When a value lies outside its range.

    Examples
    --------
    >>> import torch
    >>> from fastloss.torch.functional import sigmoid_focal_loss
    >>> sigmoid_focal_loss(torch.zeros(2), torch.tensor([1.0, 0.0]))
    tensor([0.0433, 0.1300])
    """
    name = "sigmoid_focal_loss"
    alike(name, inputs, targets)
    alpha, gamma = number(name, "alpha", alpha), number(name, "gamma", gamma)
    if math.isnan(alpha):
        raise ParameterError(f"{name}: alpha is nan, wanted: a number in [0, 1], or a negative one")
    form = Form(
        f"{name}(inputs, targets): binary_focal gamma alpha from_logits",
        (gamma, alpha if alpha >= 0.0 else NO_NUMBER, 1.0),
    )
    return apply(form, (inputs, targets), None, reduction)
