"""Malformed options, outputs and parameters, generated for every loss."""

import re

import fastloss as fl
import numpy as np
import pytest
from fastloss import _core

from tests import cases
from tests.test_errors import CASES, LEAD, refused

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_options(case):
    inputs = cases.draw(case, LEAD)
    bad = {
        "reduction": ["median", "MEAN", "", None, 0, True, b"mean", ["mean"]],
        "scale": [NAN, INF, -INF, "2", None, [1.0], 1j, object()],
        "n_threads": [0, -1, 1.5, "2", True, 2**31, 2**64, [1], NAN],
    }
    for name, values in bad.items():
        for value in values:
            refused(case, fl.ParameterError, [name, "wanted"], inputs, **{name: value})
    for value in ("Exact", "", None, 1, True, "positive ") if case.row["hessian"] else ():
        with pytest.raises(fl.ParameterError, match=f"{case.row['class_name']}.*curvature"):
            case.loss.grad_and_hess(*inputs, curvature=value)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_unknown_keywords_and_missing_arguments(case):
    inputs = cases.draw(case, LEAD)
    for method in cases.methods(case.row["hessian"]):
        call = getattr(case.loss, method)
        for options in ({"weights": None}, {"weight": 1.0}, {"axis": 0}, {"dtype": "float32"}):
            with pytest.raises(TypeError):
                call(*inputs, **options)
        for given in (inputs[:-1], [], [*inputs, None]):
            with pytest.raises(TypeError):
                call(*given)
        named = dict(zip(case.row["inputs"], inputs, strict=True))
        call(**named)  # the documented names work as keywords


def outputs_of(case, inputs):
    """Return fresh gradient outputs."""
    return [np.zeros_like(x) for x in inputs[: case.row["differentiable"]]]


def packed(arrays):
    return tuple(arrays) if len(arrays) > 1 else arrays[0]


def refuse_out(case, error, words, inputs, arrays, **options):
    """Check that no method that takes these gradient outputs accepts them."""
    out, fresh = packed(arrays), packed(outputs_of(case, inputs))
    before = [x.copy() for x in inputs]
    calls = [("grad", out), ("value_and_grad", out)]
    if case.row["hessian"]:
        calls += [("grad_and_hess", (out, fresh)), ("grad_and_hess", (fresh, out))]
    for method, given in calls:
        with pytest.raises(error) as caught:
            getattr(case.loss, method)(*inputs, out=given, **options)
        message = str(caught.value)
        for word in (case.row["class_name"], "out", *words):
            assert word in message, f"{method}: {word!r} is not in {message!r}"
    for x, y in zip(inputs, before, strict=True):
        assert x.tobytes() == y.tobytes()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_out(case):
    inputs = cases.draw(case, LEAD)
    for k, x in enumerate(outputs_of(case, inputs)):

        def given(y, k=k):
            return [y if i == k else z for i, z in enumerate(outputs_of(case, inputs))]

        frozen = x.copy()
        frozen.flags.writeable = False
        refuse_out(case, fl.ParameterError, ["read-only"], inputs, given(frozen))
        for dtype in (np.float32, np.float16, np.int64, complex, object):
            y = x.astype(dtype)
            refuse_out(case, fl.DTypeError, ["dtype", "wanted"], inputs, given(y))
        for y in (x[:-1].copy(), x[None], x[..., None], x.reshape(-1), x[..., :1].copy()):
            words = ["shape", str(y.shape), str(x.shape)]
            refuse_out(case, fl.ShapeError, words, inputs, given(y))
        masked = np.ma.masked_array(x, mask=False)
        refuse_out(case, fl.DTypeError, [], inputs, given(masked))
        room = np.zeros(x.size)
        for strides in ((0,) * x.ndim, (8,) * x.ndim, (*x.strides[:-1], 4)):
            y = np.lib.stride_tricks.as_strided(room, x.shape, strides)
            refuse_out(case, ValueError, ["overlaps itself"], inputs, given(y))
        for y in ([0.0], "out", 1.0, object(), {}):
            with pytest.raises(fl.FastlossError, match="out"):
                case.loss.grad(*inputs, out=packed(given(y)))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_overlapping_outputs(case):
    inputs = cases.draw(case, LEAD)
    count = case.row["differentiable"]
    for k in range(count):
        size = inputs[k].size
        for i, x in enumerate(inputs):
            room = np.zeros(2 * size + 8, x.dtype)
            start = 1 if x.size == size else 0
            view = room[start : start + x.size].reshape(x.shape)
            view[...] = x
            if x.dtype != inputs[k].dtype:
                continue
            out = room[: inputs[k].size].reshape(inputs[k].shape)
            if i == k and start == 0:
                continue
            arrays = outputs_of(case, inputs)
            arrays[k] = out
            moved = [view if j == i else y for j, y in enumerate(inputs)]
            refuse_out(case, ValueError, ["overlaps", case.row["inputs"][i]], moved, arrays)
        arrays = outputs_of(case, inputs)
        weight = arrays[k].reshape(-1)[:5]
        weight[...] = 1
        words = ["sample_weight"]
        refuse_out(case, ValueError, words, inputs, arrays, sample_weight=weight)
    shared = packed(outputs_of(case, inputs))
    if case.row["hessian"]:
        with pytest.raises(ValueError, match=case.row["class_name"]):
            case.loss.grad_and_hess(*inputs, out=(shared, shared))
    if count > 1:
        one = np.zeros_like(inputs[0])
        with pytest.raises(ValueError, match=case.row["class_name"]):
            case.loss.grad(*inputs, out=(one,) * count)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_shapes_of_out_tuples(case):
    inputs = cases.draw(case, LEAD)
    count = case.row["differentiable"]
    one = np.zeros_like(inputs[0])
    wrong = [(one,) * (count + 1), (), [one] * count]
    if count > 1:
        wrong += [one, (one,) * (count - 1)]
    for out in wrong:
        with pytest.raises(fl.FastlossError, match=f"{case.row['class_name']}.*out"):
            case.loss.grad(*inputs, out=out)
    for out in (one, (one,), (one,) * 3) if case.row["hessian"] else ():
        with pytest.raises(fl.FastlossError, match=f"{case.row['class_name']}.*out"):
            case.loss.grad_and_hess(*inputs, out=out)
    with pytest.raises(fl.FastlossError, match="out"):
        case.loss.value_and_grad(*inputs, out=one, reduction="none")
    values = [("mean", np.zeros(1)), ("mean", np.zeros((), np.float32)), ("mean", np.zeros(LEAD))]
    values += [("none", x) for x in (np.zeros(()), np.zeros((4,)), np.zeros(LEAD, np.float32))]
    for reduction, out in values:
        with pytest.raises(fl.FastlossError, match=f"{case.row['class_name']}.*out"):
            case.loss(*inputs, out=out, reduction=reduction)


def parameters():
    return [
        pytest.param(name, parameter, id=f"{name}-{parameter['name']}")
        for name, row in cases.ROWS.items()
        for parameter in row["parameters"]
    ]


def wrong_values(parameter):
    """Return values that a parameter of this kind and range never takes."""
    kind, bounds = parameter["kind"], parameter["range"]
    bad = ["1", b"1", object(), 1j, {"a": 1}, [[1.0]], ["x"], slice(None)]
    if "None" not in kind:
        bad.append(None)
    if kind == "flag":
        return [*bad, 0, 1, 0.0, [True], "True"]
    if "integer" in kind:
        return [*bad, 1.5, NAN, True, [1], 2**63, -(2**63) - 1]
    numbers = [NAN, -INF]
    if parameter["name"] != "p":
        numbers.append(INF)
    if bounds.startswith((">", "[", "(")):
        low = float(re.search(r"-?[\d.]+", bounds)[0])
        numbers += [low - 0.001, low - 1]
    if bounds.endswith(("]", ")")):
        high = float(bounds[1:-1].split(", ")[-1])
        numbers += [high + 0.001, high + 1]
    if bounds.startswith("> "):
        numbers.append(0)
    if "vector" in kind:
        return [*bad, [], *([x, 1.0] for x in numbers), *(numbers if "real" in kind else [1.0])]
    return [*bad, *numbers, [0.5], True]


@pytest.mark.parametrize(("name", "parameter"), parameters())
def test_parameter(name, parameter):
    title = cases.ROWS[name]["class_name"]
    for value in wrong_values(parameter):
        for make in (getattr(fl, title), lambda **p: fl.get(name, **p)):
            with pytest.raises(fl.ParameterError) as caught:
                make(**{parameter["name"]: value})
            message = str(caught.value)
            for word in (title, parameter["name"], "wanted"):
                assert word in message, f"{value!r}: {word!r} is not in {message!r}"


@pytest.mark.parametrize("name", cases.ROWS)
def test_unknown_parameter(name):
    kind = getattr(fl, cases.ROWS[name]["class_name"])
    with pytest.raises(TypeError):
        kind(nonsense=1)
    with pytest.raises(fl.ParameterError, match="nonsense"):
        fl.get(name, nonsense=1)


@pytest.mark.parametrize(("name", "parameter"), parameters())
def test_vector_length(name, parameter):
    if "vector" not in parameter["kind"]:
        return
    key = parameter["name"]
    for count in (1, 2, 6):
        case = cases.Case(name, ((key, (0.5,) * count),))
        words = [key, str(count), "5"]
        refused(case, fl.ShapeError, words, cases.draw(cases.Case(name), LEAD))


@pytest.mark.parametrize("case", [c for c in CASES if "axis" in c.loss.params], ids=str)
def test_axis(case):
    inputs = cases.draw(case, LEAD)
    for axis in (3, -4, 100, -(2**62)):
        params = {**dict(case.params), "axis": axis}
        wrong = cases.Case(case.name, tuple(params.items()))
        refused(wrong, fl.ParameterError, ["axis", str(axis)], inputs)


def test_names():
    for name in ("hubber", "", "Huber!", "rows"):
        with pytest.raises(fl.ParameterError, match="no loss is named"):
            fl.get(name)
    for name in (None, 3, b"huber", ["huber"]):
        with pytest.raises(fl.ParameterError, match="name"):
            fl.get(name)
    with pytest.raises(fl.ParameterError, match="'huber'"):
        fl.get("hubber")


def test_vectors_have_an_order():
    """The keys of a mapping, a set and what is under a mask are no weights."""
    masked = np.ma.array([1.0, 2.0], mask=[False, True])
    for wrong in ({"a": 1.0}, {1.0, 5.0}, frozenset({1.0}), masked, [1.0, masked[1]]):
        for kind, name in (
            (fl.SparseCategoricalCrossEntropy, "class_weight"),
            (fl.CategoricalFocal, "alpha"),
            (fl.BinaryCrossEntropy, "pos_weight"),
        ):
            with pytest.raises(fl.ParameterError, match=f"{kind.__name__}: {name} (?s:.*)want"):
                kind(**{name: wrong})
    for kind, name in ((fl.BinaryFocal, "alpha"), (fl.BinaryCrossEntropy, "pos_weight")):
        with pytest.raises(fl.ParameterError, match=f"{kind.__name__}: {name} is .*want"):
            kind(**{name: {0: 1.0, 1: 5.0}})  # no classes that a dict could name
    array = np.array([0.5, 1.0])
    for right in ([0.5, 1.0], (0.5, 1), array, memoryview(array), np.ma.array(array)):
        assert fl.CategoricalCrossEntropy(class_weight=right).class_weight == (0.5, 1.0)


def test_a_loss_cannot_be_initialised_again():
    loss = fl.Huber(delta=2.0)
    with pytest.raises(AttributeError, match="immutable"):
        loss.__init__(delta=7.0)
    assert loss == fl.Huber(delta=2.0)


def test_the_value_output_is_checked_as_the_others_are():
    loss, pred, target, weight = fl.MeanSquaredError(), np.ones(5), np.zeros(5), np.ones(5)

    def at(x):
        return x[2:3].reshape(())

    grad = np.zeros(5)
    for out in (at(pred), at(target), at(weight)):
        with pytest.raises(fl.ParameterError, match=r"out \(value\) overlaps"):
            loss(pred, target, sample_weight=weight, out=out)
    with pytest.raises(fl.ParameterError, match="overlaps another output"):
        loss.value_and_grad(pred, target, out=(at(grad), grad))
    with pytest.raises(fl.DTypeError, match=r"out \(value\) has dtype float32, wanted: float64"):
        loss(pred, target, out=np.zeros((), "f"))
    with pytest.raises(fl.ShapeError, match=r"out \(value\) has shape \(1,\), wanted: \(\)"):
        loss(pred, target, out=np.zeros(1))
    out = np.zeros(())
    assert loss(pred, target, out=out) is out
    assert out == 1.0


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_check_reads_no_value(case):
    inputs = cases.draw(case, LEAD)
    terms = case.loss(*inputs, reduction="none").shape
    unread = [np.full_like(x, -7) for x in inputs]  # no probability, target or label is -7
    weight = np.full(terms, -1.0)
    assert _core.check(case.loss._spec, weight, "mean", None, *unread) == terms
    with pytest.raises(fl.ShapeError, match="sample_weight has shape"):
        _core.check(case.loss._spec, np.ones((9, *terms)), "mean", None, *unread)
