"""What a module of any loss holds, and what becomes of it where tensors are made in other ways."""

import pickle

import fastloss as fl
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")

import fastloss.torch as ft  # noqa: E402
import torch.nn.functional as theirs  # noqa: E402
from fastloss.torch import functional  # noqa: E402
from torch import func  # noqa: E402
from torch._subclasses.fake_tensor import FakeTensorMode  # noqa: E402
from torch.autograd import forward_ad  # noqa: E402
from torch.fx.experimental.proxy_tensor import make_fx  # noqa: E402

# The forward mode of torch.func uses what PyTorch itself has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
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


def numbers(x):
    """Value and gradient, as what is no derivative of anything."""
    return ft.value_and_grad(fl.Huber(), x, T)[0]


FOLLOWED = {
    "grad": lambda x: func.grad(numbers)(x),
    "jacrev": lambda x: func.jacrev(numbers)(x),
    "vjp": lambda x: func.vjp(numbers, x),
    "jvp": lambda x: func.jvp(numbers, (x,), (x,)),
    "jacfwd": lambda x: func.jacfwd(numbers)(x),
    "vmap of grad": lambda x: func.vmap(func.grad(lambda c: numbers(x * c)))(torch.ones(2)),
    "grad of vmap": lambda x: func.grad(
        lambda x: func.vmap(lambda c: numbers(x * c))(torch.ones(2)).sum()
    )(x),
    "outer level": lambda x: func.grad(
        lambda x: func.grad(lambda c: numbers(x) * c)(torch.tensor(1.0).double())
    )(x),
    "outer jvp": lambda x: func.jvp(
        lambda x: func.grad(lambda c: numbers(x) * c)(torch.tensor(1.0).double()), (x,), (x,)
    ),
    "by the target": lambda x: func.grad(lambda t: ft.value_and_grad(fl.Huber(), X, t)[0])(x),
    "by the weight": lambda x: func.grad(
        lambda w: ft.value_and_grad(fl.Huber(), X, T, sample_weight=w)[0]
    )(x.abs()),
}


@pytest.mark.parametrize("way", FOLLOWED)
def test_numbers_are_not_differentiated(way):
    word = {"by the target": "target", "by the weight": "sample_weight"}.get(way, "pred")
    with pytest.raises(
        fl.DTypeError, match=rf"^Huber: {word} (requires grad|has a tangent) by .*value_and_grad"
    ):
        FOLLOWED[way](X)


def test_numbers_are_not_differentiated_by_dual_numbers():
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(X, X)
        with pytest.raises(fl.DTypeError, match="pred has a tangent by forward-mode AD"):
            numbers(dual)
        for x in (X, forward_ad.unpack_dual(dual).primal):
            assert forward_ad.unpack_dual(numbers(x)).tangent is None
        # The gradient inside of it is a constant too.
        with forward_ad._set_fwd_grad_enabled(False):
            assert torch.equal(numbers(dual), numbers(X))


def test_numbers_that_are_wanted_as_constants():
    expected, one = numbers(X), torch.ones_like(X)
    for constant in (lambda x: numbers(x.detach()), torch.no_grad()(numbers)):
        assert torch.equal(func.grad(lambda x, c=constant: c(x) + x.sum())(X), one)
    leaf = X.clone().requires_grad_()
    value = numbers(leaf)
    assert not value.requires_grad
    assert torch.equal(value, expected)
    # What requires grad outside of a transform.
    rows = func.vmap(lambda c: numbers(leaf * c))(torch.ones(2))
    assert not rows.requires_grad
    assert torch.equal(rows, expected.expand(2))
    assert torch.equal(func.grad(lambda c: numbers(leaf) + c)(torch.tensor(1.0)), torch.tensor(1.0))
    recorded = make_fx(numbers)(leaf)
    assert not recorded(leaf).requires_grad


@pytest.mark.parametrize(
    ("names", "instead"),
    [
        (("SmoothL1Loss", "smooth_l1_loss"), r"HuberLoss\(delta=beta\) is beta times it"),
        (("SoftMarginLoss", "soft_margin_loss"), r"BCEWithLogitsLoss.*\(1 \+ target\) / 2"),
        (("HingeEmbeddingLoss", "hinge_embedding_loss"), r"torch\.nn has it"),
    ],
)
def test_losses_that_are_not_here(names, instead):
    for module, name in zip((ft, functional), names, strict=True):
        with pytest.raises(AttributeError, match=rf"no attribute '{name}'; .*{instead}"):
            getattr(module, name)
    with pytest.raises(AttributeError, match=r"no attribute 'Nothing'$"):
        ft.Nothing  # noqa: B018


def test_what_is_there_instead_has_the_numbers():
    signs = 2.0 * (T > 0.5) - 1
    logits, pred = X.clone().requires_grad_(), X.log_softmax(1)
    value = ft.Loss(fl.KLDivergence())(logits, T)
    expected = theirs.kl_div(logits.log_softmax(1), T, reduction="batchmean")
    pairs = [
        (ft.Loss(fl.KLDivergence())(pred, T), expected),
        (value, expected),
        *zip(
            torch.autograd.grad(value, logits), torch.autograd.grad(expected, logits), strict=True
        ),
        (functional.huber_loss(X, T, delta=0.25) / 0.25, theirs.smooth_l1_loss(X, T, beta=0.25)),
        (
            functional.binary_cross_entropy_with_logits(X, (1 + signs) / 2),
            theirs.soft_margin_loss(X, signs),
        ),
    ]
    for found, wanted in pairs:
        torch.testing.assert_close(found, wanted, rtol=1e-14, atol=1e-15)
