"""Class weights that balance classes of different size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._arrays import read
from ._errors import DTypeError, LabelError, ParameterError

if TYPE_CHECKING:
    from ._types import Array, ArrayInput, Integer

__all__ = ["balanced_class_weight"]


def balanced_class_weight(labels: ArrayInput, n_classes: Integer) -> Array:
    """Return a weight for each class, so that all classes count for the same.

    ::

        weight_k = N / (n_classes n_k),  n_k of the N labels are k

    These are the numbers of scikit-learn's ``class_weight="balanced"``. Over the labels that they
    are made from, the weights sum to N.

    Parameters
    ----------
    labels : array_like
        The class labels, integers in ``[0, n_classes)`` or bool, of any shape.
    n_classes : int
        The number of classes, at least 1. Every class needs a label.

    Returns
    -------
    ndarray of shape (n_classes,)
        Weights in float64, for the parameter ``class_weight`` of the losses of classes.

    Raises
    ------
    DTypeError
        When the labels are not integers, or one is missing.
    LabelError
        When a label is outside ``[0, n_classes)``; names the first.
    ParameterError
        When ``n_classes`` is no integer >= 1, or a class has no label: its weight would be
        infinite.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.balanced_class_weight([0, 0, 0, 1], 2)
    array([0.66666667, 2.        ])
    >>> fl.SparseCategoricalCrossEntropy(class_weight=fl.balanced_class_weight([0, 1, 1, 2], 3))([[
    ...     0.5, 0.25, 0.25]], [2])
    1.3862943611198906
    """
    caller = "balanced_class_weight"
    if isinstance(n_classes, bool) or not isinstance(n_classes, int | np.integer) or n_classes < 1:
        raise ParameterError(f"{caller}: n_classes is {n_classes!r}, wanted: an integer >= 1")
    array = read(labels, caller, "labels", real=False)
    if array.dtype.kind not in "biu":
        raise DTypeError(f"{caller}: labels has dtype {array.dtype}, wanted: integer class labels")
    wrong = (array < 0) | (array >= n_classes) if array.dtype.kind != "b" else array >= n_classes
    if wrong.any():
        first = np.argwhere(wrong)[0].tolist()
        where = f"[{', '.join(map(str, first))}]" if first else ""
        raise LabelError(
            f"{caller}: labels{where} is {array[tuple(first)]}, there are {n_classes} classes"
        )
    count = np.bincount(array.astype(np.intp).ravel(), minlength=n_classes)
    if not count.all():
        empty = int(np.argmin(count))
        raise ParameterError(
            f"{caller}: class {empty} of {n_classes} has no label, wanted: at least one of each"
        )
    return array.size / (n_classes * count)
