"""The other ways in which PyTorch runs a function: each right, or an error that says what to do."""

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")

import fastloss as fl  # noqa: E402
import fastloss.torch as ft  # noqa: E402
from fastloss.torch import functional, operators  # noqa: E402
from torch._subclasses.fake_tensor import FakeTensorMode  # noqa: E402
from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402
from torch.utils.checkpoint import checkpoint  # noqa: E402

from tests.interop.torch_inputs import (  # noqa: E402
    assert_same,
    example,
    leaves,
    value_and_gradients,
)

losses = pytest.mark.parametrize("name", fl.losses())
# The forward mode of torch.func uses what PyTorch itself has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
X = torch.tensor([1.0, 3.0, -2.0])
T = torch.zeros(3)


@pytest.fixture(autouse=True)
def _compilers_forget():
    torch.compiler.reset()


def compiled_autograd():
    return torch._dynamo.compiled_autograd._enable(torch.compile(backend="eager"))


@losses
@pytest.mark.parametrize("reduction", ["mean", "none"])
@pytest.mark.parametrize("forward", ["eager", "compiled"])
def test_compiled_autograd_with_a_retained_graph(name, reduction, forward):
    """Every backward gives a gradient of its own, in whichever way the others went."""
    inputs = example(name)
    module = ft.Loss(name, reduction)
    function = torch.compile(module, backend="eager") if forward == "compiled" else module
    value = function(*inputs)

    def backward(upstream):
        return torch.autograd.grad(
            value, leaves(inputs), torch.full_like(value, upstream), retain_graph=True
        )

    with compiled_autograd():
        first, second, third = backward(1.0), backward(3.0), backward(3.0)
    assert_same(backward(1.0), first)
    for found in (second, third, backward(3.0)):
        assert_same(found, [3.0 * x for x in first])


@pytest.mark.parametrize("reentrant", [False, True])
@losses
def test_checkpoints(name, reentrant):
    inputs = example(name)
    module = ft.Loss(name)
    expected = value_and_gradients(lambda *inputs: module(*inputs) * 2, inputs)
    value = checkpoint(module, *inputs, use_reentrant=reentrant) * 2
    (3 * value).backward()
    assert_same([value, *(x.grad for x in leaves(inputs))], expected)


def test_tensors_that_are_packed_away():
    """Hooks of saved tensors see what a second backward needs."""
    x = X.clone().requires_grad_()
    with torch.autograd.graph.saved_tensors_hooks(lambda x: x.numpy(), torch.from_numpy):
        loss = functional.mse_loss(x * 1, T)
    for _ in range(2):
        (gradient,) = torch.autograd.grad(loss, x, retain_graph=True)
        torch.testing.assert_close(gradient, 2 * X / 3)


@pytest.mark.parametrize("changed", ["input", "weight", "vector"])
@pytest.mark.parametrize("again", ["once more", "create_graph"])
def test_what_has_changed_since_is_not_read_again(changed, again):
    """The first backward has its gradients; what comes after says what was changed."""
    x = torch.randn(4, 3).requires_grad_()
    pred, weight, vector = x * 1, torch.rand(4, 3), torch.rand(3)
    loss = functional.binary_cross_entropy_with_logits(
        pred, torch.rand(4, 3), weight=weight, pos_weight=vector
    )
    expected = torch.autograd.grad(loss, x, retain_graph=True)
    loss = functional.binary_cross_entropy_with_logits(
        pred, torch.rand(4, 3), weight=weight, pos_weight=vector
    )
    with torch.no_grad():
        {"input": pred, "weight": weight, "vector": vector}[changed].mul_(2)
    if again == "once more":
        torch.autograd.grad(loss, pred, retain_graph=True)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        torch.autograd.grad(loss, pred, create_graph=again == "create_graph")
    assert expected[0].shape == x.shape


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
def test_autocast(dtype):
    """The result has the dtype of the prediction, and the numbers that it has outside."""
    layer, t = torch.nn.Linear(5, 3), torch.rand(4, 3)
    inputs = torch.rand(4, 5)
    with torch.autocast("cpu", dtype=dtype):
        pred = layer(inputs)
        value = functional.binary_cross_entropy_with_logits(pred, t)
    assert pred.dtype == value.dtype == dtype
    outside = functional.binary_cross_entropy_with_logits(pred.detach(), t)
    assert torch.equal(value, outside)
    found = torch.autograd.grad(value, layer.weight)[0]
    exact = torch.nn.functional.binary_cross_entropy_with_logits(layer(inputs), t)
    expected = torch.autograd.grad(exact, layer.weight)[0]
    torch.testing.assert_close(found, expected, rtol=0, atol=8 * torch.finfo(dtype).eps)


class Named(torch.Tensor):
    """A tensor with a ``__torch_function__``, which keeps its type."""


class Wrapped(torch.Tensor):
    """A tensor with a ``__torch_dispatch__``, around another."""

    @staticmethod
    def __new__(cls, inside):
        return torch.Tensor._make_wrapper_subclass(cls, inside.shape, dtype=inside.dtype)

    def __init__(self, inside):
        self.inside = inside

    @classmethod
    def __torch_dispatch__(cls, function, types, args=(), kwargs=None):
        def inside(x):
            return x.inside if isinstance(x, cls) else x

        def outside(x):
            return cls(x) if isinstance(x, torch.Tensor) else x

        args, kwargs = torch.utils._pytree.tree_map(inside, (args, kwargs or {}))
        return torch.utils._pytree.tree_map(outside, function(*args, **kwargs))


@losses
@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_subclasses(name, reduction):
    inputs = example(name)
    module = ft.Loss(name, reduction)
    expected = module(*inputs)
    gradients = torch.autograd.grad(expected.sum(), leaves(inputs))
    named = [x.detach().as_subclass(Named).requires_grad_(x.requires_grad) for x in inputs]
    found = module(*named)
    assert type(found) is Named
    assert torch.equal(found, expected)
    assert_same(torch.autograd.grad(found.sum(), leaves(named)), gradients)
    wrapped = [Wrapped(x.detach()).requires_grad_(x.requires_grad) for x in inputs]
    found = module(*wrapped)
    assert type(found) is Wrapped
    assert torch.equal(found.inside, expected)
    back = torch.autograd.grad(found.sum(), leaves(wrapped))
    assert_same([x.inside for x in back], gradients)


def test_a_function_is_overridden_as_those_of_torch_are():
    class Own(torch.Tensor):
        @classmethod
        def __torch_function__(cls, function, types, args=(), kwargs=None):
            return function.__name__, len(args)

    assert functional.huber_loss(X.as_subclass(Own), T, delta=0.1) == ("huber_loss", 2)
    assert ft.HuberLoss()(X.as_subclass(Own), T)[0] == "huber_loss"
    assert ft.Loss("huber")(X, T.as_subclass(Own))[0] == "evaluate"


class Watching(TorchDispatchMode):
    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.seen.append(function)
        return function(*args, **(kwargs or {}))


def test_modes_see_the_operators():
    mode = Watching()
    mode.seen = []
    x = X.clone().requires_grad_()
    with mode:
        functional.mse_loss(x, T).backward()
        functional.mse_loss(X, T)
    assert {operators.value_and_grad, operators.evaluate} <= set(mode.seen)
    torch.testing.assert_close(x.grad, 2 * X / 3)
    with torch.device("cpu"):
        assert torch.equal(functional.mse_loss(X, T), functional.mse_loss(X, T))


@losses
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_fake_tensors(name, reduction):
    inputs = example(name)
    module = ft.Loss(name, reduction)
    real = module(*inputs)
    with FakeTensorMode() as mode:
        fakes = [mode.from_tensor(x) for x in inputs]
        value = module(*fakes)
        gradients = torch.autograd.grad(value.sum(), leaves(fakes))
    assert (value.shape, value.dtype) == (real.shape, real.dtype)
    assert [x.shape for x in gradients] == [x.shape for x in leaves(inputs)]


def test_graphs_without_gradients():
    leaf = X.clone().requires_grad_()
    with torch.inference_mode():
        assert not functional.mse_loss(leaf, T).requires_grad
        assert functional.mse_loss(X.clone(), T) == functional.mse_loss(X, T)
    with torch.no_grad():
        torch.testing.assert_close(torch.func.grad(functional.mse_loss)(X, T), 2 * X / 3)
        value, tangent = torch.func.jvp(lambda x: functional.mse_loss(x, T), (leaf,), (X,))
    assert not value.requires_grad
    assert not tangent.requires_grad

    def silent(x):
        with torch.no_grad():
            return functional.mse_loss(x, T)

    assert not torch.func.grad(lambda x: silent(x) + x.sum() * 0)(X).any()


def test_autograd_around_a_transform():
    """Levels of torch.func over tensors that require grad outside of them."""
    leaf = X.clone().requires_grad_()
    inner = torch.func.grad(functional.mse_loss)(leaf, T)
    torch.testing.assert_close(torch.autograd.grad(inner.sum(), leaf)[0], torch.full((3,), 2 / 3))
    _, tangent = torch.func.jvp(lambda x: functional.mse_loss(x, T), (leaf,), (X,))
    torch.testing.assert_close(torch.autograd.grad(tangent, leaf)[0], X * 2 / 3)
    value = functional.mse_loss(leaf, T)
    batch = torch.tensor([1.0, 2.0])
    rows = torch.autograd.grad(value, leaf, batch, is_grads_batched=True, retain_graph=True)[0]
    torch.testing.assert_close(rows, batch[:, None] * 2 * X / 3)
    rows = torch.func.vmap(lambda u: torch.autograd.grad(value, leaf, u, retain_graph=True)[0])(
        batch
    )
    torch.testing.assert_close(rows, batch[:, None] * 2 * X / 3)
    torch.testing.assert_close(torch.autograd.grad(value, leaf)[0], 2 * X / 3)


@pytest.mark.filterwarnings("ignore:Sparse")
@pytest.mark.parametrize(
    ("odd", "word"),
    [
        (lambda: X.to_sparse(), "torch.sparse_coo"),
        (lambda: X.to_mkldnn(), "torch._mkldnn"),
    ],
    ids=["sparse", "mkldnn"],
)
def test_tensors_that_are_not_dense(odd, word):
    with pytest.raises(fl.DTypeError, match=rf"mse_loss: input is {word}.*to_dense"):
        functional.mse_loss(odd(), T)


@pytest.mark.filterwarnings("ignore:.*nested tensors is in prototype")
def test_nested_tensors():
    with pytest.raises(fl.DTypeError, match=r"MeanSquaredError: pred is nested.*to_padded_tensor"):
        ft.Loss("mse")(torch.nested.nested_tensor([X, X]), T)
