"""Class rows: value, every gradient entry and curvature to the ULP budget of their row.

Confident rows are where the libraries of today return exactly 0; here they count like all others.
"""

import numpy as np
import pytest

from tests import cases
from tests.measure import assert_close

ROWS = [name for name, row in cases.ROWS.items() if row["room"] == "rows"]
SOFTMAX = [name for name in ROWS if "from_logits" in cases.Case(name).loss.params]
DTYPES = ("float32", "float64")
GAMMAS = (0.0, 0.5, 1.0, 2.0, 3.7, 5.0)


def rows_of_logits(dtype, classes):
    """Return rows by name: ordinary, confident, tied, masked, shifted, tiny and huge ones."""
    info, rng = np.finfo(dtype), cases.random("rows", dtype, classes)
    rows = {
        "normal": rng.normal(0, 2, classes),
        "wide": rng.normal(0, 30, classes),
        "equal": np.full(classes, 0.3),
        "tiny": rng.normal(0, 1, classes) * 1e-20,
        "shifted": 1e4 + rng.normal(0, 3, classes),
        "far": -1e6 + rng.normal(0, 30, classes),
        "subnormal": rng.integers(0, 9, classes) * float(info.smallest_subnormal),
    }
    base = rng.normal(0, 1, classes)
    gaps = (8, 17, 20, 50, 87, 100, 103) + ((200, 500) if dtype == "float64" else ())
    for gap in gaps:
        rows[f"confident{gap}"] = base + gap * (np.arange(classes) == classes // 2)
    rows["tied"] = np.where(np.arange(classes) < 2, 30.0, base)
    rows["masked"] = np.where(np.arange(classes) % 3 == 2, -np.inf, base)
    rows["huge"] = base * (float(info.max) / 8)
    return {key: row.astype(dtype) for key, row in rows.items()}


def labels_of(row):
    """Return the labels to try: the best class, the worst one that is possible, the middle."""
    possible = np.flatnonzero(np.isfinite(row))
    order = possible[np.argsort(row[possible], kind="stable")]
    return sorted({int(order[-1]), int(order[0]), int(order[len(order) // 2])})


def loss_of(name, **params):
    known = cases.Case(name).loss.params
    return cases.fl.get(name, **{k: v for k, v in params.items() if k in known})


def gammas_of(name):
    return GAMMAS if "gamma" in cases.Case(name).loss.params else (None,)


def assert_rows(loss, rows, targets):
    """Check all rows, with labels or with one-hot rows as the loss wants them."""
    pred = np.array(rows)
    target = np.array(targets)
    if not cases.ROWS[loss.name]["labels"] and target.ndim == 1:
        target = np.eye(pred.shape[1])[target].astype(pred.dtype)
    assert_close(loss, [pred, target])


def instances():
    return [(name, gamma) for name in ROWS for gamma in gammas_of(name)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize(("name", "gamma"), instances())
def test_hard_targets(name, gamma, classes, dtype):
    rows = rows_of_logits(dtype, classes).values()
    pairs = [(row, y) for row in rows for y in labels_of(row)]
    assert_rows(loss_of(name, gamma=gamma, from_logits=True), *zip(*pairs, strict=True))


@pytest.mark.parametrize("name", [row for row in cases.ROWS if cases.ROWS[row]["room"] == "rows"])
@pytest.mark.parametrize("gap", [700, 744])
def test_the_widest_gaps(name, gap, request):
    if gap == 744 and "focal" in name:
        reason = "open: float64 Hessians of focal rows among the last subnormal numbers"
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
    rng = cases.random("gaps", gap)
    rows = rng.normal(0, 1, (8, 3)) + gap * (np.arange(3) == 1)
    loss = loss_of(name, from_logits=True)
    target = np.arange(8) % 3
    assert_rows(loss, rows, target if cases.ROWS[name]["labels"] else np.eye(3)[target])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "gamma"), [x for x in instances() if x[0] in SOFTMAX])
def test_a_thousand_classes(name, gamma, dtype):
    rows = rows_of_logits(dtype, 1000)
    chosen = [rows[key] for key in ("normal", "wide", "shifted", "confident20", "confident100")]
    targets = [labels_of(row)[k % len(labels_of(row))] for k, row in enumerate(chosen)]
    targets[-2:] = [500, 500]
    assert_rows(loss_of(name, gamma=gamma, from_logits=True), chosen, targets)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", SOFTMAX)
def test_a_vocabulary(name, dtype):
    classes, best = 131072, 77777
    rng = cases.random("vocabulary", dtype)
    row = (rng.normal(0, 2, classes).round(2)).astype(dtype)  # of few values, for the oracle
    row[best] = 40.0  # 1 - p is about 4e-12: below half an ULP of 1 in float32
    target = np.array([best])
    if not cases.ROWS[name]["labels"]:
        target = np.zeros((1, classes), dtype)
        target[0, best] = 1
    entries = [0, 1, 63, 64, best - 1, best, best + 1, classes - 1]
    loss = loss_of(name, gamma=2.0, from_logits=True)
    assert_close(loss, [row[None], target], entries=entries)
    # The whole gradient, beyond the entries that were looked at: positive but for the right
    # class, and a sum of 0. 1e-6: float32 entries carry 2^-24 of their own size each.
    grad = loss.grad(row[None], target)[0].astype(np.float64)
    others = np.delete(grad, best)
    assert (others > 0).all()
    assert others.sum() == pytest.approx(-grad[best], rel=1e-6)


WEIGHTS = (0.5, 1.0, 2.0)
SOFTENED = [
    {"label_smoothing": 0.1},
    {"label_smoothing": 1.0, "class_weight": WEIGHTS},
    {"class_weight": WEIGHTS, "alpha": (0.25, 1.0, 0.125)},
    {"label_smoothing": 0.1, "eps": 0.001},
    {"eps": 0.25},
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("params", SOFTENED, ids=cases.label)
@pytest.mark.parametrize("name", ROWS)
def test_options(name, params, dtype):
    rows = rows_of_logits(dtype, 3)
    del rows["masked"]  # smoothing puts weight on impossible classes: infinite, tested elsewhere
    pairs = [(row, y) for row in rows.values() for y in labels_of(row)]
    for gamma in gammas_of(name)[1:5] or (None,):
        loss = loss_of(name, gamma=gamma, from_logits=True, **params)
        assert_rows(loss, *zip(*pairs, strict=True))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", [n for n in ROWS if not cases.ROWS[n]["labels"]])
def test_soft_targets(name, dtype):
    rng = cases.random("soft", dtype)
    for classes in (2, 3, 10, 1000):
        rows = rows_of_logits(dtype, classes)
        keys = ["normal", "shifted"] if classes == 1000 else [k for k in rows if k != "masked"]
        pred = np.array([rows[k] for k in keys])
        target = rng.dirichlet(np.ones(classes), len(keys))
        target[1::2] *= rng.integers(0, 2, (len(keys) // 2, classes))  # zeros; sums below 1
        for gamma in gammas_of(name)[::2]:
            loss = loss_of(name, gamma=gamma, from_logits=True)
            assert_close(loss, [pred, target.astype(dtype)])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("params", [{}, {"class_weight": (0.5, 0.0, 2.0)}], ids=cases.label)
def test_shares_of_a_likelihood(params, dtype):
    rng = cases.random("likelihood", dtype)
    pred = np.array([*rows_of_logits(dtype, 3).values()])
    pred = pred[np.isfinite(pred).all(axis=1)]
    target = rng.dirichlet(np.ones(3), len(pred))
    target[1::2] *= rng.integers(0, 2, (len(pred) // 2, 3))  # zeros; sums below 1
    loss = cases.fl.NegativeLogLikelihood(**params)
    assert_close(loss, [pred, target.astype(dtype)])
    assert_close(loss, [-abs(pred), target.astype(np.float32)])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("classes", [3, 40])
@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("margin", [0.0, 0.1, 1e4])
def test_margins(p, margin, classes, dtype):
    """Beside `test_hard_targets`: gaps that nearly vanish, and squares of huge and tiny ones."""
    rng = cases.random("margins", dtype, classes)
    edge = np.float64(margin) + rng.integers(-3, 4, classes) * np.finfo(dtype).eps * max(margin, 1)
    huge, tiny = (1e18, 1e-21) if dtype == "float32" else (1e153, 1e-160)
    rows = [-edge, rng.normal(0, 1, classes) * huge, rng.normal(0, 1, classes) * tiny]
    rows = [*rows, 1e4 + rng.normal(0, 1, classes)]
    rows[0][0] = 0.0
    loss = cases.fl.MultiMargin(p=p, margin=margin)
    assert_rows(loss, [row.astype(dtype) for row in rows], [0, 1, 2, 1])


def rows_of_probabilities(dtype):
    info, rng = np.finfo(dtype), cases.random("probabilities", dtype)
    rows = list(rng.dirichlet(np.ones(4), 40))
    for p in (info.smallest_subnormal, info.tiny, info.eps, 1e-20, 1e-3, 1 - info.epsneg):
        rows += [[p, 1 - p, 0.5, 0.25], [1 - p, p, 0.0, 1.0]]
    return np.array(rows).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("eps", [0.0, 0.01])
@pytest.mark.parametrize("name", SOFTMAX)
def test_probabilities(name, eps, dtype):
    pred = rows_of_probabilities(dtype)
    pairs = [(row, y) for row in pred for y in range(4) if 0 < row[y] < 1]
    for gamma in gammas_of(name):
        loss = loss_of(name, gamma=gamma, eps=eps, from_logits=False)
        assert_rows(loss, *zip(*pairs, strict=True))
        if not cases.ROWS[name]["labels"]:
            inside = ((pred > 0) & (pred < 1)).all(axis=1)
            soft = np.tile(np.array([0.5, 0.25, 0.0, 0.25], dtype), (inside.sum(), 1))
            assert_close(loss, [pred[inside], soft])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("p", [1, 2])
def test_nan_of_a_margin_reaches_the_label(p, dtype):
    """Of its derivatives every one has a part in what is not known."""
    nan, inf = np.nan, np.inf
    loss = cases.fl.MultiMargin(p=p)
    for row, label in (([nan, 0], 1), ([0, nan], 1), ([inf, inf], 0), ([inf, inf], 1)):
        parts = loss.grad_and_hess(np.array([row], dtype), [label])
        assert np.isnan(parts).all()
    _, hess = loss.grad_and_hess(np.array([[0, 1, nan]], dtype), [0])
    assert np.isnan(hess[0]).tolist() == [True, False, True]
