"""Malformed arrays, generated for every loss and every argument: the right error, a clear message.

Every message names the loss and the argument, says what was given and what is wanted; no input and
no output changes, and no call takes longer than a second.
"""

import time

import fastloss as fl
import numpy as np
import pytest

from tests import cases

CASES = cases.cases_of_each_kind()
LEAD = (4, cases.CLASSES)


def refused(case, error, words, inputs, **options):
    """Check that every method raises `error` with a message that has all the words."""
    before = [
        x.tobytes() if isinstance(x, np.ndarray) and x.dtype != object else None for x in inputs
    ]
    for method in cases.methods(case.row["hessian"]):
        start = time.monotonic()
        with pytest.raises(error) as caught:
            getattr(case.loss, method)(*inputs, **options)
        assert time.monotonic() - start < 1.0
        assert isinstance(caught.value, fl.FastlossError)
        message = str(caught.value)
        for word in (case.row["class_name"], *words):
            assert word in message, f"{method}: {word!r} is not in {message!r}"
    for x, data in zip(inputs, before, strict=True):
        assert data is None or x.tobytes() == data


def arguments():
    """Return every argument of every loss: (case, place, name)."""
    return [
        pytest.param(case, k, name, id=f"{case}-{name}")
        for case in CASES
        for k, name in enumerate(case.row["inputs"])
    ]


def replaced(inputs, k, x):
    return [x if i == k else y for i, y in enumerate(inputs)]


def text(shape):
    return str(tuple(shape))


def are_shares(case, inputs):
    """Return whether the target may be read as a share for every class, and fits as that."""
    dense = case.row["arguments"][-1]["dense"]
    return bool(dense) and inputs[-1].shape == inputs[0].shape


@pytest.mark.parametrize(("case", "k", "name"), arguments())
def test_shape(case, k, name):
    inputs = cases.draw(case, LEAD)
    x = inputs[k]
    wrong = [x[:-1], x[..., None], x[None], x[0], x.reshape(-1), x[:0], x[0, 0]]
    if k > 0 or not case.row["labels"]:
        wrong.append(x[..., :1])
    elif case.option("axis") == 0:
        wrong = wrong[1:]  # fewer classes for the labels are another error
    for y in wrong:
        if k == 0 and case.row["room"] != "pointwise" and y.ndim == 0:
            continue
        given = replaced(inputs, k, y)
        if are_shares(case, given):
            continue
        refused(case, fl.ShapeError, ["shape", text(y.shape)], given)
        if k > 0:
            refused(case, fl.ShapeError, [f"{name} has shape", text(inputs[0].shape)], given)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_column_is_not_a_vector(case):
    """(n,) against (n, 1) is an error, never a broadcast to (n, n)."""
    inputs = cases.draw(case, (6,), classes=1)
    for k in range(1, len(inputs)):
        y = inputs[k][..., None] if inputs[k].ndim == 1 else inputs[k][..., 0]
        given = replaced(inputs, k, y)
        if not are_shares(case, given):
            refused(case, fl.ShapeError, [text(y.shape)], given)


@pytest.mark.parametrize("case", [c for c in CASES if c.row["room"] != "pointwise"], ids=str)
def test_no_classes_or_features(case):
    inputs = cases.draw(case, (4,), classes=1)
    axis = case.option("axis", -1)
    none = [x if x.ndim == 1 else np.delete(x, 0, axis=axis) for x in inputs]
    refused(case, fl.ShapeError, [case.row["inputs"][0], "at least one"], none)
    scalars = [np.float64(0.5), *inputs[1:]]
    refused(case, fl.ShapeError, [case.row["inputs"][0], "()"], scalars)


def bad_arrays(x):
    """Return (what, array) for every kind of array that is never taken, in the shape of x."""
    shape = x.shape
    return [
        ("object", np.full(shape, None)),
        ("object", np.full(shape, 0.5, dtype=object)),
        ("complex128", np.zeros(shape, complex)),
        ("complex64", np.zeros(shape, np.complex64)),
        ("datetime64", np.zeros(shape, "M8[s]")),
        ("timedelta64", np.zeros(shape, "m8[s]")),
        ("<U", np.full(shape, "0.5")),
        ("|S", np.full(shape, b"0.5")),
        ("('a', '<f4')", np.zeros(shape, [("a", "f4"), ("b", "f4")])),
        ("masked", np.ma.masked_array(np.zeros(shape), mask=np.arange(x.size).reshape(shape) == 3)),
    ]


@pytest.mark.parametrize(("case", "k", "name"), arguments())
def test_dtype(case, k, name):
    inputs = cases.draw(case, LEAD)
    for what, y in bad_arrays(inputs[k]):
        refused(case, fl.DTypeError, [name, what], replaced(inputs, k, y))
    if k < case.row["differentiable"]:
        for dtype in (np.int64, np.uint8, np.bool_):
            y = np.zeros(inputs[k].shape, dtype)
            refused(case, fl.DTypeError, [name, y.dtype.name, "float32"], replaced(inputs, k, y))
    elif case.row["labels"]:
        for dtype in (np.float64, np.float16):
            y = inputs[k].astype(dtype)
            refused(case, fl.DTypeError, [name, y.dtype.name, "integer"], replaced(inputs, k, y))


@pytest.mark.parametrize(("case", "k", "name"), arguments())
def test_not_an_array(case, k, name):
    inputs = cases.draw(case, (2,), classes=2)
    for y in (None, "0.5", b"0.5", {"a": 1}, object(), [1.0, "x"], [[1.0], [1.0, 2.0]], 1j):
        refused(case, (fl.DTypeError, fl.ShapeError), [name], replaced(inputs, k, y))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_weight_shape_and_dtype(case):
    inputs = cases.draw(case, LEAD)
    for shape in ((4,), (5, 4), (4, 5, 1), (1, 4, 5), (3, 5), (0,), (2,), (4, 2), (1, 1, 1)):
        words = ["sample_weight has shape", text(shape), text(LEAD)]
        words += ["sample_weight[:, None]"] if shape == (4,) else []
        refused(case, fl.ShapeError, words, inputs, sample_weight=np.ones(shape))
    with pytest.raises(fl.ShapeError) as caught:
        case.loss(*inputs, sample_weight=np.ones(3))
    assert "None]" not in str(caught.value)  # weights of nothing at all
    rows = np.array([1.0, 0.0, 2.0, 0.5])
    every = np.repeat(rows[:, None], LEAD[1], axis=1)
    assert case.loss(*inputs, sample_weight=rows[:, None]) == case.loss(
        *inputs, sample_weight=every
    )
    words = ["sample_weight has shape (1,)", "the loss terms have shape ()"]
    refused(case, fl.ShapeError, words, cases.draw(case, ()), sample_weight=[1.0])
    for what, weight in bad_arrays(np.zeros(LEAD)):
        refused(case, fl.DTypeError, ["sample_weight", what], inputs, sample_weight=weight)
    for weight in ("1", object(), {"a": 1}):
        refused(case, fl.DTypeError, ["sample_weight"], inputs, sample_weight=weight)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_weight_values(case):
    inputs = cases.draw(case, LEAD)
    for bad in (-1.0, -1e-300, np.nan, -np.inf, np.inf):
        weight = np.ones(LEAD)
        weight[1, 3] = weight[3, 0] = bad
        words = ["sample_weight[1, 3]", ">= 0"]
        refused(case, fl.DomainError, words, inputs, sample_weight=weight)
    weight = np.ones(LEAD, np.int8)
    weight[2, 1] = -1
    refused(case, fl.DomainError, ["sample_weight[2, 1] is -1"], inputs, sample_weight=weight)


@pytest.mark.parametrize(("case", "k", "name"), arguments())
def test_domain(case, k, name):
    """One bad value in a large array is found, at its first place, by any number of threads."""
    words = "real"
    if not (k == 1 and case.row["labels"]):
        words = cases.domain_for(case, case.row["arguments"][k])
    low, high = cases.domain_of(words)
    bad = [x for x in (low - 1e-3, low - 1, high + 1e-3, high * 2) if np.isfinite(x)]
    bad += [x for x, end in ((-np.inf, low), (np.inf, high)) if np.isfinite(end)]
    bad += [np.inf] if "finite" in words and np.isfinite(low) else []
    inputs = cases.draw(case, (3000, 5), classes=3)
    first = (1234, 3, 2)[: inputs[k].ndim] if inputs[k].shape[0] == 3000 else (2, 1234, 3)
    last = tuple(n - 1 for n in inputs[k].shape)
    for value in bad:
        for dtype in (np.float64, np.float32):
            y = inputs[k].astype(dtype)
            y[first] = y[last] = value
            given = [x.astype(dtype) if x.dtype.kind == "f" else x for x in replaced(inputs, k, y)]
            where = f"{name}[{', '.join(map(str, first))}]"
            for n in (1, 3):
                refused(case, fl.DomainError, [where, "wanted"], given, n_threads=n)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_edges_of_a_domain_are_inside(case):
    for k in range(len(case.row["inputs"])):
        if k == 1 and case.row["labels"]:
            continue
        words = cases.domain_for(case, case.row["arguments"][k])
        for edge in cases.domain_of(words):
            if np.isfinite(edge) and "> " not in words:
                inputs = cases.draw(case, LEAD)
                inputs[k][...] = edge
                assert not np.isnan(case.loss(*inputs, reduction="none")).any()
                inputs[k][...] = -edge if edge == 0 else edge  # -0.0 is 0
                assert not np.isnan(case.loss(*inputs, reduction="none")).any()


LABELS = [c for c in CASES if c.row["labels"]]


@pytest.mark.parametrize("case", LABELS, ids=str)
@pytest.mark.parametrize(
    ("dtype", "label"),
    [
        ("int8", -1),
        ("int8", 127),
        ("uint8", 255),
        ("int16", -(2**15)),
        ("uint16", 2**16 - 1),
        ("int32", 5),
        ("uint32", 2**32 - 1),
        ("int64", 2**32),
        ("int64", 2**63 - 1),
        ("int64", -(2**63)),
        ("uint64", 2**63),
        ("uint64", 2**64 - 1),
        ("int64", -100),
    ],
)
def test_label(case, dtype, label):
    """The first bad row and its label are named, whatever the type and the number of threads."""
    inputs = cases.draw(case, (700, 3), classes=5)
    target = inputs[1].astype(dtype)
    target[123, 2] = label
    target[600, 0] = 6
    words = ["target[123, 2]", str(label), "5 classes"]
    for n in (1, 2, 8):
        refused(case, fl.LabelError, words, [inputs[0], target], n_threads=n)
    refused(case, IndexError, words, [inputs[0], target])


@pytest.mark.parametrize("case", LABELS, ids=str)
def test_ignored_labels_are_compared_in_64_bits(case):
    """uint64's largest label is not -1, and 255 in uint8 is not -1 either."""
    pred, _ = cases.draw(case, (3,), classes=5)
    loss = fl.get(case.name, **dict(case.params), ignore_index=-1)
    for dtype in (np.uint64, np.uint8, np.uint32):
        target = np.array([0, np.iinfo(dtype).max, 1], dtype)
        with pytest.raises(fl.LabelError, match=r"target\[1\]"):
            loss(pred, target)
    assert np.isfinite(loss(pred, np.array([0, -1, 1])))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_first_of_several_faults(case):
    """With faults everywhere, every number of threads names the same one."""
    inputs = cases.draw(case, (4000,), classes=3)
    messages = set()
    weight = np.full(4000, -1.0)
    for n in range(1, 9):
        with pytest.raises(fl.DomainError) as caught:
            case.loss.value_and_grad(*inputs, sample_weight=weight, n_threads=n)
        messages.add(str(caught.value))
    assert len(messages) == 1
    assert "sample_weight[0]" in messages.pop()


@pytest.mark.parametrize("logits", [False, True])
@pytest.mark.parametrize("name", ["categorical_cross_entropy", "categorical_focal"])
@pytest.mark.parametrize("class_weight", [None, (1.0, 1.0)])
def test_a_bad_target_is_told_even_where_its_row_has_no_weight(name, logits, class_weight):
    loss = fl.get(name, from_logits=logits, class_weight=class_weight)
    for n in (3, 130):
        pred, target, weight = np.full((n, 2), 0.5), np.tile([1.0, 0.0], (n, 1)), np.ones(n)
        target[1, 0], weight[1] = -1.0, 0.0
        for call in (loss, loss.value_and_grad, loss.grad_and_hess):
            with pytest.raises(fl.DomainError, match=r"target\[1, 0\] is -1"):
                call(pred, target, sample_weight=weight)
