"""Sums and means: float64 accumulation, right to the last bit or its neighbour."""

import math

import fastloss as fl
import numpy as np
import pytest

from tests import cases

CASES = cases.cases_of_each_kind()


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("n", [1, 3, 100, 2048, 5000, 20_000])
def test_sum_of_terms(case, n):
    """The sum of the terms as `none` returns them, by math.fsum.

    In float32 the terms themselves are rounded to 24 bits, which the sum of a call may or may not
    share: they are exact in float64, so only float64 terms are compared to the last bit. A block
    is summed in float64 lanes, with a relative error of at most 2048 / 16 + 16 half units.
    """
    inputs = cases.draw(case, (n,), classes=3)
    terms = case.loss(*inputs, reduction="none")
    exact = math.fsum(terms)
    assert case.loss(*inputs, reduction="sum") == pytest.approx(exact, rel=144 * 2.0**-53, abs=0)
    assert case.loss(*inputs) == pytest.approx(exact / n, rel=146 * 2.0**-53, abs=0)


def test_blocks_are_added_exactly():
    """Small blocks after a huge one are not lost, in any order."""
    n = 2048
    pred = np.zeros(64 * n, np.float64)
    pred[::n] = 1.0
    pred[5 * n] = 2.0**58
    loss = fl.MeanAbsoluteError()
    wanted = math.fsum(pred)
    assert wanted == 2.0**58 + 64  # 63 is above half a unit of 2^58
    for order in (pred, pred[::-1], np.roll(pred, 17 * n)):
        for threads in (1, 2, 5):
            zeros = np.zeros(64 * n)
            assert loss(order, zeros, reduction="sum", n_threads=threads) == wanted
            ones = zeros + 1
            options = {"sample_weight": order, "n_threads": threads}
            assert loss(ones, zeros, reduction="sum", **options) == wanted
            assert loss(ones, zeros, **options) == 1.0


def broadcast(x, n):
    return np.broadcast_to(x.reshape(1, -1), (n // x.size, x.size))


@pytest.mark.parametrize("name", ["mean_squared_error", "binary_cross_entropy"])
def test_float32_mean_of_a_hundred_million_terms(name):
    """Zero strides keep it light: 10^8 terms, 10^4 different ones."""
    params = {"from_logits": True} if name == "binary_cross_entropy" else {}
    loss = fl.get(name, **params)
    rng = cases.random("mean", name)
    small = rng.normal(0, 3, 10_000).astype(np.float32)
    target = (rng.random(10_000) < 0.5).astype(np.float32)
    terms = loss(small, target, reduction="none").astype(np.float64)
    exact = math.fsum(terms) / terms.size
    mean = loss(broadcast(small, 10**8), broadcast(target, 10**8))
    got, wanted = np.float32(mean), np.float32(exact)
    assert got in (wanted, np.nextafter(wanted, got))


ROWS_AND_PAIRS = [c for c in CASES if c.row["room"] != "pointwise" and c.option("axis", -1) == -1]


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("case", ROWS_AND_PAIRS, ids=str)
def test_means_of_rows_and_pairs_are_rounded_once(case, weighted):
    """Their terms are added one by one and exactly, so the mean of float64 is math.fsum's."""
    inputs = cases.draw(case, (7001,), classes=3)
    weight = cases.weights((7001,)) if weighted else np.ones(7001)
    terms = case.loss(*inputs, sample_weight=weight, reduction="none")
    exact = math.fsum(terms) / math.fsum(weight)
    mean = case.loss(*inputs, sample_weight=weight if weighted else None)
    assert abs(mean - exact) <= np.spacing(exact)


def test_a_constant_has_its_own_mean():
    pred = np.broadcast_to(np.float32(0.1), (10**8,))
    target = np.broadcast_to(np.float32(0), (10**8,))
    assert fl.MeanAbsoluteError()(pred, target) == float(np.float32(0.1))


def test_more_terms_than_32_bits_count():
    """Sizes and positions are 64-bit: zero strides make 2^32 terms of a few bytes."""
    n = 2**32 + 3
    one, zero = (np.broadcast_to(np.float32(x), (n,)) for x in (1, 0))
    assert fl.MeanAbsoluteError()(one, zero, reduction="sum") == n


@pytest.mark.parametrize("case", CASES, ids=str)
def test_overflow_of_a_sum_is_infinite(case):
    if case.row["family"] != "regression" or not cases.of_any_numbers(case.row):
        return
    pred = np.full(5000, 1e308)
    target = np.zeros(5000)
    assert case.loss(pred, target, reduction="sum") == math.inf


def test_the_mean_of_float32_may_exceed_float32():
    """Reduced values are Python floats: their sum has the range of float64."""
    pred = np.full(100, 3e38, np.float32)
    wanted = 100 * float(np.float32(3e38))
    assert fl.MeanAbsoluteError()(pred, np.zeros(100), reduction="sum") == wanted


@pytest.mark.parametrize("n", [1, 2, 5000])
def test_a_sum_of_negative_zeros_is_zero(n):
    """However many they are; -0 is what T^2 times a negative number underflows to."""
    loss = fl.KLDivergence(temperature=1e-200)
    pred, target = np.zeros((n, 1)), np.full((n, 1), 0.5)
    assert np.signbit(loss(pred, target, reduction="none")).all()
    for reduction in ("mean", "sum"):
        value = loss(pred, target, reduction=reduction)
        assert value == 0.0
        assert not np.signbit(value)
