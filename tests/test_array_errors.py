"""Arrays that are masked, hold objects or names, or hold nothing: taken, or told what to do."""

import re

import fastloss as fl
import numpy as np
import pytest

from tests import cases
from tests.outcomes import arrays_of

CASES = cases.plain_cases()
LEAD = (4, cases.CLASSES)


def test_masks_inside_lists_are_not_stripped():
    masked = np.ma.array([1.0, 2.0], mask=[False, True])

    class Wrapped:
        def __array__(self, dtype=None, copy=None):
            return masked

    for wrong in ([masked, masked], (masked,), Wrapped()):
        with pytest.raises(fl.DTypeError, match=r"^MeanSquaredError: pred is a masked array"):
            fl.MeanSquaredError()(wrong, np.ones((2, 2)))


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


def test_what_a_masked_array_is_told_to_do_leaves_out_what_is_masked():
    loss, target = fl.MeanSquaredError(), np.zeros(3)
    pred = np.ma.array([1.0, 5.0, 2.0], mask=[False, True, False])
    with pytest.raises(fl.DTypeError) as caught:
        loss(pred, target)
    data, weight = re.search(
        r"pass (pred\S+) with sample_weight=(\S+)$", str(caught.value)
    ).groups()
    names = {"pred": pred}
    assert loss(eval(data, names), target, sample_weight=eval(weight, names)) == 2.5
    with pytest.raises(fl.DTypeError, match=r"sample_weight\.filled\(0\)"):
        loss(target, target, sample_weight=pred)


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
