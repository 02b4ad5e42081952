"""Losses of binary and multi-label classification: a term is an element, targets lie in [0, 1]."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ._base import Parameter
from ._forms import PredictionLoss

if TYPE_CHECKING:
    from ._types import Vector

__all__ = ["BinaryCrossEntropy", "BinaryFocal", "Hinge"]


class BinaryCrossEntropy(PredictionLoss):
    """Binary cross-entropy (log loss), on probabilities or on logits.

    ::

        t    = target (1 - label_smoothing) + label_smoothing / 2
        loss = -(pos_weight t log p + (1 - t) log(1 - p))

        on probabilities, p = pred:
            gradient = (1 - t) / (1 - p) - pos_weight t / p
            Hessian  = (1 - t) / (1 - p)^2 + pos_weight t / p^2
        on logits, p = sigmoid(pred):
            gradient = (1 - t) p - pos_weight t (1 - p)
            Hessian  = (1 - t + pos_weight t) p (1 - p)

    ``pred`` and ``target`` have one shape; every element is a loss term. Targets lie in [0, 1]:
    hard, soft or multi-label. Probabilities lie in [0, 1], logits are real and may be infinite.

    Parameters
    ----------
    from_logits : bool, default False
        Whether ``pred`` holds logits. The default is the loud one: a logit taken for a probability
        soon falls outside [0, 1] and raises.
    pos_weight : float or array_like, default 1.0
        Weight of the positive part, >= 0; one number, or one per position of the last axis. It is
        no part of the denominator of a mean.
    label_smoothing : float, default 0.0
        How far targets are drawn towards 1/2; in [0, 1].
    eps : float, default 0.0
        Clips probabilities to [eps, 1 - eps], 0 <= eps < 0.5; the derivatives are those of the
        clipped function, 0 where it clips. With 0 the mathematics stands: p = 0 with t = 1 is inf.

    Raises
    ------
    ParameterError
        When a parameter is not in its range.
    DomainError
        When a target or a probability lies outside [0, 1].
    ShapeError, DTypeError
        By the calls, as `PredictionLoss` describes.

    See Also
    --------
    BinaryFocal : The same with less weight on what is already right.
    CategoricalCrossEntropy : For classes that exclude each other.

    Notes
    -----
    The loss is convex; ``curvature="positive"`` is the exact Hessian. From logits neither the
    value nor the derivatives form ``1 - p``, so a confident prediction keeps its full precision.
    A factor 0 wins over an infinite logarithm: t = 0 with p = 0 costs 0.

    Other libraries. PyTorch has two classes: ``BCEWithLogitsLoss`` for logits, and ``BCELoss``,
    which holds logarithms above -100 but divides its gradient by no less than 1e-12, so that the
    two parts belong to different functions. Keras also defaults to probabilities; it clips them
    at 1e-7 (``eps=1e-7`` here) and smooths labels the same way. scikit-learn's ``log_loss`` clips
    at the machine epsilon. PyTorch and Keras divide a weighted mean by the number of terms,
    fastloss by the sum of the weights. XGBoost's ``scale_pos_weight`` acts only where the label
    is exactly 1 and its Hessian is held above 1e-16; CatBoost states derivatives of the negated
    loss.

    References
    ----------
    D. R. Cox, "The regression analysis of binary sequences", Journal of the Royal Statistical
    Society B 20, 1958.

    Examples
    --------
    >>> import fastloss as fl
    >>> loss = fl.BinaryCrossEntropy()
    >>> round(loss(0.9, 0), 4)
    2.3026
    >>> loss = fl.BinaryCrossEntropy(from_logits=True)
    >>> value, gradient = loss.value_and_grad([0.0, 0.0], [1, 0])
    >>> round(value, 4), gradient
    (0.6931, array([-0.25,  0.25]))
    """

    __slots__ = ()
    name = "binary_cross_entropy"
    from_logits = Parameter[bool]()
    pos_weight = Parameter[float | tuple[float, ...]]()
    label_smoothing = Parameter[float]()
    eps = Parameter[float]()

    def __init__(
        self,
        from_logits: bool = False,
        pos_weight: float | Vector = 1.0,
        label_smoothing: float = 0.0,
        eps: float = 0.0,
    ) -> None:
        super().__init__(
            from_logits=from_logits,
            pos_weight=pos_weight,
            label_smoothing=label_smoothing,
            eps=eps,
        )


class BinaryFocal(PredictionLoss):
    """Focal loss of binary and multi-label classification: easy examples count for less.

    ::

        t       = target (1 - label_smoothing) + label_smoothing / 2
        p       = pred on probabilities, sigmoid(pred) on logits
        CE      = -(pos_weight t log p + (1 - t) log(1 - p))
        Q       = p (1 - t) + (1 - p) t             (1 - p_t of the paper)
        alpha_t = alpha t + (1 - alpha) (1 - t)     (1 with alpha=None)
        loss    = alpha_t Q^gamma CE

    Gradient and Hessian are the first and second derivative by ``pred``. ``pred`` and ``target``
    have one shape; every element is a loss term. Targets lie in [0, 1], hard or soft.
    Probabilities lie in [0, 1], logits are real and may be infinite.

    Parameters
    ----------
    gamma : float, default 2.0
        How strongly easy examples are played down, >= 0; 0 is the cross-entropy times ``alpha_t``.
    alpha : float or None, default 0.25
        Weight of target 1, in [0, 1]; target 0 weighs ``1 - alpha``. None weighs both 1.
    from_logits : bool, default False
        Whether ``pred`` holds logits.
    pos_weight : float or array_like, default 1.0
        Weight of the positive part of CE, >= 0; one number, or one per position of the last axis.
    label_smoothing : float, default 0.0
        How far targets are drawn towards 1/2; in [0, 1].
    eps : float, default 0.0
        Clips probabilities to [eps, 1 - eps], 0 <= eps < 0.5; derivatives are 0 where it clips.

    Raises
    ------
    ParameterError
        When a parameter is not in its range.
    DomainError
        When a target or a probability lies outside [0, 1].
    ShapeError, DTypeError
        By the calls, as `PredictionLoss` describes.

    See Also
    --------
    BinaryCrossEntropy : The case gamma = 0, alpha = None.
    CategoricalFocal : For classes that exclude each other.

    Notes
    -----
    The loss is not convex: the exact Hessian is negative for some badly wrong predictions. From
    logits ``curvature="positive"`` is the Gauss-Newton form
    ``alpha_t Q^gamma (CE'' + gamma R^2 CE)`` with ``R = Q' / Q``, which for hard targets is p or
    1 - p in size; on probabilities it is ``max(Hessian, 0)``.

    Other libraries. torchvision's ``sigmoid_focal_loss`` is the same from logits (gamma 2, alpha
    0.25, a negative alpha for none; no reduction unless asked); fvcore and optax leave alpha out
    unless it is given, Keras' ``BinaryFocalCrossentropy`` unless ``apply_class_balancing=True``:
    pass ``alpha=None``. Soft targets enter Q in the same way in all of them. They form 1 - p by
    subtraction, which loses the confident predictions, and their gradients are infinite or NaN
    there for gamma < 1; Keras clips at 1e-7 even from logits. CatBoost states derivatives of the
    negated loss.

    References
    ----------
    T.-Y. Lin, P. Goyal, R. Girshick, K. He, P. Dollár, "Focal loss for dense object detection",
    ICCV 2017.

    Examples
    --------
    >>> import fastloss as fl
    >>> loss = fl.BinaryFocal(gamma=2.0, alpha=None)
    >>> [round(loss(p, 1), 6) for p in (0.5, 0.9, 0.99)]
    [0.173287, 0.001054, 1e-06]
    >>> logits = fl.BinaryFocal(gamma=0.0, alpha=None, from_logits=True)
    >>> logits.grad([0.0, 0.0], [1, 0], reduction="sum")
    array([-0.5,  0.5])
    """

    __slots__ = ()
    name = "binary_focal"
    gamma = Parameter[float]()
    alpha = Parameter[float | None]()
    from_logits = Parameter[bool]()
    pos_weight = Parameter[float | tuple[float, ...]]()
    label_smoothing = Parameter[float]()
    eps = Parameter[float]()

    def __init__(
        self,
        gamma: float = 2.0,
        alpha: float | None = 0.25,
        from_logits: bool = False,
        pos_weight: float | Vector = 1.0,
        label_smoothing: float = 0.0,
        eps: float = 0.0,
    ) -> None:
        super().__init__(
            gamma=gamma,
            alpha=alpha,
            from_logits=from_logits,
            pos_weight=pos_weight,
            label_smoothing=label_smoothing,
            eps=eps,
        )


class Hinge(PredictionLoss):
    """Hinge loss of a support vector machine: how far a score falls short of its margin.

    ::

        y        = 2 target - 1, or target with labels="pm1"
        gap      = margin - y pred
        loss     = max(0, gap), or its square
        gradient = -y where gap > 0, else 0;  squared: -2 y max(0, gap)
        Hessian  = 0;  squared: 2 where gap > 0, else 0

    ``pred`` and ``target`` have one shape; every element is a loss term. ``pred`` is a score, any
    real number.

    Parameters
    ----------
    margin : float, default 1.0
        The score from which a right answer costs nothing; >= 0.
    squared : bool, default False
        Whether the gap is squared, which makes the loss smooth.
    labels : {"01", "pm1"}, default '01'
        What targets are: 0 and 1, or -1 and 1. Anything else is a `DomainError`.

    Raises
    ------
    ShapeError, DTypeError, DomainError, ParameterError
        By the calls, as `PredictionLoss` describes.

    See Also
    --------
    BinaryCrossEntropy : The same for probabilities.

    Notes
    -----
    The loss is convex; ``curvature="positive"`` is the exact Hessian. At the corner the gradient is
    0.

    Other libraries. scikit-learn's ``hinge_loss`` averages the same for labels -1 and 1; Keras'
    ``Hinge`` and ``SquaredHinge`` take either kind of labels and guess which. PyTorch has it for
    several classes only. XGBoost's ``binary:hinge`` gives 0 or 1 as prediction; its derivatives
    are these, with a Hessian of 1 inside the margin.

    References
    ----------
    C. Cortes, V. Vapnik, "Support-Vector Networks", 1995.

    Examples
    --------
    >>> import fastloss as fl
    >>> loss = fl.Hinge()
    >>> loss([0.5, -2.0, 3.0], [1, 0, 1], reduction="none")
    array([0.5, 0. , 0. ])
    >>> fl.Hinge(labels="pm1").grad([0.5, -2.0, 3.0], [1, -1, -1])
    array([-0.33333333,  0.        ,  0.33333333])
    """

    __slots__ = ()
    name = "hinge"
    margin = Parameter[float]()
    squared = Parameter[bool]()
    labels = Parameter[Literal["01", "pm1"]]()

    def __init__(
        self, margin: float = 1.0, squared: bool = False, labels: Literal["01", "pm1"] = "01"
    ) -> None:
        super().__init__(margin=margin, squared=squared, labels=labels)
