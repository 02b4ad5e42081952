"""The oracle itself: its values are the reference's, its derivatives those of its values."""

import numpy as np
import pytest

from tests import cases, oracle, reference
from tests.reals import real

CASES = [c for c in cases.cases() if c.option("axis", -1) == -1]


def moved(term, i, j, x):
    """Return the inputs of a term with entry j of input i replaced."""
    term = list(term)
    if isinstance(term[i], list):
        term[i] = [*term[i][:j], x, *term[i][j + 1 :]]
    else:
        term[i] = x
    return term


@pytest.mark.parametrize("case", CASES, ids=str)
def test_oracle(case):
    loss = case.loss
    inputs = cases.draw(case, (4, cases.CLASSES), seed=7)
    rows = cases.inner_axis(case) is not None
    flat = [x.reshape(-1, x.shape[-1]) if rows and x.ndim == 3 else x.reshape(-1) for x in inputs]
    value = reference.terms(loss, *inputs).reshape(-1)
    for i in range(0, len(flat[0]), 7):
        term = [x[i] for x in flat]
        exact = oracle.exact(loss, *term, position=i % cases.CLASSES)
        # 1e-13: the reference's own rounding, some tens of operations of 1.1e-16 each.
        assert float(exact.value.number) == pytest.approx(value[i], rel=1e-13, abs=1e-14)
        for k in range(case.row["differentiable"]):
            for j in range(0, np.size(term[k]), 2):
                check_derivatives(loss, term, i % cases.CLASSES, exact, k, j)


def check_derivatives(loss, term, position, exact, k, j):
    """Compare with numerical differentiation at 256 bits, which is good to about 1e-20."""
    plain = [oracle.numbers(x) for x in term]
    start, step = (plain[k][j] if isinstance(plain[k], list) else plain[k]), real(2) ** -70

    def value(x):
        return oracle.evaluate(loss, moved(plain, k, j, x), position).value.number

    left, here, right = (value(start + n * step) for n in (-1, 0, 1))
    orders = [((right - left) / (2 * step), exact.grad[k][j])]
    if cases.ROWS[loss.name]["hessian"]:
        orders.append(((right - 2 * here + left) / step**2, exact.hess[k][j]))
    for numeric, found in orders:
        assert abs(numeric - found.number) <= real(10) ** -18 * max(1, abs(numeric))
    assert exact.positive[k][j].number >= 0
    if cases.Case(loss.name, tuple(loss.params.items())).convex:
        assert abs(exact.positive[k][j].number - exact.hess[k][j].number) < real(10) ** -60


@pytest.mark.parametrize(
    ("got", "exact", "dtype", "error"),
    [
        (1.0, 1.0, "float64", 0.0),
        (1.0 + 2.0**-52, 1.0, "float64", 1.0),
        (1.0 - 2.0**-53, 1.0, "float64", 0.5),
        (0.0, 2.0**-149, "float32", 1.0),
        (0.0, 2.0**-151, "float32", 0.25),
        (np.inf, 2.0**128 - 2.0**103, "float32", 0.5),
        (np.inf, 2.0**128 - 2.0**105, "float32", 2.0),
        (np.inf, 1e300, "float32", 0.0),
        (np.finfo("f4").max, 1e300, "float32", 1.0),
        (np.nan, 1.0, "float32", np.inf),
        (1.0, np.nan, "float32", np.inf),
        (np.nan, np.nan, "float32", 0.0),
        (-np.inf, np.inf, "float32", np.inf),
        (1.0, np.inf, "float32", np.inf),
    ],
)
def test_ulp_error(got, exact, dtype, error):
    assert oracle.ulp_error(got, oracle.Exact(real(exact)), dtype) == error


def test_ulp_error_is_relative_to_the_larger_term():
    exact = oracle.Exact(real(2) ** -40, real(1))
    assert oracle.ulp_error(0.0, exact, "float32") == pytest.approx(2.0**-17)
