"""Losses of several classes that ask for a margin between scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._base import Parameter
from .._forms import PredictionLoss

if TYPE_CHECKING:
    from .._types import ClassWeight

__all__ = ["MultiMargin"]


class MultiMargin(PredictionLoss):
    """Hinge loss of C classes: a margin between the score of the right class and every other one.

    ::

        gap_k = max(0, margin - pred_y + pred_k),  y = target
        loss  = w_y / C sum_{k != y} gap_k^p                          w = class_weight

        gradient_k = w_y / C p gap_k^(p - 1) where gap_k > 0, else 0;  k != y
        gradient_y = -sum_{k != y} gradient_k
        Hessian_k  = 0 for p = 1;  for p = 2, of n classes with gap_k > 0:
                     2 w_y / C where gap_k > 0, else 0;  k != y
                     2 n w_y / C;  k = y

    ``pred`` has the C classes along ``axis``, ``target`` and the loss terms have its shape without
    that axis. Targets are integers of any width in [0, C), or ``ignore_index``. ``pred`` holds
    scores, any real numbers; a class at -inf is never within the margin.

    Parameters
    ----------
    p : int, default 1
        1 or 2: the power of a gap. 2 makes the loss smooth.
    margin : float, default 1.0
        By how much the right score has to exceed the others to cost nothing; >= 0.
    class_weight : array_like of shape (C,) or dict, optional
        One weight >= 0 per class, or ``{class: weight}`` that names the last class; others that
        the dict leaves out weigh 1. It is part of the denominator of a mean: a row weighs ``w_y``
        times its sample weight. See `balanced_class_weight`.
    axis : int, default -1
        Where the classes lie.
    ignore_index : int, optional
        A target that marks rows to leave out: value and gradient 0, and no part of a mean.

    Raises
    ------
    ParameterError
        When a parameter is not in its range.
    LabelError
        When a target is neither in [0, C) nor ``ignore_index``.
    DTypeError
        When targets are not integers.
    ShapeError
        By the calls, as `PredictionLoss` describes.

    See Also
    --------
    Hinge : The loss of two classes.
    SparseCategoricalCrossEntropy : A smooth loss that never stops to push scores apart.

    Notes
    -----
    The loss is convex; ``curvature="positive"`` is the exact Hessian diagonal. Where a gap is
    exactly 0 its gradient is 0.

    Other libraries. PyTorch's ``MultiMarginLoss`` is the same, the division by C included; its
    weighted mean divides by the number of rows instead of the weights, it takes rows along the last
    axis alone and leaves none out. Keras' ``CategoricalHinge`` and optax's
    ``multiclass_hinge_loss`` count the worst of the other classes alone.

    References
    ----------
    J. Weston, C. Watkins, "Multi-class support vector machines", 1998.

    Examples
    --------
    >>> import fastloss as fl
    >>> loss = fl.MultiMargin()
    >>> loss([2.0, 0.5, 1.5, -1.0], 0)
    0.125
    >>> loss.grad([2.0, 0.5, 1.5, -1.0], 0)
    array([-0.25,  0.  ,  0.25,  0.  ])
    """

    __slots__ = ()
    name = "multi_margin"
    p = Parameter[int]()
    margin = Parameter[float]()
    class_weight = Parameter[tuple[float, ...] | None]()
    axis = Parameter[int]()
    ignore_index = Parameter[int | None]()

    def __init__(
        self,
        p: int = 1,
        margin: float = 1.0,
        class_weight: ClassWeight | None = None,
        axis: int = -1,
        ignore_index: int | None = None,
    ) -> None:
        super().__init__(
            p=p, margin=margin, class_weight=class_weight, axis=axis, ignore_index=ignore_index
        )
