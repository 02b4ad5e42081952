"""A loss of tensors, with autograd where it is wanted and without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.overrides import handle_torch_function, has_torch_function

from . import constants, operators
from .call import COUNTED, Call, number, plain, refuse
from .eager import Evaluation
from .errors import Names, ParameterError
from .form import ROWS, Form, form_of, parsed
from .ways import ordinary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._base import Loss as AnyLoss
    from .call import Gradients


def apply(
    form: Form,
    inputs: tuple[torch.Tensor, ...],
    weight: torch.Tensor | None = None,
    reduction: str = "mean",
    scale: float = 1.0,
    loss: AnyLoss | None = None,
) -> torch.Tensor:
    """Return the value of a loss as a tensor with which autograd can go on."""
    tensors = (*inputs, weight, *form.vectors)
    if not isinstance(scale, float):
        scale = number(form.names.called, "scale", scale)
    text, numbers, vectors = form
    if has_torch_function(tensors):
        value: torch.Tensor = handle_torch_function(
            evaluate, tensors, text, numbers, vectors, inputs, weight, reduction, scale
        )
        return value
    parts = parsed(text)
    with_grad = refuse(parts.names, inputs, weight, vectors, parts.vectors)
    if not ordinary(tensors):
        value = operators.evaluate(
            text, list(numbers), list(vectors), list(inputs), weight, reduction, scale
        )
        return value
    bare = None if weight is None else plain(weight)
    call = Call(parts.names, loss or form.loss, bare, reduction, scale)
    if with_grad:
        value = Evaluation.apply(call, form, *inputs)
        return value
    return call.value([plain(tensor) for tensor in inputs])


def evaluate(
    text: str,
    numbers: Sequence[float],
    vectors: Sequence[torch.Tensor],
    inputs: tuple[torch.Tensor, ...],
    weight: torch.Tensor | None,
    reduction: str,
    scale: float,
) -> torch.Tensor:
    """`apply`, as torch.fx and tensors with a ``__torch_function__`` may call it."""
    return apply(Form(text, numbers, vectors), inputs, weight, reduction, scale)


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
        As in a call of the loss; `DeviceError` where a tensor does not lie on the CPU, and
        `DTypeError` where torch.func or forward-mode AD would differentiate the call.

    Examples
    --------
    >>> import fastloss as fl
    >>> import fastloss.torch as ft
    >>> import torch
    >>> ft.value_and_grad(fl.Huber(), torch.tensor([0.5, 3.0]), torch.zeros(2))
    (tensor(1.3125), tensor([0.2500, 0.5000]))
    """
    names = Names(ROWS[loss.name])
    scale = number(names.called, "scale", scale)
    if reduction == COUNTED:
        raise ParameterError(
            f"{names.called}: reduction is {reduction!r}, wanted: 'mean', 'sum' or 'none'"
        )
    with torch.no_grad():
        refuse(names, inputs, sample_weight)
    if ordinary((*inputs, sample_weight)):
        weight = None if sample_weight is None else plain(sample_weight)
        call = Call(names, loss, weight, reduction, scale)
        value, grads = call.value_and_grad([plain(tensor) for tensor in inputs])
    else:
        text, numbers, vectors = form_of(loss)
        value, *grads = constants.constants(
            text, list(numbers), list(vectors), list(inputs), sample_weight, reduction, scale
        )
    return value, grads[0] if len(grads) == 1 else tuple(grads)
