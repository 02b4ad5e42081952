"""Losses that are likelihoods or deviances of a distribution: a term is an element."""

from __future__ import annotations

from .._base import Parameter
from .._forms import MeanVarianceLoss, PredictionLoss


class GaussianNLL(MeanVarianceLoss):
    """Negative log-likelihood of a Gaussian whose mean and variance are both predicted.

    ::

        r        = mean - target,  v = max(variance, eps)
        loss     = (log v + r^2 / v) / 2, and log(2 pi) / 2 more with full
        gradient = r / v by mean;  (1 - r^2 / v) / (2 v) by variance, 0 where variance < eps
        Hessian  = 1 / v by mean;  (2 r^2 / v - 1) / (2 v^2) by variance, 0 where variance < eps

    ``mean``, ``variance`` and ``target`` have one shape; every element is a loss term.
    ``variance`` is finite and > 0.

    Parameters
    ----------
    eps : float, default 1e-06
        The least variance that is believed; >= 0.
    full : bool, default False
        Whether the constant ``log(2 pi) / 2`` is added.

    Raises
    ------
    ShapeError, DTypeError, DomainError, ParameterError
        By the calls, as `MeanVarianceLoss` describes; a variance <= 0 is a `DomainError`.

    See Also
    --------
    MeanSquaredError : Where the variance is the same everywhere.

    Notes
    -----
    The loss is not convex in the variance. ``curvature="positive"`` takes the expected second
    derivative there, ``1 / (2 v^2)`` (Fisher scoring). Values may be negative.

    Other libraries. PyTorch's ``GaussianNLLLoss`` is the same function of ``(input, target, var)``,
    but a variance below ``eps`` gets the gradient that ``eps`` would have, passed straight through,
    and a variance of 0 passes. Keras and scikit-learn have none.

    References
    ----------
    D. A. Nix, A. S. Weigend, "Estimating the Mean and Variance of the Target Probability
    Distribution", 1994.

    Examples
    --------
    >>> import fastloss as fl
    >>> loss = fl.GaussianNLL()
    >>> loss([1.0, 2.0], [1.0, 4.0], [0.0, 2.0])
    0.5965735902799727
    >>> loss.grad([1.0, 2.0], [1.0, 4.0], [0.0, 2.0])
    (array([0.5, 0. ]), array([0.    , 0.0625]))
    """

    __slots__ = ()
    name = "gaussian_nll"
    eps = Parameter[float]()
    full = Parameter[bool]()

    def __init__(self, eps: float = 1e-6, full: bool = False) -> None:
        super().__init__(eps=eps, full=full)


class RelativeEntropy(PredictionLoss):
    """Relative entropy, or Kullback-Leibler divergence, of one share from a log-probability.

    ::

                   log_target=False    log_target=True
        t        = target              exp(target)
        loss     = t (log t - pred)    0 log 0 = 0
        gradient = -t
        Hessian  = 0

    ``pred`` holds log-probabilities and is not normalised. ``pred`` and ``target`` have one shape;
    every element is a loss term. ``target`` is finite and >= 0, or with ``log_target=True`` any
    real number; a log-probability of -inf is probability 0.

    Parameters
    ----------
    log_target : bool, default False
        Whether ``target`` is the logarithm of the share.

    Raises
    ------
    ShapeError, DTypeError, DomainError
        By the calls, as `PredictionLoss` describes; a target < 0 that is no logarithm is a
        `DomainError`.

    See Also
    --------
    KLDivergence : The divergence of a whole row, from logits or probabilities, either way round.

    Notes
    -----
    The loss is linear: its curvature is 0. Terms are negative where t < exp(pred), and only a sum
    over shares and probabilities that both sum to 1 is not.

    Other libraries. It is PyTorch's ``KLDivLoss``, whose ``"batchmean"`` is the sum divided by the
    number of rows, and which gives NaN where a share and a probability are both 0. optax's
    ``kl_divergence`` is its sum over the last axis. SciPy's ``rel_entr(t, p)`` takes the
    probability, ``exp(pred)``.

    References
    ----------
    S. Kullback, R. A. Leibler, "On information and sufficiency", 1951.

    Examples
    --------
    >>> import numpy as np
    >>> import fastloss as fl
    >>> loss = fl.RelativeEntropy()
    >>> loss(np.log([0.5, 0.5, 1.0]), [0.5, 1.0, 0.0], reduction="none")
    array([0.        , 0.69314718, 0.        ])
    >>> loss.grad(np.log([0.5, 0.5, 1.0]), [0.5, 1.0, 0.0], reduction="sum")
    array([-0.5, -1. ,  0. ])
    """

    __slots__ = ()
    name = "relative_entropy"
    log_target = Parameter[bool]()

    def __init__(self, log_target: bool = False) -> None:
        super().__init__(log_target=log_target)


class Poisson(PredictionLoss):
    """Negative log-likelihood of a count, from the logarithm of its mean or from the mean itself.

    ::

                   log_input=True      log_input=False
        mu       = exp(pred)           pred
        loss     = mu - target pred    mu - target log mu
        gradient = mu - target         1 - target / mu
        Hessian  = mu                  target / mu^2

        with full      log(target!) = lgamma(target + 1) is added to the loss
        with deviance  the loss is 2 (mu - target + target log(target / mu)), and the derivatives
                       are doubled

    ``pred`` and ``target`` have one shape; every element is a loss term. ``target`` is finite and
    >= 0, not necessarily whole; ``pred`` is real, and with ``log_input=False`` finite and >= 0. A
    target of 0 leaves its logarithm out: 0 log 0 = 0.

    Parameters
    ----------
    log_input : bool, default True
        Whether ``pred`` is the logarithm of the mean.
    full : bool, default False
        Whether the constant ``log(target!)`` is added, exactly.
    deviance : bool, default False
        Whether the loss is the unit deviance: twice the distance to the least value that there is
        for this target. Constants cancel in it, so ``full`` changes nothing then.

    Raises
    ------
    ShapeError, DTypeError, DomainError, ParameterError
        By the calls, as `PredictionLoss` describes; a target < 0, and a mean < 0, is a
        `DomainError`.

    See Also
    --------
    GaussianNLL : The likelihood of any real number.

    Notes
    -----
    The loss is convex; ``curvature="positive"`` is the exact Hessian. Values may be negative unless
    ``deviance`` is set.

    Other libraries. PyTorch's ``PoissonNLLLoss`` adds 1e-8 to the mean in its logarithm, and its
    ``full`` is Stirling's approximation. scikit-learn's ``HalfPoissonLoss`` is the default here,
    its ``mean_poisson_deviance`` is ``Poisson(log_input=False, deviance=True)``. Keras' ``Poisson``
    takes the mean and adds 1e-7 in the logarithm. XGBoost and LightGBM raise the Hessian by a
    factor of ``exp(max_delta_step)``, which is ``exp(0.7)`` by default.

    References
    ----------
    J. A. Nelder, R. W. M. Wedderburn, "Generalized Linear Models", Journal of the Royal Statistical
    Society A 135, 1972.

    Examples
    --------
    >>> import fastloss as fl
    >>> loss = fl.Poisson()
    >>> loss([0.0, 1.0], [1.0, 2.0], reduction="none")
    array([1.        , 0.71828183])
    >>> loss.grad([0.0, 1.0], [1.0, 2.0], reduction="sum")
    array([0.        , 0.71828183])
    >>> fl.Poisson(log_input=False, deviance=True)([1.0, 2.0], [1.0, 2.0])
    0.0
    """

    __slots__ = ()
    name = "poisson"
    log_input = Parameter[bool]()
    full = Parameter[bool]()
    deviance = Parameter[bool]()

    def __init__(self, log_input: bool = True, full: bool = False, deviance: bool = False) -> None:
        super().__init__(log_input=log_input, full=full, deviance=deviance)


class Tweedie(PredictionLoss):
    """Half the deviance of Tweedie's distributions, of variance ``mu^power``: amounts that may be
    exactly 0, from the logarithm of their mean or from the mean itself.

    ::

        mu       = exp(pred), or pred with log_input=False
        a, b     = 2 - power, power - 1
        loss     = mu^a / a + target mu^-b / b
        gradient = mu^a - target mu^-b
        Hessian  = a mu^a + b target mu^-b

        power 1, Poisson's limit      mu - target log mu
        power 2, the gamma limit      log mu + target / mu
        with log_input=False          gradient (mu - target) mu^-power
                                      Hessian (power target / mu - b) mu^-power
        with deviance                 the loss is twice what it is above its least value for this
                                      target, and the derivatives are doubled

    ``pred`` and ``target`` have one shape; every element is a loss term. ``target`` is finite and
    >= 0, with ``power=2`` > 0. ``pred`` is real, and with ``log_input=False`` finite and >= 0.

    Parameters
    ----------
    power : float, default 1.5
        The power of the mean that the variance grows with; in [1, 2].
    log_input : bool, default True
        Whether ``pred`` is the logarithm of the mean.
    deviance : bool, default False
        Whether the loss is the unit deviance.

    Raises
    ------
    ShapeError, DTypeError, DomainError, ParameterError
        By the calls, as `PredictionLoss` describes; a target < 0, or of 0 with ``power=2``, and a
        mean < 0, is a `DomainError`.

    See Also
    --------
    Poisson : The loss of power 1.

    Notes
    -----
    Of the logarithm the loss is convex, and ``curvature="positive"`` is the exact Hessian. Of the
    mean it is not, but for power 1: there ``curvature="positive"`` takes the expected second
    derivative, ``mu^-power``. Between the limits, constants of the target are left out as they are
    at them, so that the value does not tend to that of the limits; the derivatives do.

    Other libraries. scikit-learn's ``HalfTweedieLoss(power)`` is the default here and its
    ``mean_tweedie_deviance`` is ``Tweedie(log_input=False, deviance=True)``; both have the limits.
    XGBoost's ``reg:tweedie`` takes [1, 2), LightGBM's ``tweedie`` [1, 2) as well, CatBoost's
    ``Tweedie`` (1, 2), for the negated loss.

    References
    ----------
    B. Jorgensen, "Exponential Dispersion Models", Journal of the Royal Statistical Society B 49,
    1987.

    Examples
    --------
    >>> import fastloss as fl
    >>> loss = fl.Tweedie(power=1.5)
    >>> loss([0.0, 0.0], [0.0, 3.0], reduction="none")
    array([2., 8.])
    >>> loss.grad([0.0, 0.0], [0.0, 3.0], reduction="sum")
    array([ 1., -2.])
    >>> fl.Tweedie(power=2.0, log_input=False, deviance=True)([1.0, 2.0], [1.0, 2.0])
    0.0
    """

    __slots__ = ()
    name = "tweedie"
    power = Parameter[float]()
    log_input = Parameter[bool]()
    deviance = Parameter[bool]()

    def __init__(self, power: float = 1.5, log_input: bool = True, deviance: bool = False) -> None:
        super().__init__(power=power, log_input=log_input, deviance=deviance)
