"""Losses of the time until an event, which may be known only to lie between two times."""

from __future__ import annotations

from typing import Literal

from ._base import Parameter
from ._forms import IntervalLoss

__all__ = ["AcceleratedFailureTime"]


class AcceleratedFailureTime(IntervalLoss):
    """Negative log-likelihood of a time whose logarithm is ``score`` plus noise, censored or not.

    ::

        log t    = score + sigma x, x of a distribution F with density f
        z        = (log t - score) / sigma, l of lower, u of upper
        loss     = -log(f(z) / (sigma t))  where lower = upper = t: an event
                   -log(F(u) - F(l))       where lower < upper: it fell between the two
        gradient = f'(z) / f(z) / sigma                     of an event
                   (f(u) - f(l)) / (F(u) - F(l)) / sigma    between two times
        Hessian  = its derivative, by score

        F(z)       = Phi(z)           "normal": log-normal times
                     sigmoid(z)       "logistic": log-logistic times
                     1 - exp(-e^z)    "extreme": Weibull times, Gumbel's distribution of the least

    ``score``, ``lower`` and ``upper`` have one shape; every element is a loss term. ``score`` is
    real, the predicted logarithm of the time. ``lower`` is finite and >= 0, ``upper`` is > 0 and
    may be infinite, and ``lower <= upper``:

    =========================  ==================================================================
    ``lower = upper``          the event was seen at that time
    ``lower, inf``             right-censored: it had not come until ``lower``
    ``0, upper``               left-censored: it had come before ``upper``
    ``lower < upper``          it came between the two
    ``0, inf``                 nothing is known: the loss is 0
    =========================  ==================================================================

    Parameters
    ----------
    distribution : {"normal", "logistic", "extreme"}, default 'normal'
        What the logarithm of a time is spread by.
    sigma : float, default 1.0
        How widely; > 0.

    Raises
    ------
    ShapeError, DTypeError, DomainError, ParameterError
        By the calls, as `IntervalLoss` describes; ``lower > upper`` is a `DomainError`.

    See Also
    --------
    Poisson : Of counts of events in a known time.

    Notes
    -----
    The loss is convex in ``score``, for all three densities are log-concave;
    ``curvature="positive"`` is the exact Hessian. Values may be negative: those of events are of a
    density, of the time itself and not of its logarithm. Far out, where ``F(u) - F(l)`` would be 0,
    the loss and its derivatives are still right; nothing is clipped.

    Other libraries. XGBoost's ``survival:aft`` is the same function of the times
    ``label_lower_bound`` and ``label_upper_bound``, with ``aft_loss_distribution`` and
    ``aft_loss_distribution_scale`` for ``sigma``; its margin is ``score``. It computes with
    probabilities, which it holds at 1e-12 and above, and clips the gradient to [-15, 15] and the
    Hessian to [1e-16, 15]; within that they agree. R's ``survreg`` and lifelines fit the same
    likelihoods, with ``sigma`` as a parameter of the model. PyTorch, Keras and scikit-learn have
    none.

    References
    ----------
    L. J. Wei, "The Accelerated Failure Time Model: A Useful Alternative to the Cox Regression Model
    in Survival Analysis", 1992.
    A. Barnwal, H. Cho, T. Hocking, "Survival Regression with Accelerated Failure Time Model in
    XGBoost", Journal of Computational and Graphical Statistics, 2022.

    Examples
    --------
    >>> import fastloss as fl
    >>> loss = fl.AcceleratedFailureTime("logistic", sigma=0.5)
    >>> lower, upper = [2.0, 3.0, 0.0], [2.0, float("inf"), 1.5]
    >>> loss([1.0, 1.0, 1.0], lower, upper, reduction="none").round(4)
    array([1.479 , 0.7966, 1.4549])
    >>> loss.grad([1.0, 1.0, 1.0], lower, upper, reduction="none").round(4)
    array([ 0.5951, -1.0983,  1.5331])
    """

    __slots__ = ()
    name = "accelerated_failure_time"
    distribution = Parameter[Literal["normal", "logistic", "extreme"]]()
    sigma = Parameter[float]()

    def __init__(
        self,
        distribution: Literal["normal", "logistic", "extreme"] = "normal",
        sigma: float = 1.0,
    ) -> None:
        super().__init__(distribution=distribution, sigma=sigma)
