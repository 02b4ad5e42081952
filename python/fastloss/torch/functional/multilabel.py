"""Classes of which any number may be right: `multilabel_soft_margin_loss`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..autograd import apply
from ..form import Form
from .arguments import alike, by_count, modern, of_classes, overridable

if TYPE_CHECKING:
    from torch import Tensor


@overridable
def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: None = None,
    reduce: None = None,
    reduction: str = "mean",
) -> Tensor:
    """Mean of a yes-or-no cross-entropy, as `torch.nn.functional.multilabel_soft_margin_loss`.

    Parameters
    ----------
    input : Tensor
        Logits of shape (..., C): classes lie along the last axis.
    target : Tensor
        The targets of all classes, in [0, 1], of the shape of ``input``.
    weight : Tensor, optional
        One weight >= 0 per class.
    size_average, reduce : None
        Deprecated by PyTorch; refused.
    reduction : {"mean", "sum", "none"}, default "mean"
        The mean divides by the number of rows, whatever their classes weigh.

    Returns
    -------
    Tensor
        Of the dtype of ``input``; of shape () or, with ``"none"``,
        that of ``input`` without the classes.

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
    >>> from fastloss.torch.functional import multilabel_soft_margin_loss
    >>> multilabel_soft_margin_loss(torch.zeros(1, 3), torch.tensor([[1.0, 0.0, 1.0]]))
    tensor(0.6931)
    """
    name = "multilabel_soft_margin_loss"
    modern(name, size_average, reduce)
    alike(name, input, target)
    _, ending, vectors = of_classes(name, input, weight, last=True)
    form = Form(f"{name}(input, target): multilabel_soft_margin" + ending, (), vectors)
    return apply(form, (input, target), None, by_count(reduction))
