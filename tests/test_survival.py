"""Censored times: limits and far tails by hand, against probabilities of many digits."""

import math

import fastloss as fl
import mpmath
import numpy as np
import pytest
from mpmath import mp, mpf

from tests.measure import assert_close
from tests.oracle import Exact, ulp_error
from tests.reals import of_mpmath

INF, NAN = math.inf, math.nan
WORDS = ("normal", "logistic", "extreme")
TYPES = [np.float32, np.float64]
words = pytest.mark.parametrize("distribution", WORDS)
types = pytest.mark.parametrize("dtype", TYPES, ids=["float32", "float64"])


def pieces(distribution, z):
    """Return F, 1 - F, the density and its derivative."""
    if mpmath.isinf(z):
        return (mpf(z > 0), mpf(z < 0), mpf(0), mpf(0))
    if distribution == "normal":
        density = mpmath.npdf(z)
        root = mpmath.sqrt(2)
        return mpmath.erfc(-z / root) / 2, mpmath.erfc(z / root) / 2, density, -z * density
    if distribution == "logistic":
        p, q = 1 / (1 + mpmath.exp(-z)), 1 / (1 + mpmath.exp(z))
        return p, q, p * q, p * q * (q - p)
    w = mpmath.exp(z)
    q = mpmath.exp(-w)
    return -mpmath.expm1(-w), q, w * q, w * q * (1 - w)


def exact(distribution, sigma, score, lower, upper):
    """Return value, gradient and Hessian of one term from their definitions, with the value's S."""
    score, lower, upper, sigma = (mpf(float(x)) for x in (score, lower, upper, sigma))
    low = (mpmath.log(lower) - score) / sigma if lower > 0 else -mpmath.inf
    high = (mpmath.log(upper) - score) / sigma if upper < INF else mpmath.inf
    of_low, of_high = pieces(distribution, low), pieces(distribution, high)
    if lower == upper:
        p, q, density, slope = of_low
        logs = [-mpmath.log(density), mpmath.log(sigma), mpmath.log(lower)]
        logs += [low, mpmath.exp(low)] if distribution == "extreme" else []
        bends = {"normal": 1, "logistic": 2 * p * q, "extreme": mpmath.exp(low)}
        return [
            Exact(sum(logs[:3]), max(map(abs, logs))),
            Exact(slope / density / sigma),
            Exact(bends[distribution] / sigma**2),
        ]
    outside = of_low[0] + of_high[1]
    inside = of_high[0] - of_low[0] if of_low[0] < 0.5 else of_low[1] - of_high[1]
    loss = -mpmath.log1p(-outside) if outside < 0.5 else -mpmath.log(inside)
    by_each = of_high[2] / inside, of_low[2] / inside
    slope, bend = by_each[0] - by_each[1], (of_high[3] - of_low[3]) / inside
    return [
        Exact(loss),
        Exact(slope / sigma, max(by_each) / sigma),
        Exact((slope**2 - bend) / sigma**2),
    ]


def check(distribution, sigma, dtype, score, lower, upper):
    """Compare every quantity of every term with the definitions, to the bound of the row."""
    loss = fl.AcceleratedFailureTime(distribution, sigma)
    inputs = [np.asarray(x, dtype) for x in np.broadcast_arrays(score, lower, upper)]
    value, _ = loss.value_and_grad(*inputs, reduction="none")
    grad, hess = loss.grad_and_hess(*inputs, reduction="none")
    with mp.workprec(500 if distribution == "normal" and sigma < 1e100 else 2800):
        for i, term in enumerate(zip(*inputs, strict=True)):
            wanted = exact(distribution, sigma, *term)
            for name, found, number in zip(
                ("value", "grad", "hess"), (value, grad, hess), wanted, strict=True
            ):
                number = Exact(of_mpmath(number.number), of_mpmath(number.S))
                error = ulp_error(found[i], number, dtype)
                assert error <= 4, (name, sigma, term, found[i], float(number.number), error)


def tails(distribution, dtype):
    """Return z from the middle to where a probability of double is 0, and beyond."""
    far = {"normal": 60.0, "logistic": 900.0, "extreme": 6.4}[distribution]
    low = -900.0 if distribution == "extreme" else -far
    rng = np.random.default_rng(5)
    return np.concatenate([rng.normal(0, 1, 15), rng.uniform(low, far, 25), [low, far, 0.5]])


@types
@words
@pytest.mark.parametrize("sigma", [1.0, 0.25, 3.0])
def test_far_tails(distribution, sigma, dtype):
    z = tails(distribution, dtype)
    time = np.random.default_rng(6).uniform(0.5, 2, z.size).astype(dtype)
    score = np.log(time) - z * sigma
    check(distribution, sigma, dtype, score, time, time)
    check(distribution, sigma, dtype, score, time, INF)
    check(distribution, sigma, dtype, score, 0, time)
    for factor in (1 + 2.0**-20, 1 + 2.0**-8, 1.25, 1.5, 3, 100):
        check(distribution, sigma, dtype, score, time, time * dtype(factor))


@types
@words
def test_times_that_are_neighbours(distribution, dtype):
    """The width is the last digit of a time: a logarithm of each would not see it."""
    time = np.random.default_rng(7).uniform(0.01, 100, 40).astype(dtype)
    score = np.log(time) + np.random.default_rng(8).normal(0, 2, 40)
    check(distribution, 1.0, dtype, score, time, np.nextafter(time, dtype(INF)))


@types
@words
@pytest.mark.parametrize("sigma", [1e-3, 1e3, 1e30, 1e-30])
def test_extreme_scales(distribution, sigma, dtype):
    rng = np.random.default_rng(9)
    time = rng.uniform(0.5, 2, 12).astype(dtype)
    score = np.log(time) + rng.uniform(-5, 5, 12) * sigma if sigma > 1e-10 else 0 * time
    if sigma < 1e-10:
        time = np.ones_like(time)  # at score 0 nothing is rounded
    check(distribution, sigma, dtype, score, time, time)
    check(distribution, sigma, dtype, score, time, INF)
    check(distribution, sigma, dtype, score, 0, time)
    if sigma > 1e-10:
        check(distribution, sigma, dtype, score, time, time * dtype(1.5))


@types
@words
def test_extreme_times(distribution, dtype):
    info = np.finfo(dtype)
    tiny, largest = info.smallest_subnormal, info.max
    lower = np.array([tiny, 3 * tiny, tiny, info.tiny, 1.0, largest / 2], dtype)
    upper = np.array([tiny, 4 * tiny, largest, 1.0, largest, largest], dtype)
    score = np.array([-80.0, -70.0, 0.0, -10.0, 3.0, 60.0])
    for sigma in (1.0, 20.0):
        check(distribution, sigma, dtype, score / 2, lower, upper)


def test_widths_that_are_less_than_any_number():
    """The probability is about width times density, and the width below 1e-308."""
    time = np.array([1.0, 3.0])
    for word in WORDS:
        check(word, 1.7e308, np.float64, [0.0, 1.0], time, np.nextafter(time, 4))


@types
@words
def test_nothing_known(distribution, dtype):
    loss = fl.AcceleratedFailureTime(distribution)
    score = np.array([0.0, 5.0, -700.0, INF, -INF], dtype)
    for x in (
        *loss.value_and_grad(score, 0 * score[:1] + np.zeros(5, dtype), np.full(5, INF, dtype)),
        *loss.grad_and_hess(score, np.zeros(5, dtype), np.full(5, INF, dtype)),
    ):
        assert (np.asarray(x) == 0).all()


# lower, upper, score: value and gradient of sigma 0.5
LIMITS = [
    (2.0, INF, INF, 0.0, 0.0),
    (0.0, 2.0, -INF, 0.0, 0.0),
    (2.0, INF, -INF, INF, None),
    (0.0, 2.0, INF, INF, None),
    (1.0, 2.0, INF, INF, None),
    (1.0, 2.0, -INF, INF, None),
    (2.0, 2.0, INF, INF, None),
    (2.0, 2.0, -INF, INF, None),
]
STEEP = {"normal": (-INF, INF), "logistic": (-2.0, 2.0), "extreme": (-INF, 2.0)}


@types
@words
@pytest.mark.parametrize(("lower", "upper", "score", "value", "grad"), LIMITS)
def test_infinite_scores(distribution, lower, upper, score, value, grad, dtype):
    loss = fl.AcceleratedFailureTime(distribution, 0.5)
    inputs = [np.full(19, x, dtype) for x in (score, lower, upper)]
    if grad is None:
        grad = STEEP[distribution][int(score > 0)]
    for n in (1, 19):
        found = loss.value_and_grad(*[x[:n] for x in inputs], reduction="none")
        np.testing.assert_array_equal(found[0], np.full(n, value))
        np.testing.assert_array_equal(found[1], np.full(n, grad))
        hess = loss.grad_and_hess(*[x[:n] for x in inputs], reduction="none")[1]
        assert (hess >= 0).all()


@types
@words
def test_nan_in_any_input(distribution, dtype):
    loss = fl.AcceleratedFailureTime(distribution)
    for k in range(3):
        for lower, upper in ((1.0, 1.0), (1.0, 2.0), (0.0, 2.0), (1.0, INF), (0.0, INF)):
            inputs = np.array([[0.5], [lower], [upper]], dtype)
            inputs[k] = NAN
            for x in (*loss.value_and_grad(*inputs), *loss.grad_and_hess(*inputs)):
                assert np.isnan(x).all()


@types
@words
def test_convex_everywhere(distribution, dtype):
    rng = np.random.default_rng(10)
    n = 20000
    lower = np.exp(rng.normal(0, 3, n)).astype(dtype)
    upper = np.maximum(lower, lower * (1 + np.exp(rng.normal(-5, 6, n)))).astype(dtype)
    lower[::7], upper[::5] = 0, INF
    score = (rng.normal(0, 1, n) * 10 ** rng.uniform(-2, 6, n)).astype(dtype)
    for sigma in (0.01, 1.0, 100.0):
        loss = fl.AcceleratedFailureTime(distribution, sigma)
        value, _ = loss.value_and_grad(score, lower, upper, reduction="none")
        grad, hess = loss.grad_and_hess(score, lower, upper, reduction="none")
        assert (hess >= 0).all()
        assert not np.isnan(value).any()
        assert not np.isnan(grad).any()


@types
@words
def test_against_the_formula(distribution, dtype):
    """Censored and seen terms of one call, the derivatives from the jets of the formula."""
    rng = np.random.default_rng(11)
    lower = np.exp(rng.normal(0, 1, 60)).astype(dtype)
    upper = (lower * rng.choice([1, 1.25, 4], 60)).astype(dtype)
    lower[::5], upper[1::5] = 0, INF
    score = rng.normal(0, 2, 60).astype(dtype)
    for sigma in (0.5, 1.0):
        assert_close(fl.AcceleratedFailureTime(distribution, sigma), [score, lower, upper])


def test_domains():
    loss = fl.AcceleratedFailureTime()
    for lower, upper, text in (
        (-1.0, 1.0, r"lower\[0\] is -1, wanted: a finite number >= 0"),
        (INF, INF, r"lower\[0\] is inf, wanted: a finite number >= 0"),
        (0.0, 0.0, r"upper\[0\] is 0, wanted: a number > 0"),
        (2.0, 1.0, r"lower\[0\] is 2, larger than upper\[0\], which is 1"),
    ):
        with pytest.raises(fl.DomainError, match=text):
            loss([0.0], [lower], [upper])
    for sigma in (0.0, -1.0, INF, NAN):
        with pytest.raises(fl.ParameterError, match="sigma"):
            fl.AcceleratedFailureTime(sigma=sigma)
    with pytest.raises(fl.ParameterError, match="distribution"):
        fl.AcceleratedFailureTime("weibull")
    assert fl.get("aft").name == fl.get("survival:aft").name == "accelerated_failure_time"
