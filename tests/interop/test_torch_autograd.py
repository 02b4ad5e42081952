"""Autograd and torch.compile through fastloss.torch, for every loss of the registry."""

import copy

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")

import fastloss as fl  # noqa: E402
import fastloss.torch as ft  # noqa: E402
from fastloss import registry  # noqa: E402
from fastloss.torch import functional, operators  # noqa: E402
from fastloss.torch.form import form_of, has_diagonal_hessian  # noqa: E402

from tests.interop.torch_inputs import example, leaves  # noqa: E402

losses = pytest.mark.parametrize("name", fl.losses())
NAMES = ["evaluate", "value_and_grad", "gradient", "curvature", "constants"]
reductions = pytest.mark.parametrize("reduction", ["mean", "sum", "none"])


@pytest.fixture(autouse=True)
def _compilers_forget():
    torch.compiler.reset()


@losses
@reductions
def test_gradcheck(name, reduction):
    inputs = example(name)
    assert torch.autograd.gradcheck(ft.Loss(name, reduction), inputs)
    row = registry.find(name)[0]
    rows = inputs[0].shape if row["terms"] == row["arguments"][0]["shape"] else (6,)
    weight = torch.linspace(0.5, 2.0, rows.numel() if len(rows) > 1 else 6).reshape(rows)
    module = ft.Loss(name, reduction, scale=0.75)
    assert torch.autograd.gradcheck(lambda *x: module(*x, sample_weight=weight), inputs)


@losses
@reductions
def test_eager_gives_what_the_core_gives(name, reduction):
    inputs = example(name, torch.float32)
    module = ft.Loss(name, reduction)
    value = module(*inputs)
    grads = torch.autograd.grad(value, leaves(inputs), torch.ones_like(value))
    bare = [x.detach() for x in inputs]
    expected, gradient = module.loss.value_and_grad(*bare, reduction=reduction)
    expected_grads = gradient if isinstance(gradient, tuple) else (gradient,)
    assert torch.equal(value, torch.as_tensor(expected, dtype=torch.float32))
    for found, wanted in zip(grads, expected_grads, strict=True):
        assert torch.equal(found, torch.from_numpy(wanted))
    assert torch.equal(module(*bare), value)
    value, gradient = ft.value_and_grad(module.loss, *inputs, reduction=reduction)
    assert torch.equal(value, module(*inputs).detach())
    assert not value.requires_grad
    found = gradient if isinstance(gradient, tuple) else (gradient,)
    assert all(torch.equal(a, b) for a, b in zip(found, grads, strict=True))


@losses
@pytest.mark.parametrize("reduction", ["mean", "none"])
@pytest.mark.parametrize("name_of", NAMES)
def test_opcheck(name_of, name, reduction):
    if name_of == "curvature" and not has_diagonal_hessian(registry.find(name)[0]):
        return
    inputs = example(name)
    form = form_of(ft.Loss(name).loss)
    arguments = (form.text, list(form.numbers), list(form.vectors), list(inputs), None, reduction)
    # What has no further derivative is given inputs that ask for none.
    if name_of != "evaluate":
        arguments = (*arguments[:3], [x.detach() for x in inputs], *arguments[4:])
    results = torch.library.opcheck(getattr(operators, name_of), (*arguments, 0.5))
    assert len(results) >= 4
    assert set(results.values()) == {"SUCCESS"}


@losses
@reductions
def test_compiled_is_eager(name, reduction):
    inputs = example(name, torch.float32)
    module = ft.Loss(name, reduction)
    compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
    for upstream in (1.0, -3.0):
        found, expected = compiled(*inputs), module(*inputs)
        assert torch.equal(found, expected)
        grads = [
            torch.autograd.grad(x, leaves(inputs), torch.full_like(x, upstream))
            for x in (found, expected)
        ]
        for one, other in zip(*grads, strict=True):
            assert torch.equal(one, other)
    with torch.no_grad():
        assert torch.equal(compiled(*inputs), expected)


def test_functionals_compile_with_their_tensors():
    z = torch.randn(12, 5, requires_grad=True)
    t = torch.randint(5, (12,))
    w = torch.rand(5)
    hard = torch.nn.functional.one_hot(t, 5).float()

    def run(z):
        return (
            functional.cross_entropy(z, t, w, label_smoothing=0.1)
            + functional.binary_cross_entropy_with_logits(z, hard, pos_weight=w)
            + functional.huber_loss(z, hard, delta=0.3)
            + functional.triplet_margin_loss(z, z.roll(1, 0), z.roll(2, 0))
        )

    compiled = torch.compile(run, fullgraph=True, backend="aot_eager")
    assert torch.equal(compiled(z), run(z))
    grads = [torch.autograd.grad(x(z), z)[0] for x in (compiled, run)]
    # The four gradients are added in another order.
    torch.testing.assert_close(*grads, rtol=1e-6, atol=1e-7)


# PyTorch's own compiler uses what PyTorch itself has deprecated.
@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_the_default_compiler():
    pred, target = torch.randn(64, requires_grad=True), torch.randn(64)
    compiled = torch.compile(lambda x: functional.mse_loss(x * 2, target), fullgraph=True)
    assert torch.equal(compiled(pred), functional.mse_loss(pred * 2, target))


def test_any_float_as_a_parameter_compiles():
    z, t = torch.randn(9), torch.randn(9)
    compiled = torch.compile(
        lambda d: functional.huber_loss(z, t, delta=d), fullgraph=True, backend="aot_eager"
    )
    for delta in (0.5, 0.75, 1.25):
        assert torch.equal(compiled(delta), functional.huber_loss(z, t, delta=delta))


def test_backward_again_and_in_place_changes_of_the_gradient():
    x, t = torch.randn(7, requires_grad=True), torch.randn(7)
    loss = functional.mse_loss(x, t)
    once = 2 * (x - t).detach() / 7
    for times in (1, 2, 3):  # the first gradient is handed over, and written into by the second
        loss.backward(retain_graph=True)
        torch.testing.assert_close(x.grad, times * once)
    loss.backward()
    with pytest.raises(RuntimeError, match="second time"):
        loss.backward()


def test_gradient_is_handed_over_without_a_copy():
    x = torch.randn(1000, requires_grad=True)
    loss = functional.mse_loss(x, torch.zeros(1000))
    address = loss.grad_fn.grads[0].data_ptr()
    loss.backward()
    assert x.grad.data_ptr() == address


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_scaled_halves_do_not_underflow(dtype):
    x = torch.full((4096,), 1e-3 if dtype == torch.float16 else 1e-38, dtype=dtype)
    x.requires_grad_()
    scale = 4096.0
    loss = functional.mse_loss(x, torch.zeros_like(x))
    (loss * scale).backward()
    expected = (2 * x.detach().double()).to(dtype)  # 2 x scale / 4096
    assert expected.all()
    assert torch.equal(x.grad, expected)


def test_only_some_inputs_require_grad():
    a, b = torch.randn(4, 3, requires_grad=True), torch.randn(4, 3)
    loss = ft.Loss("contrastive")(a, b, torch.tensor([0, 1, 0, 1]))
    loss.backward()
    assert a.grad.shape == a.shape
    assert b.grad is None


def test_layouts():
    x = torch.randn(8, 6, dtype=torch.float64)
    for view in (x.T, x[::2, 1:], x.flip(0), x[:1].expand(5, 6)):
        leaf = view.detach().requires_grad_()
        target = torch.zeros(view.shape, dtype=torch.float64)
        functional.mse_loss(leaf, target, reduction="sum").backward()
        torch.testing.assert_close(leaf.grad, 2 * view, rtol=1e-15, atol=0)
    negated = torch.view_as_complex(x.reshape(8, 3, 2)).conj().imag
    assert negated.is_neg()
    assert functional.l1_loss(negated, negated.resolve_neg()).item() == 0.0


def test_a_module_copies_and_moves():
    module = ft.Loss("categorical_focal", alpha=[0.1, 0.2, 0.3]).half()
    again = copy.deepcopy(module)
    assert again.loss == module.loss == fl.CategoricalFocal(alpha=[0.1, 0.2, 0.3], from_logits=True)
    assert "CategoricalFocal" in repr(module)
    assert not ft.Loss("bce", from_logits=False).loss.from_logits
    assert not ft.Loss(fl.BinaryCrossEntropy()).loss.from_logits
