"""Bad input to fastloss.torch: what is refused, in which words, and as which errors."""

import subprocess
import sys

import fastloss as fl
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")

import fastloss.torch as ft  # noqa: E402
from fastloss.torch import functional  # noqa: E402

X = torch.randn(4, 3)
T = torch.rand(4, 3)
LABELS = torch.tensor([0, 1, 2, 0])
THREE = (X, T, X + 1)
CALLS = {
    "mse_loss": (X, T),
    "l1_loss": (X, T),
    "huber_loss": (X, T),
    "binary_cross_entropy": (T, T),
    "binary_cross_entropy_with_logits": (X, T),
    "cross_entropy": (X, LABELS),
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
    if name == "triplet_margin_loss":
        return
    pred, target = CALLS[name]
    target = (target if target.is_floating_point() else torch.rand(4, 3)).clone().requires_grad_()
    with pytest.raises(fl.DTypeError, match=r"targets? requires grad.*targets?\.detach"):
        getattr(functional, name)(pred, target)
    with torch.no_grad():
        getattr(functional, name)(pred, target)


@calls
def test_reductions(name):
    with pytest.raises(ValueError, match="'average', wanted: 'mean', 'sum' or 'none'"):
        getattr(functional, name)(*CALLS[name], reduction="average")


@pytest.mark.parametrize("name", [n for n in CALLS if n[:5] not in ("huber", "sigmo")])
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
        (RuntimeError, r"pred.*\[0, 1\]", lambda: functional.binary_cross_entropy(T + 1, T)),
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
        (ValueError, "greater than 0", lambda: functional.triplet_margin_loss(*THREE, margin=0)),
        (ValueError, "greater than 0", lambda: ft.TripletMarginLoss(margin=0)),
        (RuntimeError, "axes", lambda: functional.triplet_margin_loss(X, X[0], X)),
        (ValueError, "p is 0.5", lambda: functional.triplet_margin_loss(*THREE, p=0.5)),
        (RuntimeError, "delta", lambda: functional.huber_loss(X, T, delta=0.0)),
        (RuntimeError, "weight", lambda: functional.mse_loss(X, T, weight=T[0])),
        (ValueError, "alpha", lambda: functional.sigmoid_focal_loss(X, T, alpha=1.5)),
        (TypeError, "dtype|pred", lambda: functional.mse_loss(LABELS, LABELS)),
        (ValueError, "takes pred, target, 1 tensors", lambda: ft.Loss("mse")(X)),
        (TypeError, "is a list", lambda: ft.Loss("mse")(X, [0.0])),
        (ValueError, "mse", lambda: ft.Loss("mze")),
        (ValueError, "no parameter", lambda: ft.Loss("huber", detla=1.0)),
        (ValueError, "reduction", lambda: ft.Loss("huber", "average")),
        (ValueError, "wanted: a loss", lambda: ft.Loss(torch.nn.MSELoss())),
    ],
)
def test_errors(error, match, call):
    with pytest.raises(error, match=match) as caught:
        call()
    assert isinstance(caught.value, fl.FastlossError | ValueError)


def test_without_torch():
    code = "import sys; sys.modules['torch'] = None; import fastloss.torch"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 1
    assert 'pip install "torch>=2.4"' in result.stderr


def test_the_package_itself_does_not_import_torch():
    code = "import sys, fastloss; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
