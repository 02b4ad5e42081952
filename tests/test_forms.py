"""Call forms: what a method takes, how it is shown and typed, and what does not fit it."""

import inspect
import pickle
import pydoc
import subprocess
import sys

import fastloss as fl
import pytest
from fastloss._loss import form
from fastloss.registry import input_names

from tests import cases, form_stubs

CASES = cases.plain_cases()
OPTIONS = ["sample_weight", "reduction", "scale", "out", "n_threads"]

# Inputs, how many of them have a gradient, those that are optional, and whether there is a Hessian.
FORMS = [
    (("pred", "target"), 1, (), False),
    (("score", "lower", "upper"), 1, (), True),
    (("mean", "variance", "target"), 2, (), True),
    (("chosen", "rejected", "ref_chosen", "ref_rejected"), 4, (), True),
    (("policy", "ref", "label", "kl"), 1, (), True),
    (("a", "b"), 2, (), True),
    (("logits", "target"), 1, ("mask", "lengths"), True),
    (("hidden", "weight", "target"), 2, ("bias",), False),
]


@pytest.mark.parametrize("made", FORMS, ids=lambda made: "-".join(made[0]))
def test_a_form_shows_what_it_takes(made):
    inputs, gradients, by_name, hessian = made
    kind = form(*inputs, gradients=gradients, by_name=by_name, hessian=hessian)
    assert hasattr(kind, "grad_and_hess") == hessian
    assert ("grad_and_hess" in dir(kind)) == hessian
    for method in cases.methods(hessian):
        signature = inspect.signature(getattr(kind, method))
        curvature = ["curvature"] if method == "grad_and_hess" else []
        assert [*signature.parameters] == ["self", *inputs, *by_name, *curvature, *OPTIONS]
        for name in (*by_name, *OPTIONS):
            assert signature.parameters[name].kind is inspect.Parameter.KEYWORD_ONLY
        doc = inspect.getdoc(getattr(kind, method))
        if method == "grad" and gradients > 1:
            assert all(f"grad_{name}" in doc for name in inputs[:gradients])
    assert kind.__doc__.startswith(f"A loss of ``({', '.join(inputs)})`` with ")
    for name in (*inputs, *by_name, *OPTIONS):
        assert name in pydoc.render_doc(kind, renderer=pydoc.plaintext)
    text = form_stubs.stub("Made", kind._form)
    assert ("def grad_and_hess(" in text) == hessian
    compile(text, "stub", "exec")


def test_type_checkers_see_the_forms_as_they_are():
    assert form_stubs.PATH.read_text() == form_stubs.text(), "run python -m tests.form_stubs"


@pytest.mark.parametrize("row", cases.ROWS.values(), ids=list(cases.ROWS))
def test_each_loss_has_the_form_of_its_row(row):
    kind = getattr(fl, row["class_name"])
    assert [*kind._form.inputs, *kind._form.by_name] == input_names(row)
    assert kind._form.gradients == row["differentiable"]
    assert hasattr(kind, "grad_and_hess") == row.get("hessian", True)


def test_inputs_go_to_their_places_by_name():
    loss = fl.Triplet()
    a, b, c = [[0.0, 0.0]], [[3.0, 4.0]], [[0.0, 2.0]]
    wanted = loss(a, b, c)
    assert wanted == 4.0
    assert loss(a, b, negative=c) == loss(a, negative=c, positive=b) == wanted
    assert loss(negative=c, anchor=a, positive=b, reduction="sum") == wanted
    assert loss(**{"".join(["anc", "hor"]): a}, positive=b, negative=c) == wanted  # not interned
    stream = loss.stream()
    stream.update(a, negative=c, positive=b)
    assert stream.value == wanted


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_does_not_fit_is_told_with_the_inputs(case):
    inputs = cases.draw(case)
    names = input_names(case.row)
    stream = case.loss.stream()
    calls = [getattr(case.loss, m) for m in cases.methods(case.row["hessian"])]
    for call in (*calls, stream.update):
        told(case, names, lambda call=call: call(*inputs, inputs[0]))
        told(case, names, lambda call=call: call())
        told(case, [*names, "missing"], lambda call=call: call(*inputs[:-1]))
        told(case, [names[0], "missing"], lambda call=call: call(**{names[1]: inputs[1]}))
        told(case, [names[0], "twice"], lambda call=call: call(*inputs, **{names[0]: inputs[0]}))
        told(case, ["'nonsense'", *names], lambda call=call: call(*inputs, nonsense=1))
        for parameter in case.loss.params:
            words = [f"{parameter} is a parameter", f"{case.row['class_name']}({parameter}="]
            told(case, words, lambda call=call, p=parameter: call(*inputs, **{p: 1}))
    assert stream.weight == 0.0
    for call in calls:
        for wrong in ("weight", "weights", "sample_weights"):
            told(case, ["'sample_weight'"], lambda call=call, w=wrong: call(*inputs, **{w: None}))
    told(case, ["curvature"], lambda: case.loss.grad(*inputs, curvature="exact"))
    told(case, ["'reduction'"], lambda: stream.update(*inputs, reduction="sum"))


def told(case, words, call):
    with pytest.raises(TypeError) as caught:
        call()
    for word in (f"{case.row['class_name']}: ", *words):
        assert word in str(caught.value), str(caught.value)


def test_methods_behave_like_methods():
    loss = fl.Huber(delta=2.0)
    for method in cases.methods():
        bound = getattr(loss, method)
        result = bound([1.0], [0.0])
        assert pickle.loads(pickle.dumps(bound))([1.0], [0.0]) == result
        assert getattr(fl.Huber, method)(loss, [1.0], [0.0]) == result
        assert getattr(fl.Huber, method).__qualname__ == f"PredictionLoss.{method}"
        with pytest.raises(TypeError):
            getattr(fl.Huber, method)(1.0, [1.0], [0.0])
        assert inspect.signature(bound).parameters.keys() >= {"pred", "target"}
    assert [*inspect.signature(loss).parameters] == ["pred", "target", *OPTIONS]
    assert pickle.loads(pickle.dumps(fl.PredictionLoss)) is fl.PredictionLoss

    class Doubled(fl.Huber):
        def __call__(self, *inputs, **options):
            return 2 * super().__call__(*inputs, **options)

    assert Doubled(2.0)([1.0], [0.0]) == 1.0


TYPED = """
from typing import Any, assert_type

import fastloss as fl
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
x = np.zeros(3)
mse, pair = fl.MeanSquaredError(), fl.Contrastive(margin=2.0)
assert_type(mse(x, x), float)
assert_type(mse(pred=x, target=[1, 2, 3], reduction="sum", n_threads=2), float)
assert_type(mse(x, x, out=np.zeros(())), Array)
assert_type(mse(x, x, reduction="none"), Array)
assert_type(mse.value_and_grad(x, x, out=x), tuple[float, Array])
assert_type(mse.value_and_grad(x, x, reduction="none", out=(None, x)), tuple[Array, Array])
assert_type(mse.grad_and_hess(x, x, curvature="positive"), tuple[Array, Array])
assert_type(pair.grad(x, x, x), tuple[Array, Array])
assert_type(pair.value_and_grad(x, b=x, target=x, out=(x, x)), tuple[float, tuple[Array, Array]])
assert_type(fl.Triplet().grad(x, x, x), tuple[Array, Array, Array])
mse(x)  # type: ignore[call-overload]
mse(x, x, x)  # type: ignore[call-overload]
mse.grad(x, x, weight=x)  # type: ignore[call-arg]
mse.grad_and_hess(x, x, curvature="other")  # type: ignore[arg-type]
pair.grad(x, x)  # type: ignore[call-arg]
pair.grad(x, x, x, out=x)  # type: ignore[arg-type]
"""


def test_type_checkers_know_the_results(tmp_path):
    pytest.importorskip("mypy", reason="this needs mypy: pip install '.[lint]'")
    program = tmp_path / "typed.py"
    program.write_text(TYPED)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", str(program)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
