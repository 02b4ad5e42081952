"""Softcap, temperature and z_loss: what they mean, alone and with every other option."""

import itertools

import fastloss as fl
import numpy as np
import pytest

from tests import cases
from tests.measure import assert_close
from tests.test_ulp_rows import DTYPES, labels_of, rows_of_logits

BENT = [
    {"temperature": 2.0},
    {"temperature": 0.07},
    {"z_loss": 0.25},
    {"logit_softcap": 30.0},
    {"logit_softcap": 0.5, "temperature": 3.0, "z_loss": 1e-4},
    {"logit_softcap": 1e6, "z_loss": 2.0},
]
BESIDE = [
    {},
    {"label_smoothing": 0.1, "class_weight": (0.5, 1.0, 2.0)},
    {"eps": 0.01},
    {"eps": 0.25, "class_weight": (2.0, 0.0, 0.5), "label_smoothing": 1.0},
]
BOTH = (fl.CategoricalCrossEntropy, fl.SparseCategoricalCrossEntropy)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("beside", BESIDE, ids=cases.label)
@pytest.mark.parametrize("bent", BENT, ids=cases.label)
@pytest.mark.parametrize("kind", BOTH)
def test_accuracy(kind, bent, beside, dtype):
    rows = rows_of_logits(dtype, 3)
    for name in ("huge", "masked") if beside else ("huge",):
        del rows[name]
    pairs = [(row, y) for row in rows.values() for y in labels_of(row)]
    pred, target = (np.array(x) for x in zip(*pairs, strict=True))
    if kind is fl.CategoricalCrossEntropy:
        target = np.eye(3)[target].astype(dtype)
    assert_close(kind(from_logits=True, **bent, **beside), [pred, target])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("bent", BENT, ids=cases.label)
def test_shares_of_the_target(bent, dtype):
    rng = cases.random("bent", dtype)
    pred = rng.normal(0, 3, (12, 40)).astype(dtype)
    target = rng.dirichlet(np.ones(40), 12)
    target[1::2] *= rng.integers(0, 2, (6, 40))  # zeros; sums below 1
    weight = tuple(rng.uniform(0, 2, 40))
    for params in ({}, {"class_weight": weight}, {"eps": 0.02, "class_weight": weight}):
        loss = fl.CategoricalCrossEntropy(from_logits=True, **bent, **params)
        assert_close(loss, [pred, target.astype(dtype)])


def test_the_cap_comes_before_the_temperature():
    loss = fl.CategoricalCrossEntropy(from_logits=True, logit_softcap=2.0, temperature=0.5)
    z = 2 * np.tanh(np.array([3.0, -1.0]) / 2) / 0.5
    assert loss([[3.0, -1.0]], [[1, 0]]) == pytest.approx(np.log1p(np.exp(z[1] - z[0])), rel=1e-15)


def test_the_price_weighs_what_the_row_weighs():
    """A row that the mean counts with 0.5 pays half the price, and one that it leaves out none."""
    plain = {"from_logits": True, "class_weight": (0.5, 4.0), "ignore_index": -1}
    pred, target = np.array([[1.0, 2.0], [0.5, 0.0], [9.0, 9.0]]), np.array([0, 1, -1])
    more = fl.SparseCategoricalCrossEntropy(z_loss=0.125, **plain)(pred, target, reduction="none")
    less = fl.SparseCategoricalCrossEntropy(**plain)(pred, target, reduction="none")
    lse = np.logaddexp.reduce(pred, axis=1)
    assert more - less == pytest.approx(0.125 * lse**2 * [0.5, 4.0, 0.0], rel=1e-14)
    dense = fl.CategoricalCrossEntropy(from_logits=True, z_loss=0.125)
    nothing = dense([[1.0, 2.0]], [[0.0, 0.0]])  # the row counts, though nothing is asked of it
    assert nothing == pytest.approx(0.125 * np.logaddexp(1, 2) ** 2, rel=1e-15)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("bent", BENT, ids=cases.label)
def test_infinite_logits(bent, dtype):
    """-inf is probability 0, or the lower end of the cap; +inf has all of it, or the upper end."""
    inf = np.inf
    pred = np.array([[0.5, -inf, 1.0], [0.5, inf, 1.0], [-inf, -inf, -inf]], dtype)
    loss = fl.SparseCategoricalCrossEntropy(from_logits=True, **bent)
    value, grad = loss.value_and_grad(pred, [2, 1, 0], reduction="none")
    cap = bent.get("logit_softcap")
    if cap is None:
        priced = "z_loss" in bent
        assert np.isfinite(value[0])
        assert grad[0, 1] == 0
        assert value[1] == (inf if priced else 0)
        assert (grad[1, [0, 2]] == 0).all()
        assert priced or grad[1, 1] == 0
        assert np.isnan(value[2])
        assert np.isnan(grad[2]).all()
        return
    held = np.where(np.isinf(pred), np.sign(pred) * cap * 40, pred).astype(dtype)
    assert loss(held, [2, 1, 0], reduction="none") == pytest.approx(value, rel=1e-6)
    assert np.isfinite(grad).all()
    assert (grad[np.isinf(pred)] == 0).all()


@pytest.mark.parametrize("bent", BENT, ids=cases.label)
def test_a_nan_spoils_its_row_alone(bent):
    for classes in (1, 3, 40):
        pred, target = np.ones((2, classes)), np.zeros(2, int)
        pred[0, -1] = np.nan
        loss = fl.SparseCategoricalCrossEntropy(from_logits=True, **bent)
        value, grad = loss.value_and_grad(pred, target, reduction="none")
        assert np.isnan(value[0])
        assert np.isnan(grad[0]).all()
        assert np.isfinite(value[1])
        assert np.isfinite(grad[1]).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_ends_of_the_temperature(dtype):
    pred = np.array([[0.0, 1.0, -2.0], [3.0, 3.0, 3.0]], dtype)
    cold = fl.SparseCategoricalCrossEntropy(from_logits=True, temperature=1e-300)
    assert cold(pred, [1, 0], reduction="none").tolist() == [0, pytest.approx(np.log(3))]
    hot = fl.SparseCategoricalCrossEntropy(from_logits=True, temperature=1e300)
    assert hot(pred, [1, 0], reduction="none") == pytest.approx(np.log(3), rel=1e-6)
    assert (hot.grad(pred, [1, 0]) == 0).all() == (dtype == "float32")


FAR = [
    # options, rows of logits, labels
    ({"temperature": 1e-150}, [[1.0, 2.0], [0.0, 0.0], [3e-150, 0.0]], [0, 1, 0]),
    ({"temperature": 1e-155}, [[1.0, 2.0], [0.0, 0.0], [2.0, 1.0]], [0, 0, 0]),
    ({"temperature": 5e-324}, [[1.0, 2.0], [0.0, 0.0], [0.0, 5e-324]], [0, 1, 0]),
    ({"temperature": 1e-300}, [[7.5e-298, 0.0], [0.0, 8.5e-298]], [0, 0]),
    ({"temperature": 1e-160}, [[5.0]], [0]),
    ({"temperature": 1e300}, [[1.0, 2.0], [1e300, 0.0]], [0, 1]),
    ({"logit_softcap": 5e-324}, [[1.0, 2.0], [0.0, 0.0], [-1.0, 0.0]], [0, 1, 0]),
    ({"logit_softcap": 1e-300, "temperature": 1e-300}, [[4e-300, 0.0], [3.2e-298, 0.0]], [1, 1]),
    ({"z_loss": 1e308}, [[0.0, -np.inf], [1e-300, 0.0], [-0.75, -0.7]], [0, 1, 0]),
    ({"z_loss": 0.125}, [[8.8e259, 0.0, 1e100], [1e200, 3.0, 2.0]], [0, 1]),
    ({"z_loss": 5e-324}, [[1e300, 0.0], [1e200, 0.0]], [0, 0]),
    ({"z_loss": 1e300, "temperature": 1e-300}, [[1.0, 0.0], [2e-301, 1e-301]], [1, 0]),
    (
        {"logit_softcap": 30.0},
        [[30 * 354.0, 0.0], [-30 * 351.0, 0.5], [30 * 372.0, 0.0]],
        [1, 0, 0],
    ),
    ({"logit_softcap": 30.0, "temperature": 0.01}, [[30 * 360.0, 0.0], [0.0, 30 * 400.0]], [1, 0]),
    ({"logit_softcap": 0.125, "temperature": 1e-3, "z_loss": 2.0**60}, [[45.0, 1.0]] * 2, [0, 1]),
    ({"logit_softcap": 0.125, "temperature": 1e-200, "z_loss": 1e100}, [[90.0, 89.0]] * 2, [0, 1]),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("bent", "pred", "target"), FAR, ids=[cases.label(x[0]) for x in FAR])
def test_far_ends(bent, pred, target, dtype):
    """Between a row's numbers and its results there are some that no double holds."""
    if np.max(pred) > 1e38:
        dtype = "float64"
    pred, target, classes = np.array(pred).astype(dtype), np.array(target), len(pred[0])
    assert_close(fl.SparseCategoricalCrossEntropy(from_logits=True, **bent), [pred, target])
    soft = np.eye(classes)[target] * 0.75 + 0.25 / classes
    for y in (np.eye(classes)[target], soft):
        loss = fl.CategoricalCrossEntropy(from_logits=True, **bent)
        assert_close(loss, [pred, y.astype(dtype)])


@pytest.mark.parametrize("dtype", DTYPES)
def test_weights_at_the_ends_of_the_range(dtype):
    pred, target = np.array([[1.0, 2.0, -3.0]] * 2, dtype), np.array([2, 0])
    for weight in (1e-300, 1e-30, 1e30, 1e300):
        for bent in ({"temperature": 1 / weight}, {"z_loss": 1 / weight}, {"logit_softcap": 2.0}):
            loss = fl.SparseCategoricalCrossEntropy(
                from_logits=True, class_weight=(weight, 1.0, weight), **bent
            )
            assert_close(loss, [pred, target])


def test_a_far_row_keeps_its_normaliser():
    """Moving a row to its peak, as the softmax may, would lose what z_loss asks for."""
    loss = fl.SparseCategoricalCrossEntropy(from_logits=True, z_loss=1.0)
    assert loss([[1e6, 0.0]], [0]) == 1e12
    assert loss(np.array([[-1e6, -2e6]], np.float32), [0]) == 1e12


def test_curvature_without_convexity():
    loss = fl.SparseCategoricalCrossEntropy(from_logits=True, logit_softcap=1.0)
    pred = np.array([[0.7, -0.3]])
    _, exact = loss.grad_and_hess(pred, [1])
    _, positive = loss.grad_and_hess(pred, [1], curvature="positive")
    assert exact.min() < 0
    assert positive.tolist() == np.maximum(exact, 0).tolist()


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("given", [{"z_loss": 0.1}, {"logit_softcap": 5}, {"temperature": 2}])
def test_they_are_of_logits_alone(kind, given):
    with pytest.raises(fl.ParameterError, match="of logits, and need from_logits=True"):
        kind(**given)
    kind(from_logits=True, **given)


@pytest.mark.parametrize(
    "given",
    [
        *({"temperature": x} for x in (0, -1, np.inf, np.nan, None)),
        *({"logit_softcap": x} for x in (0, -2.0, np.inf, np.nan)),
        *({"z_loss": x} for x in (-1e-9, np.inf, np.nan, None)),
    ],
    ids=cases.label,
)
def test_ranges(given):
    (name,) = given
    with pytest.raises(fl.ParameterError, match=f"{name} is .*, wanted"):
        fl.CategoricalCrossEntropy(from_logits=True, **given)


def test_long_rows_and_axes():
    """One row of many runs, and classes along another axis, give what a plain row gives."""
    rng = cases.random("long bent")
    pred, target = rng.normal(0, 4, (3, 5000)), rng.integers(0, 5000, 3)
    for bent, dtype in itertools.product(BENT, (np.float32, np.float64)):
        x = pred.astype(dtype)
        loss = fl.SparseCategoricalCrossEntropy(from_logits=True, **bent)
        turned = fl.SparseCategoricalCrossEntropy(from_logits=True, axis=0, **bent)
        value, grad = loss.value_and_grad(x, target)
        other, other_grad = turned.value_and_grad(x.T.copy(), target)
        assert value == other
        assert grad.tobytes() == other_grad.T.tobytes()
        cap, z = bent.get("logit_softcap"), x.astype(np.float64)
        z = (z if cap is None else cap * np.tanh(z / cap)) / bent.get("temperature", 1)
        lse = np.logaddexp.reduce(z, axis=1)
        wanted = (lse - z[np.arange(3), target]) + bent.get("z_loss", 0) * lse**2
        assert value == pytest.approx(wanted.mean(), rel=1e-12)
