"""What every loss means: one naive NumPy value per loss, in float64, term by term.

Written to be read, not to be fast or accurate at the extremes; `oracle` is for those. A row of
classes lies along the last axis here; `terms` moves it there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tests import cases, formulas
from tests.jets import Plain


def weighted(weight, x):
    """Return ``weight * x``, where a weight of 0 wins over infinity and NaN."""
    with np.errstate(invalid="ignore"):
        return np.where(weight == 0, 0.0, weight * x)


def one_hot(labels, classes, ignore_index=None):
    """Return the labels as rows of 0 and 1; an ignored label is a row of zeros."""
    rows = labels[..., None] == np.arange(classes)
    if ignore_index is not None:
        rows &= (labels != ignore_index)[..., None]
    return rows.astype(float)


# Rows of classes -------------------------------------------------------------


def class_terms(pred, coefficient, from_logits, eps, gamma=0.0):
    """Return ``sum_k coefficient_k (1 - p_k)^gamma (-log p_k)`` along the last axis."""
    if from_logits:
        shifted = pred - pred.max(axis=-1, keepdims=True)
        log_p = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
        p = np.exp(log_p)
    else:
        p = pred
        with np.errstate(divide="ignore"):
            log_p = np.log(p)
    if eps > 0:
        p = np.clip(p, eps, 1 - eps)
        log_p = np.log(p)
    return weighted(coefficient, (1 - p) ** gamma * -log_p).sum(axis=-1)


def smooth(target, label_smoothing):
    return target * (1 - label_smoothing) + label_smoothing / target.shape[-1]


def vector(values):
    return 1.0 if values is None else np.asarray(values)


def categorical_cross_entropy(
    pred,
    target,
    *,
    from_logits,
    class_weight,
    label_smoothing,
    eps,
    z_loss,
    logit_softcap,
    temperature,
):
    coefficient = vector(class_weight) * smooth(target, label_smoothing)
    z = pred if logit_softcap is None else logit_softcap * np.tanh(pred / logit_softcap)
    z = z / temperature if from_logits else z
    value = class_terms(z, coefficient, from_logits, eps)
    if z_loss == 0:
        return value
    mass = 1.0 if class_weight is None else (target * vector(class_weight)).sum(axis=-1)
    with np.errstate(invalid="ignore"):
        return value + weighted(z_loss * mass, np.logaddexp.reduce(z, axis=-1) ** 2)


def categorical_focal(
    pred, target, *, gamma, alpha, from_logits, class_weight, label_smoothing, eps
):
    coefficient = vector(alpha) * vector(class_weight) * smooth(target, label_smoothing)
    return class_terms(pred, coefficient, from_logits, eps, gamma)


def sparse(dense):
    """Return the loss of labels that belongs to a loss of dense rows."""

    def of_labels(pred, target, *, ignore_index, **params):
        rows = one_hot(target, pred.shape[-1], ignore_index)
        counted = target != ignore_index if ignore_index is not None else target == target
        return weighted(counted, dense(pred, rows, **params))

    return of_labels


# Pairs and triplets ----------------------------------------------------------


def contrastive(a, b, target, *, margin):
    d = np.sqrt(((a - b) ** 2).sum(axis=-1))
    return target * d**2 + (1 - target) * np.maximum(0, margin - d) ** 2


def distance(x, y, p, squared):
    r = abs(x - y)
    d = r.max(axis=-1) if p == np.inf else (r**p).sum(axis=-1) ** (1 / p)
    return d**2 if squared else d


def triplet(anchor, positive, negative, *, margin, p, squared, swap):
    near, far = distance(anchor, positive, p, squared), distance(anchor, negative, p, squared)
    if swap:
        far = np.minimum(far, distance(positive, negative, p, squared))
    return np.maximum(0, near - far + margin)


VALUES: dict[str, Any] = {
    "categorical_cross_entropy": categorical_cross_entropy,
    "sparse_categorical_cross_entropy": sparse(categorical_cross_entropy),
    "categorical_focal": categorical_focal,
    "sparse_categorical_focal": sparse(categorical_focal),
    "contrastive": contrastive,
    "triplet": triplet,
}


# Reductions ------------------------------------------------------------------


def has_labels(loss, inputs):
    """Return whether the target of this call holds class labels."""
    return cases.ROWS[loss.name]["labels"] and inputs[-1].ndim < inputs[0].ndim


def plain(loss, inputs):
    """Return the inputs (float64, but for labels), classes last, and the remaining parameters."""
    params = dict(loss.params)
    arrays = [np.asarray(x) for x in inputs]
    labels = has_labels(loss, arrays)
    arrays = [x if labels and i == 1 else x.astype(float) for i, x in enumerate(arrays)]
    if "axis" in params:
        axis, ndim = params.pop("axis"), arrays[0].ndim
        arrays = [np.moveaxis(x, axis, -1) if x.ndim == ndim else x for x in arrays]
    return arrays, params


def terms(loss, *inputs):
    """Return the loss terms: no sample weight, no reduction."""
    arrays, params = plain(loss, inputs)
    if loss.name in VALUES:
        return np.asarray(VALUES[loss.name](*arrays, **params))
    return np.asarray(sum(addends(loss, *inputs)))


def addends(loss, *inputs):
    """Return what the terms of a loss with a formula are the sum of."""
    arrays, params = plain(loss, inputs)
    if cases.ROWS[loss.name]["room"] == "pointwise":  # a vector has an entry for each last axis
        params = {k: np.asarray(v) if isinstance(v, tuple) else v for k, v in params.items()}
    formula, _ = formulas.find(loss.name, cases.ROWS[loss.name]["family"])
    arrays = [
        [*np.moveaxis(x, -1, 0)] if several else x
        for several, x in zip(entries(loss, arrays), arrays, strict=True)
    ]
    with np.errstate(all="ignore"):
        return formula(Plain, *arrays, **params)


def entries(loss, arrays):
    """Return for each input whether a term has several entries of it."""
    row = cases.ROWS[loss.name]
    if row["room"] == "rows":
        return [x.ndim == arrays[0].ndim for x in arrays]
    return [x["shape"].endswith(("4", "D")) for x in row["arguments"]]


EVEN = {"multilabel_soft_margin"}  # class weights are factors, and the mean is over rows alike


def term_weights(loss, *inputs):
    """Return what the loss itself weighs each term with in the denominator of a mean."""
    arrays, params = plain(loss, inputs)
    pred, target = arrays[0], arrays[-1]
    if has_labels(loss, arrays):
        rows = one_hot(target, pred.shape[-1], params["ignore_index"])
        return (rows * vector(params["class_weight"])).sum(axis=-1)
    if params.get("class_weight") is not None and loss.name not in EVEN:
        return (target * vector(params["class_weight"])).sum(axis=-1)
    return np.ones(terms(loss, *inputs).shape)


def value(loss, *inputs, sample_weight=None, reduction="mean", scale=1.0):
    """Return what ``loss(*inputs, ...)`` has to be."""
    each = terms(loss, *inputs)
    weight = np.ones(()) if sample_weight is None else np.asarray(sample_weight, dtype=float)
    weighed = weighted(np.broadcast_to(weight, each.shape), each)
    if reduction == "none":
        return scale * weighed
    if reduction == "sum":
        return scale * weighed.sum()
    total = (weight * term_weights(loss, *inputs)).sum()
    return scale * weighed.sum() / total if total != 0 else np.nan
