"""KLDivergence: both ways round, temperatures, agreement, infinities."""

import fastloss as fl
import numpy as np
import pytest

from tests import cases, formulas, jets, oracle, reals
from tests.measure import assert_close
from tests.reals import real

DTYPES = ("float32", "float64")
INF = np.inf


def soft_rows(dtype, classes):
    """Return logits and shares of many kinds: ordinary, far apart, confident, in agreement."""
    rng = cases.random("divergence", dtype, classes)
    pred = [rng.normal(0, s, classes) for s in (1e-3, 1, 8, 40)]
    pred += [1e4 + rng.normal(0, 3, classes), rng.normal(0, 1e-20, classes)]
    base = rng.normal(0, 1, classes)
    pred += [base + gap * (np.arange(classes) == classes // 2) for gap in (9, 20, 80, 300)]
    target = list(rng.dirichlet(np.ones(classes), len(pred)))
    target[2] = rng.dirichlet(np.full(classes, 0.1))
    for x in (pred[0], pred[1], pred[2]):  # nearly what is predicted
        pred.append(x)
        target.append(np.exp(x - x.max()) / np.exp(x - x.max()).sum())
    pred.append(pred[1])
    target.append(np.full(classes, 0.75))
    return np.array(pred).astype(dtype), np.array(target).clip(1e-40, 1).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("classes", [1, 2, 3, 10, 300])
@pytest.mark.parametrize("temperature", [1.0, 4.0, 0.3, 1e3])
@pytest.mark.parametrize("reverse", [False, True])
def test_logits(reverse, temperature, classes, dtype):
    loss = fl.KLDivergence(temperature=temperature, reverse=reverse)
    assert_close(loss, list(soft_rows(dtype, classes)))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("temperature", [1.0, 1e-3, 7.7])
@pytest.mark.parametrize("reverse", [False, True])
def test_the_widest_gaps(reverse, temperature, dtype):
    """Probabilities among the last subnormal numbers, and beyond."""
    rng, least = cases.random("gaps", dtype), 1e-300 if dtype == "float64" else 1e-40
    pred, target = [], []
    for gap in (100, 700, 744, 745) if dtype == "float64" else (50, 87, 100, 103):
        row = temperature * (rng.normal(0, 1, 3) + gap * (np.arange(3) == 1))
        pred += [row, row]
        target += [rng.dirichlet(np.ones(3)), [least, 0.5, 0.5]]
    loss = fl.KLDivergence(temperature=temperature, reverse=reverse)
    assert_close(loss, [np.array(pred).astype(dtype), np.array(target).astype(dtype)])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("target_dtype", DTYPES)
@pytest.mark.parametrize("reverse", [False, True])
def test_probabilities(reverse, target_dtype, dtype):
    info, rng = np.finfo(dtype), cases.random("divergence", dtype)
    pred, target = rng.dirichlet(np.ones(4), 30), rng.dirichlet(np.ones(4), 30)
    target[::3] = pred[::3]  # agreement, but for the rounding
    small = (info.smallest_subnormal, info.tiny, info.eps, 1e-30, 1 - info.epsneg)
    extreme = [(p, t, 0.5, 0.25) for p in small for t in small]
    pred = np.concatenate([pred, extreme, [(p, p, p, p) for p in small]])
    target = np.concatenate([target, [(t, p, 0.5, 0.25) for p, t, *_ in extreme], extreme[:5]])
    loss = fl.KLDivergence(from_logits=False, reverse=reverse, temperature=2.0)
    assert_close(loss, [pred.astype(dtype), target.astype(target_dtype).clip(0, 1)])


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("from_logits", [False, True])
def test_the_oracle_is_the_formula(from_logits, reverse):
    """The closed forms of the derivatives are those that jets find from the value."""
    loss = fl.KLDivergence(from_logits, 1.5, reverse)
    pred, target = cases.draw(cases.Case("kl_divergence", tuple(loss.params.items())), (6,))
    formula, _ = formulas.find("kl_divergence", "classification")
    params = {k: v for k, v in loss.params.items() if k != "axis"}
    for row in zip(pred, target, strict=True):
        exact = oracle.exact(loss, *row)
        addends, (found,) = jets.by_each(formula, [oracle.numbers(x) for x in row], params, 1)
        assert abs(sum(addends) - exact.value.number) < real(10) ** -60
        for jet, grad, hess in zip(found, exact.grad[0], exact.hess[0], strict=True):
            assert abs(jet.d - grad.number) < real(10) ** -60
            assert abs(jet.h - hess.number) < real(10) ** -60


def test_by_hand():
    teacher = np.array([0.5, 0.25, 0.25])
    forward, backward = fl.KLDivergence(), fl.KLDivergence(reverse=True)
    flat = np.zeros(3)
    exact = reals.log(3) - 1.5 * reals.log(2)
    other = (reals.log(real(2) / 3) + 2 * reals.log(real(4) / 3)) / 3
    assert forward(flat, teacher) == float(exact)
    assert backward(flat, teacher) == pytest.approx(float(other), rel=1e-15)
    np.testing.assert_allclose(forward.grad(flat, teacher), 1 / 3 - teacher, rtol=1e-15)
    hot = fl.KLDivergence(temperature=2.0)
    assert hot(flat, teacher) == 4 * forward(flat, teacher)
    np.testing.assert_allclose(hot.grad(flat, teacher), 2 * (1 / 3 - teacher), rtol=1e-15)
    np.testing.assert_allclose(hot.grad_and_hess(flat, teacher)[1], 2 / 9, rtol=1e-15)


@pytest.mark.parametrize("reverse", [False, True])
def test_probabilities_are_those_of_the_temperature(reverse):
    """The loss of logits is that of the probabilities that they stand for."""
    rng = np.random.default_rng(5)
    z, t = rng.normal(0, 3, (40, 6)), rng.dirichlet(np.ones(6), 40)
    p = np.exp(z / 2.5)
    p /= p.sum(axis=1, keepdims=True)
    loss = fl.KLDivergence(temperature=2.5, reverse=reverse)
    other = fl.KLDivergence(False, temperature=2.5, reverse=reverse)
    ours, theirs = loss(z, t, reduction="none"), other(p, t, reduction="none")
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_it_is_the_cross_entropy_less_the_entropy():
    rng = np.random.default_rng(6)
    z, t = rng.normal(0, 3, (40, 6)), rng.dirichlet(np.ones(6), 40)
    entropy = -(t * np.log(t)).sum(axis=1)
    cross = fl.CategoricalCrossEntropy(from_logits=True)
    loss = fl.KLDivergence()
    wanted = cross(z, t, reduction="none") - entropy
    np.testing.assert_allclose(loss(z, t, reduction="none"), wanted, rtol=1e-12)
    np.testing.assert_allclose(loss.grad(z, t), cross.grad(z, t), rtol=1e-14, atol=1e-17)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("temperature", [1e-300, 1e-30, 1e30, 1e150, 1e300, 5e-324])
@pytest.mark.parametrize("reverse", [False, True])
def test_extreme_temperatures(reverse, temperature, dtype):
    pred = np.array([[3.0, -1.0, 0.5], [1e30, 0.0, 2e30], [1e-30, 2e-30, 0.0]], dtype)
    target = np.array([[0.25, 0.25, 0.5], [0.5, 0.5, 0.0], [0.125, 0.5, 0.375]], dtype)
    loss = fl.KLDivergence(temperature=temperature, reverse=reverse)
    rows = [0, 2] if reverse else [0, 1, 2]
    assert_close(loss, [pred[rows], target[rows]])


@pytest.mark.parametrize("dtype", DTYPES)
def test_classes_without_a_share(dtype):
    loss = fl.KLDivergence()
    pred = np.array([[1.0, -INF, 2.0], [0.0, 0.0, -INF], [0.5, 0.25, 0.0]], dtype)
    target = np.array([[0.5, 0.0, 0.5], [0.5, 0.25, 0.25], [0.0, 0.0, 0.0]], dtype)
    value, grad = loss.value_and_grad(pred, target, reduction="none")
    _, hess = loss.grad_and_hess(pred, target, reduction="none")
    assert np.isfinite(value[0])
    assert value[1] == INF
    assert value[2] == 0
    assert grad[0, 1] == hess[0, 1] == 0
    np.testing.assert_array_equal(grad[1], np.array([0.0, 0.25, -0.25], dtype))
    assert not grad[2].any()
    assert not hess[2].any()


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_reverse_divergence_from_what_cannot_be(dtype):
    """Derivatives are infinite towards where the loss is not."""
    loss = fl.KLDivergence(reverse=True)
    rows = {
        (0.0, 1.0, 0.5): ((0.5, 0.0, 0.5), (-INF, INF, -INF), INF),
        (0.0, -INF, 0.5): ((0.5, 0.0, 0.5), None, None),
        (0.0, -INF, 0.0): ((0.0, 0.0, 1.0), (INF, 0.0, -INF), INF),
        (0.0, -2e3, -INF): ((1.0, 0.0, 0.0), (-INF, INF, 0.0), INF),
        (3.0, 3.0, 3.0): ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), INF),
    }
    for pred, (target, grad, value) in rows.items():
        x, t = np.array(pred, dtype), np.array(target, dtype)
        found, slope = loss.value_and_grad(x, t)
        _, hess = loss.grad_and_hess(x, t, curvature="positive")
        assert not np.isnan(hess).any()
        assert (hess >= 0).all()
        if value is None:
            assert np.isfinite(found)
            assert np.isfinite(slope).all()
            assert slope[1] == 0
        else:
            assert found == value
            np.testing.assert_array_equal(slope, np.array(grad, dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_ends_of_probabilities(dtype):
    pred = np.array([0.0, 0.0, 0.5, -0.0], dtype)
    target = np.array([0.0, 0.5, 0.0, 0.5], dtype)
    for reverse, values, grads, hesses in (
        (False, (0, INF, 0, INF), (0, -INF, 0, -INF), (0, INF, 0, INF)),
        (True, (0, 0, INF, 0), (0, -INF, INF, -INF), (0, INF, 2, INF)),
    ):
        loss = fl.KLDivergence(from_logits=False, reverse=reverse)
        x, t = pred[:, None], target[:, None]
        value, grad = loss.value_and_grad(x, t, reduction="none")
        _, hess = loss.grad_and_hess(x, t, reduction="none")
        np.testing.assert_array_equal(value, values)
        np.testing.assert_array_equal(grad[:, 0], grads)
        np.testing.assert_array_equal(hess[:, 0], hesses)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("classes", [1, 2, 3, 16, 17])
def test_nan(classes, from_logits, reverse, dtype):
    loss = fl.KLDivergence(from_logits, reverse=reverse)
    for where in (0, 1):
        for k in range(classes):
            for other in (0.0, 0.5):
                inputs = [np.full((2, classes), 0.5, dtype), np.full((2, classes), 0.5, dtype)]
                inputs[1 - where][0, k] = other
                inputs[where][0, k] = np.nan
                value, grad = loss.value_and_grad(*inputs, reduction="none")
                _, hess = loss.grad_and_hess(*inputs, reduction="none")
                assert np.isnan(value[0])
                assert np.isnan(grad[0, k])
                assert np.isnan(hess[0, k])
                assert np.isfinite(value[1])
                assert np.isfinite(grad[1]).all()
                if from_logits:
                    assert np.isnan(grad[0]).all()


@pytest.mark.parametrize("reverse", [False, True])
def test_rows_without_a_softmax(reverse):
    loss = fl.KLDivergence(reverse=reverse)
    for x in (-INF, np.nan):
        value, grad = loss.value_and_grad([x] * 3, [0.5, 0.25, 0.25])
        assert np.isnan(value)
        assert np.isnan(grad).all()
    value, grad = loss.value_and_grad([INF, 0.0, INF], [0.5, 0.0, 0.5])
    assert value == 0
    assert not grad.any()


def test_what_is_refused():
    loss = fl.KLDivergence()
    z, t = np.zeros((3, 4)), np.full((3, 4), 0.25)
    for wrong in (-0.25, 1.5, INF):
        bad = t.copy()
        bad[2, 1] = wrong
        for weight in (None, [1.0, 1.0, 0.0]):
            with pytest.raises(fl.DomainError, match=r"target\[2, 1\] is .*a number in \[0, 1\]"):
                loss(z, bad, sample_weight=weight)
    with pytest.raises(fl.DomainError, match="from_logits"):
        fl.KLDivergence(from_logits=False)(z - 1, t)
    for temperature in (0.0, -1.0, INF, np.nan):
        with pytest.raises(fl.ParameterError, match="temperature"):
            fl.KLDivergence(temperature=temperature)
    with pytest.raises(fl.ShapeError):
        loss(np.zeros((3, 0)), np.zeros((3, 0)))
    assert fl.KLDivergence(False)(np.ones((2, 3)), np.ones((2, 3))) == 0


@pytest.mark.parametrize("log_target", [False, True])
def test_an_element_of_it(log_target):
    """0 log 0 is 0 whatever is predicted; beyond that, what is missing costs infinitely much."""
    loss = fl.RelativeEntropy(log_target)
    target = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 0.25])
    pred = np.array([-INF, 0.0, INF, -INF, 0.0, -1e308])
    with np.errstate(divide="ignore"):
        value, grad = loss.value_and_grad(
            pred, np.log(target) if log_target else target, reduction="none"
        )
    assert value.tolist() == [0.0, 0.0, 0.0, INF, 0.0, 2.5e307]
    assert grad.tolist() == (-target).tolist()
    assert not np.signbit(value).any()
    assert np.signbit(grad).tolist() == (target > 0).tolist()


def test_a_share_that_alone_underflows():
    loss = fl.RelativeEntropy(log_target=True)
    assert_close(loss, [np.array([-1e305, -1e300, 1e30]), np.array([-800.0, -1300.0, -760.0])])


def test_an_element_is_what_scipy_calls_it():
    special = pytest.importorskip("scipy.special")
    rng = cases.random("relative entropy")
    p, t = rng.uniform(0, 1, (2, 200))
    t[:5] = 0
    ours = fl.RelativeEntropy()(np.log(p), t, reduction="none")
    np.testing.assert_allclose(ours, special.rel_entr(t, p), rtol=1e-12, atol=1e-15)
