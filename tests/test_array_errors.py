"""Arrays that are masked, hold objects or names, or hold nothing: taken, or told what to do."""

import re

import fastloss as fl
import numpy as np
import pytest

from tests import cases
from tests.outcomes import arrays_of

CASES = cases.plain_cases()
LEAD = (4, cases.CLASSES)


class Wrapped:
    """An array of another library that is masked when NumPy reads it."""

    def __init__(self, masked):
        self.masked = masked

    def __array__(self, dtype=None, copy=None):
        return self.masked


def test_masks_inside_lists_are_not_stripped():
    masked = np.ma.array([1.0, 2.0], mask=[False, True])
    for wrong in ([masked, masked], (masked,), [[np.ma.masked, 1.0], [2.0, 3.0]]):
        with pytest.raises(fl.DTypeError, match=r"^MeanSquaredError: pred holds masked elements"):
            fl.MeanSquaredError()(wrong, np.ones((2, 2)))
    with pytest.raises(fl.DTypeError, match=r"^MeanSquaredError: pred is a masked array"):
        fl.MeanSquaredError()(Wrapped(masked), np.ones((2, 2)))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_masked_array_without_a_masked_element_is_an_array(case):
    inputs = cases.draw(case, LEAD)
    weight = cases.weights(LEAD)
    wanted = case.loss.value_and_grad(*inputs, sample_weight=weight)
    for mask in (np.ma.nomask, False):
        masked = [np.ma.array(x, mask=mask) for x in (*inputs, weight)]
        found = case.loss.value_and_grad(*masked[:-1], sample_weight=masked[-1])
        for x, y in zip(arrays_of(found), arrays_of(wanted), strict=True):
            assert type(x) is type(y)
            np.testing.assert_array_equal(x, y)


def advised(loss, inputs, place, name, **options):
    """Return the value by what the error says to do about the masked input at this place."""
    with pytest.raises(fl.DTypeError) as caught:
        loss(*inputs, **options)
    advice = str(caught.value).rpartition("; ")[2]
    found = re.fullmatch(r"pass (.+) with sample_weight=(.+?)(, where (.+))?", advice)
    names = {"loss": loss, "np": np, name: inputs[place]}
    if found[4]:
        exec(found[4], names)
    given = [*inputs[:place], eval(found[1], names), *inputs[place + 1 :]]
    return loss(*given, sample_weight=eval(found[2], names))


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("kind", [np.asanyarray, list, Wrapped], ids=["array", "list", "wrapped"])
def test_what_a_masked_array_is_told_to_do_leaves_out_what_is_masked(case, kind):
    inputs = cases.draw(case, LEAD)
    terms = case.loss(*inputs, reduction="none").shape
    draws = cases.random("masks")
    for place, name in enumerate(case.row["inputs"]):
        x = inputs[place]
        mask = draws.random(x.shape) < 0.1
        mask[-1] = False
        mask.flat[0] = True
        out_of_range = np.where(mask, -7, x).astype(x.dtype)
        masked = kind(np.ma.array(out_of_range, mask=mask))
        keep = ~(mask if x.shape == terms else mask.any(axis=case.option("axis", -1)))
        assert keep.shape == terms
        assert keep.any()
        given = [*inputs[:place], masked, *inputs[place + 1 :]]
        found = advised(case.loss, given, place, name)
        assert found == case.loss(*inputs, sample_weight=keep)


def test_masked_labels_shares_times_and_weights():
    logits, labels = np.eye(3), np.ma.masked_equal([0, -1, 2], -1)
    loss = fl.SparseCategoricalCrossEntropy(from_logits=True)
    wanted = loss(logits[[0, 2]], [0, 2])
    for kind in (np.asanyarray, list, lambda x: x.astype("i1")):
        assert advised(loss, [logits, kind(labels)], 1, "target") == pytest.approx(wanted)
    loss = fl.NegativeLogLikelihood()
    shares = np.ma.masked_less(np.where(np.eye(3)[::-1] > 0, -1.0, 0.5), 0)
    shares.mask[1:] = False
    assert advised(loss, [logits, abs(shares)], 1, "target") == loss(
        logits, abs(shares.data), sample_weight=[0, 1, 1]
    )
    loss = fl.AcceleratedFailureTime()
    for dtype in (np.int64, np.float32):
        upper = np.ma.array([1, 2, 5], dtype, mask=[False, True, False])
        found = advised(loss, [np.zeros(3), [1, 4, 2], upper], 2, "upper")
        assert found == loss([0.0, 0.0], [1, 2], [1, 5])
    loss, target = fl.MeanSquaredError(), np.zeros(3)
    pred = [1.0, np.ma.masked, 2.0]
    assert advised(loss, [pred, target], 0, "pred") == 2.5
    weight = np.ma.array([1.0, 5.0, 2.0], mask=[False, True, False])
    with pytest.raises(fl.DTypeError, match=r"; sample_weight\.filled\(0\) leaves out") as caught:
        loss([1.0, 2.0, 3.0], target, sample_weight=weight)
    assert "MeanSquaredError: sample_weight is a masked array" in str(caught.value)
    assert loss([1.0, 2.0, 3.0], target, sample_weight=weight.filled(0)) == 19 / 3
    with pytest.raises(fl.DTypeError, match=r"labels\.compressed\(\) leaves out"):
        fl.balanced_class_weight(labels, 3)
    assert fl.balanced_class_weight(np.ma.array([0, 9, 1], mask=[0, 1, 0]).compressed(), 2).all()


def test_labels_that_are_objects_or_names_are_told_that_labels_are_integers():
    loss, pred = fl.SparseCategoricalCrossEntropy(), np.full((3, 2), 0.5)
    names = np.array(["cat", "dog", "cat"])
    for wrong in (np.array([0, 1, 0], object), names, names.astype(object), ["cat", "dog", "cat"]):
        with pytest.raises(fl.DTypeError, match="wanted: integer class labels") as caught:
            loss(pred, wrong)
        assert "real" not in str(caught.value)
    with pytest.raises(fl.DTypeError, match=r"np\.unique\(names, return_inverse=True\)\[1\]"):
        loss(pred, names)
    assert loss(pred, np.unique(names, return_inverse=True)[1]) == np.log(2)
    for missing in ([0, None, 1], np.array([0, None, 1], object)):
        with pytest.raises(fl.DTypeError, match="holds None or NA, wanted: integer class labels"):
            loss(pred, missing)


def test_an_empty_list_holds_no_labels():
    loss = fl.SparseCategoricalCrossEntropy()
    assert loss(np.zeros((0, 3)), [], reduction="sum") == 0.0
    with pytest.raises(fl.DTypeError):
        loss(np.zeros((0, 3)), np.zeros(0))
