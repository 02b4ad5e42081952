"""XGBoost with the losses of fastloss: objectives and metrics for training and the estimators.

`objective` and `metric` are made for ``xgboost.train`` and
``xgboost.cv``, `sklearn_objective` and `sklearn_metric` for ``XGBRegressor`` and its kin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _doors

if TYPE_CHECKING:
    from ._base import Loss
    from ._types import Array, Curvature, Integer

__all__ = ["metric", "objective", "sklearn_metric", "sklearn_objective"]

_doors.require("xgboost", (2, 1))  # the first to take gradients of shape (n, k)

_HINT = "set num_class in the parameters of xgboost; soft targets are labels of shape (n, k)"


def _weights(data: Any) -> Array | None:
    """Return one weight per row of a DMatrix; it holds one per group where there are groups."""
    weight: Array = data.get_weight()
    if not weight.size:
        return None
    groups = data.get_uint_info("group_ptr")
    return weight if groups.size < 2 else np.repeat(weight, np.diff(groups))


class Objective(_doors.Objective):
    """What `objective` returns."""

    made_by = "objective"
    classes_hint = _HINT

    def __call__(self, predt: Array, dtrain: Any) -> tuple[Array, Array]:
        """Return gradient and Hessian of every row of a DMatrix."""
        return self._derivatives(predt, dtrain.get_label(), _weights(dtrain))


class SklearnObjective(_doors.Objective):
    """What `sklearn_objective` returns."""

    made_by = "sklearn_objective"
    classes_hint = _HINT

    # XGBoost looks for a parameter of the name sample_weight before it passes weights.
    def __call__(
        self, y_true: Array, y_pred: Array, sample_weight: Array | None = None
    ) -> tuple[Array, Array]:
        """Return gradient and Hessian of every row."""
        return self._derivatives(y_pred, y_true, sample_weight)


class Metric(_doors.Metric):
    """What `metric` returns."""

    made_by = "metric"
    classes_hint = _HINT

    def __call__(self, predt: Array, data: Any) -> tuple[str, float]:
        """Return the name and the mean loss over a DMatrix."""
        return self.name, self._mean(predt, data.get_label(), _weights(data))


class SklearnMetric(_doors.Metric):
    """What `sklearn_metric` returns."""

    made_by = "sklearn_metric"
    classes_hint = _HINT

    def __call__(self, y_true: Array, y_pred: Array, sample_weight: Array | None = None) -> float:
        """Return the mean loss."""
        return self._mean(y_pred, y_true, sample_weight)


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
    """Return a loss as an objective for ``xgboost.train(obj=)`` and ``xgboost.cv(obj=)``.

    Predictions are raw scores of shape (n,), or (n, k) with ``num_class`` or labels of k columns.
    The gradient and the Hessian diagonal of every row are multiplied by its weight, which XGBoost
    leaves to the objective.

    Parameters
    ----------
    loss : Loss or str
        A loss of ``(pred, target)``. A name is made into a loss of raw scores: with
        ``from_logits=True`` where it has that parameter, unless ``params`` says otherwise.
    num_class : int, optional
        The number of classes to insist on, >= 2; otherwise whatever the predictions have.
    curvature : {"positive", "exact"}, default "positive"
        The second derivative: never negative, or as it is, as in ``grad_and_hess``.
    hess_floor : float, default 1e-6
        The least Hessian of a row, >= 0, before its weight and ``scale``. Where a loss has no
        curvature, as absolute errors do, 1.0 turns the Newton step into a gradient step; 0.0 is
        refused there, and where curvature underflows in a round alone, training goes on.
    scale : float, default 1.0
        Multiplies the derivatives, > 0; 0.5 makes squared errors those of XGBoost.
    n_threads : int, optional
        Threads of the loss alone; XGBoost has its own ``nthread``.
    **params
        The parameters of a loss given by name.

    Returns
    -------
    Objective
        ``f(predt, dtrain) -> (grad, hess)``, float32 in the shape of ``predt``. The arrays are
        buffers of the calling thread: the next call from there writes over them. It can be
        pickled, without the buffers; copies are the same object.

    Raises
    ------
    ParameterError
        When a parameter is not in its range, the loss is none of predictions and labels, or it has
        no curvature and ``hess_floor`` is 0.
    ShapeError
        By the calls: when predictions, labels, weights or ``num_class`` do not fit together.
    LabelError, DomainError
        By the calls: when a label is no class, or lies outside the domain of the loss.

    References
    ----------
    T. Chen, C. Guestrin (2016), "XGBoost: A Scalable Tree Boosting System", KDD.

    Examples
    --------
    >>> import numpy as np, xgboost
    >>> import fastloss.xgboost
    >>> data = xgboost.DMatrix(np.arange(8.0)[:, None], label=[0, 0, 0, 0, 1, 1, 1, 1])
    >>> focal = fastloss.xgboost.objective("binary_focal", gamma=2.0, alpha=None)
    >>> booster = xgboost.train({"base_score": 0.0, "min_child_weight": 0}, data, 20, obj=focal)
    >>> (booster.predict(data, output_margin=True) > 0).astype(int)
    array([0, 0, 0, 0, 1, 1, 1, 1])
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
    """Return a loss as the ``objective=`` of ``XGBRegressor`` or ``XGBClassifier``.

    The parameters, results and errors are those of `objective`.

    Returns
    -------
    SklearnObjective
        ``f(y_true, y_pred, sample_weight=None) -> (grad, hess)``.

    Examples
    --------
    >>> import fastloss.xgboost, xgboost
    >>> huber = fastloss.xgboost.sklearn_objective("huber", delta=2.0, hess_floor=1.0)
    >>> model = xgboost.XGBRegressor(objective=huber, n_estimators=5).fit([[0], [1]], [0.0, 1.0])
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
    """Return a loss as a metric for ``xgboost.train(custom_metric=)``: its weighted mean.

    Beside a custom objective XGBoost passes raw scores, which a loss given by name expects. Beside
    an objective of its own it passes probabilities: say ``from_logits=False`` there.

    Parameters
    ----------
    loss : Loss or str
        As in `objective`.
    name : str, optional
        What XGBoost calls it; otherwise the name of the loss.
    n_threads : int, optional
        Threads of the loss.
    **params
        The parameters of a loss given by name.

    Returns
    -------
    Metric
        ``f(predt, data) -> (name, mean)``; less is better.

    Raises
    ------
    ParameterError
        As in `objective`.

    Examples
    --------
    >>> import fastloss.xgboost
    >>> fastloss.xgboost.metric("bce", name="cost").name
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
    """Return a loss as the ``eval_metric=`` of an estimator: its weighted mean.

    The parameters and errors are those of `metric`.

    Returns
    -------
    SklearnMetric
        ``f(y_true, y_pred, sample_weight=None) -> mean``, with the name in ``__name__``.

    Examples
    --------
    >>> import fastloss.xgboost
    >>> round(fastloss.xgboost.sklearn_metric("mse")([1.0, 2.0], [1.0, 4.0]), 3)
    2.0
    """
    return SklearnMetric(loss, params, name=name, n_threads=n_threads)
