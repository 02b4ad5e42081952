"""Every loss, every option, every reduction: the value is that of the naive reference."""

import numpy as np
import pytest

from tests import cases, formulas, reference

# The reference computes in float64 with some tens of roundings of 1.1e-16, and a mean is no worse
# than its worst term: all terms are >= 0. 1e-12 leaves room for the logarithm of a sum, whose error
# is relative to the logits (up to 8), not to the loss (down to 1e-3).
FLOAT64 = 1e-12
# 4 units in the last place of float32, each at most 2^-23 of the number.
FLOAT32 = 4 * 2.0**-23

REDUCTIONS = ("mean", "sum", "none")
CASES = cases.cases()


def sizes(case, inputs):
    """Return what a value's error is relative to, beside the value: the S of the table's row."""
    formula, _ = formulas.find(case.name, case.row["family"])
    if formula is not None and case.row["slack"] != "0":
        return max(float(np.max(np.abs(x))) for x in reference.addends(case.loss, *inputs))
    if case.row["room"] != "pairs":
        return 0.0
    largest = max(float(abs(x).sum(axis=-1).max()) for x in inputs[:2])
    return max(2 * largest, case.option("margin")) ** 2


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_value(case, weighted):
    inputs = cases.draw(case)
    weight = cases.weights((8, cases.CLASSES)) if weighted else None
    for reduction in REDUCTIONS:
        for scale in (1.0, -0.75):
            options = {"sample_weight": weight, "reduction": reduction, "scale": scale}
            wanted = reference.value(case.loss, *inputs, **options)
            got = case.loss(*inputs, **options)
            terms = 1 if reduction == "none" else 40
            atol = FLOAT64 * sizes(case, inputs) * terms
            np.testing.assert_allclose(got, wanted, FLOAT64, atol, err_msg=reduction)
            assert np.shape(got) == np.shape(wanted)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_float32(case):
    inputs = cases.draw(case, dtype=np.float32)
    wanted = reference.terms(case.loss, *inputs)
    got = case.loss(*inputs, reduction="none")
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, wanted, rtol=FLOAT32, atol=FLOAT32 * sizes(case, inputs))
    # A mean is a float64 sum of terms that are good to float32's last places each.
    weight = cases.weights((8, cases.CLASSES))
    wanted = reference.value(case.loss, *inputs, sample_weight=weight)
    mean = case.loss(*inputs, sample_weight=weight)
    np.testing.assert_allclose(mean, wanted, rtol=FLOAT32, atol=FLOAT32 * sizes(case, inputs))


@pytest.mark.parametrize("case", cases.plain_cases(), ids=str)
def test_hard_targets(case):
    inputs = cases.draw(case, hard=True)
    wanted = reference.terms(case.loss, *inputs)
    got = case.loss(*inputs, reduction="none")
    np.testing.assert_allclose(got, wanted, rtol=FLOAT64, atol=FLOAT64 * sizes(case, inputs))


@pytest.mark.parametrize("case", cases.plain_cases(), ids=str)
@pytest.mark.parametrize("shape", [(), (1,), (7,), (3, 1, 2), (1, 1, 1, 1, 3)], ids=str)
def test_any_number_of_axes(case, shape):
    inputs = cases.draw(case, shape, classes=3)
    wanted = reference.terms(case.loss, *inputs)
    got = case.loss(*inputs, reduction="none")
    assert got.shape == wanted.shape == shape
    np.testing.assert_allclose(got, wanted, rtol=FLOAT64, atol=FLOAT64 * sizes(case, inputs))
    grads = cases.tuple_of(case.loss.grad(*inputs))
    assert [g.shape for g in grads] == [x.shape for x in inputs[: case.row["differentiable"]]]


@pytest.mark.parametrize("case", cases.plain_cases(), ids=str)
@pytest.mark.parametrize("shape", [(), (5,), (1, 5), (8, 1), (1, 1), (8, 5), (1,)], ids=str)
def test_weights_broadcast_to_the_terms(case, shape):
    inputs = cases.draw(case, (8, 5))
    weight = cases.weights(shape, seed=1) + 0.25
    full = np.ascontiguousarray(np.broadcast_to(weight, (8, 5)))
    for reduction in REDUCTIONS:
        ours = case.loss.value_and_grad(*inputs, sample_weight=weight, reduction=reduction)
        theirs = case.loss.value_and_grad(*inputs, sample_weight=full, reduction=reduction)
        assert np.array_equal(ours[0], theirs[0])
        for x, y in zip(cases.tuple_of(ours[1]), cases.tuple_of(theirs[1]), strict=True):
            assert x.tobytes() == y.tobytes()


SOFT_ROWS = [
    c
    for c in CASES
    if c.option("class_weight") and not c.row["labels"] and c.row["target_domain"] != "[0, 1]"
]


@pytest.mark.parametrize("case", SOFT_ROWS, ids=str)
def test_rows_that_do_not_sum_to_one(case):
    """A soft row weighs sum_k t_k w_k in the mean, before smoothing."""
    inputs = cases.draw(case)
    inputs[1] *= np.linspace(0.25, 3.0, inputs[1].size).reshape(inputs[1].shape)
    wanted = reference.value(case.loss, *inputs)
    assert case.loss(*inputs) == pytest.approx(wanted, rel=FLOAT64)
