"""fastloss.torch gives the numbers of torch.nn.functional, argument for argument."""

import doctest
import itertools
import pickle
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is not installed")

import fastloss as fl  # noqa: E402
import fastloss.torch as ft  # noqa: E402
import torch.nn.functional as theirs  # noqa: E402
from fastloss.torch import functional as ours  # noqa: E402

from tests.interop.pages import run_page  # noqa: E402
from tests.interop.torch_functions import (  # noqa: E402
    CLOSE,
    HARD,
    LABELS,
    LOGITS,
    PROBABILITIES,
    REDUCTIONS,
    SOFT,
    VECTORS,
    WEIGHTS,
    compare,
)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "huber_loss"])
@pytest.mark.parametrize("weighted", [False, True])
def test_regression(name, reduction, weighted):
    weight = {"weight": HARD + 0.5} if weighted else {}
    compare(name, (LOGITS, SOFT), reduction=reduction, **weight)
    compare(name, (LOGITS.T[::2], SOFT.T[::2]), reduction=reduction)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("delta", [0.1, 1.0, 7.5])
def test_huber_delta(reduction, delta):
    compare("huber_loss", (LOGITS, SOFT), reduction=reduction, delta=delta)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("target", [HARD, SOFT], ids=["hard", "soft"])
@pytest.mark.parametrize("weight", [None, WEIGHTS, WEIGHTS[:1], SOFT], ids=str)
def test_binary_cross_entropy(reduction, target, weight):
    compare("binary_cross_entropy", (PROBABILITIES, target), weight=weight, reduction=reduction)
    compare(
        "binary_cross_entropy_with_logits", (LOGITS, target), weight=weight, reduction=reduction
    )


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(
    "shape", [(), (1,), (10,), (1, 10), (96, 1), (96, 10)], ids=lambda shape: f"{shape}"
)
@pytest.mark.parametrize("weight", [None, SOFT], ids=["", "weight"])
def test_pos_weight_of_any_shape(reduction, shape, weight):
    pos_weight = (SOFT * 3).flatten()[: int(np.prod(shape))].reshape(shape)
    compare(
        "binary_cross_entropy_with_logits",
        (LOGITS, SOFT),
        weight=weight,
        pos_weight=pos_weight,
        reduction=reduction,
    )


def test_pos_weight_of_channels():
    images = LOGITS.reshape(8, 3, 4, 10)
    compare(
        "binary_cross_entropy_with_logits",
        (images, HARD.reshape(8, 3, 4, 10)),
        pos_weight=WEIGHTS[:3].reshape(3, 1, 1),
        reduction="none",
    )


CLASSES = list(itertools.product(REDUCTIONS, [None, WEIGHTS], [0.0, 0.1, 1.0]))
classes = pytest.mark.parametrize(
    ("reduction", "weight", "label_smoothing"),
    CLASSES,
    ids=[f"{r}-{'w' if w is not None else ''}-{s}" for r, w, s in CLASSES],
)


@classes
@pytest.mark.parametrize("ignore_index", [-100, 3, 255])
def test_cross_entropy_of_indices(reduction, weight, label_smoothing, ignore_index):
    options = dict(
        weight=weight,
        reduction=reduction,
        label_smoothing=label_smoothing,
        ignore_index=ignore_index,
    )
    target = LABELS.clone()
    target[::5] = ignore_index
    compare("cross_entropy", (LOGITS, target), **options)
    images = LOGITS.reshape(8, 12, 10).movedim(-1, 1)  # (N, C, d)
    compare("cross_entropy", (images, target.reshape(8, 12)), **options)
    compare("cross_entropy", (images.unflatten(2, (3, 4)), target.reshape(8, 3, 4)), **options)
    compare("cross_entropy", (LOGITS[1], target[1]), **options)  # (C,)


@classes
def test_cross_entropy_of_probabilities(reduction, weight, label_smoothing):
    options = dict(weight=weight, reduction=reduction, label_smoothing=label_smoothing)
    compare("cross_entropy", (LOGITS, SOFT), **options)
    images = LOGITS.reshape(8, 12, 10).movedim(-1, 1)
    compare("cross_entropy", (images, SOFT.reshape(8, 12, 10).movedim(-1, 1)), **options)
    compare("cross_entropy", (LOGITS[1], SOFT[1]), **options)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_nothing_to_count(reduction):
    compare("cross_entropy", (LOGITS, torch.full((96,), -100)), reduction=reduction)
    for name in ("mse_loss", "huber_loss", "binary_cross_entropy"):
        compare(name, (torch.empty(0, 3).double(), torch.empty(0, 3).double()), reduction=reduction)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("p", [1.0, 2.0, 3.5])
@pytest.mark.parametrize("margin", [0.3, 2.0])
def test_triplets(reduction, p, margin):
    three = VECTORS.split(50)
    for inputs in (three, (three[1], three[0], three[2]), tuple(x[0] for x in three)):
        # With eps the differences are rounded after other sums: one more rounding of the anchor.
        compare("triplet_margin_loss", inputs, 3, p=p, margin=margin, reduction=reduction)
    compare("triplet_margin_loss", three, 3, p=p, swap=True, eps=0.0, reduction=reduction)
    compare("triplet_margin_loss", (three[0], three[1][:1], three[2]), 3, reduction=reduction)


def test_swap_compares_a_distance_without_eps():
    three = VECTORS.split(50)
    found = ours.triplet_margin_loss(*three, swap=True, reduction="none")
    expected = theirs.triplet_margin_loss(*three, swap=True, reduction="none")
    # Four features, each 1e-6 longer: no distance moves by more than 2e-6.
    torch.testing.assert_close(found, expected, rtol=0, atol=2.1e-6)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("alpha", [0.25, 0.6, -1.0])
@pytest.mark.parametrize("gamma", [0.0, 1.5, 2.0])
def test_focal_loss_of_torchvision(reduction, alpha, gamma):
    z = LOGITS.clone().requires_grad_()
    p = torch.sigmoid(z)
    p_t = p * HARD + (1 - p) * (1 - HARD)
    expected = theirs.binary_cross_entropy_with_logits(z, HARD, reduction="none")
    expected = expected * (1 - p_t) ** gamma
    if alpha >= 0:
        expected = expected * (alpha * HARD + (1 - alpha) * (1 - HARD))
    expected = expected if reduction == "none" else getattr(expected, reduction)()
    found = ours.sigmoid_focal_loss(z, HARD, alpha, gamma, reduction)
    # 1 - p_t, formed by subtraction, has lost digits where p_t is near 1.
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-13)
    grads = [torch.autograd.grad(x.sum(), z)[0] for x in (found, expected)]
    torch.testing.assert_close(*grads, rtol=1e-9, atol=1e-13)


def test_saturated_probabilities_cost_100_and_pass_no_infinity_on():
    p = torch.tensor([0.0, 1.0, 0.0, 1.0], requires_grad=True)
    t = torch.tensor([1.0, 0.0, 0.0, 1.0])
    found = ours.binary_cross_entropy(p, t, reduction="none")
    torch.testing.assert_close(
        found, theirs.binary_cross_entropy(p, t, reduction="none"), rtol=1e-7, atol=1e-40
    )
    assert not torch.autograd.grad(found.sum(), p)[0].any()


MODULES = [
    ("MSELoss", {}, (LOGITS, SOFT)),
    ("L1Loss", {"reduction": "sum"}, (LOGITS, SOFT)),
    ("HuberLoss", {"reduction": "none", "delta": 0.5}, (LOGITS, SOFT)),
    ("BCELoss", {"weight": WEIGHTS}, (PROBABILITIES, SOFT)),
    ("BCEWithLogitsLoss", {"pos_weight": WEIGHTS}, (LOGITS, SOFT)),
    (
        "CrossEntropyLoss",
        {"weight": WEIGHTS, "ignore_index": 2, "label_smoothing": 0.2},
        (LOGITS, LABELS),
    ),
    ("NLLLoss", {"weight": WEIGHTS, "ignore_index": 2}, (LOGITS, LABELS)),
    ("MultiMarginLoss", {"p": 2, "margin": 0.5, "weight": WEIGHTS}, (LOGITS, LABELS)),
    ("MultiLabelSoftMarginLoss", {"weight": WEIGHTS}, (LOGITS, SOFT)),
    ("GaussianNLLLoss", {"full": True, "eps": 0.1}, (LOGITS, SOFT, SOFT[:, :1])),
    ("PoissonNLLLoss", {"reduction": "sum"}, (LOGITS, SOFT)),
    ("KLDivLoss", {"reduction": "batchmean", "log_target": True}, (LOGITS, LOGITS - SOFT)),
    (
        "CosineEmbeddingLoss",
        {"margin": 0.9},
        (VECTORS[:50], VECTORS[:50, [1, 0, 3, 2]], torch.arange(50) % 2 * 2 - 1),
    ),
    (
        "TripletMarginLoss",
        {"margin": 0.5, "p": 1.0},
        VECTORS.split(50),
    ),
]


@pytest.mark.parametrize(("name", "arguments", "inputs"), MODULES, ids=[m[0] for m in MODULES])
def test_modules_are_those_of_torch(name, arguments, inputs):
    original, module = getattr(torch.nn, name)(**arguments), getattr(ft, name)(**arguments)
    assert isinstance(module, type(original))
    torch.testing.assert_close(module(*inputs), original(*inputs), **CLOSE)
    again = pickle.loads(pickle.dumps(module))
    assert torch.equal(again(*inputs), module(*inputs))
    module.load_state_dict(original.state_dict())
    assert list(module.state_dict()) == list(original.state_dict())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_shorter_types_are_rounded_once(dtype):
    x, soft = LOGITS.to(dtype), SOFT.to(dtype)
    eps = torch.finfo(dtype).eps
    for name, target in (
        ("mse_loss", soft),
        ("binary_cross_entropy_with_logits", soft),
        ("cross_entropy", LABELS),
    ):
        found_x = x.clone().requires_grad_()
        found = getattr(ours, name)(found_x, target, reduction="sum")
        exact_x = x.double().requires_grad_()
        wide = target.double() if target.is_floating_point() else target
        exact = getattr(theirs, name)(exact_x, wide, reduction="sum")
        found.backward()
        exact.backward()
        assert found.dtype == found_x.grad.dtype == dtype
        # Half an ULP of rounding, and up to 4 of the computation in float32.
        allowed = {"rtol": eps if dtype != torch.float32 else 4 * eps, "atol": 0}
        torch.testing.assert_close(found.double(), exact, **allowed)
        if dtype != torch.float16:  # of which small gradients are subnormal
            torch.testing.assert_close(
                found_x.grad.double(), exact_x.grad, rtol=4 * eps, atol=1e-13
            )


def test_broadcast_warns_as_torch_does():
    with pytest.warns(UserWarning, match="ensure they have the same size"):
        found = ours.mse_loss(LOGITS[:, :1], LOGITS[:, 0])
    with pytest.warns(UserWarning, match="ensure they have the same size"):
        expected = theirs.mse_loss(LOGITS[:, :1], LOGITS[:, 0])
    torch.testing.assert_close(found, expected, **CLOSE)


def test_the_page_runs():
    page = run_page("torch")
    assert page["accuracy"] > 0.95
    assert page["value"].shape == ()
    assert page["gradient"].shape == page["anchors"].shape
    assert isinstance(page["module"].loss, fl.Contrastive)


def test_the_examples_of_the_docstrings():
    count = 0
    for name in sorted(sys.modules):
        if name.startswith("fastloss.torch"):
            result = doctest.testmod(sys.modules[name])
            assert result.failed == 0, name
            count += result.attempted
    assert count > 30
