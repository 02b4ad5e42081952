"""The likelihood of classes, from the logarithms of their probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._base import Parameter
from .._forms import PredictionLoss

if TYPE_CHECKING:
    from .._types import ClassWeight

__all__ = ["NegativeLogLikelihood"]


class NegativeLogLikelihood(PredictionLoss):
    """Negative log-likelihood of C classes, from the logarithms of their probabilities.

    ::

        of labels, y = target:   loss = -w_y pred_y                   w = class_weight
        of shares, t = target:   loss = -sum_k w_k t_k pred_k

        gradient_k = -w_k t_k,  t_k = [k = y] for a label
        Hessian_k  = 0

    ``pred`` has the C classes along ``axis``, the loss terms have its shape without that axis.
    A target of the terms' shape holds class labels, integers of any width in [0, C) or
    ``ignore_index``; a target of ``pred``'s shape holds a share >= 0 and finite for every class.
    ``pred`` is taken as it is: real numbers, -inf for a probability of 0. A class without a share
    adds nothing, even at -inf.

    Parameters
    ----------
    class_weight : array_like of shape (C,) or dict, optional
        One weight >= 0 per class, or ``{class: weight}`` that names the last class; others that
        the dict leaves out weigh 1. It is part of the denominator of a mean: a row weighs ``w_y``,
        or ``sum_k t_k w_k``, times its sample weight. See `balanced_class_weight`.
    axis : int, default -1
        Where the classes lie.
    ignore_index : int, optional
        A label that marks rows to leave out: value and gradient 0, and no part of a mean.
        Shares have none, and are refused beside it; weigh such rows 0 by ``sample_weight``.

    Raises
    ------
    ParameterError
        When a parameter is not in its range; by the calls, when ``ignore_index`` meets shares.
    LabelError
        When a label is neither in [0, C) nor ``ignore_index``.
    DTypeError
        When labels are not integers.
    DomainError
        When a share is negative or infinite.
    ShapeError
        By the calls, as `PredictionLoss` describes.

    See Also
    --------
    SparseCategoricalCrossEntropy : The same from probabilities or logits.

    Notes
    -----
    The loss is linear: ``curvature="positive"`` is the exact Hessian, 0. It has no least value.

    Other libraries. PyTorch's ``NLLLoss`` is the same for labels, class weights and means included;
    there the classes lie along axis 1 (``axis=1`` here) and -100 is ignored unless told otherwise.
    The cross-entropy from logits keeps more digits than a log-softmax with this loss after it.

    References
    ----------
    R. A. Fisher, "On the mathematical foundations of theoretical statistics", 1922.

    Examples
    --------
    >>> import fastloss as fl
    >>> loss = fl.NegativeLogLikelihood()
    >>> pred = [[-0.5, -1.5, -1.75], [-2.0, -0.25, -2.5]]
    >>> loss(pred, [0, 1], reduction="none")
    array([0.5 , 0.25])
    >>> loss([-0.5, -1.5, -1.75], [0.5, 0.5, 0.0])
    1.0
    """

    __slots__ = ()
    name = "negative_log_likelihood"
    class_weight = Parameter[tuple[float, ...] | None]()
    axis = Parameter[int]()
    ignore_index = Parameter[int | None]()

    def __init__(
        self,
        class_weight: ClassWeight | None = None,
        axis: int = -1,
        ignore_index: int | None = None,
    ) -> None:
        super().__init__(class_weight=class_weight, axis=axis, ignore_index=ignore_index)
