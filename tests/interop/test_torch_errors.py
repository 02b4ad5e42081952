"""Bad input to fastloss.torch: what is refused, in which words, and as which errors."""

import inspect
import re
import subprocess
import sys

import fastloss as fl
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")

import fastloss.torch as ft  # noqa: E402
from fastloss import registry  # noqa: E402
from fastloss.torch import functional  # noqa: E402

X = torch.randn(4, 3)
T = torch.rand(4, 3)
LABELS = torch.tensor([0, 1, 2, 0])
THREE = (X, T, X + 1)
CALLS = {
    "mse_loss": (X, T),
    "l1_loss": (X, T),
    "huber_loss": (X, T),
    "kl_div": (X, T),
    "binary_cross_entropy": (T, T),
    "binary_cross_entropy_with_logits": (X, T),
    "cross_entropy": (X, LABELS),
    "nll_loss": (X, LABELS),
    "multi_margin_loss": (X, LABELS),
    "multilabel_soft_margin_loss": (X, T),
    "gaussian_nll_loss": (X, T, T + 1),
    "poisson_nll_loss": (X, T),
    "cosine_embedding_loss": (X, T, torch.tensor([1, -1, 1, -1])),
    "triplet_margin_loss": THREE,
    "sigmoid_focal_loss": (X, T),
}
calls = pytest.mark.parametrize("name", CALLS)


def test_every_functional_is_among_the_calls():
    assert sorted(CALLS) == functional.__all__


@calls
def test_other_devices(name):
    inputs = [x.to("meta") for x in CALLS[name]]
    with pytest.raises(fl.DeviceError, match="lies on meta, wanted: the CPU"):
        getattr(functional, name)(*inputs)
    with pytest.raises(fl.DeviceError, match="meta"):
        ft.value_and_grad(fl.Huber(), X.to("meta"), T)


@calls
def test_targets_that_require_grad(name):
    function = getattr(functional, name)
    place = [i for i, word in enumerate(inspect.signature(function).parameters) if "target" in word]
    if not place or name in ("nll_loss", "multi_margin_loss"):  # none, or integers
        return
    inputs = list(CALLS[name])
    target = inputs[place[0]] if name != "cross_entropy" else T
    inputs[place[0]] = target.to(X.dtype, copy=True).requires_grad_()
    with pytest.raises(fl.DTypeError, match=r"targets? requires grad.*targets?\.detach"):
        function(*inputs)
    with torch.no_grad():
        function(*inputs)


@calls
def test_reductions(name):
    with pytest.raises(ValueError, match="'average', wanted: 'mean', 'sum' or 'none'"):
        getattr(functional, name)(*CALLS[name], reduction="average")


@pytest.mark.parametrize("name", [n for n in CALLS if n[:5] not in ("huber", "sigmo", "gauss")])
def test_arguments_of_old(name):
    with pytest.raises(fl.ParameterError, match="pass reduction"):
        getattr(functional, name)(*CALLS[name], size_average=True)


def test_weights_that_require_grad():
    with pytest.raises(fl.DTypeError, match="weight requires grad"):
        functional.binary_cross_entropy(T, T, weight=torch.rand(3, requires_grad=True))
    with pytest.raises(fl.DTypeError, match="weight requires grad"):
        functional.cross_entropy(X, LABELS, torch.rand(3, requires_grad=True))
    with pytest.raises(fl.DeviceError, match="weight lies on meta"):
        functional.cross_entropy(X, LABELS, torch.rand(3, device="meta"))


@pytest.mark.parametrize(
    ("error", "match", "call"),
    [
        (ValueError, "shape", lambda: functional.binary_cross_entropy(T, T[0])),
        (ValueError, "shape", lambda: functional.binary_cross_entropy_with_logits(X, T[:, :1])),
        (
            RuntimeError,
            r"input.*\[0, 1\].*for logits there is binary_cross_entropy_with_logits",
            lambda: functional.binary_cross_entropy(T + 1, T),
        ),
        (RuntimeError, "broadcasts", lambda: functional.binary_cross_entropy(T, T, T[:, :2])),
        (
            RuntimeError,
            "pos_weight",
            lambda: functional.binary_cross_entropy_with_logits(X, T, pos_weight=torch.ones(2)),
        ),
        (IndexError, "3", lambda: functional.cross_entropy(X, LABELS + 1)),
        (IndexError, "-1", lambda: functional.cross_entropy(X, LABELS - 1)),
        (RuntimeError, "shape", lambda: functional.cross_entropy(X, LABELS[:2])),
        (RuntimeError, "each of 3", lambda: functional.cross_entropy(X, LABELS, T[0, :2])),
        (RuntimeError, "floating", lambda: functional.cross_entropy(X, LABELS.expand(3, 4).T)),
        (RuntimeError, "integer", lambda: functional.cross_entropy(X, T[:, 0])),
        (RuntimeError, "indices", lambda: functional.cross_entropy(X, T, ignore_index=1)),
        (
            RuntimeError,
            r"label_smoothing must be between 0\.0 and 1\.0",
            lambda: functional.cross_entropy(X, LABELS, label_smoothing=1.2),
        ),
        (IndexError, "3", lambda: functional.nll_loss(X, LABELS + 1)),
        (IndexError, "-1", lambda: functional.multi_margin_loss(X, LABELS - 1)),
        (RuntimeError, "integers", lambda: functional.nll_loss(X, T)),
        (RuntimeError, "no axis", lambda: functional.nll_loss(X[0, 0], LABELS[0])),
        (
            RuntimeError,
            "p is 3, wanted: 1 or 2",
            lambda: functional.multi_margin_loss(X, LABELS, 3),
        ),
        (RuntimeError, "wanted: .*C", lambda: functional.multi_margin_loss(X[None], LABELS[None])),
        (
            RuntimeError,
            "each of 3",
            lambda: functional.multi_margin_loss(X, LABELS, weight=T[0, :2]),
        ),
        (RuntimeError, "each of 3", lambda: functional.multilabel_soft_margin_loss(X, T, T)),
        (RuntimeError, "shape", lambda: functional.multilabel_soft_margin_loss(X, T[:1])),
        (RuntimeError, "no axis", lambda: functional.multilabel_soft_margin_loss(X[0, 0], T[0, 0])),
        (
            RuntimeError,
            r"target\[1, 0\] is .*\[0, 1\]",
            lambda: functional.multilabel_soft_margin_loss(X, T + torch.eye(4, 3).roll(1, 0)),
        ),
        (ValueError, "var.*-1", lambda: functional.gaussian_nll_loss(X, T, -1.0)),
        (ValueError, "var.*> 0", lambda: functional.gaussian_nll_loss(X, T, 0 * T)),
        (ValueError, "var has shape", lambda: functional.gaussian_nll_loss(X, T, T[:2])),
        (RuntimeError, "target.*>= 0", lambda: functional.poisson_nll_loss(X, T - 2)),
        (
            RuntimeError,
            "input.*>= 0",
            lambda: functional.poisson_nll_loss(T - 3.5, T, log_input=False),
        ),
        (RuntimeError, "target.*-1 or 1", lambda: functional.cosine_embedding_loss(X, T, LABELS)),
        (ValueError, "margin", lambda: functional.cosine_embedding_loss(X, T, LABELS, margin=2.0)),
        (ValueError, "greater than 0", lambda: functional.triplet_margin_loss(*THREE, margin=0)),
        (ValueError, "greater than 0", lambda: ft.TripletMarginLoss(margin=0)),
        (RuntimeError, "axes", lambda: functional.triplet_margin_loss(X, X[0], X)),
        (ValueError, "p is 0.5", lambda: functional.triplet_margin_loss(*THREE, p=0.5)),
        (RuntimeError, "delta", lambda: functional.huber_loss(X, T, delta=0.0)),
        (RuntimeError, "weight", lambda: functional.mse_loss(X, T, weight=T[0])),
        (ValueError, "alpha", lambda: functional.sigmoid_focal_loss(X, T, alpha=1.5)),
        (TypeError, "input has dtype int64", lambda: functional.mse_loss(LABELS, LABELS)),
        (ValueError, "takes pred, target, 1 tensors", lambda: ft.Loss("mse")(X)),
        (TypeError, "is a list", lambda: ft.Loss("mse")(X, [0.0])),
        (ValueError, "did you mean 'huber'", lambda: ft.Loss("hubber")),
        (ValueError, "no parameter", lambda: ft.Loss("huber", detla=1.0)),
        (ValueError, "reduction", lambda: ft.Loss("huber", "average")),
        (ValueError, "wanted: a loss", lambda: ft.Loss(torch.nn.MSELoss())),
    ],
)
def test_errors(error, match, call):
    with pytest.raises(error, match=match) as caught:
        call()
    assert isinstance(caught.value, fl.FastlossError | ValueError)
    for name in call.__code__.co_names:
        if name in functional.__all__:
            assert str(caught.value).startswith(f"{name}: ")
            assert_speaks_torch(name, str(caught.value))


def assert_speaks_torch(name, message):
    """A message has no word of the core that the function does not have."""
    known = set(inspect.signature(getattr(functional, name)).parameters)
    core = {"pred", "sample_weight", "class_weight", "from_logits", "eps"}
    core |= {registry.find(loss)[0]["class_name"] for loss in fl.losses()}
    assert not set(re.findall(r"\w+", message)) & (core - known), message


FAULTS = {
    "input too high": lambda x, t: (torch.full_like(x, 2.0), t),
    "target too high": lambda x, t: (x, t + 2),
    "target too low": lambda x, t: (x, t - 2),
    "integers": lambda x, t: (x.to(torch.int32), t),
    "complex": lambda x, t: (x.to(torch.complex64), t),
    "no axes": lambda x, t: (x[0, 0], t.flatten()[0]),
    "no classes": lambda x, t: (x[:, :0], t[..., :0] if t.dim() > 1 else t),
    "reduction": None,
}


@pytest.mark.parametrize("fault", FAULTS)
@calls
def test_every_message_speaks_of_the_function(name, fault):
    inputs, options = CALLS[name], {}
    if fault == "reduction":
        options = {"reduction": "average"}
    elif len(inputs) == 2:
        inputs = FAULTS[fault](*inputs)
    else:
        inputs = (*FAULTS[fault](*inputs[:2]), inputs[2])
    try:
        getattr(functional, name)(*inputs, **options)
    except (fl.FastlossError, ValueError, RuntimeError) as error:
        message = str(error)
    else:
        assert fault != "complex"  # the others are no faults of every function
        return
    assert message.startswith(f"{name}: "), message
    assert_speaks_torch(name, message)


def test_messages_of_operators_speak_of_the_function():
    compiled = torch.compile(functional.binary_cross_entropy, backend="eager")
    with pytest.raises(fl.DomainError, match=r"binary_cross_entropy: input\[0, 0\] is 2.*_logits$"):
        compiled(T * 0 + 2, T)
    with pytest.raises(fl.LabelError, match=r"cross_entropy: target\[0\] is 5, input has 3"):
        torch.func.grad(functional.cross_entropy)(X, LABELS + 5)


def test_messages_of_modules_speak_of_the_loss():
    with pytest.raises(fl.DomainError, match=r"BinaryCrossEntropy: pred\[0, 0\].*from_logits"):
        ft.Loss("bce", from_logits=False)(T + 1, T)
    with pytest.raises(fl.DTypeError, match=r"Huber: sample_weight requires grad"):
        ft.Loss("huber")(X, T, sample_weight=torch.ones(4, 3, requires_grad=True))
    pos_weight = torch.ones(3, requires_grad=True)
    with pytest.raises(fl.DTypeError, match=r"_logits: pos_weight requires grad"):
        functional.binary_cross_entropy_with_logits(X, T, pos_weight=pos_weight)


@calls
def test_a_reduction_of_the_inside_is_none(name):
    with pytest.raises(ValueError, match=rf"^{name}: reduction is 'mean by count', wanted: 'mean'"):
        getattr(functional, name)(*CALLS[name], reduction="mean by count")
    with pytest.raises(fl.ParameterError, match="reduction is 'mean by count'"):
        ft.value_and_grad(fl.Huber(), X, T, reduction="mean by count")


@pytest.mark.filterwarnings("ignore:.*nested tensors is in prototype")
@calls
def test_nested_tensors(name):
    signature = inspect.signature(getattr(functional, name)).parameters
    for place, which in zip(range(len(CALLS[name])), signature, strict=False):
        inputs = list(CALLS[name])
        inputs[place] = torch.nested.nested_tensor([T[0], T[1]])
        with pytest.raises(fl.DTypeError, match=rf"^{name}: {which} is nested.*to_padded_tensor"):
            getattr(functional, name)(*inputs)


def test_an_article_is_no_argument():
    signs = torch.tensor([1, -1, 1, -1])
    with pytest.raises(ValueError, match=r"margin is 3, wanted: a number in \[-1, 1\]$"):
        functional.cosine_embedding_loss(X, T, signs, margin=3.0)
    with pytest.raises(fl.ShapeError, match=r"input1 has shape \(\)"):
        functional.cosine_embedding_loss(X[0, 0], T[0, 0], signs[0])
    with pytest.raises(
        fl.DTypeError, match=r"^l1_loss: input has dtype complex64, wanted: float16"
    ):
        functional.l1_loss(X.to(torch.complex64), T)
    with pytest.raises(fl.DeviceError, match="on meta, wanted: the CPU; a meta tensor has no num"):
        functional.l1_loss(X.to("meta"), T)


def test_weights_of_rows():
    rows = torch.ones(4)
    with pytest.raises(fl.ShapeError, match=r"pass weight\[:, None\]\.expand_as\(input\)$"):
        functional.mse_loss(X, T, weight=rows)
    functional.mse_loss(X, T, weight=rows[:, None].expand_as(X))
    wide = X[..., None].expand(4, 3, 2)
    with pytest.raises(fl.ShapeError, match=r"for one per row pass weight\[:, None, None\]$"):
        functional.binary_cross_entropy(wide.sigmoid(), wide.sigmoid(), weight=rows)
    functional.binary_cross_entropy(wide.sigmoid(), wide.sigmoid(), weight=rows[:, None, None])


def test_without_torch():
    code = "import sys; sys.modules['torch'] = None; import fastloss.torch"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 1
    assert 'pip install "torch>=2.4"' in result.stderr


def test_the_package_itself_does_not_import_torch():
    code = "import sys, fastloss; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
