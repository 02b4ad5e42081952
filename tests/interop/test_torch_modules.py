"""What a module of any loss holds, and what becomes of it where tensors are made in other ways."""

import pickle

import fastloss as fl
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")

import fastloss.torch as ft  # noqa: E402
from fastloss.torch import functional  # noqa: E402
from torch import func  # noqa: E402
from torch._subclasses.fake_tensor import FakeTensorMode  # noqa: E402
from torch.fx.experimental.proxy_tensor import make_fx  # noqa: E402

GENERATOR = torch.Generator().manual_seed(11)
X = torch.randn(4, 3, generator=GENERATOR, dtype=torch.float64)
T = torch.rand(4, 3, generator=GENERATOR, dtype=torch.float64)
LABELS = torch.tensor([0, 2, 1, 2])
WEIGHTS = [1.0, 2.0, 0.5]
SHARES = [0.25, 1.0, 0.5]
VECTORS = [
    (fl.SparseCategoricalCrossEntropy(from_logits=True, class_weight=WEIGHTS), LABELS),
    (fl.SparseCategoricalFocal(from_logits=True, alpha=SHARES, class_weight=WEIGHTS), LABELS),
    (fl.BinaryCrossEntropy(from_logits=True, pos_weight=WEIGHTS), T),
]
vectors = pytest.mark.parametrize(("loss", "target"), VECTORS, ids=lambda x: getattr(x, "name", ""))


def test_the_loss_of_a_module_stays():
    module = ft.Loss(fl.Huber())
    with pytest.raises(AttributeError, match="loss"):
        module.loss = fl.MeanSquaredError()
    assert module.loss == fl.Huber()
    again = pickle.loads(pickle.dumps(module))
    assert again.loss == module.loss
    assert torch.equal(again(X, T), module(X, T))


@vectors
def test_fake_tensors_of_losses_with_vectors(loss, target):
    module = ft.Loss(loss)
    with FakeTensorMode() as mode:
        x = mode.from_tensor(X).requires_grad_()
        value = module(x, mode.from_tensor(target))
        (gradient,) = torch.autograd.grad(value, x)
        both = ft.value_and_grad(loss, mode.from_tensor(X), mode.from_tensor(target))
    assert (value.shape, value.dtype, gradient.shape) == ((), X.dtype, X.shape)
    assert [x.shape for x in both] == [(), X.shape]


@vectors
@pytest.mark.parametrize("mode", ["real", "fake", "symbolic"])
def test_records_of_losses_with_vectors(loss, target, mode):
    module = ft.Loss(loss)

    def step(x, target):
        x = x.detach().requires_grad_()
        value = module(x, target)
        return value, torch.autograd.grad(value, x)[0], *ft.value_and_grad(loss, x, target)

    recorded = make_fx(step, tracing_mode=mode)(X, target)
    for found, expected in zip(recorded(X + 1, target), step(X + 1, target), strict=True):
        assert torch.equal(found, expected)


@vectors
def test_transforms_of_losses_with_vectors(loss, target):
    module = ft.Loss(loss)
    expected = ft.value_and_grad(loss, X, target)[1]
    assert torch.equal(func.grad(lambda x: module(x, target))(X), expected)
    rows = func.vmap(lambda c: func.grad(lambda x: module(x, target))(X * c))(torch.ones(2))
    assert torch.equal(rows[1], expected)


@vectors
def test_where_another_device_is_the_default(loss, target):
    expected = ft.value_and_grad(loss, X, target)
    with torch.device("meta"):
        module = ft.Loss(loss)
        values = module(X, target), ft.value_and_grad(loss, X, target)[0]
        graded = func.grad(lambda x: module(x, target))(X)
        likelihood = functional.gaussian_nll_loss(X, T, 2.0)
    assert all(torch.equal(value, expected[0]) for value in values)
    assert torch.equal(graded, expected[1])
    assert torch.equal(module(X, target), expected[0])
    assert torch.equal(func.grad(lambda x: module(x, target))(X), expected[1])
    assert torch.equal(likelihood, functional.gaussian_nll_loss(X, T, 2.0))
    torch.set_default_device("meta")
    try:
        assert torch.equal(ft.value_and_grad(loss, X, target)[0], expected[0])
    finally:
        torch.set_default_device(None)


def test_a_loss_as_the_root_of_fx():
    with pytest.raises(RuntimeError, match=r"fastloss\.torch\.Loss .*root of torch\.fx"):
        torch.fx.symbolic_trace(ft.Loss("mse"))
