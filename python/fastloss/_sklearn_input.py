"""What scikit-learn's metrics refuse and warn of, by errors that are those of fastloss as well."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from sklearn.utils import assert_all_finite

from . import _errors
from ._errors import DomainError, ShapeError
from .registry import find

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._base import Loss
    from ._types import Array


class LabelError(_errors.LabelError, ValueError):
    """A `fastloss.LabelError` that is a ValueError too, as scikit-learn's users expect."""

    __module__ = "fastloss.sklearn"


class DTypeError(_errors.DTypeError, ValueError):
    """A `fastloss.DTypeError` that is a ValueError too, as scikit-learn's users expect."""

    __module__ = "fastloss.sklearn"


@contextmanager
def value_errors() -> Iterator[None]:
    """Raise an error of labels or element types as the ValueError that it is to scikit-learn."""
    try:
        yield
    except _errors.LabelError as error:
        raise LabelError(*error.args) from None
    except _errors.DTypeError as error:
        raise DTypeError(*error.args) from None


def check_input(loss: Loss, pred: Array, target: Array, weight: Array | None) -> None:
    """Refuse what has no mean or is not finite; `sklearn.config_context` may assume the latter."""
    name = type(loss).__name__
    if target.size == 0:
        raise ShapeError(f"{name}: y_true has shape {target.shape}, a mean needs a sample")
    for what, given in (("y_true", target), ("y_pred", pred), ("sample_weight", weight)):
        if given is not None and given.dtype.kind == "f":
            try:
                assert_all_finite(given, input_name=what)
            except ValueError as error:
                raise DomainError(f"{name}: {error}") from None
    if weight is not None and weight.dtype.kind in "fiub" and not weight.any():
        raise DomainError(f"{name}: sample_weight has no weight other than 0")


def check_columns(loss: Loss, pred: Array, target: Array) -> None:
    """Name the column to take where a loss of one probability is given both of predict_proba."""
    one_each = find(loss.name)[0]["room"] == "pointwise"
    if one_each and target.ndim == 1 and pred.shape == (*target.shape, 2):
        raise ShapeError(
            f"{type(loss).__name__}: y_pred has shape {pred.shape}, y_true has {target.shape}; "
            "give the column of the positive class alone, y_pred[:, 1]"
        )


def one_per_sample(loss: Loss, pred: Array, weight: Array) -> Array:
    """Return weights that broadcast to all terms of their sample; wanted is one per sample."""
    terms = list(pred.shape)
    axis = loss.params.get("axis", -1)
    if find(loss.name)[0]["room"] == "rows" and -pred.ndim <= axis < pred.ndim:
        del terms[axis]
    if not terms:  # one sample that is not in an array
        return weight
    if weight.shape != (terms[0],):
        raise ShapeError(
            f"{type(loss).__name__}: sample_weight has shape {weight.shape}, wanted: "
            f"({terms[0]},), one per sample"
        )
    return weight.reshape(-1, *[1] * (len(terms) - 1))


def warn_of_sums(loss: Loss, pred: Array) -> None:
    """Warn where rows of probabilities do not sum to one, within what scikit-learn allows."""
    row, _ = find(loss.name)
    if row["room"] != "rows" or loss.params.get("from_logits", row["pred_domain"] == "real"):
        return
    eps = float(np.finfo(pred.dtype).eps) if pred.dtype.kind == "f" else 2.0**-7  # bfloat16
    sums = pred.sum(loss.params.get("axis", -1), dtype=np.float64)
    if np.any(np.abs(sums - 1) > eps**0.5):
        warnings.warn(
            f"{type(loss).__name__}: rows of y_pred do not sum to one; are they probabilities? "
            "from_logits=True takes raw scores",
            UserWarning,
            stacklevel=4,  # who called the metric
        )
