"""Pair losses: the ULP budget of their row, with the sizes that it names for differences."""

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


@pytest.mark.xfail(
    reason="open: distances that are compared as squares beyond float64", strict=True
)
def test_a_swap_of_squared_distances_beyond_float64():
    vectors = [np.array([[x, 0.0]]) * 1e160 for x in (0, 3, 1)]
    assert_close(cases.fl.Triplet(squared=True, swap=True), vectors)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", PAIRS, ids=str)
def test_tiny_and_large(case, dtype):
    for scale in (1e-6, 1e4):
        assert_close(case.loss, vectors(case, 4, dtype, scale))
