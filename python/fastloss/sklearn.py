"""Losses for scikit-learn: metrics, scorers, and the objective of HistGradientBoosting.

Needs scikit-learn, 1.4 or later: ``pip install "scikit-learn>=1.4"``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._base import Loss
from ._named import prediction_loss
from .registry import find

try:
    from ._sklearn_input import DTypeError, LabelError
    from ._sklearn_metrics import Metric, scorer_of
except ImportError as missing:
    raise ImportError(
        'fastloss.sklearn needs scikit-learn, version 1.4 or later: pip install "scikit-learn>=1.4"'
    ) from missing

if TYPE_CHECKING:
    from ._types import Integer

__all__ = ["DTypeError", "LabelError", "as_hgb_loss", "metric", "scorer"]


def metric(
    loss: Loss | str, *, labels: Any = None, n_threads: Integer | None = None, **params: Any
) -> Metric:
    """Return a loss as a metric in scikit-learn's order: ``(y_true, y_pred, *, sample_weight)``.

    Parameters
    ----------
    loss : Loss or str
        A loss of ``(pred, target)``, or its name. The defaults of its class hold: of a
        classification loss, ``y_pred`` are probabilities unless ``from_logits=True``.
    labels : array_like, optional
        The classes in the order of the columns of ``y_pred``, as in ``estimator.classes_``; of two
        classes the second is the positive one. Without it ``y_true`` holds what the loss takes.
        A word, such as ``"pm1"``, is the parameter ``labels`` of a loss that has one.
    n_threads : int, optional
        As in a call of the loss.
    **params
        The parameters of a loss that is given by name.

    Returns
    -------
    callable
        ``metric(y_true, y_pred, *, sample_weight=None)``, a float: the weighted mean of the loss.
        ``sample_weight`` has one weight per sample, also where a sample has several outputs.

    Raises
    ------
    ParameterError
        When the loss does not take ``(pred, target)``, or labels do not suit it.
    LabelError, ShapeError, DTypeError, DomainError
        By the calls, all of them ValueErrors here, as scikit-learn's own metrics raise: a
        ``y_true`` that is none of the labels is a LabelError, NaN, infinities and weights that are
        all 0 are DomainErrors, no samples at all a ShapeError.

    Warns
    -----
    UserWarning
        When rows of probabilities of the ``labels`` do not sum to one.

    Examples
    --------
    >>> from fastloss.sklearn import metric
    >>> metric("huber", delta=2.0)([1.0, 2.0, 9.0], [1.0, 3.0, 2.0], sample_weight=[1, 2, 1])
    3.25
    >>> log_loss = metric("sparse_categorical_cross_entropy", labels=["cat", "dog", "owl"])
    >>> round(log_loss(["owl", "cat"], [[0.25, 0.25, 0.5], [0.5, 0.25, 0.25]]), 4)
    0.6931
    """
    if isinstance(labels, str):  # a loss may have a parameter of that name, a word
        row, _ = find(loss.name if isinstance(loss, Loss) else loss)
        if any(parameter["name"] == "labels" for parameter in row["parameters"]):
            params, labels = {"labels": labels, **params}, None
    return Metric(prediction_loss(loss, params, raw=False), labels, n_threads)


def scorer(
    loss: Loss | str,
    *,
    response_method: str | None = None,
    n_threads: Integer | None = None,
    **params: Any,
) -> Any:
    """Return a loss as a scorer, for ``scoring=`` in cross-validation and in searches.

    Parameters
    ----------
    loss : Loss or str
        A loss of ``(pred, target)``, or its name.
    response_method : {"predict", "predict_proba", "decision_function"}, optional
        What is asked of the estimator. By default ``predict``, for classes ``predict_proba``, and
        ``decision_function`` where the loss has ``from_logits=True``.
    n_threads : int, optional
        As in a call of the loss.
    **params
        The parameters of a loss that is given by name.

    Returns
    -------
    callable
        ``scorer(estimator, X, y)``: minus the mean loss, for greater is better to scikit-learn.
        Classes of any kind, strings among them, are matched with ``estimator.classes_``.

    Raises
    ------
    ParameterError
        When the loss does not take ``(pred, target)``.
    LabelError
        By the calls, when y has a class that the estimator did not see in fit; a ValueError too,
        as all of these errors. Cross-validation
        turns this into NaN and a warning unless ``error_score="raise"``.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.model_selection import cross_val_score
    >>> from fastloss.sklearn import scorer
    >>> X, y = load_diabetes(return_X_y=True)
    >>> cross_val_score(Ridge(), X, y, scoring=scorer("huber", delta=50.0), cv=3).round(1).tolist()
    [-1448.0, -1548.9, -1363.6]
    """
    return scorer_of(metric(loss, n_threads=n_threads, **params), response_method)


def as_hgb_loss(
    loss: Loss | str,
    *,
    n_classes: int | None = None,
    scale: float = 1.0,
    hess_floor: float = 0.0,
    n_threads: int | None = 1,
    **params: Any,
) -> Any:
    """Return a loss for the parameter ``loss`` of scikit-learn's HistGradientBoosting models.

    Experimental: scikit-learn takes such objects, but their interface is private. It is known to
    hold for scikit-learn 1.9, and other versions are refused.

    Parameters
    ----------
    loss : Loss or str
        A loss of raw scores and one target per sample. A name stands for the loss with
        ``from_logits=True`` where it has that parameter.
    n_classes : int, optional
        The number of classes, 3 or more; losses of class labels need it.
    scale : float, default 1.0
        Multiplies the loss, which matters beside ``l2_regularization``: with 0.5, squared error is
        scikit-learn's own.
    hess_floor : float, default 0.0
        Hessians are held above it, >= 0. A loss of no curvature, such as absolute error, needs
        one: with 1.0 a leaf takes the mean gradient as its step. Where curvature underflows in
        a round alone, training goes on, as with scikit-learn's own losses.
    n_threads : int or None, default 1
        Threads for the derivatives; None takes as many as scikit-learn. They are a few per cent of
        the work, and a second pool of threads that waits beside scikit-learn's slows both.
    **params
        The parameters of a loss that is given by name.

    Returns
    -------
    BaseLoss
        An object of scikit-learn's own kind; picklable.

    Raises
    ------
    ImportError
        When scikit-learn is not of a version that is known to work.
    ParameterError
        When the loss takes other inputs, probabilities, or a target per class; when it has no
        curvature anywhere and ``hess_floor`` is 0.

    Notes
    -----
    Leaves are Newton steps with ``curvature="positive"``. The first prediction is scikit-learn's:
    the mean of y, or the logarithms of the class frequencies.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import HistGradientBoostingClassifier
    >>> from fastloss.sklearn import as_hgb_loss
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> focal = as_hgb_loss("binary_focal", gamma=1.0)
    >>> model = HistGradientBoostingClassifier(focal, max_iter=20).fit(X, y)
    >>> bool(model.score(X, y) > 0.98)
    True
    """
    from ._sklearn_boosting import hgb_loss  # here, because it leans on a private interface

    return hgb_loss(
        prediction_loss(loss, params, raw=True), n_classes, scale, hess_floor, n_threads
    )
