"""Parameters by which JAX or PyTorch would differentiate: an error, where 0 would be wrong."""

import fastloss as fl
import numpy as np
import pytest

MESSAGE = "{} {}, and there is no derivative by a parameter"
ONES = np.ones(3, np.float32)
MAKERS = {
    "delta": lambda x: fl.Huber(delta=x),
    "pos_weight": lambda x: fl.BinaryCrossEntropy(pos_weight=x * ONES),
    "class_weight": lambda x: fl.SparseCategoricalCrossEntropy(class_weight={0: x, 1: 1.0}),
}
TRACED = {
    "grad": lambda jax, f: jax.grad(f)(2.0),
    "jvp": lambda jax, f: jax.jvp(f, (2.0,), (1.0,)),
    "jit": lambda jax, f: jax.jit(f)(2.0),
    "vmap": lambda jax, f: jax.vmap(f)(np.array([1.0, 2.0])),
}


@pytest.mark.parametrize("kind", TRACED)
@pytest.mark.parametrize("parameter", MAKERS)
def test_a_parameter_that_jax_traces(parameter, kind):
    jax = pytest.importorskip("jax", reason="JAX is not installed")

    def value(x):
        loss = MAKERS[parameter](x)
        return jax.numpy.float32(loss.params.get("delta", 0.0))

    with pytest.raises(fl.ParameterError, match=MESSAGE.format(parameter, "is traced by JAX")):
        TRACED[kind](jax, value)


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_arrays_of_jax_and_torch_that_are_numbers_alone_are_taken():
    jax = pytest.importorskip("jax", reason="JAX is not installed")
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    for number in (jax.numpy.float32(2.0), torch.tensor(2.0)):
        assert fl.Huber(delta=number) == fl.Huber(delta=2.0)
        with torch.autograd.forward_ad.dual_level():
            assert fl.Huber(delta=number) == fl.Huber(delta=2.0)


@pytest.mark.parametrize("given", ["number", "vector", "list", "dict"])
def test_a_tensor_that_requires_grad(given):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    x = torch.tensor(2.0, requires_grad=True)
    parameter, make = {
        "number": ("delta", lambda: fl.Huber(delta=x)),
        "vector": ("pos_weight", lambda: fl.BinaryCrossEntropy(pos_weight=x * torch.ones(3))),
        "list": ("pos_weight", lambda: fl.BinaryCrossEntropy(pos_weight=[1.0, x])),
        "dict": ("class_weight", lambda: fl.SparseCategoricalCrossEntropy(class_weight={1: x})),
    }[given]
    with pytest.raises(fl.ParameterError, match=MESSAGE.format(parameter, "requires grad")):
        make()


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_a_tensor_that_has_a_tangent():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")

    def value(x):
        return torch.tensor(fl.Huber(delta=x).delta)

    two = torch.tensor(2.0)
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(two, two)
        with pytest.raises(fl.ParameterError, match=MESSAGE.format("delta", "has a tangent")):
            value(dual)
    with pytest.raises(fl.ParameterError, match=MESSAGE.format("delta", "requires grad")):
        torch.func.grad(value)(two)
