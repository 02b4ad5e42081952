"""Several classes at once: the cross-entropy of every class, averaged over a row, by hand."""

import math

import fastloss as fl
import numpy as np
import pytest

from tests import cases
from tests.measure import assert_close
from tests.test_ulp_pointwise import logits

INF, NAN = math.inf, math.nan
TYPES = (np.float32, np.float64)
types = pytest.mark.parametrize("dtype", TYPES, ids=["float32", "float64"])
LN2 = math.log(2)


def test_a_mean_over_classes_and_then_over_rows():
    loss = fl.MultiLabelSoftMargin()
    pred, target = np.zeros((3, 4)), np.eye(3, 4)
    assert loss(pred, target) == pytest.approx(LN2, rel=1e-15)
    assert loss(pred, target, reduction="sum") == pytest.approx(3 * LN2, rel=1e-15)
    assert loss(pred, target, reduction="none") == pytest.approx([LN2] * 3, rel=1e-15)
    grad, hess = loss.grad_and_hess(pred, target)
    assert (grad * 12 == 0.5 - target).all()
    assert (hess * 12 == 0.25).all()
    # 3 softplus(-1) by hand, each class with p = 1 / (1 + 1/e)
    rest = math.log1p(math.exp(-1))
    assert loss([1.0, 1.0, 1.0], [1, 1, 1]) == pytest.approx(rest, rel=1e-15)
    assert loss([1.0, -1.0, 1.0], [1, 1, 0]) == pytest.approx(rest + 2 / 3, rel=1e-15)


def test_it_is_the_binary_cross_entropy_of_every_class():
    case = cases.Case("multilabel_soft_margin")
    binary = fl.BinaryCrossEntropy(from_logits=True)
    for classes in (1, 3, 16, 600):
        pred, target = cases.draw(case, (7,), classes=classes)
        value, grad = fl.MultiLabelSoftMargin().value_and_grad(pred, target)
        theirs, slopes = binary.value_and_grad(pred, target)
        assert value == pytest.approx(theirs, rel=1e-15)
        np.testing.assert_allclose(grad, slopes, rtol=1e-15)


def test_a_class_weight_is_a_factor_and_no_part_of_the_mean():
    weight = (0.5, 0.0, 2.0)
    loss, plain = fl.MultiLabelSoftMargin(weight), fl.MultiLabelSoftMargin()
    pred, target = np.zeros((2, 3)), np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
    assert loss(pred, target) == pytest.approx(2.5 / 3 * LN2, rel=1e-15)
    assert loss(pred, target, sample_weight=[1, 3]) == pytest.approx(2.5 / 3 * LN2, rel=1e-15)
    for ours, theirs in zip(
        loss.grad_and_hess(pred, target), plain.grad_and_hess(pred, target), strict=True
    ):
        np.testing.assert_allclose(ours, theirs * weight, rtol=1e-15)
    assert fl.MultiLabelSoftMargin({0: 0.5, 1: 0.0, 2: 2.0}) == loss
    with pytest.raises(fl.ShapeError, match="class_weight has 3 entries, pred has 4 classes"):
        loss(np.zeros((2, 4)), np.zeros((2, 4)))


LIMITS = [
    # logits, targets, value, gradient; all times 4, the number of classes
    ([INF, -INF, INF, -INF], [1, 0, 1, 0], 0.0, [0, 0, 0, 0]),
    ([INF, -INF, INF, -INF], [1, 0, 0, 0], INF, [0, 0, 1, 0]),
    ([INF, -INF, -INF, INF], [1, 1, 0, 1], INF, [0, -1, 0, 0]),
    ([INF, -INF, INF, -INF], [0.75, 0.25, 1, 0], INF, [0.25, -0.25, 0, 0]),
    ([1e5, -1e5, 1e5, -1e5], [0, 1, 1, 0], 2e5, [1, -1, 0, 0]),
    ([0.0, -0.0, INF, -INF], [1, 0, 1, 0], 2 * LN2, [-0.5, 0.5, 0, 0]),
]


@types
@pytest.mark.parametrize(("pred", "target", "value", "grad"), LIMITS)
def test_limits(pred, target, value, grad, dtype):
    pred, target = np.array([pred], dtype), np.array([target], dtype)
    loss = fl.MultiLabelSoftMargin()
    found = loss.value_and_grad(pred, target, reduction="none")
    np.testing.assert_allclose(found[0], [dtype(value / 4)], rtol=2 * np.finfo(dtype).eps)
    np.testing.assert_array_equal(found[1], np.array([grad], dtype) / 4)
    hess = loss.grad_and_hess(pred, target, reduction="none")[1]
    np.testing.assert_array_equal(hess, np.where(pred == 0, 0.0625, 0))
    # A derivative of 0 is +0, that of a class without weight too.
    none = fl.MultiLabelSoftMargin((0.0,) * 4).value_and_grad(pred, target, reduction="none")
    assert none[0].tolist() == [0.0]
    for x in (found[1], hess, none[1]):
        assert not np.signbit(x[x == 0]).any()


@types
def test_nan_is_that_of_its_row_and_its_class(dtype):
    pred, target = np.zeros((2, 5), dtype), np.zeros((2, 5), dtype)
    for bad in (pred, target):
        bad[1, 3] = NAN
        for loss in (fl.MultiLabelSoftMargin(), fl.MultiLabelSoftMargin((1, 1, 1, 0, 1))):
            value, grad = loss.value_and_grad(pred, target, reduction="none")
            assert np.isnan(value).tolist() == [False, True]
            assert np.argwhere(np.isnan(grad)).tolist() == [[1, 3]]
            assert np.isnan(loss(pred, target))
            left = loss.value_and_grad(pred, target, sample_weight=[1, 0])
            assert np.isfinite(left[0])
            assert (left[1][1] == 0).all()
        bad[1, 3] = 0


@pytest.mark.parametrize("target", [-0.25, 1.25, INF, -INF])
@pytest.mark.parametrize("weight", [None, [1.0, 0.0]], ids=["", "of weight 0"])
def test_targets_are_shares(target, weight):
    targets = np.zeros((2, 700))
    targets[1, 650] = target
    loss = fl.MultiLabelSoftMargin()
    for n in (1, 2):
        with pytest.raises(fl.DomainError, match=r"target\[1, 650\] is .*wanted: .*\[0, 1\]"):
            loss.grad(np.zeros((2, 700)), targets, sample_weight=weight, n_threads=n)
    with pytest.raises(fl.DomainError, match=r"target\[650, 1\]"):
        fl.MultiLabelSoftMargin(axis=0)(np.zeros((700, 2)), np.asfortranarray(targets.T))


@types
@pytest.mark.parametrize("target", [0.0, 1.0, 0.5, 0.9, 1e-6, 1 - 2.0**-11])
@pytest.mark.parametrize("weight", [None, 3.0, 1e3, 1e-3, 1e30], ids=str)
def test_every_size_of_logits_to_the_last_place(dtype, target, weight):
    """Rows of one class, where each error stands alone; weights beyond what T has room for."""
    pred = logits(dtype)[:: 1 if target in (0.0, 1.0) else 4, None]
    if weight == 1e30 and dtype == np.float32:
        pred = pred[abs(pred[:, 0]) < 80]  # of which T has no room for the loss without its weight
    loss = fl.MultiLabelSoftMargin(None if weight is None else (weight,))
    assert_close(loss, [pred, np.full_like(pred, target)])


@types
@pytest.mark.parametrize("classes", [2, 5, 17, 80])
def test_rows_of_all_sizes_to_the_last_place(dtype, classes):
    rng = cases.random("multilabel", dtype, classes)
    for spread in (1e-20, 1.0, 30.0, 90.0 if dtype == np.float32 else 700.0):
        pred = rng.normal(0, spread, (4, classes)).astype(dtype)
        soft = rng.uniform(0, 1, (4, classes)).astype(dtype)
        for weight in (None, tuple(rng.uniform(0, 40, classes))):
            loss = fl.MultiLabelSoftMargin(weight)
            assert_close(loss, [pred, np.round(soft)])
            assert_close(loss, [pred, soft])


def test_a_float64_target_keeps_its_digits_beside_float32_logits():
    pred, target = np.full((1, 3), 2.0, np.float32), np.full((1, 3), 1e-12)
    wide = fl.MultiLabelSoftMargin().value_and_grad(pred.astype(float), 1 - target)
    found = fl.MultiLabelSoftMargin().value_and_grad(pred, 1 - target)
    assert found[0] == pytest.approx(wide[0], rel=1e-7)
    np.testing.assert_allclose(found[1], wide[1], rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.bool_, np.int8, np.uint64, np.float16])
def test_targets_of_any_type(dtype):
    pred = cases.random("types").normal(0, 2, (6, 40)).astype(np.float32)
    target = (pred[::-1] > 0).astype(dtype)
    loss = fl.MultiLabelSoftMargin()
    assert loss(pred, target) == loss(pred, target.astype(np.float32))


def test_long_rows_in_pieces_and_any_layout():
    rng = cases.random("long rows")
    pred = rng.normal(0, 3, (3, 70_001)).astype(np.float32)
    target = (rng.uniform(0, 1, pred.shape) < 0.01).astype(np.uint8)
    loss = fl.MultiLabelSoftMargin()
    value, grad = loss.value_and_grad(pred, target, reduction="none")
    exact = (np.logaddexp(0, pred.astype(float)) - target * pred.astype(float)).mean(axis=1)
    np.testing.assert_allclose(value, exact, rtol=4 * np.finfo(np.float32).eps)
    for n in (1, 2, 5):
        again = fl.MultiLabelSoftMargin(axis=0).value_and_grad(
            pred.T, np.ascontiguousarray(target.T), reduction="none", n_threads=n
        )
        assert again[0].tobytes() == value.tobytes()
        assert np.ascontiguousarray(again[1].T).tobytes() == grad.tobytes()
