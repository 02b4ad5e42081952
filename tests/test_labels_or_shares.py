"""Losses whose target is class labels or a share for every class, told apart by its axes."""

import fastloss as fl
import numpy as np
import pytest

from tests import cases, reference
from tests.outcomes import everything

EITHER = [c for c in cases.cases() if c.row["arguments"][-1]["dense"]]


def one_hot(case, labels, classes):
    rows = reference.one_hot(labels, classes)
    return np.moveaxis(rows, -1, case.option("axis", -1))


@pytest.mark.parametrize("case", [c for c in EITHER if c.option("ignore_index") is None], ids=str)
def test_labels_are_shares_of_one_class(case):
    for dtype in (np.float32, np.float64):
        for lead in ((7,), (4, 3), ()):
            pred, labels = cases.draw(case, lead, dtype=dtype)
            shares = one_hot(case, labels, cases.CLASSES)
            wanted = everything(case.loss, [pred, labels])
            for kind in (np.float64, np.float32, np.float16, np.int8, np.bool_):
                found = everything(case.loss, [pred, shares.astype(kind)])
                for key, arrays in wanted.items():
                    for x, y in zip(arrays, found[key], strict=True):
                        np.testing.assert_array_equal(x, y, err_msg=key)


@pytest.mark.parametrize("case", [c for c in EITHER if c.option("ignore_index") is None], ids=str)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_shares_are_what_the_reference_says(case, reduction):
    pred, _ = cases.draw(case, (6, 4))
    shares = cases.shares(cases.random("shares").normal(0, 1, (6, 4, cases.CLASSES)))
    shares[1:3, :, 2] = 0
    shares = np.moveaxis(shares, -1, case.option("axis", -1))
    weight = cases.weights((6, 4))
    found = case.loss(pred, shares, sample_weight=weight, reduction=reduction)
    wanted = reference.value(case.loss, pred, shares, sample_weight=weight, reduction=reduction)
    # 1e-13: the reference adds 24 terms in plain float64.
    np.testing.assert_allclose(found, wanted, rtol=1e-13, atol=0)


@pytest.mark.parametrize("case", [c for c in EITHER if not c.params], ids=str)
@pytest.mark.parametrize("ignored", [0, -100])
def test_shares_have_no_index_to_ignore(case, ignored):
    pred, labels = cases.draw(case, (4, 3))
    loss = type(case.loss)(**{**case.loss.params, "ignore_index": ignored})
    message = rf"ignore_index is {ignored}, but target has a share for every class, wanted: class"
    for call in (loss, loss.value_and_grad, loss.grad_and_hess, loss.stream().update):
        with pytest.raises(fl.ParameterError, match=f"^{type(loss).__name__}: {message}"):
            call(pred, np.full(pred.shape, 0.2))
    assert loss(pred, np.full_like(labels, ignored), reduction="sum") == 0.0


@pytest.mark.parametrize("case", [c for c in EITHER if not c.params], ids=str)
def test_what_fits_neither_is_refused(case):
    pred, labels = cases.draw(case, (4, 3))
    shares = np.full(pred.shape, 0.2)
    with pytest.raises(fl.DTypeError, match="target has dtype float64, wanted: integer class lab"):
        case.loss(pred, labels.astype(float))
    with pytest.raises(fl.ShapeError, match=r"target has shape \(3, 4\)"):
        case.loss(pred, labels.T)
    with pytest.raises(fl.ShapeError, match=r"target has shape \(4, 3, 4\)"):
        case.loss(pred, shares[..., :4])
    for bad in (-0.5, np.inf):
        shares[2, 1, 3] = bad
        with pytest.raises(fl.DomainError, match=r"target\[2, 1, 3\] is (-0.5|inf), wanted"):
            case.loss(pred, shares)
