"""How Keras losses are differentiated and recorded by the backend of this process."""

import fastloss as fl
import fastloss.keras as door
import keras
import numpy as np
import pytest

BACKEND = keras.backend.backend()
LOSSES = {
    "elements": (fl.Huber(delta=0.5), np.zeros((4, 3), np.float32)),
    "classes": (fl.SparseCategoricalCrossEntropy(from_logits=True), np.array([0, 2, 1, 1])),
}
PRED = np.random.default_rng(3).normal(size=(4, 3)).astype(np.float32)
ERROR = r"no derivative by.* target|target .*no derivative by it"


def slopes(function, *arrays):
    """Return the gradients of a function of tensors, by the backend's own means."""
    if BACKEND == "jax":
        import jax

        return [np.asarray(x) for x in jax.grad(function, tuple(range(len(arrays))))(*arrays)]
    import torch

    tensors = [torch.tensor(x, requires_grad=True) for x in arrays]
    return [x.numpy() for x in torch.autograd.grad(function(*tensors), tensors)]


def test_there_is_no_derivative_by_targets():
    loss = door.Loss(fl.Huber())
    with pytest.raises(fl.FastlossError, match=ERROR):
        slopes(lambda x: loss(2 * x, x), PRED)
    held = keras.ops.stop_gradient
    (got,) = slopes(lambda x: loss(held(2 * x), x), PRED)
    (wanted,) = slopes(lambda x: keras.losses.Huber()(held(2 * x), x), PRED)
    np.testing.assert_allclose(got, wanted, rtol=2**-22)


def test_a_derivative_by_weights_is_that_of_keras():
    weight = np.array([0.5, 1, 2, 3], np.float32)
    ours, theirs = (
        slopes(lambda x, w, loss=loss: loss(0 * PRED, x, w), PRED, weight)
        for loss in (door.Loss(fl.Huber()), keras.losses.Huber())
    )
    for got, wanted in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=2**-21)


if BACKEND == "torch":
    import torch
    from torch.fx.experimental.proxy_tensor import make_fx

    class Network(torch.nn.Module):
        def __init__(self, function):
            super().__init__()
            self.function = function

        def forward(self, pred, target):
            return self.function(pred, target)

    RECORDED = {
        "make_fx": lambda f, *x: make_fx(f)(*x),
        "make_fx, fake": lambda f, *x: make_fx(f, tracing_mode="fake")(*x),
        "make_fx, symbolic": lambda f, *x: make_fx(f, tracing_mode="symbolic")(*x),
        "trace": lambda f, *x: torch.jit.trace(f, x),
        "export": lambda f, *x: torch.export.export(Network(f), x, strict=False).module(),
        "compile": lambda f, *_: torch.compile(f, backend="aot_eager"),
    }

    @pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
    @pytest.mark.filterwarnings("ignore:.*a Python boolean:torch.jit.TracerWarning")
    @pytest.mark.parametrize("way", RECORDED)
    @pytest.mark.parametrize("kind", LOSSES)
    def test_what_is_recorded_computes_the_loss(kind, way):
        plain, target = LOSSES[kind]
        loss, pred, target = door.Loss(plain), torch.tensor(PRED), torch.tensor(target)
        ran = RECORDED[way](lambda p, t: loss(t, p), pred, target)
        for other in (pred, -2 * pred):
            assert ran(other, target) == loss(target, other)

    @pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
    @pytest.mark.parametrize("kind", LOSSES)
    def test_transforms_of_functions(kind):
        plain, target = LOSSES[kind]
        loss, pred, target = door.Loss(plain), torch.tensor(PRED), torch.tensor(target)
        (slope,) = slopes(lambda x: loss(target, x), PRED)
        got = torch.func.grad(lambda x: loss(target, x))(pred)
        np.testing.assert_array_equal(got, slope)
        value, tangent = torch.func.jvp(lambda x: loss(target, x), (pred,), (pred,))
        assert value == loss(target, pred)
        np.testing.assert_allclose(tangent, (slope * PRED).sum(), rtol=2**-20)
        many = torch.stack([pred, -pred])
        got = torch.func.vmap(lambda x: loss(target, x))(many)
        np.testing.assert_array_equal(got, [loss(target, x) for x in many])

    def test_a_tangent_of_a_target_is_refused():
        loss, pred = door.Loss(fl.Huber()), torch.tensor(PRED)
        with pytest.raises(fl.FastlossError, match=ERROR):
            torch.func.grad(lambda t: loss(t, pred))(pred)


def test_second_derivatives():
    plain, target = LOSSES["elements"]
    loss = door.Loss(plain)
    if BACKEND == "jax":
        import jax

        with pytest.raises(fl.FastlossError, match="a second one"):
            jax.hessian(lambda x: loss(target, x))(PRED)
        return
    x = torch.tensor(PRED, requires_grad=True)
    (slope,) = torch.autograd.grad(loss(torch.tensor(target), x), x, create_graph=True)
    (got,) = torch.autograd.grad(slope.sum(), x)
    np.testing.assert_array_equal(got, np.where(abs(PRED) < 0.5, np.float32(1 / 12), 0))
    plain, target = LOSSES["classes"]
    (slope,) = torch.autograd.grad(door.Loss(plain)(torch.tensor(target), x), x, create_graph=True)
    with pytest.raises(RuntimeError, match="twice by double backward"):
        slope.sum().backward()
