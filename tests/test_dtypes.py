"""Element types: every real input type, every target type, and what else counts as an array."""

import array
import itertools

import numpy as np
import pytest

from tests import cases
from tests.outcomes import arrays_of, assert_same, everything

ml_dtypes = pytest.importorskip("ml_dtypes")

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
INTEGERS = [np.dtype(x) for x in "bBhHiIlLqQ"]
REAL = [np.dtype(np.float16), BFLOAT16, np.dtype(np.float32), np.dtype(np.float64)]
HALF_AND_WHOLE = (np.float32, np.float64, np.float16)
HALF = [np.dtype(np.float16), BFLOAT16]
CASES = cases.plain_cases()


def whole_targets(case, classes=2):
    """Return inputs whose targets are 0 and 1, exact in every type."""
    inputs = cases.draw(case, (7, 5), classes=classes, dtype=np.float32, hard=True)
    if case.row["target_domain"] == "real":
        inputs[-1] = abs(inputs[-1]) % 2
        cases.put_in_order(case.row, inputs)
    elif cases.domain_of(case.row["target_domain"])[1] == np.inf:
        inputs[-1] = np.minimum(inputs[-1], 1)
    return inputs


HAS_TARGET = [c for c in CASES if "target" in c.row["inputs"]]


def beyond_float32(case, dtype):
    """Whether float32 may not hold such a target, so that the loss is computed in float64."""
    if case.row["room"] != "pointwise":
        return False
    low, high = cases.domain_of(cases.domain_for(case, case.row["arguments"][-1]))
    large = dtype.kind in "iu" and dtype.itemsize >= 4 and not (low >= -1 and high <= 1)
    return dtype == np.float64 or large


@pytest.mark.parametrize("case", HAS_TARGET, ids=str)
def test_target_types(case):
    place = case.row["inputs"].index("target")
    for real in REAL:
        inputs = [x.astype(real) if x.dtype.kind == "f" else x for x in whole_targets(case)]
        wanted = everything(case.loss, inputs)
        wide = everything(case.loss, [x.astype(float) if x.dtype == real else x for x in inputs])
        with np.errstate(over="ignore"):
            rounded = {
                key: [x.astype(y.dtype) for x, y in zip(wide[key], wanted[key], strict=True)]
                for key in wanted
            }
        whole = [*INTEGERS, np.dtype(bool)]
        if inputs[place].astype(float).min() < 0:
            whole = [d for d in whole if d.kind == "i"]
        for dtype in [*whole, *([] if case.row["labels"] else REAL)]:
            mixed = [x.astype(dtype) if i == place else x for i, x in enumerate(inputs)]
            exact = real == np.float32 and beyond_float32(case, dtype)
            expected = rounded if exact else wanted
            assert_same(everything(case.loss, mixed), expected, f"{real}, target {dtype}")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_weight_types(case):
    inputs = cases.draw(case, (7, 5), dtype=np.float32)
    for top, dtypes in ((3, [*INTEGERS, *REAL]), (1, [np.dtype(bool)])):
        weight = np.arange(35).reshape(7, 5) % (top + 1)
        wanted = everything(case.loss, inputs, sample_weight=weight.astype(np.float64))
        for dtype in dtypes:
            found = everything(case.loss, inputs, sample_weight=weight.astype(dtype))
            assert_same(found, wanted, f"weight {dtype}")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_half_types_are_float32_rounded_once(case):
    for half in HALF:
        inputs = cases.draw(case, (40, 5), dtype=half)
        real = [x.astype(np.float32) if x.dtype == half else x for x in inputs]
        weight = cases.weights((40, 5)).astype(half)
        found = everything(case.loss, inputs, sample_weight=weight)
        wanted = everything(case.loss, real, sample_weight=weight)
        with np.errstate(over="ignore"):
            rounded = {
                key: [x.astype(half) if x.dtype == np.float32 else x for x in xs]
                for key, xs in wanted.items()
            }
        assert_same(found, rounded, half.name)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradients_have_the_type_of_their_input(case):
    count = case.row["differentiable"]
    for dtype in REAL:
        inputs = cases.draw(case, (3, 5), dtype=dtype)
        result = case.loss.grad(*inputs)
        assert [g.dtype for g in cases.tuple_of(result)] == [dtype] * count
        assert case.loss(*inputs, reduction="none").dtype == dtype
        assert type(case.loss(*inputs)) is float
        assert isinstance(result, tuple) == (count > 1)
    if count > 1:
        inputs = cases.draw(case, (3, 5))
        mixed = [
            x.astype(dtype)
            for x, dtype in zip(inputs, itertools.cycle(HALF_AND_WHOLE), strict=False)
        ]
        found = [g.dtype for g in case.loss.grad(*mixed)]
        assert found == [x.dtype for x in mixed[:count]]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_lists_and_scalars(case):
    inputs = cases.draw(case, (6,), classes=3)
    assert_same(everything(case.loss, [x.tolist() for x in inputs]), everything(case.loss, inputs))
    one = [x[0] for x in inputs]
    wanted = everything(case.loss, [np.asarray(x) for x in one])
    assert_same(everything(case.loss, one), wanted, "NumPy scalars")
    assert_same(everything(case.loss, [x.tolist() for x in one]), wanted, "Python scalars")
    assert type(case.loss(*one)) is float


def test_integers_in_lists_are_numbers():
    loss = cases.fl.MeanSquaredError()
    assert loss([1, 2, 3], [0, 0, 0]) == 14 / 3
    assert loss.grad([1, True], [0, 0]).dtype == np.float64
    assert loss(3, 1) == 4.0


class Exporter:
    """A CPU tensor of some other framework: DLPack and nothing else."""

    def __init__(self, x):
        self._x = x

    def __dlpack__(self, *, stream=None, **_):
        return self._x.__dlpack__()

    def __dlpack_device__(self):
        return self._x.__dlpack_device__()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_dlpack(case):
    for dtype in (np.float16, np.float32, np.float64):
        inputs = cases.draw(case, (6, 5), dtype=dtype)
        weight = cases.weights((6, 5))
        wanted = everything(case.loss, inputs, sample_weight=weight)
        given = [Exporter(x) for x in inputs]
        found = everything(case.loss, given, sample_weight=Exporter(weight))
        assert_same(found, wanted, "contiguous")
        given = [Exporter(np.asfortranarray(x)) for x in inputs]
        assert_same(everything(case.loss, given, sample_weight=weight), wanted, "strided")


def test_dlpack_elsewhere():
    class Far(Exporter):
        def __dlpack_device__(self):
            return (2, 0)

    with pytest.raises(cases.fl.FastlossError, match="CPU"):
        cases.fl.MeanSquaredError()(Far(np.zeros(3)), np.zeros(3))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_buffers(case):
    inputs = cases.draw(case, (6,), classes=3)
    wanted = everything(case.loss, inputs)
    views = [memoryview(np.ascontiguousarray(x)) for x in inputs]
    assert_same(everything(case.loss, views), wanted, "memoryview")
    flat = [array.array(x.dtype.char, x.tobytes()) if x.ndim == 1 else x for x in inputs]
    assert_same(everything(case.loss, flat), wanted, "array.array")


VIEWS = {
    "DLPack": Exporter,
    "buffer": memoryview,
    "mapped": lambda x: x,
    "byte order": lambda x: x.view(x.dtype.newbyteorder()),
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_what_is_handed_over_is_read_where_it_lies(view, tmp_path):
    """An output over a part of it is refused, which a copy would not show."""
    room = np.memmap(tmp_path / "room", np.float64, "w+", shape=100)
    given, out, other = view(room[1:]), np.asarray(room[:-1]), np.zeros(99)
    loss = cases.fl.MeanSquaredError()
    for name, inputs, weight in (
        ("pred", (given, other), None),
        ("target", (other, given), None),
        ("sample_weight", (other, other), given),
    ):
        with pytest.raises(cases.fl.ParameterError, match=f"overlaps {name}"):
            loss.grad(*inputs, sample_weight=weight, out=out)


def test_a_subclass_of_ndarray_gets_a_plain_array():
    class Kind(np.ndarray):
        pass

    pred = np.ones(3).view(Kind)
    result = cases.fl.MeanSquaredError().value_and_grad(pred, np.zeros(3), reduction="none")
    assert [type(x) for x in (result[0], result[1])] == [np.ndarray, np.ndarray]
    assert len(arrays_of(result)) == 2
