"""Parameters of losses are numbers: tensors that PyTorch would follow are refused, by name."""

import functools
import inspect
import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")

import fastloss as fl  # noqa: E402
import fastloss.torch as ft  # noqa: E402
from fastloss.torch import functional  # noqa: E402
from torch import func  # noqa: E402
from torch.fx.experimental.proxy_tensor import make_fx  # noqa: E402

# The forward mode of torch.func uses what PyTorch itself has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
GENERATOR = torch.Generator().manual_seed(7)
X = torch.randn(4, 4, generator=GENERATOR)
T = torch.rand(4, 4, generator=GENERATOR)
FAR, VAR = X + 1, T + 1
LABELS = torch.tensor([0, 3, 1, 2])
SIGNS = torch.tensor([1, -1, 1, -1])


def by_name(name, **of_class):
    """A loss of fastloss as a module by name, of one parameter."""
    (parameter,) = of_class
    target = LABELS if name.startswith("sparse") else T
    return lambda value: ft.Loss(name, **{parameter: value})(X, target)


NUMBERS = {  # function of one number, and a value that it takes
    "huber_loss delta": (lambda v: functional.huber_loss(X, T, delta=v), 0.5),
    "cross_entropy label_smoothing": (
        lambda v: functional.cross_entropy(X, LABELS, label_smoothing=v),
        0.25,
    ),
    "multi_margin_loss margin": (lambda v: functional.multi_margin_loss(X, LABELS, margin=v), 0.5),
    "multi_margin_loss p": (lambda v: functional.multi_margin_loss(X, LABELS, p=v), 2.0),
    "sigmoid_focal_loss alpha": (
        lambda v: functional.sigmoid_focal_loss(X, T, alpha=v, reduction="sum"),
        0.5,
    ),
    "sigmoid_focal_loss gamma": (
        lambda v: functional.sigmoid_focal_loss(X, T, gamma=v, reduction="sum"),
        1.5,
    ),
    "gaussian_nll_loss eps": (lambda v: functional.gaussian_nll_loss(X, T, VAR, eps=v), 1.5),
    "poisson_nll_loss eps": (
        lambda v: functional.poisson_nll_loss(T, T, log_input=False, eps=v),
        0.5,
    ),
    "cosine_embedding_loss margin": (
        lambda v: functional.cosine_embedding_loss(X, T, SIGNS, margin=v),
        -0.5,
    ),
    "triplet_margin_loss margin": (
        lambda v: functional.triplet_margin_loss(X, T, FAR, margin=v),
        0.5,
    ),
    "triplet_margin_loss p": (lambda v: functional.triplet_margin_loss(X, T, FAR, p=v), 1.5),
    "triplet_margin_loss eps": (
        lambda v: functional.triplet_margin_loss(X, T, FAR, eps=v),
        0.5,
    ),
    "Huber delta": (by_name("huber", delta=0), 0.5),
    "Huber scale": (lambda v: ft.Loss(fl.Huber(), scale=v)(X, T), 0.5),
    "BinaryCrossEntropy pos_weight": (by_name("bce", pos_weight=0), 2.0),
    "MeanSquaredError scale": (
        lambda v: ft.value_and_grad(fl.MeanSquaredError(), X, T, scale=v)[0],
        0.5,
    ),
}


def traced(f, value):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.trace(f, (torch.tensor(value),), check_trace=False)


def tangent(f, value):
    func.jvp(f, (torch.tensor(value),), (torch.tensor(1.0),))


FOLLOWED = {
    "func.grad": lambda f, value: func.grad(f)(torch.tensor(value)),
    "requires grad": lambda f, value: f(torch.tensor(value, requires_grad=True)),
    "parameter": lambda f, value: f(torch.nn.Parameter(torch.tensor(value))),
    "func.jvp": tangent,
    "vmap": lambda f, value: func.vmap(f)(torch.tensor([value, value])),
    "make_fx": lambda f, value: make_fx(f)(torch.tensor(value)),
    "make_fx, fake": lambda f, value: make_fx(f, tracing_mode="fake")(torch.tensor(value)),
    "jit.trace": traced,
}


@pytest.mark.parametrize("way", FOLLOWED.values(), ids=FOLLOWED)
@pytest.mark.parametrize("which", NUMBERS)
def test_tensors_that_are_followed_are_refused(which, way):
    function, value = NUMBERS[which]
    called, name = which.split()
    with pytest.raises(
        fl.DTypeError, match=rf"^{called}: {name} is a tensor that .*float\({name}\.detach"
    ):
        way(function, value)


@pytest.mark.parametrize("which", NUMBERS)
def test_numbers_of_other_libraries_are_numbers(which):
    function, value = NUMBERS[which]
    expected = function(value)
    for other in (np.float32(value), np.array(value), torch.tensor(value)):
        assert torch.equal(function(other), expected)
    # A transform of something else does not matter.
    assert not func.grad(lambda x: function(torch.tensor(value)) + x * 0)(torch.tensor(1.0))
    # By the number itself, which is what the message says.
    given = torch.tensor(value, requires_grad=True)
    assert torch.equal(function(float(given.detach())), expected)


@pytest.mark.parametrize("which", [name for name in NUMBERS if name.split()[0].islower()])
def test_what_is_no_number(which):
    function, _ = NUMBERS[which]
    called, name = which.split()
    for odd, word in ((None, "NoneType"), ([0.5], "list"), ("x", "str")):
        with pytest.raises(fl.DTypeError, match=rf"^{called}: {name} is a {word}, wanted: a num"):
            function(odd)
    with pytest.raises(fl.DTypeError, match=rf"{name} is a Tensor of shape \(2,\), wanted: a num"):
        function(torch.ones(2))


def test_every_number_of_a_function_is_among_them():
    for name in functional.__all__:
        for parameter in inspect.signature(getattr(functional, name)).parameters.values():
            if parameter.annotation in ("float", "int") and parameter.name != "ignore_index":
                assert f"{name} {parameter.name}" in NUMBERS


def test_vectors_of_a_module_that_require_grad():
    weights = torch.ones(4, requires_grad=True)
    for name, parameter in (
        ("cce", "class_weight"),
        ("sparse_categorical_focal", "alpha"),
        ("bce", "pos_weight"),
    ):
        for value in (weights, list(weights)):
            with pytest.raises(fl.DTypeError, match=rf"{parameter} is a tensor that requires grad"):
                by_name(name, **{parameter: 0})(value)
    by_name("bce", pos_weight=0)(weights.detach())


def test_a_scale_that_was_set_later():
    module = ft.Loss(fl.Huber())
    module.scale = torch.nn.Parameter(torch.tensor(2.0))
    with pytest.raises(fl.DTypeError, match="Huber: scale is a tensor that requires grad"):
        module(X, T)


INDEX = 2**53 + 1
RECORDED = {
    "eager": lambda f: f,
    "make_fx": lambda f: make_fx(f)(X),
    "compile": lambda f: torch.compile(f, backend="eager", fullgraph=True),
    "jit.trace": lambda f: torch.jit.trace(lambda x: f(x), X),
}


@pytest.mark.parametrize("way", RECORDED)
@pytest.mark.parametrize("index", [INDEX, -INDEX, 2**63 - 1, -(2**63), np.int64(INDEX), 2**33 + 5])
def test_every_integer_is_an_index_to_ignore(way, index):
    """Those of more digits than a double too: neither it nor its neighbour is another one."""
    torch.compiler.reset()
    of_logits = {"from_logits": True, "ignore_index": int(index)}
    labels = torch.tensor([0, int(index), 1, 2])
    for loss in (
        functools.partial(functional.cross_entropy, ignore_index=index),
        functools.partial(functional.nll_loss, ignore_index=index),
        ft.Loss(fl.SparseCategoricalCrossEntropy(**of_logits)),
    ):

        def call(loss, x):
            return loss(x, labels)

        kept = loss(X[[0, 2, 3]], labels[[0, 2, 3]])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            recorded = RECORDED[way](functools.partial(call, loss))
        assert torch.equal(recorded(X), kept)
        neighbour = labels + torch.tensor([0, 1 if index < 0 else -1, 0, 0])
        with pytest.raises(IndexError, match=str(neighbour[1].item())):
            loss(X, neighbour)


def test_an_index_to_ignore_is_an_integer():
    for function in (functional.cross_entropy, functional.nll_loss):
        for odd in (1.5, 1.0, None, True, "1"):
            with pytest.raises(fl.DTypeError, match=rf"ignore_index is {odd!r}, wanted: an int"):
                function(X, LABELS, ignore_index=odd)
        with pytest.raises(fl.ParameterError, match="ignore_index is 9223372036854775808, wanted"):
            function(X, LABELS, ignore_index=2**63)
        expected = function(X, LABELS, ignore_index=1)
        assert torch.equal(function(X, LABELS, ignore_index=torch.tensor(1)), expected)


@pytest.mark.parametrize("which", NUMBERS)
def test_parameters_that_are_nan(which):
    called, name = which.split()
    if (name == "eps" and not called.startswith("gaussian")) or name == "scale":
        return  # they are added, or a factor
    with pytest.raises(ValueError, match=rf"^{called}: {name} (is|must be) .*\bnan\b"):
        NUMBERS[which][0](float("nan"))


def test_errors_name_the_transform():
    for transform in (func.grad, func.jacrev):
        with pytest.raises(
            fl.DTypeError, match=r"^mse_loss: target requires grad \(torch\.func \(.*grad\)\), and"
        ):
            transform(functional.mse_loss, argnums=1)(X, T)
    with pytest.raises(fl.DTypeError, match=r"target requires grad, and"):
        functional.mse_loss(X, T.clone().requires_grad_())


def test_errors_name_the_entry_of_a_batch():
    labels = torch.stack([LABELS, LABELS + 1])
    batch = X.expand(2, 4, 4)
    with pytest.raises(fl.LabelError, match=r"is 4, input has 4.*\(entry 1 of a batch of .*vmap\)"):
        func.vmap(functional.cross_entropy)(batch, labels)
    with pytest.raises(fl.LabelError, match=r"entry 1 of a batch of torch\.func\.vmap"):
        func.vmap(func.grad(functional.cross_entropy))(batch, labels)
    with pytest.raises(fl.ShapeError, match=r"target has shape .*entry 0 of a batch"):
        func.vmap(ft.Loss("mse"))(batch, labels.float())
    with pytest.raises(fl.DomainError, match=r"BinaryCrossEntropy: .*entry 0 of a batch"):
        func.vmap(ft.Loss("bce"))(batch, batch.abs() + 1)
