"""`out=`: results are written where they are wanted, with the same bits, and returned."""

import numpy as np
import pytest

from tests import cases
from tests.outcomes import arrays_of, assert_same

CASES = cases.cases_of_each_kind()
LEAD = (6, cases.CLASSES)


def blank(x):
    return np.full(x.shape, 7, x.dtype)


def strided(x):
    return np.full((*x.shape[:-1], 2 * x.shape[-1] + 1), 7, x.dtype)[..., 1::2]


def reversed_fortran(x):
    return np.full(x.shape, 7, x.dtype, order="F")[(slice(None, None, -1),) * x.ndim]


def unaligned(x):
    return np.ndarray(x.shape, x.dtype, np.zeros(x.nbytes + 1, np.uint8), offset=1)


MAKERS = (blank, strided, reversed_fortran, unaligned)


def same(result, wanted):
    assert_same({"out": arrays_of(result)}, {"out": arrays_of(wanted)})


def fill(result, make):
    """Return outputs of the shapes of a result, in the same nesting."""
    if isinstance(result, tuple):
        return tuple(fill(x, make) for x in result)
    return make(result)


def assert_returned(result, out):
    """Every output is returned as the very object that was given."""
    if isinstance(out, tuple):
        for x, y in zip(result, out, strict=True):
            assert_returned(x, y)
    elif out is not None:
        assert result is out


@pytest.mark.parametrize("make", MAKERS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_out(case, make):
    for dtype in (np.float16, np.float32, np.float64):
        inputs = cases.draw(case, LEAD, dtype=dtype)
        weight = cases.weights(LEAD)
        for reduction in ("mean", "sum", "none"):
            check_out(case.loss, inputs, make, {"reduction": reduction, "sample_weight": weight})


def check_out(loss, inputs, make, options):
    none = options["reduction"] == "none"
    value = loss(*inputs, **options)
    out = make(np.asarray(value)) if none else np.empty(())
    result = loss(*inputs, out=out, **options)
    assert result is out
    same(result, value)

    grad = loss.grad(*inputs, **options)
    out = fill(grad, make)
    result = loss.grad(*inputs, out=out, **options)
    assert_returned(result, out)
    same(result, grad)

    both = loss.value_and_grad(*inputs, **options)
    for full in (True, False) if none else (False,):
        out = fill(both, make) if full else (None, fill(both[1], make))
        result = loss.value_and_grad(*inputs, out=out, **options)
        assert_returned(result, out)
        same(result, both)
    if not none:
        out = fill(both[1], make)
        result = loss.value_and_grad(*inputs, out=out, **options)
        assert type(result[0]) is float
        assert_returned(result[1], out)
        same(result, both)

    for curvature in ("exact", "positive") if hasattr(loss, "grad_and_hess") else ():
        both = loss.grad_and_hess(*inputs, curvature=curvature, **options)
        for out in (fill(both, make), (None, fill(both[1], make)), (fill(both[0], make), None)):
            result = loss.grad_and_hess(*inputs, curvature=curvature, out=out, **options)
            assert_returned(result, out)
            same(result, both)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_in_place(case):
    """Exactly aliasing the input that a gradient belongs to is allowed."""
    for dtype in (np.float16, np.float32, np.float64):
        inputs = cases.draw(case, LEAD, dtype=dtype)
        count = case.row["differentiable"]
        wanted = case.loss.value_and_grad(*inputs)
        given = [x.copy() for x in inputs]
        out = tuple(given[:count]) if count > 1 else given[0]
        result = case.loss.value_and_grad(*given, out=out)
        assert_returned(result[1], out)
        same(result, wanted)
        if case.row["terms"] == case.row["arguments"][0]["shape"]:
            pred = inputs[0].copy()
            each = case.loss(*inputs, reduction="none")
            same(case.loss(pred, *inputs[1:], reduction="none", out=pred), each)
            pred = inputs[0].copy()
            out = (pred, fill(wanted[1], blank))
            both = case.loss.value_and_grad(pred, *inputs[1:], reduction="none", out=out)
            same(both[1], case.loss.grad(*inputs, reduction="none"))
            same(both[0], each)
        if case.row["hessian"]:
            given = [x.copy() for x in inputs]
            out = tuple(given[:count]) if count > 1 else given[0]
            same(case.loss.grad_and_hess(*given, out=(None, out)), case.loss.grad_and_hess(*inputs))
        # In place in a strided array, too.
        views = [strided(x) for x in inputs]
        for view, x in zip(views, inputs, strict=True):
            view[...] = x
        out = tuple(views[:count]) if count > 1 else views[0]
        same(case.loss.grad(*views, out=out), wanted[1])


SEVERAL = [c for c in CASES if c.row["differentiable"] > 1]


@pytest.mark.parametrize("case", SEVERAL, ids=str)
def test_a_gradient_over_the_input_of_another(case):
    inputs = cases.draw(case, LEAD)
    outputs = [blank(x) for x in inputs[: case.row["differentiable"]]]
    for k, name in enumerate(case.row["inputs"][1 : len(outputs)], 1):
        with pytest.raises(ValueError, match=f"overlaps {name}"):
            case.loss.grad(*inputs, out=(inputs[k], *outputs[1:]))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_nothing_else_is_written(case):
    inputs = cases.draw(case, LEAD, dtype=np.float32)
    before = [x.copy() for x in inputs]
    grads = cases.tuple_of(case.loss.grad(*inputs))
    rooms = [np.full((*g.shape[:-1], 3 * g.shape[-1]), 7, g.dtype) for g in grads]
    views = tuple(room[..., 1::3] for room in rooms)
    case.loss.grad(*inputs, out=views if len(views) > 1 else views[0])
    for room in rooms:
        assert (room[..., 0::3] == 7).all()
        assert (room[..., 2::3] == 7).all()
    for x, y in zip(inputs, before, strict=True):
        assert x.tobytes() == y.tobytes()


def test_interleaved_views_do_not_overlap():
    room = np.zeros(20, np.float32)
    room[::2] = np.linspace(-1, 1, 10)
    out = room[1::2]
    loss = cases.fl.MeanSquaredError()
    result = loss.grad(room[::2], np.zeros(10), out=out, reduction="sum")
    assert result is out
    np.testing.assert_array_equal(out, 2 * room[::2])


@pytest.mark.parametrize("case", [c for c in CASES if c.option("axis", -1) == -1], ids=str)
def test_large_outputs(case):
    """Results beyond the cache are streamed past it; the bits are those of the short way."""
    inputs = cases.draw(case, (15_000,), classes=3, dtype=np.float32)
    repeats = 1 + (48 << 20) // inputs[0].nbytes
    large = [np.concatenate([x] * repeats) for x in inputs]
    small = case.loss.value_and_grad(*inputs, reduction="none")
    found = case.loss.value_and_grad(*large, reduction="none")
    for x, y in zip(arrays_of(found), arrays_of(small), strict=True):
        assert np.array_equal(x[: len(y)].view("u4"), y.view("u4"))
        assert np.array_equal(x[-len(y) :].view("u4"), y.view("u4"))
