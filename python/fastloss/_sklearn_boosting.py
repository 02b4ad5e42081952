"""The loss objects of scikit-learn's histogram gradient boosting; its interface is private."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import sklearn

from ._curvature import require_curvature
from ._errors import ParameterError
from ._sklearn_input import LabelError
from .registry import domain_of, find

_TESTED = "1.9"
if sklearn.__version__.split(".")[:2] != _TESTED.split("."):
    raise ImportError(
        "as_hgb_loss uses a private interface of scikit-learn and is known to work with "
        f"{_TESTED}, this is {sklearn.__version__}: pip install 'scikit-learn=={_TESTED}.*'"
    )

from sklearn._loss.loss import (  # noqa: E402  (after the version is known)
    BaseLoss,
    HalfBinomialLoss,
    HalfMultinomialLoss,
    HalfSquaredError,
)

if TYPE_CHECKING:
    from ._base import Loss
    from ._types import Array

_STRIDE = 1 << 16  # samples whose float64 results stay in the cache until they are rounded


def hgb_loss(
    loss: Loss, n_classes: int | None, scale: float, hess_floor: float, n_threads: int | None
) -> BaseLoss:
    """Return the object for a loss; the checks of `fastloss.sklearn.as_hgb_loss` are here."""
    name, (row, _) = type(loss).__name__, find(loss.name)
    if (domain := domain_of(loss)) != "real":
        raise ParameterError(
            f"{name}: pred is {domain}, trees give raw scores"
            + ("; make the loss with from_logits=True" if "from_logits" in loss.params else "")
        )
    if row["room"] == "rows" and not row["labels"]:
        raise ParameterError(
            f"{name}: takes a target per class, HistGradientBoosting has labels; take a loss of "
            "class labels such as 'sparse_categorical_cross_entropy'"
        )
    if row["labels"] and (n_classes is None or n_classes < 3):
        raise ParameterError(
            f"{name}: n_classes is {n_classes}, wanted: an integer >= 3 (two "
            "classes have one raw score: take a loss such as 'binary_cross_entropy')"
        )
    if not row["labels"] and n_classes is not None:
        raise ParameterError(f"{name}: is not a loss of class labels, takes no n_classes")
    if not 0.0 <= hess_floor < np.inf:
        raise ParameterError(f"{name}: hess_floor is {hess_floor}, wanted: a finite number >= 0")
    if not 0.0 < scale < np.inf:
        raise ParameterError(f"{name}: scale is {scale}, wanted: a finite number > 0")
    if n_threads is not None and n_threads < 1:
        raise ParameterError(f"{name}: n_threads is {n_threads}, wanted: an integer >= 1 or None")
    require_curvature(loss, hess_floor)
    options = scale, hess_floor, n_threads
    if row["labels"]:
        return _ClassLoss(loss, HalfMultinomialLoss(n_classes=n_classes), *options)
    if "from_logits" in loss.params:
        return _ClassLoss(loss, HalfBinomialLoss(), *options)
    return _Loss(loss, HalfSquaredError(), *options)


class _Loss(BaseLoss):  # type: ignore[misc]
    """A loss, and the one of scikit-learn that has its link and its first prediction."""

    def __init__(
        self, loss: Loss, kin: Any, scale: float, hess_floor: float, n_threads: int | None
    ) -> None:
        super().__init__(closs=None, link=kin.link, n_classes=kin.n_classes)
        self.fastloss = loss
        self.kin = kin
        self.scale = scale
        self.hess_floor = hess_floor
        self.n_threads = n_threads
        self.is_multiclass = kin.is_multiclass
        self.approx_hessian = True
        self.interval_y_true = kin.interval_y_true

    def __repr__(self) -> str:
        return f"as_hgb_loss({self.fastloss!r})"

    def fit_intercept_only(self, y_true: Array, sample_weight: Array | None = None) -> Any:
        """Return the first prediction."""
        if self.is_multiclass and (seen := int(np.max(y_true)) + 1) != self.n_classes:
            raise LabelError(
                f"{type(self.fastloss).__name__}: y has {seen} classes, n_classes is "
                f"{self.n_classes}"
            )
        first = self.kin.fit_intercept_only(y_true, sample_weight)
        # One call over all of y before the first tree, so that errors count from its start.
        shape = (len(y_true), *np.shape(first))
        self(y_true, np.broadcast_to(first, shape), sample_weight)
        return first

    def loss(
        self,
        y_true: Array,
        raw_prediction: Array,
        sample_weight: Array | None = None,
        loss_out: Array | None = None,
        n_threads: int = 1,
    ) -> Array:
        """Return the loss of every sample."""
        pred, target = self._inputs(raw_prediction, y_true)
        options = {"sample_weight": sample_weight, "scale": self.scale}
        options["n_threads"] = self.n_threads or n_threads
        return self.fastloss(pred, target, reduction="none", out=loss_out, **options)  # type: ignore[no-any-return]

    def __call__(
        self,
        y_true: Array,
        raw_prediction: Array,
        sample_weight: Array | None = None,
        n_threads: int = 1,
    ) -> float:
        """Return the mean loss, which early stopping watches."""
        pred, target = self._inputs(raw_prediction, y_true)
        options = {"sample_weight": sample_weight, "scale": self.scale}
        options["n_threads"] = self.n_threads or n_threads
        return float(self.fastloss(pred, target, **options))

    def gradient_hessian(
        self,
        y_true: Array,
        raw_prediction: Array,
        sample_weight: Array | None = None,
        gradient_out: Array | None = None,
        hessian_out: Array | None = None,
        n_threads: int = 1,
    ) -> tuple[Array, Array]:
        """Write the derivatives into scikit-learn's buffers, float32 in its own order."""
        pred, target = self._inputs(raw_prediction, y_true)
        gradient = np.empty_like(pred) if gradient_out is None else gradient_out
        hessian = np.empty_like(gradient) if hessian_out is None else hessian_out
        if self.is_multiclass:
            pred = pred.astype(gradient.dtype, copy=False)  # see the note in the docs
        # A gradient has the dtype of pred. To round pred first would lose what is left after the
        # target is subtracted, so elementwise losses pass through a float64 scratch in the cache.
        direct = pred.dtype == gradient.dtype
        step = max(len(pred), 1) if direct else _STRIDE
        scratch = None if direct else np.empty((2, min(step, len(pred))), pred.dtype)
        for start in range(0, len(pred), step):
            part = slice(start, start + step)
            ours = gradient[part], hessian[part]
            out = ours if scratch is None else tuple(scratch[:, : len(ours[0])])
            self.fastloss.grad_and_hess(
                pred[part],
                target[part],
                curvature="positive",
                sample_weight=None if sample_weight is None else sample_weight[part],
                reduction="none",
                scale=self.scale,
                out=out,
                n_threads=self.n_threads or n_threads,
            )
            if scratch is not None:
                ours[0][...], ours[1][...] = out
        if self.hess_floor > 0:
            np.maximum(hessian, self.hess_floor, out=hessian)
        return gradient, hessian

    def _inputs(self, raw_prediction: Array, y_true: Array) -> tuple[Array, Array]:
        """Return pred and target: labels are integers, and one score per sample is one number."""
        if self.is_multiclass:
            return raw_prediction, y_true.astype(np.int64)
        return raw_prediction.reshape(len(raw_prediction)), y_true


class _ClassLoss(_Loss):
    """The same, where scores stand for probabilities."""

    def predict_proba(self, raw_prediction: Array) -> Array:
        """Return the probabilities of the classes."""
        probabilities: Array = self.kin.predict_proba(raw_prediction)
        return probabilities
