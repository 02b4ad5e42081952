"""Whole programs with fastloss.jax: training, export, and the examples of the docs."""

import doctest

import fastloss as fl
import numpy as np
import pytest

from tests.interop.pages import run_page

jax = pytest.importorskip("jax", reason="fastloss.jax: JAX is not installed")
import fastloss.jax as door  # noqa: E402
import jax.numpy as jnp  # noqa: E402
from fastloss import _xla  # noqa: E402

from tests.interop.jax_ways import WAYS, needs_ffi  # noqa: E402


@pytest.fixture(params=WAYS)
def way(request, monkeypatch):
    monkeypatch.setattr(door, "backend", lambda: request.param)
    return request.param


def test_training_on_digits_goes_as_with_the_loss_written_in_jax(way):
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    x, y = jnp.asarray(x / 16, np.float32), jnp.asarray(y)
    loss = fl.SparseCategoricalCrossEntropy(from_logits=True)

    def native(logits):
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1).mean()

    def train(objective):
        step = jax.jit(jax.value_and_grad(lambda w: objective(x @ w)))
        w = jnp.zeros((64, 10), np.float32)
        for _ in range(100):
            value, grad = step(w)
            w -= 2.0 * grad
        return float(value), float(((x @ w).argmax(1) == y).mean())

    value, accuracy = train(lambda logits: door.value(loss, logits, y))
    wanted, wanted_accuracy = train(native)
    assert accuracy > 0.95
    assert accuracy == wanted_accuracy
    assert value == pytest.approx(wanted, rel=1e-5)  # a hundred steps, each rounded in float32


@needs_ffi
def test_an_exported_program_carries_its_loss():
    loss = fl.BinaryFocal(alpha=None, pos_weight=(1.0, 2.0, 0.5), from_logits=True)
    run = jax.jit(lambda p, t: door.value_and_grad(loss, p, t))
    pytest.importorskip("flatbuffers", reason="jax.export saves with flatbuffers")
    p, t = jnp.array([[0.3, -1.0, 4.0]]), jnp.array([[1.0, 0.0, 1.0]])
    allowed = [jax.export.DisabledSafetyCheck.custom_call("fastloss")]
    saved = jax.export.export(run, disabled_checks=allowed)(p, t).serialize()
    value, grad = jax.export.deserialize(saved).call(p, t)
    wanted, wanted_grad = loss.value_and_grad(np.asarray(p), np.asarray(t))
    assert value == np.float32(wanted)
    np.testing.assert_array_equal(grad, wanted_grad)


@pytest.mark.parametrize("module", [door, _xla])
def test_the_examples_of_the_docstrings(module):
    found = doctest.testmod(module, extraglobs={"jax": jax})
    assert found.attempted > 1
    assert found.failed == 0


def test_the_page():
    page = run_page("jax")
    assert page["accuracy"] > 0.95
    assert page["history"][-1] < page["history"][0] / 4
    np.testing.assert_array_equal(page["per_example"], page["in_one_call"])
