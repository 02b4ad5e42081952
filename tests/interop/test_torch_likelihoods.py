"""fastloss.torch gives PyTorch's likelihoods, margins and cosines, argument for argument."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")
pytest.importorskip("sklearn", reason="scikit-learn is not installed")

import torch.nn.functional as theirs  # noqa: E402
from fastloss.torch import functional as ours  # noqa: E402

from tests.interop.torch_functions import (  # noqa: E402
    CLOSE,
    HARD,
    LABELS,
    LOGITS,
    REDUCTIONS,
    SOFT,
    VECTORS,
    WEIGHTS,
    compare,
)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weight", [None, WEIGHTS], ids=["", "weight"])
def test_negative_log_likelihood(reduction, weight):
    target = LABELS.clone()
    target[::5] = 3
    logs = torch.log_softmax(LOGITS, 1)
    images = logs.reshape(8, 12, 10).movedim(-1, 1).contiguous()
    for ignore_index in (-100, 3):
        options = dict(weight=weight, reduction=reduction, ignore_index=ignore_index)
        compare("nll_loss", (logs, target), **options)
        compare("nll_loss", (images.unflatten(2, (3, 4)), target.reshape(8, 3, 4)), **options)
        compare("nll_loss", (logs[1], target[1]), **options)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weight", [None, WEIGHTS], ids=["", "weight"])
@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("margin", [0.3, 1.0])
def test_multi_margin(reduction, weight, p, margin):
    options = dict(weight=weight, reduction=reduction, p=p, margin=margin)
    compare("multi_margin_loss", (LOGITS, LABELS), **options)
    compare("multi_margin_loss", (LOGITS[1], LABELS[1]), **options)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weight", [None, WEIGHTS], ids=["", "weight"])
@pytest.mark.parametrize("target", [HARD, SOFT, HARD.int()], ids=["hard", "soft", "integers"])
def test_multilabel_soft_margin(reduction, weight, target):
    options = dict(weight=weight, reduction=reduction)
    compare("multilabel_soft_margin_loss", (LOGITS, target), **options)
    compare("multilabel_soft_margin_loss", (LOGITS[1], target[1]), **options)
    blocks = LOGITS.reshape(8, 12, 10), target.reshape(8, 12, 10)  # classes along the last axis
    compare("multilabel_soft_margin_loss", blocks, **options)
    compare("multilabel_soft_margin_loss", (LOGITS.T.clone().T, target), **options)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("shape", [(96, 10), (96, 1), (1, 10), (96,), ()], ids=str)
def test_gaussian_likelihood(reduction, full, shape):
    options = dict(full=full, reduction=reduction)
    if not shape:
        compare("gaussian_nll_loss", (LOGITS, SOFT, 2.5), **options)
        return
    var = (SOFT + 0.01).flatten()[: int(np.prod(shape))].reshape(shape)
    results = []
    for functional in (theirs, ours):
        leaves = LOGITS.clone().requires_grad_(), var.clone().requires_grad_()
        value = functional.gaussian_nll_loss(leaves[0], SOFT, leaves[1], eps=1e-3, **options)
        results.append((value, *torch.autograd.grad(value.sum(), leaves)))
    for expected, found in zip(*results, strict=True):
        torch.testing.assert_close(found, expected, **CLOSE)


def test_a_variance_held_at_eps_has_no_gradient():
    var = torch.tensor([1e-9, 0.5], dtype=torch.float64, requires_grad=True)
    value = ours.gaussian_nll_loss(LOGITS[0, :2], SOFT[0, :2], var, reduction="sum")
    expected = theirs.gaussian_nll_loss(LOGITS[0, :2], SOFT[0, :2], var, reduction="sum")
    torch.testing.assert_close(value, expected, **CLOSE)
    (found,) = torch.autograd.grad(value, var)
    assert found[0] == 0
    assert found[1] != 0


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_poisson_likelihood(reduction):
    counts = LABELS.double()[:, None].expand(96, 10)
    compare("poisson_nll_loss", (LOGITS, counts), reduction=reduction)
    options = dict(reduction=reduction, log_input=False)
    compare("poisson_nll_loss", (SOFT, counts), eps=0.0, **options)
    found = ours.poisson_nll_loss(SOFT, counts, **options)
    expected = theirs.poisson_nll_loss(SOFT, counts, **options)
    # eps, 1e-8, stands in the mean too; there may be 960 of it.
    torch.testing.assert_close(found, expected, rtol=1e-11, atol=1e-5)
    whole = ours.poisson_nll_loss(LOGITS, counts, full=True, reduction="none")
    terms = theirs.poisson_nll_loss(LOGITS, counts, reduction="none") + torch.lgamma(counts + 1)
    torch.testing.assert_close(whole, terms, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("margin", [0.0, 0.9])
def test_cosines(reduction, margin):
    one, two = VECTORS[:100], VECTORS[50:, [1, 0, 3, 2]]  # 1 - cos, where that is not nearly 0
    target = torch.arange(100) % 2 * 2 - 1
    compare("cosine_embedding_loss", (one, two, target), 2, margin=margin, reduction=reduction)
    compare("cosine_embedding_loss", (one, two[:1], target), 2, margin=margin, reduction=reduction)
    compare("cosine_embedding_loss", (one[0], two[0], target[0]), 2, reduction=reduction)


@pytest.mark.parametrize("log_target", [False, True])
@pytest.mark.parametrize("reduction", [*REDUCTIONS, "batchmean"])
@pytest.mark.filterwarnings("ignore:.*divides:UserWarning")
def test_relative_entropy(reduction, log_target):
    target = LOGITS - SOFT if log_target else SOFT
    compare("kl_div", (LOGITS.log_softmax(-1), target), reduction=reduction, log_target=log_target)
    compare("kl_div", (LOGITS[0, 0], target[0, 0]), reduction=reduction, log_target=log_target)


def test_a_share_of_nothing_costs_nothing():
    nothing, never = torch.zeros(2), torch.tensor([-torch.inf, 0.0])
    assert ours.kl_div(never, nothing, reduction="none").tolist() == [0.0, 0.0]
