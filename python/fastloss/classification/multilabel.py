"""Losses of several classes of which any number may be right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._base import Parameter
from .._forms import PredictionLoss

if TYPE_CHECKING:
    from .._types import ClassWeight

__all__ = ["MultiLabelSoftMargin"]


class MultiLabelSoftMargin(PredictionLoss):
    """Cross-entropy of C yes-or-no questions at once, one for every class, averaged over them.

    ::

        p    = sigmoid(pred)
        loss = -1/C sum_k w_k (t_k log p_k + (1 - t_k) log(1 - p_k))      w = class_weight

        gradient_k = w_k / C (p_k - t_k)
        Hessian_k  = w_k / C p_k (1 - p_k)

    ``pred`` has the C classes along ``axis`` and holds logits, any real numbers; ``target`` has its
    shape and holds 0 or 1 for every class, or a share in [0, 1]. However many of a row are 1, the
    row is one term: the loss terms, and sample weights, have the shape of ``pred`` without that
    axis.

    Parameters
    ----------
    class_weight : array_like of shape (C,) or dict, optional
        One weight >= 0 per class, or ``{class: weight}`` that names the last class; others that
        the dict leaves out weigh 1. It multiplies the part of its class and is no part of the
        denominator of a mean, which goes over rows.
    axis : int, default -1
        Where the classes lie.

    Raises
    ------
    ParameterError
        When a parameter is not in its range.
    DomainError
        When a target lies outside [0, 1].
    ShapeError
        By the calls, as `PredictionLoss` describes.

    See Also
    --------
    BinaryCrossEntropy : The same with a term, and a weight, for every class of every row.
    CategoricalCrossEntropy : For classes that exclude each other.

    Notes
    -----
    The loss is convex; ``curvature="positive"`` is the exact Hessian diagonal, and the rest of the
    Hessian is 0. An infinite logit costs nothing where it is right, and infinity otherwise, its
    gradient being 0 or what is left of ``w_k / C``. A class of weight 0 costs nothing even there.

    Other libraries. PyTorch's ``MultiLabelSoftMarginLoss`` is the same, its mean and its weights
    included; it takes classes along the last axis alone, computes something for targets outside
    [0, 1] too, and gives NaN for an infinite logit that is right. Keras' ``BinaryCrossentropy`` and
    MXNet's ``SigmoidBinaryCrossEntropyLoss`` are means over the classes of a row as well, without
    weights of classes; optax's ``sigmoid_binary_cross_entropy`` has a term for every class.

    References
    ----------
    J. Nam, J. Kim, E. Loza Mencía, I. Gurevych, J. Fürnkranz, "Large-Scale Multi-label Text
    Classification: Revisiting Neural Networks", ECML PKDD 2014; D. R. Cox, "The Regression Analysis
    of Binary Sequences", 1958.

    Examples
    --------
    >>> import fastloss as fl
    >>> loss = fl.MultiLabelSoftMargin()
    >>> loss([0.0, 0.0, 0.0, 0.0], [1, 0, 1, 1])
    0.6931471805599454
    >>> loss.grad([0.0, 0.0, 0.0, 0.0], [1, 0, 1, 1])
    array([-0.125,  0.125, -0.125, -0.125])
    >>> rows = [[30.0, -30.0], [0.0, 0.0]]
    >>> loss(rows, [[1, 0], [0, 1]], reduction="none")
    array([9.35762297e-14, 6.93147181e-01])
    """

    __slots__ = ()
    name = "multilabel_soft_margin"
    class_weight = Parameter[tuple[float, ...] | None]()
    axis = Parameter[int]()

    def __init__(self, class_weight: ClassWeight | None = None, axis: int = -1) -> None:
        super().__init__(class_weight=class_weight, axis=axis)
