"""LightGBM with the losses of fastloss: objectives and metrics for training and the estimators.

`objective` and `metric` are made for ``lightgbm.train`` and ``lightgbm.cv``, `sklearn_objective`
and `sklearn_metric` for ``LGBMRegressor`` and its kin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _doors
from ._errors import ParameterError

if TYPE_CHECKING:
    from ._base import Loss
    from ._types import Array, Curvature, Integer

__all__ = ["metric", "objective", "sklearn_metric", "sklearn_objective"]

_doors.require("lightgbm", (4, 0))  # the first to take an objective among the parameters


class _Labelled(_doors.Door):
    """A loss that can do with one label per row, all that LightGBM holds."""

    classes_hint = "set num_class in the parameters of lightgbm"

    def __init__(self, loss: Loss | str, params: dict[str, Any], **settings: Any) -> None:
        super().__init__(loss, params, **settings)
        if self._row["room"] == "rows" and not self._row["labels"]:
            raise ParameterError(
                f"{type(self.loss).__name__} needs a target per class and LightGBM holds one label "
                "per row; use the sparse form of the loss, which takes class labels"
            )


class Objective(_Labelled, _doors.Objective):
    """What `objective` returns."""

    made_by = "objective"
    order = "F"

    def __call__(self, preds: Array, train_data: Any) -> tuple[Array, Array]:
        """Return gradient and Hessian of every row of a Dataset."""
        return self._derivatives(preds, train_data.get_label(), train_data.get_weight())


class SklearnObjective(_Labelled, _doors.Objective):
    """What `sklearn_objective` returns."""

    made_by = "sklearn_objective"
    order = "F"

    # LightGBM counts the parameters: three of them ask for weights.
    def __call__(self, y_true: Array, y_pred: Array, weight: Array | None) -> tuple[Array, Array]:
        """Return gradient and Hessian of every row."""
        return self._derivatives(y_pred, y_true, weight)


class Metric(_Labelled, _doors.Metric):
    """What `metric` returns."""

    made_by = "metric"

    def __call__(self, preds: Array, data: Any) -> tuple[str, float, bool]:
        """Return the name, the mean loss over a Dataset, and that more is not better."""
        return self.name, self._mean(preds, data.get_label(), data.get_weight()), False


class SklearnMetric(_Labelled, _doors.Metric):
    """What `sklearn_metric` returns."""

    made_by = "sklearn_metric"

    def __call__(
        self, y_true: Array, y_pred: Array, weight: Array | None
    ) -> tuple[str, float, bool]:
        """Return the name, the mean loss, and that more is not better."""
        return self.name, self._mean(y_pred, y_true, weight), False


def objective(
    loss: Loss | str,
    *,
    num_class: int | None = None,
    curvature: Curvature = "positive",
    hess_floor: float = 1e-6,
    scale: float = 1.0,
    n_threads: Integer | None = None,
    **params: Any,
) -> Objective:
    """Return a loss as ``params["objective"]`` of ``lightgbm.train`` and ``lightgbm.cv``.

    Predictions are raw scores of shape (n,), or (n, k) with ``num_class``. Derivatives are
    computed in float64, the type of LightGBM's scores, which are only read; they are rounded once
    to float32 in Fortran order, which LightGBM takes without a copy. The gradient and the Hessian
    diagonal of every row are multiplied by its weight, which LightGBM leaves to the objective.

    Parameters
    ----------
    loss : Loss or str
        A loss of ``(pred, target)`` with one label per row. A name is made into a loss of raw
        scores: with ``from_logits=True`` where it has that parameter, unless ``params`` says
        otherwise.
    num_class : int, optional
        The number of classes to insist on, >= 2; otherwise whatever the predictions have.
    curvature : {"positive", "exact"}, default "positive"
        The second derivative: never negative, or as it is, as in ``grad_and_hess``.
    hess_floor : float, default 1e-6
        The least Hessian of a row, >= 0, before its weight and ``scale``. Where a loss has no
        curvature, as absolute errors do, 1.0 turns the Newton step into a gradient step; 0.0 is
        refused there, and where curvature underflows in a round alone, training goes on.
    scale : float, default 1.0
        Multiplies the derivatives, > 0; 0.5 makes squared errors those of LightGBM.
    n_threads : int, optional
        Threads of the loss alone; LightGBM has its own ``num_threads``.
    **params
        The parameters of a loss given by name.

    Returns
    -------
    Objective
        ``f(preds, train_data) -> (grad, hess)``. The arrays are buffers of the calling thread: the
        next call from there writes over them. It can be pickled, without the buffers; copies are
        the same object.

    Raises
    ------
    ParameterError
        When a parameter is not in its range, the loss is none of predictions and labels, it needs
        more than one label per row, or it has no curvature and ``hess_floor`` is 0.
    ShapeError
        By the calls: when predictions, labels, weights or ``num_class`` do not fit together.
    LabelError, DomainError
        By the calls: when a label is no class, or lies outside the domain of the loss.

    References
    ----------
    G. Ke et al. (2017), "LightGBM: A Highly Efficient Gradient Boosting Decision Tree", NIPS.

    Examples
    --------
    >>> import lightgbm, numpy as np
    >>> import fastloss.lightgbm
    >>> data = lightgbm.Dataset(np.arange(80.0)[:, None], label=np.repeat([0, 1], 40))
    >>> focal = fastloss.lightgbm.objective("binary_focal", gamma=2.0, alpha=None)
    >>> booster = lightgbm.train({"objective": focal, "verbose": -1}, data, 20)
    >>> (booster.predict([[10.0], [70.0]]) > 0).astype(int)
    array([0, 1])
    """
    return Objective(
        loss,
        params,
        num_class=num_class,
        curvature=curvature,
        hess_floor=hess_floor,
        scale=scale,
        n_threads=n_threads,
    )


def sklearn_objective(
    loss: Loss | str,
    *,
    num_class: int | None = None,
    curvature: Curvature = "positive",
    hess_floor: float = 1e-6,
    scale: float = 1.0,
    n_threads: Integer | None = None,
    **params: Any,
) -> SklearnObjective:
    """Return a loss as the ``objective=`` of ``LGBMRegressor``, ``LGBMClassifier``, ``LGBMRanker``.

    The parameters, results and errors are those of `objective`.

    Returns
    -------
    SklearnObjective
        ``f(y_true, y_pred, weight) -> (grad, hess)``.

    Examples
    --------
    >>> import fastloss.lightgbm, lightgbm
    >>> huber = fastloss.lightgbm.sklearn_objective("huber", delta=2.0, hess_floor=1.0)
    >>> model = lightgbm.LGBMRegressor(objective=huber, n_estimators=5, verbose=-1)
    """
    return SklearnObjective(
        loss,
        params,
        num_class=num_class,
        curvature=curvature,
        hess_floor=hess_floor,
        scale=scale,
        n_threads=n_threads,
    )


def metric(
    loss: Loss | str,
    *,
    name: str | None = None,
    n_threads: Integer | None = None,
    **params: Any,
) -> Metric:
    """Return a loss as a metric for ``lightgbm.train(feval=)``: its weighted mean.

    Beside a custom objective LightGBM passes raw scores, which a loss given by name expects. Beside
    an objective of its own it passes probabilities: say ``from_logits=False`` there.

    Parameters
    ----------
    loss : Loss or str
        As in `objective`.
    name : str, optional
        What LightGBM calls it; otherwise the name of the loss.
    n_threads : int, optional
        Threads of the loss.
    **params
        The parameters of a loss given by name.

    Returns
    -------
    Metric
        ``f(preds, data) -> (name, mean, False)``; less is better.

    Raises
    ------
    ParameterError
        As in `objective`.

    Examples
    --------
    >>> import fastloss.lightgbm
    >>> fastloss.lightgbm.metric("bce", name="cost").name
    'cost'
    """
    return Metric(loss, params, name=name, n_threads=n_threads)


def sklearn_metric(
    loss: Loss | str,
    *,
    name: str | None = None,
    n_threads: Integer | None = None,
    **params: Any,
) -> SklearnMetric:
    """Return a loss as the ``eval_metric=`` of an estimator's ``fit``: its weighted mean.

    The parameters and errors are those of `metric`.

    Returns
    -------
    SklearnMetric
        ``f(y_true, y_pred, weight) -> (name, mean, False)``.

    Examples
    --------
    >>> import fastloss.lightgbm
    >>> fastloss.lightgbm.sklearn_metric("mse")([1.0, 2.0], [1.0, 4.0], None)
    ('mean_squared_error', 2.0, False)
    """
    return SklearnMetric(loss, params, name=name, n_threads=n_threads)
