"""Strides, alignments, orders, read-only and mapped memory: the bits are those of a fresh copy."""

import numpy as np
import pytest

from tests import cases
from tests.outcomes import arrays_of, assert_same, everything

ml_dtypes = pytest.importorskip("ml_dtypes")

REAL = (np.float16, ml_dtypes.bfloat16, np.float32, np.float64)
CASES = cases.cases_of_each_kind()
LAST = [c for c in CASES if c.option("axis", -1) == -1]


def every_axis(x, step):
    return x[(slice(None, None, step),) * x.ndim]


def negative(x):
    return every_axis(every_axis(x, -1).copy(), -1)


def stepped(x):
    room = np.full([3 * n for n in x.shape], 7, x.dtype)
    view = every_axis(room, 3)
    view[...] = x
    return view


def fortran(x):
    return np.asfortranarray(x)


def fortran_backwards(x):
    return every_axis(np.asfortranarray(every_axis(x, -1)), -1)


def swapped(x):
    """Put the axes in memory in another order, neither C's nor Fortran's."""
    order = np.roll(range(x.ndim), 1)
    return np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))


def unaligned(x):
    """Start at an odd byte."""
    room = np.zeros(x.nbytes + 1, np.uint8)
    view = np.ndarray(x.shape, x.dtype, room, offset=1)
    view[...] = x
    return view


def packed(x):
    """Lie in records of an odd size, one field of several."""
    records = np.zeros(x.shape, np.dtype([("flag", "u1"), ("x", x.dtype), ("rest", "u1", 3)]))
    records["x"] = x
    return records["x"]


def read_only(x):
    view = x.copy()
    view.flags.writeable = False
    return view


def subclass(x):
    class Kind(np.ndarray):
        pass

    return x.copy().view(Kind)


LAYOUTS = (negative, stepped, fortran, swapped, unaligned, packed, read_only, subclass)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_layout(case, layout):
    for dtype in REAL:
        inputs = cases.draw(case, (6, cases.CLASSES), dtype=dtype)
        weight = cases.weights((6, cases.CLASSES)).astype(np.float32)
        wanted = everything(case.loss, inputs, sample_weight=weight)
        moved = [layout(x) for x in inputs]
        found = everything(case.loss, moved, sample_weight=layout(weight))
        assert_same(found, wanted, np.dtype(dtype).name)
        # One argument at a time: every combination of a fast and a slow path.
        for k in range(len(inputs)):
            mixed = [moved[i] if i == k else x for i, x in enumerate(inputs)]
            assert_same(everything(case.loss, mixed, sample_weight=weight), wanted, f"input {k}")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_memory_map(case, tmp_path):
    inputs = cases.draw(case, (6, 5), dtype=np.float32)
    mapped = []
    for k, x in enumerate(inputs):
        path = tmp_path / f"{k}.bin"
        path.write_bytes(b"odd" + x.tobytes())
        mapped.append(np.memmap(path, x.dtype, "r", offset=3, shape=x.shape))
    assert_same(everything(case.loss, mapped), everything(case.loss, inputs))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_zero_strides(case):
    """A broadcast view is as good as the array that it stands for."""
    for lead in ((1, 5), (4, 1), (1, 1)):
        small = cases.draw(case, lead, dtype=np.float32)
        rows = [np.broadcast_to(x, full_shape(case, x, lead, (4, 5))) for x in small]
        weight = np.broadcast_to(np.float32(0.5), (4, 5))
        wanted = everything(case.loss, [x.copy() for x in rows], sample_weight=weight.copy())
        assert_same(everything(case.loss, rows, sample_weight=weight), wanted, str(lead))


def full_shape(case, x, lead, full):
    """Return the shape of x when its loss terms have shape `full` instead of `lead`."""
    if x.shape == lead:
        return full
    if case.option("axis", -1) == 0:
        return (x.shape[0], *full)
    return (*full, x.shape[-1])


TAILS = (*range(71), *range(255, 259), *range(511, 515), *range(2047, 2051), 4097)


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("case", LAST, ids=str)
def test_tails(case, dtype):
    """The first n terms of a long input give the first n results, for every n and alignment."""
    longest = cases.draw(case, (max(TAILS),), classes=3, dtype=dtype)
    each = everything(case.loss, longest, reductions=("none",))
    for n in TAILS:
        start = n % 7 if n < 4000 else 0  # another place in the vector registers
        inputs = [x[start : start + n] for x in longest]
        found = everything(case.loss, inputs, reductions=("none",))
        wanted = {key: [x[start : start + n] for x in xs] for key, xs in each.items()}
        assert_same(found, wanted, f"n={n}")
        total = case.loss(*[np.ascontiguousarray(x) for x in inputs], reduction="sum")
        assert np.float64(case.loss(*[unaligned(x) for x in inputs], reduction="sum")) == total


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize(
    "features", [1, 2, 3, 7, 15, 16, 17, 31, 33, 255, 256, 257, 511, 512, 513, 2049]
)
def test_tails_of_rows(case, features):
    """Rows of every length: a strided row gives the bits of a contiguous one."""
    if case.row["room"] == "pointwise":
        inputs = cases.draw(case, (3, features), dtype=np.float32)
    else:
        inputs = cases.draw(case, (3,), classes=features, dtype=np.float32)
    assert_same(everything(case.loss, [stepped(x) for x in inputs]), everything(case.loss, inputs))


# Long enough on both of the last two axes to be turned in squares, and too long for it.
TURNED = ((16, 16), (37, 53), (130, 31), (3, 20, 33), (2, 17, 2, 40), (17, 9000))


@pytest.mark.parametrize("dtype", REAL, ids=lambda t: np.dtype(t).name)
@pytest.mark.parametrize("shape", TURNED, ids=str)
@pytest.mark.parametrize("name", ["mean_squared_error", "binary_cross_entropy"])
def test_rows_closer_than_columns(name, shape, dtype):
    case = next(c for c in CASES if c.row["name"] == name)
    inputs = cases.draw(case, shape, dtype=dtype)
    wanted = everything(case.loss, inputs)
    for layout in (fortran, swapped, fortran_backwards):
        turned = [layout(x) for x in inputs]
        assert_same(everything(case.loss, turned), wanted, layout.__name__)
        assert_same(everything(case.loss, [turned[0], inputs[1]]), wanted, "pred alone")
        assert_same(everything(case.loss, [inputs[0], turned[1]]), wanted, "target alone")
    several = case.loss.value_and_grad(*turned, n_threads=5)
    single = case.loss.value_and_grad(*inputs, n_threads=1)
    assert_same({"": arrays_of(several)}, {"": arrays_of(single)}, "threads")


def reordered(x):
    return x.astype(x.dtype.newbyteorder())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_argument_may_have_the_other_byte_order(case):
    for dtype in (np.float16, np.float32, np.float64):
        for lead in ((6, cases.CLASSES), (700, cases.CLASSES)):
            inputs = cases.draw(case, lead, dtype=dtype)
            weight = cases.weights(lead).astype(np.float32)
            wanted = everything(case.loss, inputs, sample_weight=weight)
            for layout in (
                reordered,
                lambda x: fortran(reordered(x)),
                lambda x: stepped(reordered(x)),
            ):
                given = [layout(x) for x in inputs]
                found = everything(case.loss, given, sample_weight=reordered(weight))
                assert_same(found, wanted, f"{np.dtype(dtype)} {lead}")
    for k in range(len(inputs)):
        one = [reordered(x) if i == k else x for i, x in enumerate(inputs)]
        assert_same(everything(case.loss, one, sample_weight=weight), wanted, f"input {k}")


@pytest.mark.parametrize("dtype", ["i2", "i4", "i8", "u2", "u4", "u8"])
def test_integers_of_the_other_byte_order(dtype):
    pred = np.linspace(0.0, 1.0, 2100).reshape(700, 3) / 2
    target = (np.arange(700) % 3).astype(dtype)
    loss = cases.fl.SparseCategoricalCrossEntropy()
    assert loss(pred, reordered(target), reduction="sum") == loss(pred, target, reduction="sum")
    mean = cases.fl.MeanSquaredError()
    assert mean(pred[:, 0], reordered(target)) == mean(pred[:, 0], target)
    target[300] = 7
    with pytest.raises(cases.fl.LabelError, match=r"target\[300\] is 7"):
        loss(pred, reordered(target))
    if dtype == "u8":
        target[300] = 2**64 - 1
        with pytest.raises(cases.fl.LabelError, match=str(2**64 - 1)):
            cases.fl.SparseCategoricalCrossEntropy(ignore_index=-1)(pred, reordered(target))


def test_a_fault_in_the_other_byte_order_is_told_as_it_is():
    pred = np.full(700, 0.5)
    pred[600] = 1.0 + 2.0**-40  # 1 as a float
    loss = cases.fl.BinaryCrossEntropy()
    with pytest.raises(cases.fl.DomainError, match=r"pred\[600\] is 1\.00000000000"):
        loss(reordered(pred), np.ones(700))
    with pytest.raises(cases.fl.DomainError, match=r"target\[600\] is 1\.00000000000"):
        loss(np.full(700, 0.5, np.float32), reordered(pred))


def test_an_output_has_the_byte_order_of_the_machine():
    pred, target = np.arange(9.0), np.zeros(9)
    loss = cases.fl.MeanSquaredError()
    for given in (pred, reordered(pred)):
        with pytest.raises(cases.fl.DTypeError, match="out has dtype >f8"):
            loss.grad(given, target, out=reordered(pred))
    swapped = reordered(pred)
    with pytest.raises(cases.fl.ParameterError, match="overlaps pred"):
        loss.grad(swapped, target, out=swapped.view(np.float64))
    assert loss.grad(swapped, target).dtype == np.dtype(float)


@pytest.mark.parametrize("dtype", ["f4", "f8", "f2"])
def test_numbers_of_the_other_byte_order(dtype):
    """They are read for what they are; results are in the order of the machine."""
    case = cases.Case("mean_squared_error")
    pred, target = cases.draw(case, (700,), dtype=np.dtype(dtype))
    swapped = [x.astype(x.dtype.newbyteorder()) for x in (pred, target)]
    weight = cases.weights((700,))
    wanted = everything(case.loss, [pred, target], sample_weight=weight)
    other = weight.astype(weight.dtype.newbyteorder())
    assert_same(everything(case.loss, swapped, sample_weight=other), wanted)
