"""The shared library's C functions, through ctypes: the bits and the words of the face."""

import ctypes
from pathlib import Path

import fastloss as fl
import numpy as np
import pytest

from tests import cases
from tests.c_structs import (
    DOUBLE,
    FLOATS,
    INT32,
    INT64,
    POINTER,
    SIZE,
    Call,
    Parameter,
    parameter,
    structs_of,
)

REDUCTIONS = {"mean": 0, "sum": 1, "none": 2}
ERRORS = {
    1: fl.ShapeError,
    2: fl.DTypeError,
    3: fl.LabelError,
    4: fl.ParameterError,
    5: fl.DomainError,
}
CASES = cases.cases_of_each_kind()
LEAD = (4, cases.CLASSES)


def find_library():
    """Return the shared library of this installation, or why there is none."""
    if not hasattr(fl, "get_library_dir"):
        return None, "this fastloss does not say where its libraries are"
    try:
        path = Path(fl.get_library_dir()) / "libfastloss.so"
    except FileNotFoundError as error:
        return None, str(error)
    return (path, "") if path.exists() else (None, f"{path} does not exist")


LIBRARY, WHY_NOT = find_library()
pytestmark = pytest.mark.skipif(LIBRARY is None, reason=WHY_NOT)


@pytest.fixture(scope="module")
def c():
    library = ctypes.CDLL(str(LIBRARY))
    library.fastloss_error_message.restype = ctypes.c_char_p
    library.fastloss_version.restype = ctypes.c_char_p
    library.fastloss_loss_create.argtypes = [
        ctypes.c_char_p,
        POINTER,
        SIZE,
        ctypes.POINTER(POINTER),
    ]
    library.fastloss_loss_destroy.argtypes = [POINTER]
    library.fastloss_loss_destroy.restype = None
    library.fastloss_loss_input_role.argtypes = [POINTER, INT32]
    library.fastloss_loss_input_role.restype = ctypes.c_char_p
    library.fastloss_loss_input_shape.argtypes = [POINTER, INT32]
    library.fastloss_loss_input_shape.restype = ctypes.c_char_p
    library.fastloss_loss_input_domain.argtypes = [
        POINTER,
        INT32,
        *[ctypes.POINTER(DOUBLE)] * 2,
        ctypes.POINTER(INT32),
    ]
    library.fastloss_terms_shape.argtypes = [
        POINTER,
        POINTER,
        SIZE,
        ctypes.POINTER(INT64),
        ctypes.POINTER(INT32),
    ]
    library.fastloss_evaluate.argtypes = [POINTER, POINTER, ctypes.POINTER(DOUBLE)]
    return library


def check(c, status):
    """Raise what the face raises for a status."""
    if status:
        raise ERRORS[status](c.fastloss_error_message().decode())


class Loss:
    """A loss of the library; `run` is one fastloss_evaluate()."""

    def __init__(self, c, name, params):
        self.c, self.handle = c, POINTER()
        given = (Parameter * len(params))(*(parameter(k, v) for k, v in params.items()))
        check(
            c,
            c.fastloss_loss_create(name.encode(), given, len(params), ctypes.byref(self.handle)),
        )

    def __del__(self):
        self.c.fastloss_loss_destroy(self.handle)

    def run(self, inputs, weight=None, terms=None, grad=(), hess=(), **options):
        kept = []  # what the structs point to

        def pack(arrays):
            structs = structs_of(arrays, kept)
            return ctypes.addressof(structs) if arrays else None

        call = Call(size=ctypes.sizeof(Call), scale=1.0, want_value=1)
        call.inputs, call.n_inputs = pack(inputs), len(inputs)
        call.sample_weight = pack([] if weight is None else [weight])
        call.terms = pack([] if terms is None else [terms])
        call.grad, call.n_grad = pack(grad), len(grad)
        call.hess, call.n_hess = pack(hess), len(hess)
        for name, option in options.items():
            setattr(call, name, REDUCTIONS[option] if name == "reduction" else option)
        value = DOUBLE()
        check(
            self.c,
            self.c.fastloss_evaluate(self.handle, ctypes.byref(call), ctypes.byref(value)),
        )
        return value.value


def same(given, wanted):
    return np.asarray(given).tobytes() == np.asarray(wanted).tobytes()


def test_the_library_is_of_this_version(c):
    assert c.fastloss_version().decode() == fl.__version__


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_bits(c, case, dtype):
    """Value, terms, gradients and Hessians are those of the face, bit by bit."""
    inputs = cases.draw(case, LEAD, dtype=dtype)
    terms = np.asarray(case.loss(*inputs, reduction="none"))
    weight = cases.weights(terms.shape)
    loss, n = Loss(c, case.name, dict(case.params)), case.row["differentiable"]
    for options in ({}, {"reduction": "sum", "scale": -2.5, "n_threads": 2}):
        grad, hess = ([np.empty_like(x) for x in inputs[:n]] for _ in range(2))
        value, wanted = case.loss.value_and_grad(*inputs, sample_weight=weight, **options)
        assert same(loss.run(inputs, weight, grad=grad, **options), value)
        assert all(map(same, grad, cases.tuple_of(wanted)))
        for w in (weight, weight[0], weight[:, :1]):
            wanted = case.loss(*inputs, sample_weight=w, **options)
            assert same(loss.run(inputs, w, **options), wanted)
        if not case.row["hessian"]:
            continue
        for k, curvature in enumerate(("exact", "positive")):
            loss.run(inputs, weight, grad=grad, hess=hess, curvature=k, **options)
            wanted = case.loss.grad_and_hess(
                *inputs, sample_weight=weight, curvature=curvature, **options
            )
            assert all(map(same, grad, cases.tuple_of(wanted[0])))
            assert all(map(same, hess, cases.tuple_of(wanted[1])))
    given = np.empty_like(terms)
    loss.run(inputs, weight, terms=given, reduction="none")
    assert same(given, case.loss(*inputs, sample_weight=weight, reduction="none"))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_inputs_and_terms(c, case):
    """What is told of a loss before a call fits the calls that the other tests make."""
    inputs, kept = cases.draw(case, LEAD), []
    loss = Loss(c, case.name, dict(case.params))
    for i, x in enumerate(inputs):
        record = case.row["arguments"][i]
        assert c.fastloss_loss_input_role(loss.handle, i).decode() == record["role"]
        assert c.fastloss_loss_input_shape(loss.handle, i).decode() == record["shape"]
        low, high, between = DOUBLE(), DOUBLE(), INT32()
        check(c, c.fastloss_loss_input_domain(loss.handle, i, low, high, between))
        assert np.all((x >= low.value) & (x <= high.value))
        outside = x.astype(np.float64)
        outside.flat[0] = low.value - 1
        if record["role"] != "labels" and np.isfinite(low.value):
            both_refuse(
                lambda i=i, x=outside: loss.run([*inputs[:i], x, *inputs[i + 1 :]]),
                lambda i=i, x=outside: case.loss(*inputs[:i], x, *inputs[i + 1 :]),
            )
    shape, ndim = (INT64 * 64)(), INT32()
    structs = ctypes.addressof(structs_of(inputs, kept))
    check(c, c.fastloss_terms_shape(loss.handle, structs, len(inputs), shape, ndim))
    assert tuple(shape[: ndim.value]) == np.shape(case.loss(*inputs, reduction="none"))


def both_refuse(by_c, by_face):
    """Check that both raise the same error, in the same words."""
    with pytest.raises(fl.FastlossError) as wanted:
        by_face()
    with pytest.raises(type(wanted.value)) as given:
        by_c()
    assert str(given.value) == str(wanted.value)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_wrong_arrays(c, case):
    inputs = cases.draw(case, LEAD)
    loss = Loss(c, case.name, dict(case.params))
    weight = np.full_like(np.asarray(case.loss(*inputs, reduction="none")), -1.0)
    for wrong in (inputs[:1], [*inputs[:-1], inputs[-1][:-1]], [inputs[0][..., :2], *inputs[1:]]):
        if len(wrong) < len(inputs):
            with pytest.raises(fl.ShapeError, match="arrays as inputs, 1 were given"):
                loss.run(wrong)
        elif not (case.row["labels"] and wrong[0] is not inputs[0]):
            both_refuse(lambda x=wrong: loss.run(x), lambda x=wrong: case.loss(*x))
    both_refuse(
        lambda: loss.run([inputs[0].astype(np.int32), *inputs[1:]]),
        lambda: case.loss(inputs[0].astype(np.int32), *inputs[1:]),
    )
    both_refuse(lambda: loss.run(inputs, weight), lambda: case.loss(*inputs, sample_weight=weight))
    both_refuse(
        lambda: loss.run(inputs, weight[..., None]),
        lambda: case.loss(*inputs, sample_weight=weight[..., None]),
    )
    both_refuse(
        lambda: loss.run(inputs, scale=float("inf")),
        lambda: case.loss(*inputs, scale=float("inf")),
    )
    out = np.lib.stride_tricks.as_strided(
        inputs[0].copy(), inputs[0].shape, (0,) * inputs[0].ndim
    )  # overlaps itself
    grad = [out, *(np.empty_like(x) for x in inputs[1 : case.row["differentiable"]])]
    both_refuse(
        lambda: loss.run(inputs, grad=grad),
        lambda: case.loss.grad(*inputs, out=grad[0] if len(grad) == 1 else tuple(grad)),
    )


@pytest.mark.parametrize("case", [x for x in CASES if x.row["labels"]], ids=str)
@pytest.mark.parametrize("label", [-1, cases.CLASSES, 2**40])
def test_labels_out_of_range(c, case, label):
    inputs = cases.draw(case, LEAD)
    inputs[1][2, 1] = label
    loss = Loss(c, case.name, dict(case.params))
    both_refuse(lambda: loss.run(inputs), lambda: case.loss(*inputs))


@pytest.mark.parametrize("row", cases.ROWS.values(), ids=lambda row: row["name"])
def test_wrong_parameters(c, row):
    wrong = [("depth", 1.0)]
    for p in row["parameters"]:
        wrong += [(p["name"], value) for value in (-1.5, float("nan"), (2.0, float("nan")))]
    kind = fl.get(row["name"]).__class__
    for name, value in wrong:
        with pytest.raises(fl.ParameterError) as given:
            Loss(c, row["name"], {name: value})
        assert str(given.value).startswith(f"{row['class_name']}: ")
        if row["name"] == "huber" and name == "delta" and not isinstance(value, tuple):
            both_refuse(
                lambda v=value: Loss(c, "huber", {"delta": v}), lambda v=value: kind(delta=v)
            )


def test_unknown_names(c):
    """The face looks for a similar name, the library leaves that to whoever asks it."""
    with pytest.raises(fl.ParameterError, match=r"^no loss is named 'hubert'; see the list"):
        Loss(c, "hubert", {})
    for name in cases.ROWS:
        for alias in cases.ROWS[name]["aliases"]:
            Loss(c, alias, {})
