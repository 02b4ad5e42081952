"""CatBoost with the losses of fastloss: objects for ``loss_function=`` and ``eval_metric=``.

CatBoost maximises: what it takes are the derivatives of minus the loss.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _doors
from ._errors import LabelError, ParameterError, ShapeError
from .stream import Stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._base import Loss
    from ._types import Array, Curvature, Integer

__all__ = ["Metric", "MultiTargetMetric", "MultiTargetObjective", "Objective"]

_doors.require("catboost", (1, 2))  # the first to read arrays of derivatives as such

from catboost import MultiTargetCustomMetric, MultiTargetCustomObjective  # noqa: E402


class Objective(_doors.Objective):
    """A loss as a ``loss_function=`` of CatBoost, for one label per row.

    With one score per row CatBoost asks for the derivatives of whole ranges, at the speed of the
    kernels. With a score per class it asks object by object, which costs tens of microseconds
    each, whatever the objective. Labels of several columns need `MultiTargetObjective`.

    Parameters
    ----------
    loss : Loss or str
        A loss of ``(pred, target)``. A name is made into a loss of raw scores: with
        ``from_logits=True`` where it has that parameter, unless ``params`` says otherwise.
    curvature : {"positive", "exact"}, default "positive"
        The second derivative: never negative, or as it is, as in ``grad_and_hess``. Of several
        scores it is the diagonal, and the rest of the matrix is 0.
    hess_floor : float, default 1e-6
        The least Hessian of a row, >= 0, before its weight and ``scale``. It matters to
        ``leaf_estimation_method="Newton"`` alone; "Gradient" uses no Hessian. 0.0 is refused for
        a loss that has no curvature anywhere.
    scale : float, default 1.0
        Multiplies the derivatives, > 0; 0.5 makes squared errors those of CatBoost.
    n_threads : int, optional
        Threads of the loss alone; CatBoost has its own ``thread_count``.
    **params
        The parameters of a loss given by name.

    Raises
    ------
    ParameterError
        When a parameter is not in its range, or the loss is none of predictions and labels.
    catboost.CatBoostError
        While training: with the traceback of an error of fastloss in its message.

    References
    ----------
    L. Prokhorenkova et al. (2018), "CatBoost: unbiased boosting with categorical features",
    NeurIPS.

    Examples
    --------
    >>> import catboost, fastloss.catboost
    >>> focal = fastloss.catboost.Objective("binary_focal", gamma=2.0, alpha=None)
    >>> model = catboost.CatBoostClassifier(
    ...     loss_function=focal, eval_metric="Logloss", iterations=20, verbose=0,
    ...     allow_writing_files=False,
    ... )
    >>> model = model.fit([[0], [1], [2], [3]], [0, 0, 1, 1])
    >>> model.predict([[0], [3]], prediction_type="RawFormulaVal") > 0
    array([False,  True])
    """

    classes_hint = (
        "set classes_count to their number, 3 or more, or class_names to their names, for CatBoost "
        "counts classes beside a metric of its own alone, such as eval_metric='MultiClass'; two "
        "classes have one score otherwise, and want a binary loss"
    )
    no_jit = True  # or CatBoost hands the methods to Numba, when it is installed

    _targets = False

    def __init__(
        self,
        loss: Loss | str,
        *,
        curvature: Curvature = "positive",
        hess_floor: float = 1e-6,
        scale: float = 1.0,
        n_threads: Integer | None = None,
        **params: Any,
    ) -> None:
        super().__init__(
            loss,
            params,
            curvature=curvature,
            hess_floor=hess_floor,
            scale=scale,
            n_threads=n_threads,
        )
        _check_targets(self, self._targets)

    def calc_ders_range(self, approxes: Array, targets: Array, weights: Array | None) -> Array:
        """Return an array (n, 2) of first and second derivatives of minus the loss."""
        pred, target, weight, _ = self._inputs(approxes, targets, weights)
        if pred.ndim != 1:
            raise ShapeError(
                f"{type(self.loss).__name__}: predictions have shape {pred.shape}, wanted: one "
                "score per row; with several CatBoost calls calc_ders_multi for each row"
            )
        ders = self._scratch.take("ders", (*pred.shape, 2), pred.dtype)
        self._negated(pred, target, weight, ders[:, 0], ders[:, 1])
        floor: Any = -self.floor
        if weight is not None:  # a row of weight w is w rows, so its floor is w floors
            floor = np.multiply(weight, floor, out=self._scratch.take("floor", weight.shape))
        np.minimum(ders[:, 1], floor, out=ders[:, 1])
        return ders

    def calc_ders_multi(
        self, approx: Any, target: Any, weight: float | None
    ) -> tuple[Array, Array]:
        """Return the k first derivatives of one object, and the matrix with the second ones."""
        approx = _doors.array("predictions", approx)
        if approx.ndim != 1:
            raise ShapeError(
                f"{type(self.loss).__name__}: predictions have shape {approx.shape}, wanted: the "
                "scores of one object"
            )
        if approx.dtype.kind == "f":  # the buffers are of float64, as CatBoost's scores are
            approx = approx.astype(np.float64, copy=False)
        weight = 1.0 if weight is None else weight
        size = approx.size
        if self._row["labels"]:
            target = _label(self.loss, target)
        elif np.shape(target) != approx.shape:
            raise ShapeError(
                f"{type(self.loss).__name__}: a row has {np.size(target)} labels and {size} scores"
            )
        first = self._scratch.take("first", (size,), np.float64)
        matrix = self._scratch.take(f"second {size}", (size * size,), np.float64)
        diagonal = matrix[:: size + 1]  # the rest was made 0 and is never written
        self._negated(approx, target, None if weight == 1 else weight, first, diagonal)
        np.minimum(diagonal, -self.floor * weight, out=diagonal)
        return first, matrix.reshape(size, size)

    def _negated(self, pred: Array, target: Any, weight: Any, first: Array, second: Array) -> None:
        self.loss.grad_and_hess(
            pred,
            target,
            curvature=self.curvature,
            sample_weight=weight,
            reduction="sum",
            scale=-self.scale,
            out=(first, second),
            n_threads=self.n_threads,
        )


class MultiTargetObjective(Objective, MultiTargetCustomObjective):  # type: ignore[misc]
    """A loss as a ``loss_function=`` of CatBoost, for labels of several columns.

    Pointwise losses add up over the columns; losses of classes take a row of targets, one per
    class. CatBoost asks object by object. The parameters and errors are those of `Objective`.

    Examples
    --------
    >>> import catboost, fastloss.catboost
    >>> model = catboost.CatBoostRegressor(
    ...     loss_function=fastloss.catboost.MultiTargetObjective("huber", delta=2.0),
    ...     eval_metric="MultiRMSE", iterations=5, verbose=0, allow_writing_files=False,
    ... )
    >>> model.fit([[0], [1], [2], [3]], [[0, 1], [1, 2], [2, 3], [3, 4]]).predict([[0]]).shape
    (1, 2)
    """

    _targets = True


class Metric(_doors.Metric):
    """A loss as an ``eval_metric=`` of CatBoost: its weighted mean; less is better.

    CatBoost passes raw scores beside any objective, and names a metric after its class.

    Parameters
    ----------
    loss : Loss or str
        As in `Objective`.
    n_threads : int, optional
        Threads of the loss.
    **params
        The parameters of a loss given by name.

    Raises
    ------
    ParameterError
        As in `Objective`.

    Examples
    --------
    >>> import numpy as np
    >>> import fastloss.catboost
    >>> metric = fastloss.catboost.Metric("mse")
    >>> metric.evaluate((np.array([1.0, 4.0]),), np.array([1.0, 2.0]), None)
    (4.0, 2.0)
    """

    classes_hint = Objective.classes_hint
    no_jit = True

    _targets = False

    def __init__(
        self, loss: Loss | str, *, n_threads: Integer | None = None, **params: Any
    ) -> None:
        super().__init__(loss, params, n_threads=n_threads)
        _check_targets(self, self._targets)

    def is_max_optimal(self) -> bool:
        """Return that less is better."""
        return False

    def evaluate(
        self, approxes: Sequence[Array], target: Any, weight: Array | None
    ) -> tuple[float, float]:
        """Return the sum of the loss over a range of objects, and its total weight."""
        total = Stream(self.loss, "sum")
        inputs = self._inputs(self._joined("pred", approxes), self._target(target), weight)
        total.update(*inputs[:2], sample_weight=inputs[2], n_threads=self.n_threads)
        return total.value, total.weight

    def get_final_error(self, error: float, weight: float) -> float:
        """Return the mean."""
        return error / weight if weight else float("nan")

    def _target(self, target: Any) -> Array:
        return np.asarray(target)

    def _joined(self, name: str, columns: Sequence[Array]) -> Array:
        """Return columns as one array, the first alone where it is all."""
        columns = [_doors.array("predictions", column) for column in columns]
        if len({column.shape for column in columns}) != 1 or columns[0].ndim != 1:
            raise ShapeError(
                f"{type(self.loss).__name__}: {name} has columns of shapes "
                f"{[column.shape for column in columns]}, wanted: one column per score"
            )
        if len(columns) == 1 and not self._targets:
            return columns[0]
        shape = len(columns[0]), len(columns)
        joined = self._scratch.take(name, shape, columns[0].dtype, "F")
        for index, column in enumerate(columns):
            joined[:, index] = column
        return joined


class MultiTargetMetric(Metric, MultiTargetCustomMetric):  # type: ignore[misc]
    """A loss as an ``eval_metric=`` of CatBoost, for labels of several columns.

    The parameters and errors are those of `Metric`.

    Examples
    --------
    >>> import numpy as np
    >>> import fastloss.catboost
    >>> metric = fastloss.catboost.MultiTargetMetric("mse")
    >>> column = np.array([1.0, 4.0])
    >>> metric.evaluate((column, column), (column, column - 1), None)
    (2.0, 4.0)
    """

    _targets = True

    def _target(self, target: Any) -> Array:
        return self._joined("target", target)


def _label(loss: Loss, target: Any) -> int:
    if isinstance(target, float | int | np.floating | np.integer) and not isinstance(target, bool):
        whole = float(target)
        if whole.is_integer():
            return int(whole)
    raise LabelError(f"{type(loss).__name__}: a label is {target!r}, wanted: a whole number from 0")


def _check_targets(door: _doors.Door, several: bool) -> None:
    """Refuse a loss whose targets are not of the kind that the class is for."""
    dense = door._row["room"] == "rows" and not door._row["labels"]
    name, kind = type(door.loss).__name__, type(door).__qualname__
    if dense and not several:
        raise ParameterError(f"{name} needs a target per class: use MultiTarget{kind}")
    if several and door._row["labels"]:
        single = kind.removeprefix("MultiTarget")
        raise ParameterError(f"{name} takes one class label per row: use {single}")
