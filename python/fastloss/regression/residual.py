"""Losses of a residual, prediction minus target: a term is an element."""

from __future__ import annotations

from .._base import Parameter
from .._forms import PredictionLoss


class MeanSquaredError(PredictionLoss):
    """Squared error (MSE, L2): the square of the residual, without a half.

    ::

        r        = pred - target
        loss     = r^2
        gradient = 2 r
        Hessian  = 2

    ``pred`` and ``target`` have one shape; every element is a loss term. Both are real and may be
    infinite.

    Raises
    ------
    ShapeError, DTypeError, DomainError, ParameterError
        By the calls, as `PredictionLoss` describes.

    See Also
    --------
    MeanAbsoluteError : Less moved by outliers.
    Huber : Squared error near the target, absolute error far from it.

    Notes
    -----
    The loss is convex; ``curvature="positive"`` is the exact Hessian.

    Other libraries. PyTorch's ``MSELoss`` and Keras' ``MeanSquaredError`` are the same function;
    Keras divides a weighted mean by the number of terms, fastloss by the sum of the weights.
    scikit-learn's ``HalfSquaredError``, optax' ``l2_loss`` and the objectives of XGBoost and
    LightGBM take half of it (gradient ``r``, Hessian 1): pass ``scale=0.5``. CatBoost states
    derivatives of the negated loss, so both signs turn round.

    References
    ----------
    A.-M. Legendre, "Nouvelles méthodes pour la détermination des orbites des comètes", 1805.
    C. F. Gauss, "Theoria motus corporum coelestium", 1809.

    Examples
    --------
    >>> import fastloss as fl
    >>> loss = fl.MeanSquaredError()
    >>> loss([2.0, 4.0], [1.0, 1.0])
    5.0
    >>> loss.value_and_grad([2.0, 4.0], [1.0, 1.0])
    (5.0, array([1., 3.]))
    """

    __slots__ = ()
    name = "mean_squared_error"

    def __init__(self) -> None:
        super().__init__()


class MeanAbsoluteError(PredictionLoss):
    """Absolute error (MAE, L1): the distance between prediction and target.

    ::

        r        = pred - target
        loss     = |r|
        gradient = sign(r), 0 at r = 0
        Hessian  = 0

    ``pred`` and ``target`` have one shape; every element is a loss term. Both are real and may be
    infinite.

    Raises
    ------
    ShapeError, DTypeError, DomainError, ParameterError
        By the calls, as `PredictionLoss` describes.

    See Also
    --------
    Huber : The same far from the target, smooth near it.

    Notes
    -----
    The loss is convex; ``curvature="positive"`` is the exact Hessian, which is 0 everywhere. A
    Newton step needs a curvature of its own here; boosting libraries put 1.

    Other libraries. PyTorch's ``L1Loss`` and Keras' ``MeanAbsoluteError`` are the same function.
    Its derivative at ``r = 0`` is 0 here, in XGBoost and in LightGBM, and -1 in scikit-learn's
    ``AbsoluteError``. scikit-learn and LightGBM take 1 for the Hessian, as XGBoost does up to 3.3
    (later versions: a weight of iterated least squares). CatBoost's MAE is the quantile loss at
    0.5: gradients of a half, Hessian 0, and the sign of the negated loss.

    References
    ----------
    P.-S. Laplace, "Mémoire sur la probabilité des causes par les événements", 1774.

    Examples
    --------
    >>> import fastloss as fl
    >>> loss = fl.MeanAbsoluteError()
    >>> loss([2.0, 1.0, -1.0], [1.0, 1.0, 1.0])
    1.0
    >>> loss.grad([2.0, 1.0, -1.0], [1.0, 1.0, 1.0], reduction="sum")
    array([ 1.,  0., -1.])
    """

    __slots__ = ()
    name = "mean_absolute_error"

    def __init__(self) -> None:
        super().__init__()


class Huber(PredictionLoss):
    """Huber loss: quadratic within ``delta`` of the target, linear beyond.

    ::

        r        = pred - target
        loss     = r^2 / 2                    if |r| <= delta
                   delta (|r| - delta / 2)    otherwise
        gradient = min(max(r, -delta), delta)
        Hessian  = 1 if |r| <= delta else 0

    ``pred`` and ``target`` have one shape; every element is a loss term. Both are real and may be
    infinite.

    Parameters
    ----------
    delta : float, default 1.0
        Where the parabola turns into a line, in the unit of the target; > 0 and finite.

    Raises
    ------
    ParameterError
        When ``delta`` is not in its range.
    ShapeError, DTypeError, DomainError
        By the calls, as `PredictionLoss` describes.

    See Also
    --------
    MeanSquaredError : What the middle is, without the half.
    MeanAbsoluteError : What the ends are, times ``delta``.

    Notes
    -----
    The loss is convex; ``curvature="positive"`` is the exact Hessian, 1 or 0.

    Other libraries. PyTorch's ``HuberLoss``, Keras' ``Huber`` and optax' ``huber_loss`` are the
    same function, with the same default. PyTorch's ``SmoothL1Loss(beta)`` is this one divided by
    its ``beta``, and so is what MXNet calls Huber. PyTorch divides a weighted mean by the number
    of terms, fastloss by the sum of the weights. scikit-learn's gradient boosting sets ``delta``
    to a quantile of ``|r|``. LightGBM calls it ``alpha`` (0.9) and takes 1 for the Hessian
    everywhere; CatBoost takes -1 and 0, for the negated loss; XGBoost has only the pseudo-Huber
    loss.

    References
    ----------
    P. J. Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics 35,
    1964.

    Examples
    --------
    >>> import fastloss as fl
    >>> loss = fl.Huber(delta=1.0)
    >>> loss([0.5, 3.0], [0.0, 0.0], reduction="none")
    array([0.125, 2.5  ])
    >>> gradient, hessian = loss.grad_and_hess([0.5, 3.0], [0.0, 0.0], reduction="sum")
    >>> gradient, hessian
    (array([0.5, 1. ]), array([1., 0.]))
    """

    __slots__ = ()
    name = "huber"
    delta = Parameter[float]()

    def __init__(self, delta: float = 1.0) -> None:
        super().__init__(delta=delta)
