"""Pair losses: the ULP budget of their row, with the sizes that it names for differences."""

import itertools

import numpy as np
import pytest

from tests import cases
from tests.measure import assert_close

PAIRS = [
    case
    for case in cases.cases()
    if case.row["room"] == "pairs" and case.option("margin") in (0.0, 1.0)
]
DTYPES = ("float32", "float64")


def vectors(case, features, dtype, scale, offset=0.0):
    rng = cases.random("vectors", case.name, features, dtype)
    count = case.row["differentiable"]
    inputs = [(offset + rng.normal(0, scale, (8, features))).astype(dtype) for _ in range(count)]
    if count < len(case.row["inputs"]):
        target = np.array([0, 1, 0, 0.5, 0, 1, 0, 0.125]).astype(dtype)
        inputs.append(cases.in_domain(case.row["target_domain"], target))
    return inputs


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", PAIRS, ids=str)
def test_sizes(case, dtype):
    for features in (1, 2, 3, 17, 128):
        # Distances on both sides of the margin, whatever the number of features.
        assert_close(case.loss, vectors(case, features, dtype, 0.5 / features**0.5))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", PAIRS, ids=str)
def test_far_from_the_origin(case, dtype):
    """Differences of the inputs come first, so that an offset costs nothing."""
    assert_close(case.loss, vectors(case, 5, dtype, 0.3, offset=1000.0))


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0, 3.0, np.inf])
@pytest.mark.parametrize("scale", [1e277, 1e160, 1e-164, 1e-200])
def test_a_swap_of_squared_distances_beyond_float64(scale, p):
    loss = cases.fl.Triplet(squared=True, swap=True, p=p)
    for points in itertools.permutations((0, 3, 1)):
        assert_close(loss, [np.array([[x, 0.0]]) * scale for x in points])
    rng = cases.random("swap", scale)
    assert_close(loss, [rng.normal(0, scale, (8, 3)) for _ in range(3)])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", PAIRS, ids=str)
def test_tiny_and_large(case, dtype):
    for scale in (1e-6, 1e4):
        assert_close(case.loss, vectors(case, 4, dtype, scale))
