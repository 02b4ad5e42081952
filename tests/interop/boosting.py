"""Data and comparisons for the tests of the boosting doors."""

import fastloss as fl
import numpy as np
import pytest
from fastloss import _core

from tests.draws import of_samples

datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn, for data, is missing")

DIABETES = datasets.load_diabetes(return_X_y=True)
CANCER = datasets.load_breast_cancer(return_X_y=True)
WINE = datasets.load_wine(return_X_y=True)
ROWS = [row for row in _core.rows() if of_samples(row)]
OTHERS = [row for row in _core.rows() if row["inputs"] != ["pred", "target"]]


def row_weights(n):
    """Weights of which a quarter are 0."""
    rng = np.random.default_rng(7)
    return np.where(rng.random(n) < 0.25, 0.0, rng.uniform(0.5, 2.0, n)).astype(np.float32)


def is_dense(row):
    return row["room"] == "rows" and not row["labels"]


def problem(row, n=300, k=3, columns=None):
    """Real features, and labels in the domain of a loss; scores have the shape (n,) or (n, k)."""
    x, y = DIABETES
    x, y = x[:n], y[:n]
    classes = np.digitize(y, np.quantile(y, [1 / 3, 2 / 3]))
    if row["labels"]:
        return x, classes, (n, k)
    if is_dense(row):
        return x, np.eye(k)[classes], (n, k)
    low = row["target_domain"].startswith(("[0, 1]", "0 or 1"))
    target = (y > np.median(y)).astype(float) if low else (y - y.mean()) / y.std()
    if row["target_domain"].startswith("finite"):
        target = y / y.mean()
    if columns is None:
        return x, target, (n,)
    return x, np.stack([target] * columns, axis=1), (n, columns)


def raw_loss(row):
    """The loss that a door makes of the name."""
    raw = {"from_logits": True} if "from_logits" in [p["name"] for p in row["parameters"]] else {}
    return fl.get(row["name"], **raw)


def expected(row, pred, target, weight=None, floor=1e-6, scale=1.0):
    """The derivatives that a door is to return: weighed, the Hessian at its floor or above."""
    grad, hess = raw_loss(row).grad_and_hess(
        pred,
        np.asarray(target),
        curvature="positive",
        reduction="sum",
        scale=scale,
        sample_weight=None
        if weight is None
        else weight
        if row["room"] == "rows" or pred.ndim == 1
        else weight[:, None],
    )
    least = floor * scale * (1.0 if weight is None else weight)
    if pred.ndim == 2 and weight is not None:
        least = least[:, None]
    return grad, np.maximum(hess, least)
