"""Likelihoods of numbers, `gaussian_nll_loss` and `poisson_nll_loss`, and of shares, `kl_div`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from ..autograd import apply
from ..call import number
from ..errors import ShapeError
from ..form import Form
from .arguments import modern, overridable, same_shape, together

if TYPE_CHECKING:
    from torch import Tensor


@overridable
def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """Negative log-likelihood of a normal, as `torch.nn.functional.gaussian_nll_loss`.

    Parameters
    ----------
    input : Tensor
        The means.
    target : Tensor
        The targets, of the shape of ``input``; another shape is broadcast, with a warning.
    var : Tensor or float
        The variances, > 0: of the shape of ``input``, with 1 for one of its axes or without the
        last one, or one number for all.
    full : bool, default False
        Whether to add ``log(2 pi) / 2``.
    eps : float, default 1e-6
        The least variance that is used, >= 0.
    reduction : {"mean", "sum", "none"}, default "mean"
        The mean divides by the number of elements.

    Returns
    -------
    Tensor
        Of the dtype of ``input``; of shape () or, with ``"none"``, that of ``input``.

    Raises
    ------
    DeviceError
        When a tensor does not lie on the CPU.
    DTypeError
        When ``target`` requires grad.
    ShapeError, ParameterError, DomainError
        When shapes do not fit together, or a value lies outside its range.

    Notes
    -----
    Where a variance is held at ``eps``, its gradient is 0, as that of a constant; PyTorch's is that
    of the variance ``eps``.

    Examples
    --------
    >>> import torch
    >>> from fastloss.torch.functional import gaussian_nll_loss
    >>> gaussian_nll_loss(torch.tensor([0.0, 3.0]), torch.tensor([1.0, 1.0]), 4.0)
    tensor(1.0056)
    """
    name = "gaussian_nll_loss"
    eps = number(name, "eps", eps)
    if not isinstance(var, torch.Tensor):
        var = torch.full((), float(var), dtype=input.dtype, device=input.device)
    elif not same_shape(var, input):
        if var.shape == input.shape[:-1]:
            var = var.unsqueeze(-1)
        pairs = list(zip(var.shape, input.shape, strict=False))
        fewer = [own for own, full_size in pairs if own != full_size]
        if var.dim() != input.dim() or fewer != [1]:
            raise ShapeError(
                f"{name}: var has shape {tuple(var.shape)}, wanted: {tuple(input.shape)}, with 1 "
                "for one axis or without the last"
            )
    input, target = together(name, input, target, None)
    if not same_shape(var, input):
        var = var.expand(input.shape)
    form = Form(f"{name}(input, var, target): gaussian_nll eps full", (eps, float(full)))
    return apply(form, (input, var, target), None, reduction)


@overridable
def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: None = None,
    eps: float = 1e-8,
    reduce: None = None,
    reduction: str = "mean",
) -> Tensor:
    """Negative log-likelihood of counts, as `torch.nn.functional.poisson_nll_loss`.

    Parameters
    ----------
    input : Tensor
        Logarithms of the means or, with ``log_input=False``, means >= 0.
    target : Tensor
        The counts, >= 0, of the shape of ``input``; another shape is broadcast, with a warning.
    log_input : bool, default True
        Whether ``input`` is the logarithm of the mean.
    full : bool, default False
        Whether to add ``log(target!)``.
    size_average, reduce : None
        Deprecated by PyTorch; refused.
    eps : float, default 1e-8
        Added to means, where ``log_input`` is false.
    reduction : {"mean", "sum", "none"}, default "mean"
        The mean divides by the number of elements.

    Returns
    -------
    Tensor
        Of the dtype of ``input``; of shape () or, with ``"none"``, that of ``input``.

    Raises
    ------
    DeviceError
        When a tensor does not lie on the CPU.
    DTypeError
        When ``target`` requires grad.
    ShapeError, DomainError
        When shapes do not fit together, or a value lies outside its range.

    Notes
    -----
    ``log(target!)`` is exact; PyTorch has Stirling's approximation of it, 0.04 less at 2. ``eps``
    is added to the mean wherever it stands, PyTorch's in the logarithm alone.

    Examples
    --------
    >>> import torch
    >>> from fastloss.torch.functional import poisson_nll_loss
    >>> poisson_nll_loss(torch.tensor([0.0, 1.0]), torch.tensor([1.0, 2.0]), full=True)
    tensor(1.2057)
    """
    name = "poisson_nll_loss"
    modern(name, size_average, reduce)
    eps = number(name, "eps", eps)
    input, target = together(name, input, target, None)
    if not log_input and eps != 0.0:
        input = input + eps
    form = Form(f"{name}(input, target): poisson log_input full", (float(log_input), float(full)))
    return apply(form, (input, target), None, reduction)


@overridable
def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: None = None,
    reduce: None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """Relative entropy of every element, as `torch.nn.functional.kl_div`.

    Parameters
    ----------
    input : Tensor
        Log-probabilities, which are not normalised.
    target : Tensor
        The shares, >= 0, or with ``log_target`` their logarithms, of the shape of ``input``;
        another shape is broadcast, with a warning.
    size_average, reduce : None
        Deprecated by PyTorch; refused.
    reduction : {"mean", "batchmean", "sum", "none"}, default "mean"
        ``"mean"`` divides the sum by the number of elements, as PyTorch's, and ``"batchmean"`` by
        the size of the first axis, which makes it the mean divergence.
    log_target : bool, default False
        Whether ``target`` holds logarithms.

    Returns
    -------
    Tensor
        Of the dtype of ``input``; of shape () or, with ``"none"``, that of ``input``.

    Raises
    ------
    DeviceError
        When a tensor does not lie on the CPU.
    DTypeError
        When ``target`` requires grad.
    ShapeError, DomainError
        When shapes do not fit together, or a share is negative.

    Notes
    -----
    A share of 0 costs nothing, whatever its probability; PyTorch gives NaN for a probability of 0.

    Examples
    --------
    >>> import torch
    >>> from fastloss.torch.functional import kl_div
    >>> kl_div(torch.tensor([[0.5, 0.5]]).log(), torch.tensor([[1.0, 0.0]]), reduction="batchmean")
    tensor(0.6931)
    """
    name = "kl_div"
    modern(name, size_average, reduce)
    input, target = together(name, input, target, None)
    form = Form(f"{name}(input, target): relative_entropy log_target", (float(log_target),))
    if reduction != "batchmean":
        return apply(form, (input, target), None, reduction)
    total = apply(form, (input, target), None, "sum")
    return total / input.shape[0] if input.dim() else total
