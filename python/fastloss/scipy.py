"""Losses for ``scipy.optimize.minimize(fun, x0, jac=True)``.

Needs only NumPy to run; SciPy comes with ``pip install "scipy>=1.11"``.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from ._errors import DTypeError, ParameterError, ShapeError
from ._named import prediction_loss
from .registry import find

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._base import Loss
    from ._types import Array, ArrayInput, Integer

__all__ = ["LinearObjective", "linear_objective", "objective"]


def objective(
    loss: Loss | str,
    predict: Callable[[Array], Any],
    pullback: Callable[[Array, Array], Any],
    target: ArrayInput,
    *,
    sample_weight: ArrayInput | None = None,
    n_threads: Integer | None = None,
    **params: Any,
) -> Callable[[Array], tuple[float, Array]]:
    """Return the mean loss of a model as a function of its parameters, with the gradient.

    Parameters
    ----------
    loss : Loss or str
        A loss of ``(pred, target)``, or its name, which stands for the loss with
        ``from_logits=True`` where it has that parameter.
    predict : callable
        ``predict(x)``: the predictions for a vector of parameters.
    pullback : callable
        ``pullback(x, gradient)``: the gradient by the parameters, from that by the predictions; for
        a linear model ``X.T @ gradient``.
    target : array_like
        As the loss takes it.
    sample_weight, n_threads : optional
        As in a call of the loss.
    **params
        The parameters of a loss that is given by name.

    Returns
    -------
    callable
        ``fun(x)``, a float and a float64 vector, for ``minimize(fun, x0, jac=True)``.

    Raises
    ------
    FastlossError
        By ``fun``, as in a call of the loss.
    ShapeError
        By ``fun``, when the pullback gives a gradient of another size than x.

    Examples
    --------
    A decay ``exp(-x t)`` through four measurements:

    >>> import numpy as np
    >>> from scipy.optimize import minimize
    >>> from fastloss.scipy import objective
    >>> t = np.arange(4.0)
    >>> y = np.exp(-0.5 * t)
    >>> fun = objective(
    ...     "huber", lambda x: np.exp(-x * t), lambda x, g: -(t * np.exp(-x * t)) @ g, y
    ... )
    >>> minimize(fun, [1.0], jac=True).x.round(4)
    array([0.5])
    """
    chosen = prediction_loss(loss, params, raw=True)

    def fun(x: Array) -> tuple[float, Array]:
        value, gradient = chosen.value_and_grad(
            predict(x), target, sample_weight=sample_weight, n_threads=n_threads
        )
        slope = np.array(pullback(x, gradient), np.float64).reshape(-1)  # SciPy keeps it: a copy
        if slope.size != np.size(x):
            raise ShapeError(
                f"{type(chosen).__name__}: pullback gave {slope.size} numbers, x has {np.size(x)}"
            )
        return value, slope

    return fun


def linear_objective(
    loss: Loss | str,
    X: Any,  # noqa: N803  (its name in all of scikit-learn)
    y: ArrayInput,
    *,
    l2: float = 0.0,
    sample_weight: ArrayInput | None = None,
    fit_intercept: bool = False,
    n_classes: int | None = None,
    n_threads: Integer | None = None,
    **params: Any,
) -> tuple[LinearObjective, Array]:
    r"""Return the objective of a linear model, and where to start.

    .. math::

        f(w, b) = \frac{\sum_i s_i \ell(x_i^\top w + b, y_i)}{\sum_i s_i} + \frac{l_2}{2} \|w\|^2

    Parameters
    ----------
    loss : Loss or str
        A loss of ``(pred, target)``, or its name, which stands for the loss with
        ``from_logits=True`` where it has that parameter.
    X : array_like or sparse matrix, shape (n, d)
        The data. Anything but float64 is converted, once.
    y : array_like, shape (n,) or (n, k)
        The targets. There is a vector of coefficients for each column, and for each class where y
        holds class labels.
    l2 : float, default 0.0
        The penalty, >= 0; the intercept is free.
    sample_weight : array_like, shape (n,), optional
        One weight >= 0 per row of X.
    fit_intercept : bool, default False
        Whether there is an intercept b.
    n_classes : int, optional
        For class labels: how many classes there are, by default the largest label plus 1.
    n_threads : int, optional
        As in a call of the loss; NumPy has its own setting for the products with X.
    **params
        The parameters of a loss that is given by name.

    Returns
    -------
    fun : LinearObjective
        ``fun(x)``, a float and a float64 gradient; ``fun.split(x)`` gives coefficients and
        intercept of a solution.
    x0 : ndarray
        Zeros, of shape (d,), (d k,) or with the intercept at the end (d + 1,), ((d + 1) k,).

    Raises
    ------
    ShapeError, DTypeError, ParameterError, LabelError, DomainError
        At once: the objective is evaluated at x0.

    Notes
    -----
    With n rows of weight 1, ``l2 = 1 / (n C)`` is scikit-learn's ``LogisticRegression(C=C)``, and
    ``l2 = 2 alpha / n`` with squared error its ``Ridge(alpha)``; for k targets take n k
    for n. The objective keeps one array for its scores and uses it again: not for several threads
    at once.

    Examples
    --------
    >>> from scipy.optimize import minimize
    >>> from fastloss.scipy import linear_objective
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [1.0, 3.0, 5.0, 70.0]
    >>> fun, x0 = linear_objective("huber", X, y, delta=0.01, fit_intercept=True)
    >>> [part.round(1).tolist() for part in fun.split(minimize(fun, x0, jac=True).x)]
    [[2.0], 1.0]
    """
    chosen = prediction_loss(loss, params, raw=True)
    fun = LinearObjective(chosen, X, y, l2, sample_weight, fit_intercept, n_classes, n_threads)
    x0 = np.zeros(fun.size)
    fun(x0)
    return fun, x0


class LinearObjective:
    """The function that `linear_objective` returns: ``fun(x) -> (value, gradient)``.

    Attributes
    ----------
    loss : Loss
        The loss.
    size : int
        The number of parameters.
    """

    def __init__(
        self,
        loss: Loss,
        data: Any,
        y: ArrayInput,
        l2: float,
        sample_weight: ArrayInput | None,
        fit_intercept: bool,
        n_classes: int | None,
        n_threads: Integer | None,
    ) -> None:
        name, (row, _) = type(loss).__name__, find(loss.name)
        self._data = _matrix(name, data)
        self._target = np.asarray(y)
        samples, features = self._data.shape
        if self._target.ndim not in (1, 2) or len(self._target) != samples:
            raise ShapeError(
                f"{name}: y has shape {self._target.shape}, X has {samples} rows; wanted: "
                f"({samples},) or ({samples}, k)"
            )
        if not (isinstance(l2, int | float | np.number) and l2 >= 0 and isfinite(l2)):
            raise ParameterError(f"{name}: l2 is {l2!r}, wanted: a finite number >= 0")
        if row["room"] == "rows" and loss.params.get("axis", -1) not in (-1, 1):
            raise ParameterError(
                f"{name}: axis is {loss.params['axis']}, the classes are last here"
            )
        outputs: tuple[int, ...] = self._target.shape[1:]
        if row["labels"]:
            outputs = (n_classes if n_classes is not None else _count(loss, self._target),)
        elif n_classes is not None:
            raise ParameterError(f"{name}: is not a loss of class labels, takes no n_classes")
        weight = None if sample_weight is None else np.asarray(sample_weight)
        if weight is not None and weight.shape != (samples,):
            raise ShapeError(
                f"{name}: sample_weight has shape {weight.shape}, wanted: ({samples},)"
            )
        if weight is not None and outputs and row["room"] == "pointwise":
            weight = weight[:, None]
        self.loss = loss
        self._shape = (features, *outputs)
        self._scores = np.empty((samples, *outputs))
        self._free = int(np.prod(outputs, dtype=int)) if fit_intercept else 0
        self._l2 = float(l2)
        self._options = {"sample_weight": weight, "n_threads": n_threads}
        self.size = int(np.prod(self._shape, dtype=int)) + self._free

    def __call__(self, x: Array) -> tuple[float, Array]:
        """Return the value and a new float64 gradient."""
        coef, intercept = self.split(x)
        if isinstance(self._data, np.ndarray):
            np.matmul(self._data, coef, out=self._scores)
        else:
            self._scores[...] = self._data @ coef
        if self._free:
            self._scores += intercept
        # The gradient by the scores goes where the scores were.
        value, slope = self.loss.value_and_grad(
            self._scores, self._target, out=self._scores, **self._options
        )
        gradient = np.empty(self.size)
        by_coef, by_intercept = self.split(gradient)
        by_coef[...] = self._data.T @ slope
        if self._free:
            by_intercept[...] = slope.sum(axis=0)
        if self._l2:
            by_coef += self._l2 * coef
            value += 0.5 * self._l2 * float(np.vdot(coef, coef))
        return value, gradient

    def split(self, x: ArrayInput) -> tuple[Array, Array]:
        """Return the coefficients, of shape (d,) or (d, k), and the intercept, () or (k,).

        Both are views of x where it is a float64 array. Without an intercept that one is 0.
        """
        flat = np.asarray(x, np.float64)
        if flat.shape != (self.size,):
            raise ShapeError(
                f"{type(self.loss).__name__}: x has shape {flat.shape}, wanted: ({self.size},)"
            )
        edge = self.size - self._free
        intercept = (
            flat[edge:].reshape(self._shape[1:]) if self._free else np.zeros(self._shape[1:])
        )
        return flat[:edge].reshape(self._shape), intercept


def _matrix(name: str, data: Any) -> Any:
    """Return float64 data, sparse as it came."""
    sparse = hasattr(data, "tocsr")
    matrix = data.tocsr() if sparse else np.asarray(data)
    if matrix.ndim != 2:
        raise ShapeError(f"{name}: X has shape {matrix.shape}, wanted: (n, d)")
    if matrix.dtype.kind not in "biuf":
        raise DTypeError(f"{name}: X has dtype {matrix.dtype}, wanted: real numbers")
    return matrix.astype(np.float64, copy=False)


def _count(loss: Loss, target: Array) -> int:
    """Return the number of classes that the labels tell of."""
    name = type(loss).__name__
    if target.dtype.kind not in "biu":
        raise DTypeError(
            f"{name}: y has dtype {target.dtype}, wanted: integer class labels, as "
            "np.unique(y, return_inverse=True) gives them"
        )
    counted = target[target != loss.params.get("ignore_index")]
    if not counted.size:
        raise ParameterError(f"{name}: y tells of no class; give n_classes")
    return int(counted.max()) + 1
