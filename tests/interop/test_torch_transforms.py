"""Every transform and derivative that PyTorch knows, against those of PyTorch's own losses."""

import importlib
import warnings

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")

import fastloss as fl  # noqa: E402
import fastloss.torch as ft  # noqa: E402
import torch.nn.functional as theirs  # noqa: E402
from fastloss import registry  # noqa: E402
from fastloss.torch import functional as ours  # noqa: E402
from fastloss.torch.form import has_diagonal_hessian  # noqa: E402
from torch import func  # noqa: E402
from torch.autograd import forward_ad  # noqa: E402
from torch.autograd import functional as classic  # noqa: E402

from tests.interop.torch_inputs import assert_same, example  # noqa: E402

with warnings.catch_warnings():  # PyTorch's own, on the first use of forward mode
    warnings.simplefilter("ignore")
    importlib.import_module("torch._decomp.decompositions_for_jvp")

CLOSE = {"rtol": 1e-10, "atol": 1e-13}
GENERATOR = torch.Generator().manual_seed(3)
X, V = torch.randn(2, 4, 3, generator=GENERATOR, dtype=torch.float64)
T = torch.rand(4, 3, generator=GENERATOR, dtype=torch.float64)
LABELS = torch.tensor([0, 2, 1, 1])


def focal(logits, target, reduction="none"):
    """`torchvision.ops.sigmoid_focal_loss`, in logarithms."""
    other = torch.sigmoid(-logits) * target + torch.sigmoid(logits) * (1 - target)
    entropy = theirs.softplus(-logits) * target + theirs.softplus(logits) * (1 - target)
    terms = other**2 * entropy * (0.25 * target + 0.75 * (1 - target))
    return terms if reduction == "none" else getattr(terms, reduction)()


def both(name, reduction, *rest, **options):
    """Our function and theirs, of the first argument alone."""
    own = theirs if hasattr(theirs, name) else None
    return (
        lambda x: getattr(ours, name)(x, *rest, reduction=reduction, **options),
        lambda x: (getattr(own, name) if own else focal)(x, *rest, reduction=reduction, **options),
    )


HARD = (T > 0.5).double()
DIAGONAL = {
    "mse_loss": (T,),
    "l1_loss": (T,),
    "huber_loss": (T,),
    "binary_cross_entropy_with_logits": (T,),
    "sigmoid_focal_loss": (HARD,),
    "poisson_nll_loss": (T,),
}
OTHERS = {
    "cross_entropy": (LABELS,),
    "nll_loss": (LABELS,),
    "multi_margin_loss": (LABELS,),
    "multilabel_soft_margin_loss": (T,),
    "gaussian_nll_loss": (T, T + 0.5),
    "triplet_margin_loss": (T, T.flip(0)),
    "cosine_embedding_loss": (T, 2 * (LABELS % 2) - 1),
}
LINEAR = {"kl_div": (T,)}  # PyTorch has no second derivative of it, which is 0
PAIRS = [  # whatever PyTorch can transform its own function by
    ("mse_loss", "mean"),
    ("l1_loss", "none"),
    ("huber_loss", "none"),
    ("binary_cross_entropy_with_logits", "mean"),
    ("sigmoid_focal_loss", "none"),
    ("cross_entropy", "mean"),
    ("cross_entropy", "none"),
    ("nll_loss", "mean"),
    ("multilabel_soft_margin_loss", "mean"),
    ("poisson_nll_loss", "none"),
    ("kl_div", "none"),
    ("triplet_margin_loss", "mean"),
    ("triplet_margin_loss", "none"),
]


def traced_penalty(f, backend):
    """A gradient penalty through torch.compile."""

    def run(x):
        x = x.clone().requires_grad_()
        value = torch.compile(f, backend=backend)(x)
        (gradient,) = torch.autograd.grad(value.sum(), x, create_graph=True)
        return torch.autograd.grad(gradient.square().sum(), x)[0]

    return run


def exported_penalty(f):
    class Module(torch.nn.Module):
        def forward(self, x):
            return f(x)

    return lambda x: traced_penalty(torch.export.export(Module(), (x,)).module(), "eager")(x)


def dual(f):
    """Forward mode over an input that requires no grad, and over one that does."""

    def run(x):
        with forward_ad.dual_level():
            value = f(forward_ad.make_dual(x, V))
            tangent = forward_ad.unpack_dual(value).tangent
            leaf = x.clone().requires_grad_()
            value = f(forward_ad.make_dual(leaf, V))
            again = forward_ad.unpack_dual(value).tangent
        return tangent, again.detach(), value.detach()

    return run


def dual_of_gradient(f):
    """Forward mode over the gradient, at one level of autograd: a Hessian times a vector."""

    def run(x):
        with forward_ad.dual_level():
            leaf = x.clone().requires_grad_()
            value = f(forward_ad.make_dual(leaf, V))
            (gradient,) = torch.autograd.grad(value.sum(), leaf)
            return forward_ad.unpack_dual(gradient).tangent

    return run


def hessian_times_vector(f):
    return lambda x: classic.hvp(lambda x: f(x).sum(), x, V)[1]


FIRST = {
    "grad": lambda f: func.grad(lambda x: f(x).sum()),
    "grad_and_value": lambda f: func.grad_and_value(lambda x: f(x).sum()),
    "vjp": lambda f: lambda x: func.vjp(f, x)[1](f(x).cos().detach()),
    "jvp": lambda f: lambda x: func.jvp(f, (x,), (V,)),
    "linearize": lambda f: lambda x: func.linearize(f, x)[1](V),
    "jacrev": func.jacrev,
    "jacrev in chunks": lambda f: func.jacrev(f, chunk_size=1),
    "jacfwd": func.jacfwd,
    "vmap": lambda f: lambda x: func.vmap(lambda c: f(x * c))(torch.arange(3.0).double()),
    "vmap of grad": lambda f: lambda x: func.vmap(func.grad(lambda c: f(x * c).sum()))(V[0]),
    "functionalize": func.functionalize,
    "jacobian": lambda f: lambda x: classic.jacobian(f, x),
    "jacobian, vectorized": lambda f: lambda x: classic.jacobian(f, x, vectorize=True),
    "jacobian, vectorized, create_graph": lambda f: (
        lambda x: classic.jacobian(f, x, vectorize=True, create_graph=True).detach()
    ),
    "jacobian, forward": lambda f: (
        lambda x: classic.jacobian(f, x, vectorize=True, strategy="forward-mode")
    ),
    "classic vjp": lambda f: lambda x: classic.vjp(f, x, f(x).cos().detach()),
    "dual": dual,
    "compiled grad": lambda f: torch.compile(func.grad(lambda x: f(x).sum()), backend="aot_eager"),
    "compiled jvp": lambda f: torch.compile(lambda x: func.jvp(f, (x,), (V,)), backend="aot_eager"),
}
SECOND = {
    "hessian": func.hessian,
    "jacrev of jacrev": lambda f: func.jacrev(func.jacrev(f)),
    "jacfwd of jacfwd": lambda f: func.jacfwd(func.jacfwd(f)),
    "jacrev of jacfwd": lambda f: func.jacrev(func.jacfwd(f)),
    "classic hessian": lambda f: lambda x: classic.hessian(lambda x: f(x).sum(), x),
    "classic hessian, vectorized": lambda f: (
        lambda x: classic.hessian(lambda x: f(x).sum(), x, vectorize=True)
    ),
    "classic vhp": lambda f: lambda x: classic.vhp(lambda x: f(x).sum(), x, V),
    "classic hvp": lambda f: lambda x: classic.hvp(lambda x: f(x).sum(), x, V),
    "penalty": lambda f: traced_penalty(f, lambda graph, _: graph),
    "penalty, compiled": lambda f: traced_penalty(f, "eager"),
    "penalty, exported": exported_penalty,
    "dual of gradient": dual_of_gradient,
    "compiled hessian": lambda f: torch.compile(func.hessian(f), backend="aot_eager"),
}


# Not all of PyTorch's own losses have a forward mode over their gradients.
REFERENCES = {
    dual_of_gradient: hessian_times_vector,
    SECOND["jacfwd of jacfwd"]: SECOND["jacrev of jacrev"],
    SECOND["jacrev of jacfwd"]: SECOND["jacrev of jacrev"],
    SECOND["hessian"]: SECOND["jacrev of jacrev"],
    SECOND["compiled hessian"]: SECOND["jacrev of jacrev"],
}


@pytest.fixture(autouse=True)
def _compilers_forget():
    torch.compiler.reset()


def flat(results):
    leaves = torch.utils._pytree.tree_leaves(results)
    return [x.detach() for x in leaves]


def compare(transform, pair):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = flat(transform(pair[0])(X))
        expected = flat(REFERENCES.get(transform, transform)(pair[1])(X))
    assert_same(found, expected, **CLOSE)


@pytest.mark.parametrize(("name", "reduction"), PAIRS)
@pytest.mark.parametrize("transform", FIRST.values(), ids=FIRST)
def test_first_derivatives(transform, name, reduction):
    compare(transform, both(name, reduction, *(DIAGONAL | OTHERS | LINEAR)[name]))


@pytest.mark.parametrize(("name", "reduction"), [pair for pair in PAIRS if pair[0] in DIAGONAL])
@pytest.mark.parametrize("transform", SECOND.values(), ids=SECOND)
def test_second_derivatives(transform, name, reduction):
    compare(transform, both(name, reduction, *DIAGONAL[name]))


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("transform", SECOND.values(), ids=SECOND)
def test_second_derivatives_are_refused_where_they_are_not_diagonal(transform, name):
    with pytest.raises(RuntimeError, match=f"{name}: fastloss cannot differentiate twice by "):
        transform(both(name, "mean", *OTHERS[name])[0])(X)


def test_errors_name_the_transform():
    own, _ = both("cross_entropy", "mean", LABELS)
    with pytest.raises(RuntimeError, match=r"by torch\.func \(vmap of jvp"):
        func.hessian(own)(X)
    with pytest.raises(RuntimeError, match=r"by double backward \(create_graph=True\)"):
        classic.hessian(own, X)
    with pytest.raises(RuntimeError, match=r"by forward-mode AD"):
        dual_of_gradient(own)(X)
    with pytest.raises(RuntimeError, match=r"mse_loss: fastloss has no third derivatives.*grad"):
        func.grad(lambda x: func.hessian(both("mse_loss", "mean", T)[0])(x).sum())(X)
    with pytest.raises(RuntimeError, match=r"no third derivatives, which torch\.func \(.*jvp"):
        func.jacfwd(func.hessian(both("mse_loss", "mean", T)[0]))(X)
    for transform in (func.grad, func.jacrev):
        with pytest.raises(fl.DTypeError, match=r"target requires grad.*target\.detach"):
            transform(ours.mse_loss, argnums=1)(X, T)
    with pytest.raises(fl.DTypeError, match=r"target has a tangent \(torch\.func \(.*jvp"):
        func.jacfwd(ours.mse_loss, argnums=1)(X, T)
    with pytest.raises(fl.DTypeError, match=r"weight has a tangent"):
        func.jvp(lambda w: ours.mse_loss(X, T, weight=w), (T,), (V,))


@pytest.mark.parametrize("name", fl.losses())
@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_a_batch_is_its_entries(name, reduction):
    """Whatever is batched along whichever axis, weights too, and an empty batch."""
    module = ft.Loss(name, reduction)
    batches = [[x.detach() for x in example(name, seed=seed)] for seed in range(3)]
    stacked = [torch.stack(column) for column in zip(*batches, strict=True)]
    axes = [position % x.dim() for position, x in enumerate(stacked)]
    moved = [x.movedim(0, axis) for x, axis in zip(stacked, axes, strict=True)]
    weights = torch.rand(3, *module(*batches[0]).shape) if reduction == "none" else None

    def run(weight, *inputs):
        return module(*inputs, sample_weight=weight)

    expected = torch.stack(
        [run(None if weights is None else weights[i], *batches[i]) for i in range(3)]
    )
    in_dims = (None if weights is None else 0, *axes)
    assert torch.equal(func.vmap(run, in_dims)(weights, *moved), expected)
    nothing = [x[:0] for x in stacked]
    empty = func.vmap(run, in_dims=(None, *(0 for _ in nothing)))(None, *nothing)
    assert empty.shape == (0, *expected.shape[1:])
    shared = func.vmap(run, in_dims=(None, 0, *(None for _ in stacked[1:])))(
        None, stacked[0], *batches[0][1:]
    )
    for i in range(3):
        assert torch.equal(shared[i], run(None, batches[i][0], *batches[0][1:]))


@pytest.mark.parametrize("name", fl.losses())
@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_gradcheck(name, reduction):
    """PyTorch's own check, by finite differences: backward, forward, batched, undefined, twice."""
    inputs = example(name, rows=3)
    inputs = [x.detach() + 0.01 * torch.rand_like(x) if x.requires_grad else x for x in inputs]
    row = registry.find(name)[0]
    for x in inputs[: row["differentiable"]]:
        x.requires_grad_()
    module = ft.Loss(name, reduction)
    assert torch.autograd.gradcheck(
        module,
        tuple(inputs),
        check_batched_grad=True,
        check_forward_ad=True,
        check_batched_forward_grad=True,
        check_undefined_grad=True,
    )
    if has_diagonal_hessian(row):
        assert torch.autograd.gradgradcheck(
            module, tuple(inputs), check_batched_grad=True, check_fwd_over_rev=True
        )
