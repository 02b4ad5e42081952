"""Metrics and scorers of `fastloss.sklearn`: where predictions, classes and labels meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.metrics import make_scorer

from ._errors import DTypeError, LabelError, ParameterError, ShapeError
from ._sklearn_input import check_columns, check_input, one_per_sample, value_errors, warn_of_sums
from .registry import find

if TYPE_CHECKING:
    from ._base import Loss
    from ._types import Array, ArrayInput, Integer


class Metric:
    """A loss in the order of scikit-learn; what `fastloss.sklearn.metric` returns."""

    def __init__(self, loss: Loss, labels: Any, n_threads: Integer | None) -> None:
        self.loss = loss
        self.labels = None if labels is None else np.asarray(labels)
        self.n_threads = n_threads
        self.__name__ = loss.name  # scikit-learn shows it
        if self.labels is None:
            return
        if not of_classes(loss):
            raise ParameterError(f"{type(loss).__name__}: is not a loss of classes, has no labels")
        if self.labels.ndim != 1 or len(set(self.labels.tolist())) != self.labels.size:
            raise ParameterError(
                f"{type(loss).__name__}: labels are {labels!r}, wanted: every class once"
            )
        ignored = loss.params.get("ignore_index")
        plain = np.array_equal(self.labels, range(self.labels.size))
        if ignored is not None and 0 <= ignored < self.labels.size and not plain:
            raise ParameterError(
                f"{type(loss).__name__}: ignore_index {ignored} is the position of a class in "
                f"labels; choose a number outside [0, {self.labels.size})"
            )

    def __call__(
        self, y_true: ArrayInput, y_pred: ArrayInput, *, sample_weight: ArrayInput | None = None
    ) -> float:
        with value_errors():
            return self._mean(np.asarray(y_pred), np.asarray(y_true), sample_weight)

    def _mean(self, pred: Array, target: Array, weight: Any) -> float:
        if pred.dtype.kind in "biu":  # as from the predict method of a classifier
            pred = pred.astype(np.float64)
        weight = None if weight is None else np.asarray(weight)
        check_input(self.loss, pred, target, weight)
        if find(self.loss.name)[0]["room"] == "rows":
            pred = self._columns(pred)
        if self.labels is None and of_classes(self.loss) and target.dtype.kind in "OSU":
            raise DTypeError(
                f"{type(self.loss).__name__}: y_true has dtype {target.dtype}; give labels=the "
                "classes in the order of the columns of y_pred"
            )
        if self.labels is not None and target.ndim == 1:
            target = self._positions(target, pred)
        check_columns(self.loss, pred, target)
        if weight is not None:
            weight = one_per_sample(self.loss, pred, weight)
        mean = float(self.loss(pred, target, sample_weight=weight, n_threads=self.n_threads))
        if self.labels is not None:  # without classes it is the loss itself, of whatever it takes
            warn_of_sums(self.loss, pred)
        return mean

    def __repr__(self) -> str:
        labels = "" if self.labels is None else f", labels={self.labels.tolist()}"
        return f"metric({self.loss!r}{labels})"

    def _columns(self, pred: Array) -> Array:
        """Return two columns where scikit-learn gives the positive class of two alone."""
        if pred.ndim != 1:
            return pred
        raw = self.loss.params.get("from_logits", False)
        return np.column_stack([np.zeros_like(pred) if raw else 1 - pred, pred])

    def _positions(self, target: Array, pred: Array) -> Array:
        """Return the positions of the classes of ``target`` among the labels."""
        name, known = type(self.loss).__name__, self.labels
        assert known is not None
        row, _ = find(self.loss.name)
        if row["room"] == "pointwise" and known.size > 2:
            raise ParameterError(
                f"{name}: is a loss of two classes, there are {known.size}; take a loss of class "
                "labels such as 'sparse_categorical_cross_entropy'"
            )
        if row["room"] == "rows" and pred.shape[-1] != known.size:
            raise ShapeError(
                f"{name}: y_pred has {pred.shape[-1]} columns, there are {known.size} labels"
            )
        order = np.argsort(known)
        try:
            near = np.searchsorted(known[order], target)
        except TypeError as error:
            raise DTypeError(
                f"{name}: y_true has dtype {target.dtype}, the labels have {known.dtype}"
            ) from error
        at: Array = order[np.minimum(near, known.size - 1)]
        strange = known[at] != target
        ignored = self.loss.params.get("ignore_index")
        if ignored is not None:
            at = np.where(strange & (target == ignored), ignored, at)
            strange &= target != ignored
        if np.any(strange):
            k = int(np.argmax(strange))
            raise LabelError(
                f"{name}: y_true[{k}] is {target.tolist()[k]!r}, which is none of the classes "
                f"{known.tolist()}. A classifier knows the classes of its training fold only: "
                "stratified folds have them all"
            )
        if self.loss.params.get("labels") == "pm1":  # what the loss calls the two classes
            at = 2 * at - 1
        return (
            at
            if row["labels"] or row["room"] == "pointwise"
            else at[:, None] == np.arange(known.size)
        )


class ClassScorer:
    """A scorer of classes: of scikit-learn's own make, once the classes are known."""

    def __init__(self, measure: Metric, response_method: str) -> None:
        self._measure = measure
        self._response_method = response_method
        self._plain = self._made(measure)

    def _made(self, measure: Metric) -> Any:
        return make_scorer(measure, greater_is_better=False, response_method=self._response_method)

    def __call__(self, estimator: Any, x: Any, y: Any, **weights: Any) -> float:
        classes, measure = getattr(estimator, "classes_", None), self._measure
        made = self._plain
        # A list holds the classes of several outputs: their targets are indicators already.
        if classes is not None and not isinstance(classes, list):
            made = self._made(Metric(measure.loss, classes, measure.n_threads))
        return float(made(estimator, x, y, **weights))

    def __repr__(self) -> str:
        return repr(self._plain)

    def set_score_request(self, **requests: Any) -> ClassScorer:
        """Request metadata such as ``sample_weight``, as scikit-learn's scorers do."""
        self._plain.set_score_request(**requests)
        return self

    def get_metadata_routing(self) -> Any:
        """Return what was requested."""
        return self._plain.get_metadata_routing()


def scorer_of(measure: Metric, response_method: str | None) -> Any:
    """Return the scorer of a metric, and by default find out what to ask of an estimator."""
    if not of_classes(measure.loss):
        return make_scorer(
            measure, greater_is_better=False, response_method=response_method or "predict"
        )
    row, _ = find(measure.loss.name)
    raw = measure.loss.params.get("from_logits", row["pred_domain"] == "real")
    return ClassScorer(
        measure, response_method or ("decision_function" if raw else "predict_proba")
    )


def of_classes(loss: Loss) -> bool:
    """Return whether the target says which class a sample belongs to."""
    row, _ = find(loss.name)
    yes_or_no = row["target_domain"].startswith(("[0, 1]", "0 or 1"))
    return row["labels"] or row["room"] == "rows" or yes_or_no
