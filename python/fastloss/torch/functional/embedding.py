"""Embeddings: `triplet_margin_loss` and `cosine_embedding_loss`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..autograd import apply
from ..call import number
from ..errors import ParameterError, ShapeError
from ..form import Form
from .arguments import broadcast, modern, overridable, same_shape

if TYPE_CHECKING:
    from torch import Tensor


@overridable
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

    Parameters
    ----------
    anchor, positive, negative : Tensor
        Vectors along the last axis, of shapes that broadcast.
    margin : float, default 1.0
        How much nearer the positive shall be; > 0.
    p : float, default 2.0
        The norm of the distance, >= 1.
    eps : float, default 1e-6
        Added to every difference.
    swap : bool, default False
        Whether to compare with the distance of positive and negative where that is smaller.
    size_average, reduce : None
        Deprecated by PyTorch; refused.
    reduction : {"mean", "sum", "none"}, default "mean"
        The mean divides by the number of triplets.

    Returns
    -------
    Tensor
        Of the dtype of ``anchor``; of shape () or, with ``"none"``,
        that of ``anchor`` without the last axis.

    Raises
    ------
    DeviceError
        When a tensor does not lie on the CPU.
    ShapeError, ParameterError
        When the numbers of axes differ, or a parameter is not in its range.

    Notes
    -----
    ``eps`` is added to ``anchor``, which comes to the same for both distances from it. The distance
    that ``swap`` compares goes without.

    Examples
    --------
    >>> import torch
    >>> from fastloss.torch.functional import triplet_margin_loss
    >>> a, p, n = torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0]]), torch.tensor([[0.0, 2.0]])
    >>> triplet_margin_loss(a, p, n, eps=0.0)
    tensor(4.)
    """
    modern("triplet_margin_loss", size_average, reduce)
    margin, p, eps = (
        number("triplet_margin_loss", which, value)
        for which, value in (("margin", margin), ("p", p), ("eps", eps))
    )
    if not margin > 0.0:
        raise ParameterError(f"triplet_margin_loss: margin must be greater than 0, got {margin}")
    if not anchor.dim() == positive.dim() == negative.dim():
        raise ShapeError("triplet_margin_loss: the three tensors differ in their number of axes")
    if not anchor.shape == positive.shape == negative.shape:
        anchor, positive, negative = broadcast(
            "triplet_margin_loss", anchor=anchor, positive=positive, negative=negative
        )
    if eps != 0.0:
        anchor = anchor + eps
    form = Form(
        "triplet_margin_loss(anchor, positive, negative): triplet margin p swap",
        (margin, p, float(swap)),
    )
    return apply(form, (anchor, positive, negative), None, reduction)


@overridable
def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0.0,
    size_average: None = None,
    reduce: None = None,
    reduction: str = "mean",
) -> Tensor:
    """Cosines of pairs of vectors, as `torch.nn.functional.cosine_embedding_loss`.

    Parameters
    ----------
    input1, input2 : Tensor
        Vectors along the last axis, of shapes that broadcast.
    target : Tensor
        1 for pairs that belong together and -1 for others, without the last axis.
    margin : float, default 0.0
        The cosine up to which others cost nothing; in [-1, 1].
    size_average, reduce : None
        Deprecated by PyTorch; refused.
    reduction : {"mean", "sum", "none"}, default "mean"
        The mean divides by the number of pairs.

    Returns
    -------
    Tensor
        Of the dtype of ``input1``; of shape () or, with ``"none"``, that of ``target``.

    Raises
    ------
    DeviceError
        When a tensor does not lie on the CPU.
    DTypeError
        When ``target`` requires grad.
    ShapeError, ParameterError, DomainError
        When shapes do not fit together, or a value lies outside its range.

    Examples
    --------
    >>> import torch
    >>> from fastloss.torch.functional import cosine_embedding_loss
    >>> one, two = torch.tensor([[1.0, 0.0]]), torch.tensor([[3.0, 4.0]])
    >>> cosine_embedding_loss(one, two, torch.tensor([1]))
    tensor(0.4000)
    """
    modern("cosine_embedding_loss", size_average, reduce)
    if not same_shape(input1, input2):
        input1, input2 = broadcast("cosine_embedding_loss", input1=input1, input2=input2)
    margin = number("cosine_embedding_loss", "margin", margin)
    form = Form("cosine_embedding_loss(input1, input2, target): cosine_embedding margin", (margin,))
    return apply(form, (input1, input2, target), None, reduction)
