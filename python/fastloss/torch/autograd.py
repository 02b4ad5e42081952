"""A loss of tensors, with autograd where it is wanted and without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from .call import Call, plain, refuse
from .compiled import operator
from .eager import Evaluation

if TYPE_CHECKING:
    from .._base import Loss as AnyLoss
    from .call import Gradients
    from .form import Form


def apply(
    form: Form,
    inputs: tuple[torch.Tensor, ...],
    weight: torch.Tensor | None = None,
    reduction: str = "mean",
    scale: float = 1.0,
    loss: AnyLoss | None = None,
) -> torch.Tensor:
    """Return the value of a loss as a tensor with which autograd can go on."""
    with_grad = refuse(form.name, inputs, weight, form.vectors)
    if torch.compiler.is_compiling():
        numbers, vectors = list(form.numbers), list(form.vectors)
        given = list(inputs)
        result: list[torch.Tensor] = operator(
            form.text, numbers, vectors, given, weight, reduction, scale, with_grad
        )
        return result[0]
    call = Call(loss or form.loss, None if weight is None else plain(weight), reduction, scale)
    if with_grad:
        value: torch.Tensor = Evaluation.apply(call, *inputs)
        return value
    return call.value([plain(tensor) for tensor in inputs])


def value_and_grad(
    loss: AnyLoss,
    *inputs: torch.Tensor,
    sample_weight: torch.Tensor | None = None,
    reduction: str = "mean",
    scale: float = 1.0,
) -> tuple[torch.Tensor, torch.Tensor | Gradients]:
    """Return value and gradient of a loss as tensors, in one pass and without autograd.

    Parameters
    ----------
    loss : fastloss.Loss
        Any loss of fastloss.
    *inputs : Tensor
        What it takes: ``pred, target``, or the tensors of a loss of pairs or triplets. They may
        require grad; nothing is recorded.
    sample_weight : Tensor, optional
        One weight >= 0 per loss term, as fastloss takes it.
    reduction : {"mean", "sum", "none"}, default "mean"
        As fastloss takes it.
    scale : float, default 1.0
        Multiplies value and derivatives.

    Returns
    -------
    value : Tensor
        A tensor of shape () or, with ``reduction="none"``, of the shape of the loss terms.
    gradient : Tensor or tuple of Tensor
        That of ``pred``, or one per vector input.

    Raises
    ------
    FastlossError
        As in a call of the loss; `DeviceError` where a tensor does not lie on the CPU.

    Examples
    --------
    >>> import fastloss as fl
    >>> import fastloss.torch as ft
    >>> import torch
    >>> ft.value_and_grad(fl.Huber(), torch.tensor([0.5, 3.0]), torch.zeros(2))
    (tensor(1.3125), tensor([0.2500, 0.5000]))
    """
    with torch.no_grad():
        refuse(loss.name, inputs, sample_weight)
        bare = [plain(tensor) for tensor in inputs]
        weight = None if sample_weight is None else plain(sample_weight)
        value, grads = Call(loss, weight, reduction, scale).value_and_grad(bare)
    return value, grads[0] if len(grads) == 1 else grads
