"""Gradients and Hessian diagonals are the derivatives of what the library itself returns.

Central differences in float64, extrapolated twice (Richardson): with steps h, h/2 and h/4 the error
is about h^6 f^(7) / 300000 from the series and 2^-52 |f| / h from rounding. With h = 2^-8 both are
below 1e-11 for the functions at hand, probabilities staying within [0.15, 0.85]; the tolerance of
1e-9 is relative to the derivative where that is above 1.
"""

import itertools

import numpy as np
import pytest

from tests import cases

STEP = 2.0**-8
TOLERANCE = 1e-9
CASES = cases.cases()


def richardson(f, step):
    """Return the derivative of f at 0."""
    table = [(f(h) - f(-h)) / (2 * h) for h in (step, step / 2, step / 4)]
    for order in (4, 16):
        table = [(order * b - a) / (order - 1) for a, b in itertools.pairwise(table)]
    return table[0]


def derivative(f):
    """Return the derivative of f at 0 and where it is one: at a kink the step changes it."""
    near, nearer = richardson(f, STEP), richardson(f, STEP / 2)
    return near, abs(near - nearer) <= TOLERANCE / 2 * np.maximum(1.0, abs(near))


def test_richardson():
    slope, smooth = derivative(lambda h: np.exp(1 + h))
    assert slope == pytest.approx(np.e, rel=1e-12)
    assert smooth
    assert not derivative(lambda h: abs(h - STEP / 3))[1]


def directions(case, x):
    """Return masks over x that move one entry of every loss term."""
    axis = cases.inner_axis(case)
    if axis is None:
        return [np.ones_like(x)]
    rows = np.moveaxis(np.zeros_like(x), axis, -1)
    masks = []
    for j in range(rows.shape[-1]):
        one = rows.copy()
        one[..., j] = 1
        masks.append(np.moveaxis(one, -1, axis))
    return masks


def per_term(case, x):
    axis = cases.inner_axis(case)
    return x if axis is None else x.sum(axis=axis)


def inputs_of(case):
    """Return inputs whose steps stay within the domain."""
    inputs = cases.draw(case, seed=3)
    if case.row["pred_domain"].startswith("[0, 1]") and not case.option("from_logits"):
        inputs[0] = inputs[0].clip(0.15, 0.85)
    return inputs


@pytest.mark.parametrize("case", CASES, ids=str)
def test_derivatives(case):
    inputs, loss = inputs_of(case), case.loss
    if case.row["hessian"]:
        found = [cases.tuple_of(x) for x in loss.grad_and_hess(*inputs, reduction="none")]
    else:
        found = [cases.tuple_of(loss.grad(*inputs, reduction="none"))]
    checked = total = 0
    for k in range(case.row["differentiable"]):
        for where in directions(case, inputs[k]):

            def moved(h, k=k, where=where):
                return [x + h * where if i == k else x for i, x in enumerate(inputs)]

            def value(h, moved=moved):
                return loss(*moved(h), reduction="none")

            def slope(h, k=k, where=where, moved=moved):
                gradient = cases.tuple_of(loss.grad(*moved(h), reduction="none"))[k]
                return per_term(case, gradient * where)

            for arrays, function in zip(found, (value, slope), strict=False):
                ours = per_term(case, arrays[k] * where)
                numeric, smooth = derivative(function)
                error = abs(ours - numeric) / np.maximum(1.0, abs(numeric))
                assert error[smooth].max(initial=0.0) <= TOLERANCE
                checked += smooth.sum()
                total += smooth.size
    assert checked >= 0.8 * total  # kinks must not hide everything
