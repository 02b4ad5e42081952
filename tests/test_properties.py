"""What must hold for every loss, whatever its formula."""

import itertools

import numpy as np
import pytest

from tests import cases
from tests.outcomes import arrays_of, assert_same, everything

CASES = cases.cases()
PLAIN = cases.plain_cases()
ROOM = {
    room: [c for c in CASES if c.row["room"] == room] for room in ("pointwise", "rows", "pairs")
}
AXES = [c for c in PLAIN if "axis" in c.loss.params]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_pieces_of_one_pass(case):
    """What is computed together is, bit for bit, what is computed alone."""
    for dtype in (np.float32, np.float64):
        inputs = cases.draw(case, dtype=dtype)
        weight = cases.weights((8, cases.CLASSES))
        for w in (None, weight):
            found = everything(case.loss, inputs, sample_weight=w)
            for reduction in ("mean", "sum", "none"):
                value, *grads = found[f"value_and_grad/{reduction}"]
                assert value.tobytes() == found[f"value/{reduction}"][0].tobytes()
                for kind in ("exact", "positive") if case.row["hessian"] else ():
                    pieces = found[f"grad_and_hess/{kind}/{reduction}"]
                    alone = found[f"grad/{reduction}"]
                    for ours, other, third in zip(pieces, grads, alone, strict=False):
                        assert ours.tobytes() == other.tobytes() == third.tobytes()
            for x, y in zip(found["grad/none"], found["grad/sum"], strict=True):
                assert x.tobytes() == y.tobytes()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_scale(case):
    """A scale that is a power of two multiplies every bit pattern exactly; -1 flips the sign."""
    inputs = cases.draw(case)
    plain = everything(case.loss, inputs)
    for scale in (4.0, 0.5, -1.0, -8):
        scaled = everything(case.loss, inputs, scale=scale)
        for key, arrays in plain.items():
            for x, y in zip(arrays, scaled[key], strict=True):
                assert np.array_equal(x * scale, y), (key, scale)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_mean_is_the_sum_over_the_weights(case):
    from tests import reference

    inputs, weight = cases.draw(case), cases.weights((8, cases.CLASSES))
    total = (weight * reference.term_weights(case.loss, *inputs)).sum()
    # 1e-14: the division and the two float64 sums of 40 numbers, rounded once each; gradients
    # relative to the largest, for the division comes before a difference is taken.
    calls = (case.loss.value_and_grad, cases.newton(case.loss))
    mean, both = (
        [x for call in calls for x in arrays_of(call(*inputs, sample_weight=weight, reduction=r))]
        for r in ("mean", "sum")
    )
    for x, y in zip(mean, both, strict=True):
        if total == 0:
            assert np.isnan(x) if x.ndim == 0 else (x == 0).all()
        else:
            atol = 1e-14 * abs(y).max() if y.ndim else 0
            np.testing.assert_allclose(x * total, y, rtol=1e-14, atol=atol)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_weights_multiply_terms(case):
    """Weights that are powers of two, or 0, multiply terms and derivatives exactly."""
    inputs = cases.draw(case)
    weight = np.tile([0.0, 0.5, 1.0, 4.0, 0.0], 8).reshape(8, cases.CLASSES)
    plain = everything(case.loss, inputs, reductions=("none",))
    found = everything(case.loss, inputs, reductions=("none",), sample_weight=weight)
    axis = case.option("axis", -1)
    for key, arrays in plain.items():
        for x, y in zip(arrays, found[key], strict=True):
            w = weight if x.ndim == 2 else np.expand_dims(weight, axis)
            assert np.array_equal(x * w, y), key


@pytest.mark.parametrize("case", CASES, ids=str)
def test_no_value_is_below_what_the_row_says(case):
    for hard in (False, True):
        value = case.loss(*cases.draw(case, (60, 5), hard=hard, seed=5), reduction="none")
        assert (value >= case.row["least"]).all()


@pytest.mark.parametrize("case", cases.second_order(CASES), ids=str)
def test_positive_curvature(case):
    for hard in (False, True):
        inputs = cases.draw(case, (60, 5), hard=hard, seed=6)
        _, exact = case.loss.grad_and_hess(*inputs, reduction="none")
        _, positive = case.loss.grad_and_hess(*inputs, reduction="none", curvature="positive")
        for x, y in zip(cases.tuple_of(exact), cases.tuple_of(positive), strict=True):
            assert (y >= 0).all()
            if case.convex:
                assert x.tobytes() == y.tobytes()


EDGES = (0.0, -0.0, 1.0, 5e-324, -1e-300, 1e-30, 0.5, 2.0, -3.0, 1e30, -1e300, np.inf, -np.inf)


@pytest.mark.parametrize("case", cases.second_order(CASES), ids=str)
def test_a_positive_curvature_has_no_negative_zero(case):
    rng = cases.random("zeros", case.name)
    for hard, dtype in itertools.product((False, True), (np.float64, np.float32)):
        inputs = cases.draw(case, (60, 5), hard=hard, seed=7)
        for k in range(case.row["differentiable"]):
            given = rng.choice(EDGES, inputs[k].shape)
            domain = cases.domain_for(case, case.row["arguments"][k])
            if domain.startswith("[0, 1]"):
                given = abs(given).clip(0, 1)
            elif domain != "real":
                continue
            keep = rng.random(given.shape) < 0.25
            inputs[k] = np.where(keep, inputs[k], given)
        with np.errstate(over="ignore"):
            inputs = [x.astype(dtype) if x.dtype.kind == "f" else x for x in inputs]
        _, hess = case.loss.grad_and_hess(*inputs, reduction="sum", curvature="positive")
        for x in cases.tuple_of(hess):
            assert not np.signbit(x[x == 0]).any()


CONVEX = [c for c in CASES if c.convex and not c.option("eps")]  # clipping is not convex


@pytest.mark.parametrize("case", CONVEX, ids=str)
def test_convexity(case):
    """On a segment between two predictions the loss stays below its chord."""
    first, second = (cases.draw(case, (60, 5), seed=s)[0] for s in (11, 12))
    rest = cases.draw(case, (60, 5), seed=11)[1:]
    ends = [case.loss(x, *rest, reduction="none") for x in (first, second)]
    for t in (0.125, 0.5, 0.75):
        inside = case.loss(first * (1 - t) + second * t, *rest, reduction="none")
        chord = (1 - t) * ends[0] + t * ends[1]
        slip = 1e-13 * (1 + abs(chord))  # rounding of about 10 operations
        assert (inside <= chord + slip).all()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_step_against_the_gradient_goes_down(case):
    inputs = cases.draw(case, (60, 5), seed=13)
    value, grads = case.loss.value_and_grad(*inputs, reduction="sum")
    slope = sum(float((g * g).sum()) for g in cases.tuple_of(grads))
    step = 1e-6 / max(1.0, slope**0.5)
    moved = [x - step * g for x, g in zip(inputs, cases.tuple_of(grads), strict=False)]
    lower = case.loss(*moved, *inputs[len(moved) :], reduction="sum")
    assert lower <= value - 0.5 * step * slope


# A price of the normaliser asks all logits to move, and a cap moves each by a factor of its own.
SHIFTS = [
    c
    for c in ROOM["rows"]
    if c.option("from_logits") and not (c.option("z_loss") or c.option("logit_softcap"))
]


@pytest.mark.parametrize("case", SHIFTS, ids=str)
def test_softmax_gradients_sum_to_zero(case):
    """Adding a constant to all logits of a row changes nothing."""
    inputs = cases.draw(case, (60, 5))
    axis = case.option("axis")
    grad = case.loss.grad(*inputs, reduction="none")
    # 5 entries, each within 4 ULP of the larger term of a difference, which is below 32 here.
    assert abs(grad.sum(axis=axis)).max() <= 5 * 4 * 32 * 2.0**-52
    shifted = case.loss(inputs[0] + 1.0, inputs[1], reduction="none")
    plain = case.loss(*inputs, reduction="none")
    np.testing.assert_allclose(shifted, plain, rtol=1e-13)  # pred + 1 is rounded itself


WHOLE = [c for c in PLAIN if cases.inner_axis(c) is not None]


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("case", WHOLE, ids=str)
def test_nan_in_every_place_of_a_row(case, dtype):
    """In any lane and any tail it spoils its own entry and its own term, and no other term."""
    axis = cases.inner_axis(case)
    for classes in (1, 2, 7, 17, 40, 600):
        inputs = cases.draw(case, (3,), classes=classes, dtype=dtype)
        for k in [k for k, x in enumerate(inputs) if x.ndim == 2]:
            width = inputs[k].shape[axis]
            for place in {*range(0, width, 1 + width // 40), width - 1}:
                given = [x.copy() for x in inputs]
                np.moveaxis(given[k], axis, -1)[1, place] = np.nan
                value, grads = case.loss.value_and_grad(*given, reduction="none")
                assert np.isnan(value).tolist() == [False, True, False], (k, place)
                rows = [np.moveaxis(g, axis, -1) for g in cases.tuple_of(grads)]
                assert all(np.isfinite(row[::2]).all() for row in rows), (k, place)
                assert np.isnan(rows[k if k < len(rows) else 0][1, place]), (k, place)


@pytest.mark.parametrize("case", AXES, ids=str)
def test_class_axis(case):
    """A class axis elsewhere is the last axis of the moved array."""
    params = {k: v for k, v in case.params if k != "axis"}
    last = cases.Case(case.name, tuple(params.items()))
    inputs = cases.draw(last, (3, 4, 2), classes=5, dtype=np.float32)
    wanted = everything(last.loss, inputs)
    for axis in (0, 1, 2, 3, -2, -3, -4):
        loss = cases.fl.get(case.name, **params, axis=axis)
        moved = [np.moveaxis(x, -1, axis) if x.ndim == 4 else x for x in inputs]
        for given in (moved, [np.ascontiguousarray(x) for x in moved]):
            back = {
                key: [
                    np.ascontiguousarray(np.moveaxis(x, axis, -1)) if x.ndim == 4 else x for x in xs
                ]
                for key, xs in everything(loss, given).items()
            }
            assert_same(back, wanted, f"axis {axis}")


@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_a_row_does_not_depend_on_its_batch(case):
    params = {k: v for k, v in case.params if k != "axis"}
    case = cases.Case(case.name, tuple(params.items()))
    for classes in (3, 100):
        inputs = cases.draw(case, (300,), classes=classes, dtype=np.float32)
        batch = everything(case.loss, inputs, reductions=("none",))
        for i in (0, 1, 17, 255, 256, 299):
            alone = everything(case.loss, [x[i : i + 1] for x in inputs], reductions=("none",))
            wanted = {key: [x[i : i + 1] for x in xs] for key, xs in batch.items()}
            assert_same(alone, wanted, f"row {i} of {classes} classes")


@pytest.mark.parametrize("case", PLAIN, ids=str)
def test_order_of_terms_does_not_change_the_sum(case):
    """Sums over blocks are exact, so that whole blocks may come in any order."""
    params = {k: v for k, v in case.params if k != "axis"}
    case = cases.Case(case.name, tuple(params.items()))
    inputs = cases.draw(case, (4 * 2048,), classes=3, dtype=np.float32)
    blocks = np.arange(4 * 2048).reshape(4, 2048)[[2, 0, 3, 1]].reshape(-1)
    assert case.loss(*inputs) == case.loss(*[x[blocks] for x in inputs])
