"""NaN, infinities, empty inputs, weights of zero, and sums to the last bit."""

import math

import fastloss as fl
import numpy as np
import pytest

from tests import cases
from tests.cases import tuple_of
from tests.outcomes import arrays_of, everything

CASES = cases.plain_cases()
NAN, INF = math.nan, math.inf
TYPES = [np.float32, np.float64]


def real_inputs(case):
    """Return the places of the inputs that may hold NaN."""
    return [k for k in range(len(case.row["inputs"])) if not (case.row["labels"] and k == 1)]


@pytest.mark.parametrize("dtype", TYPES, ids=["float32", "float64"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_nan(case, dtype):
    """NaN in any lane or tail gives NaN in its own term and in the mean, and nowhere else."""
    width = 3
    for n in (1, 7, 16, 33, 259):
        inputs = cases.draw(case, (n,), classes=width, dtype=dtype)
        clean = case.loss.value_and_grad(*inputs, reduction="none")
        for k in real_inputs(case):
            for i in {*range(0, n, 1 + n // 40), n - 1}:
                bad = [x.copy() for x in inputs]
                axis = case.option("axis", -1)
                entry = (1, i) if axis == 0 and bad[k].ndim == 2 else (i, 1)[: bad[k].ndim]
                bad[k][entry] = NAN
                check_nan(case, bad, clean, i, n)


def check_nan(case, bad, clean, i, n):
    value, grads = case.loss.value_and_grad(*bad, reduction="none")
    keep = np.arange(n) != i
    term_hit = np.isnan(value[i])
    np.testing.assert_array_equal(value[keep], clean[0][keep])
    axis = case.option("axis", -1)
    for g, c in zip(cases.tuple_of(grads), cases.tuple_of(clean[1]), strict=True):
        rows = [np.moveaxis(x, axis, -1) if x.ndim == 2 else x for x in (g, c)]
        np.testing.assert_array_equal(rows[0][keep], rows[1][keep])
        if term_hit:
            assert np.isnan(rows[0][i]).any()
    # On probabilities a class without weight is not looked at; everywhere else NaN is NaN.
    if case.row["room"] != "rows" or case.option("from_logits"):
        assert term_hit
    for reduction in ("mean", "sum"):
        assert math.isnan(case.loss(*bad, reduction=reduction)) == term_hit


@pytest.mark.parametrize("case", [c for c in CASES if c.row["room"] == "pointwise"], ids=str)
def test_nan_in_exactly_its_own_entry(case):
    for dtype in TYPES:
        for n in (5, 37, 300):
            inputs = cases.draw(case, (n,), dtype=dtype)
            for k in range(len(inputs)):
                for i in range(0, n, 1 + n // 50):
                    bad = [x.copy() for x in inputs]
                    bad[k][i] = NAN
                    for arrays in everything(case.loss, bad, reductions=("mean",)).values():
                        for x in [x for x in arrays if x.ndim > 0]:
                            assert set(np.nonzero(np.isnan(x))[0]) <= {i}
                    first = tuple_of(case.loss.grad(*bad))[0]
                    assert set(np.nonzero(np.isnan(first))[0]) == {i}


# loss, pred, target: value, gradient at the limit
LIMITS = [
    (fl.MeanSquaredError(), INF, 0.0, INF, INF),
    (fl.MeanSquaredError(), -INF, 0.0, INF, -INF),
    (fl.MeanSquaredError(), INF, INF, NAN, NAN),
    (fl.MeanAbsoluteError(), -INF, 1.0, INF, -1.0),
    (fl.MeanAbsoluteError(), 0.0, INF, INF, -1.0),
    (fl.Huber(), INF, 0.0, INF, 1.0),
    (fl.Huber(delta=0.5), 0.0, INF, INF, -0.5),
    (fl.BinaryCrossEntropy(from_logits=True), INF, 1.0, 0.0, 0.0),
    (fl.BinaryCrossEntropy(from_logits=True), -INF, 0.0, 0.0, 0.0),
    (fl.BinaryCrossEntropy(from_logits=True), INF, 0.0, INF, 1.0),
    (fl.BinaryCrossEntropy(from_logits=True), -INF, 1.0, INF, -1.0),
    (fl.BinaryCrossEntropy(from_logits=True), INF, 0.25, INF, 0.75),
    (fl.BinaryCrossEntropy(from_logits=True, pos_weight=3.0), -INF, 1.0, INF, -3.0),
    (fl.BinaryCrossEntropy(), 0.0, 1.0, INF, -INF),
    (fl.BinaryCrossEntropy(), -0.0, 1.0, INF, -INF),
    (fl.BinaryCrossEntropy(), 1.0, 0.0, INF, INF),
    (fl.BinaryCrossEntropy(), 0.0, 0.0, 0.0, 1.0),
    (fl.BinaryCrossEntropy(), 1.0, 1.0, 0.0, -1.0),
    (fl.BinaryCrossEntropy(), 0.0, 0.5, INF, -INF),
    (fl.BinaryCrossEntropy(eps=0.25), 0.0, 1.0, math.log(4), 0.0),
    (fl.BinaryCrossEntropy(eps=0.25), 1.0, 0.0, math.log(4), 0.0),
    (fl.BinaryCrossEntropy(from_logits=True, eps=0.25), -INF, 1.0, math.log(4), 0.0),
    *[
        (fl.BinaryFocal(gamma, alpha, from_logits=True), sign * INF, t, value, grad)
        for gamma in (0.0, 0.5, 1.0, 2.0, 3.7)
        for alpha, a1, a0 in ((None, 1.0, 1.0), (0.25, 0.25, 0.75))
        for sign, t, value, grad in (
            (1, 1.0, 0.0, 0.0),
            (-1, 0.0, 0.0, 0.0),
            (-1, 1.0, INF, -a1),
            (1, 0.0, INF, a0),
        )
    ],
    *[
        (fl.BinaryFocal(gamma, None), p, t, value, grad)
        for gamma in (0.5, 1.0, 2.0, 3.7)
        for p, t, value, grad in (
            (1.0, 1.0, 0.0, 0.0),
            (0.0, 0.0, 0.0, 0.0),
            (0.0, 1.0, INF, -INF),
            (1.0, 0.0, INF, INF),
        )
    ],
    (fl.BinaryFocal(0.0, None), 1.0, 1.0, 0.0, -1.0),
    (fl.BinaryFocal(0.0, None), 0.0, 0.0, 0.0, 1.0),
    (fl.BinaryFocal(2.0, 0.0), 0.0, 1.0, 0.0, 0.0),  # alpha = 0: 1 counts for nothing
]


@pytest.mark.parametrize("dtype", TYPES, ids=["float32", "float64"])
@pytest.mark.parametrize(("loss", "pred", "target", "value", "grad"), LIMITS)
def test_limits(loss, pred, target, value, grad, dtype):
    inputs = [np.full(19, x, dtype) for x in (pred, target)]
    for n in (1, 19):
        found = loss.value_and_grad(*[x[:n] for x in inputs], reduction="none")
        # 1 ULP for the logarithm among them; infinities and zeros have to be exact.
        np.testing.assert_allclose(found[0], np.full(n, value), np.finfo(dtype).eps, atol=0)
        np.testing.assert_array_equal(found[1], np.full(n, grad, dtype))
    hess = loss.grad_and_hess(*inputs, reduction="none")[1]
    if math.isinf(pred) and loss.params.get("from_logits"):
        assert (hess == 0).all()  # sigmoid is flat at infinity


SOFT_ROWS = [
    # logits, label or row, value, gradient
    ([INF, 0.0, 1.0], 0, 0.0, [0.0, 0.0, 0.0]),
    ([INF, 0.0, 1.0], 1, INF, [1.0, -1.0, 0.0]),
    ([0.0, -INF, 0.0], 0, math.log(2), [-0.5, 0.0, 0.5]),
    ([0.0, -INF, 0.0], 1, INF, [0.5, -1.0, 0.5]),
    ([0.0, -INF, -INF], 0, 0.0, [0.0, 0.0, 0.0]),
    ([3.0], 0, 0.0, [0.0]),
    ([-INF, -INF], 0, NAN, [NAN, NAN]),
]
# What makes a loss the cross-entropy of the right class; the limits of other losses are their own.
CROSS_ENTROPIES = {
    "categorical_cross_entropy": {},
    "sparse_categorical_cross_entropy": {},
    "categorical_focal": {"gamma": 0.0},
    "sparse_categorical_focal": {"gamma": 0.0},
}


@pytest.mark.parametrize("dtype", TYPES, ids=["float32", "float64"])
@pytest.mark.parametrize("name", CROSS_ENTROPIES)
@pytest.mark.parametrize(("logits", "label", "value", "grad"), SOFT_ROWS)
def test_limits_of_rows(name, logits, label, value, grad, dtype):
    known = cases.Case(name).loss.params
    loss = fl.get(name, from_logits=True, **CROSS_ENTROPIES[name])
    pred = np.array([logits], dtype)
    target = np.array([label])
    if not cases.ROWS[name]["labels"]:
        target = np.eye(len(logits), dtype=dtype)[target]
    found = loss.value_and_grad(pred, target, reduction="none")
    # 4 ULP: log 2 and 1/2 among exact limits.
    rtol = 4 * np.finfo(dtype).eps
    np.testing.assert_allclose(found[0], [value], rtol=rtol, atol=0)
    np.testing.assert_allclose(found[1], [grad], rtol=rtol, atol=0)
    if "gamma" in known and value == 0:
        for gamma in (0.5, 1.0, 2.0, 3.7):
            focal = fl.get(name, gamma=gamma, from_logits=True)
            found = focal.value_and_grad(pred, target, reduction="none")
            assert all((x == 0).all() for x in found)


@pytest.mark.parametrize("name", CROSS_ENTROPIES)
def test_certain_probabilities(name):
    """p = 1 for the right class, 0 for a class without weight: 0, not NaN."""
    loss = fl.get(name)
    pred = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    target = np.array([0, 0]) if cases.ROWS[name]["labels"] else np.eye(3)[[0, 0]]
    value, grad = loss.value_and_grad(pred, target, reduction="none")
    assert value.tolist() == [0.0, INF]
    right = -1.0 if "gamma" not in loss.params else 0.0
    assert grad.tolist() == [[right, 0.0, 0.0], [-INF, 0.0, 0.0]]


SHARES = [0.5, 0.5, 0.0]
SCORES = [
    # loss, scores, target, value, gradient
    (fl.NegativeLogLikelihood(), [-INF, -0.5, 0.0], 1, 0.5, [0.0, -1.0, 0.0]),
    (fl.NegativeLogLikelihood(), [-INF, -0.5, 0.0], 0, INF, [-1.0, 0.0, 0.0]),
    (fl.NegativeLogLikelihood(), [INF, -0.5, 0.0], 0, -INF, [-1.0, 0.0, 0.0]),
    (fl.NegativeLogLikelihood(), [-0.5, -1.0, -INF], SHARES, 0.75, [-0.5, -0.5, 0.0]),
    (fl.NegativeLogLikelihood(), [-0.5, -INF, 0.0], SHARES, INF, [-0.5, -0.5, 0.0]),
    (fl.NegativeLogLikelihood(), [INF, -INF, 0.0], SHARES, NAN, [-0.5, -0.5, 0.0]),
    (fl.MultiMargin(), [INF, 0.0, 1.0, 2.0], 0, 0.0, [0.0, 0.0, 0.0, 0.0]),
    (fl.MultiMargin(), [INF, 0.0, 1.0, 2.0], 1, INF, [0.25, -0.75, 0.25, 0.25]),
    (fl.MultiMargin(p=2), [INF, 0.0, 0.5, -2.0], 1, INF, [INF, -INF, 0.75, 0.0]),
    (fl.MultiMargin(), [0.0, -INF, 1.0, -INF], 1, INF, [0.25, -0.5, 0.25, 0.0]),
    (fl.MultiMargin(p=2), [1.0, 0.0, -INF, 0.5], 0, 0.0625, [-0.25, 0.0, 0.0, 0.25]),
    (fl.MultiMargin(margin=0.0), [1.0, 1.0, 1.0, 1.0], 2, 0.0, [0.0, 0.0, 0.0, 0.0]),
    (fl.MultiMargin(), [1.0], 0, 0.0, [0.0]),
]


@pytest.mark.parametrize("dtype", TYPES, ids=["float32", "float64"])
@pytest.mark.parametrize(("loss", "scores", "target", "value", "grad"), SCORES)
def test_limits_of_scores(loss, scores, target, value, grad, dtype):
    pred, targets = np.array([scores], dtype), np.array([target])
    found = loss.value_and_grad(pred, targets, reduction="none")
    np.testing.assert_array_equal(found[0], np.array([value], dtype))
    np.testing.assert_array_equal(found[1], np.array([grad], dtype))
    assert np.isfinite(loss.grad_and_hess(pred, targets)[1]).all()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_kinks_are_never_nan(case):
    """Equal inputs: distances and residuals of 0, hinges at their corners."""
    if case.option("from_logits") is not None and case.row["room"] != "pairs":
        inputs = cases.draw(case, (4,), classes=3)
        inputs[0][...] = 1 / 3
    else:
        inputs = [np.ones_like(x) for x in cases.draw(case, (4,), classes=3)]
    for target in (0.0, 0.5, 1.0):
        if case.row["inputs"][-1] == "target" and case.row["room"] == "pairs":
            inputs[-1][...] = cases.in_domain(case.row["target_domain"], np.float64(target))
        for arrays in everything(case.loss, inputs).values():
            for x in arrays:
                assert np.isfinite(x).all()
    residual = case.row["family"] == "regression" and cases.of_any_numbers(case.row)
    if case.row["room"] == "pairs" or residual:
        grads = cases.tuple_of(case.loss.grad(*inputs))
        assert all((g == 0).all() for g in grads)  # the subgradient of least magnitude


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (2, 0, 4)], ids=str)
def test_empty(case, shape):
    inputs = cases.draw(case, shape, classes=3)
    for weight in (None, np.zeros(shape), np.ones(shape)):
        assert math.isnan(case.loss(*inputs, sample_weight=weight))
        assert case.loss(*inputs, sample_weight=weight, reduction="sum") == 0.0
        assert case.loss(*inputs, sample_weight=weight, reduction="none").shape == shape
        for g, x in zip(cases.tuple_of(case.loss.grad(*inputs)), inputs, strict=False):
            assert g.shape == x.shape
            assert g.dtype == x.dtype


@pytest.mark.parametrize("case", CASES, ids=str)
def test_no_weight_at_all(case):
    """Total weight 0: the mean is NaN, the sum 0 and every derivative exactly 0."""
    inputs = cases.draw(case, (40,), classes=3)
    for poison in (False, True):
        if poison:
            inputs[0][...] = NAN
        found = everything(case.loss, inputs, sample_weight=np.zeros(40))
        for key, arrays in found.items():
            value = key.startswith("value")
            for k, x in enumerate(arrays):
                if value and k == 0 and key.endswith("mean"):
                    assert np.isnan(x)
                else:
                    assert (x == 0).all(), key


@pytest.mark.parametrize("name", [n for n, row in cases.ROWS.items() if row["labels"]])
def test_no_row_counts(name):
    """All of them ignored, or of classes that weigh nothing."""
    pred, target = cases.draw(cases.Case(name), (40,))
    for loss in (fl.get(name, ignore_index=7), fl.get(name, class_weight=[0] * cases.CLASSES)):
        given = np.full_like(target, 7) if loss.ignore_index == 7 else target
        for key, arrays in everything(loss, [pred, given]).items():
            nan = key in ("value/mean", "value_and_grad/mean")
            assert np.isnan(arrays[0]) if nan else (arrays[0] == 0).all(), key
            assert all((x == 0).all() for x in arrays[1:]), key


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_term_without_weight_counts_for_nothing(case):
    """Even where it is NaN or infinite."""
    inputs = cases.draw(case, (40,), classes=3)
    weight = np.ones(40)
    weight[[3, 17, 39]] = 0
    wanted = everything(case.loss, inputs, sample_weight=weight)
    axis = case.option("axis", -1)
    rows = np.moveaxis(inputs[0], axis, -1) if inputs[0].ndim == 2 else inputs[0]
    rows[[3, 17, 39]] = NAN
    found = everything(case.loss, inputs, sample_weight=weight)
    for key, arrays in wanted.items():
        for x, y in zip(arrays, found[key], strict=True):
            np.testing.assert_array_equal(x, y, err_msg=key)
    assert len(arrays_of(case.loss.value_and_grad(*inputs, sample_weight=weight))) >= 2
