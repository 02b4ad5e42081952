"""Regression: `mse_loss`, `l1_loss` and `huber_loss`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..autograd import apply
from ..call import number
from ..form import Form
from .arguments import by_count, modern, overridable, together

if TYPE_CHECKING:
    from torch import Tensor


@overridable
def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: None = None,
    reduce: None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """Squared error, as `torch.nn.functional.mse_loss`.

    Parameters
    ----------
    input : Tensor
        The predictions: float16, bfloat16, float32 or float64, of any strides.
    target : Tensor
        The targets, of the shape of ``input``; another shape is broadcast, with a warning.
    size_average, reduce : None
        Deprecated by PyTorch; refused.
    reduction : {"mean", "sum", "none"}, default "mean"
        The mean divides by the sum of the weights.
    weight : Tensor, optional
        One weight >= 0 per element, of the shape of ``input``.

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
        When ``weight`` has another shape.

    Examples
    --------
    >>> import torch
    >>> from fastloss.torch.functional import mse_loss
    >>> mse_loss(torch.tensor([1.0, 3.0]), torch.zeros(2))
    tensor(5.)
    """
    modern("mse_loss", size_average, reduce)
    input, target = together("mse_loss", input, target, weight)
    return apply(
        Form("mse_loss(input, target): mean_squared_error"), (input, target), weight, reduction
    )


@overridable
def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: None = None,
    reduce: None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """Absolute error, as `torch.nn.functional.l1_loss`.

    Parameters
    ----------
    input : Tensor
        The predictions: float16, bfloat16, float32 or float64, of any strides.
    target : Tensor
        The targets, of the shape of ``input``; another shape is broadcast, with a warning.
    size_average, reduce : None
        Deprecated by PyTorch; refused.
    reduction : {"mean", "sum", "none"}, default "mean"
        The mean divides by the sum of the weights.
    weight : Tensor, optional
        One weight >= 0 per element, of the shape of ``input``.

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
        When ``weight`` has another shape.

    Examples
    --------
    >>> import torch
    >>> from fastloss.torch.functional import l1_loss
    >>> l1_loss(torch.tensor([1.0, -3.0]), torch.zeros(2))
    tensor(2.)
    """
    modern("l1_loss", size_average, reduce)
    input, target = together("l1_loss", input, target, weight)
    return apply(
        Form("l1_loss(input, target): mean_absolute_error"), (input, target), weight, reduction
    )


@overridable
def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """Huber's loss, as `torch.nn.functional.huber_loss`.

    Parameters
    ----------
    input : Tensor
        The predictions: float16, bfloat16, float32 or float64, of any strides.
    target : Tensor
        The targets, of the shape of ``input``; another shape is broadcast, with a warning.
    reduction : {"mean", "sum", "none"}, default "mean"
        The mean divides by the number of elements, whatever they weigh.
    delta : float, default 1.0
        Where the square goes over into the line; > 0.
    weight : Tensor, optional
        One weight >= 0 per element, of the shape of ``input``.

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
        When ``weight`` has another shape.

    Examples
    --------
    >>> import torch
    >>> from fastloss.torch.functional import huber_loss
    >>> huber_loss(torch.tensor([0.5, 3.0]), torch.zeros(2))
    tensor(1.3125)
    """
    input, target = together("huber_loss", input, target, weight)
    form = Form("huber_loss(input, target): huber delta", (number("huber_loss", "delta", delta),))
    by = reduction if weight is None else by_count(reduction)
    return apply(form, (input, target), weight, by)
