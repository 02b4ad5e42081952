"""What a message says is wanted: ranges in one way of writing, and outputs by what is wrong."""

import fastloss as fl
import numpy as np
import pytest


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: fl.MultiMargin(p=2.0), "p is 2.0, wanted: an integer in [1, 2]"),
        (lambda: fl.MultiMargin(p=1e300), "p is 1e+300, wanted: an integer in [1, 2]"),
        (lambda: fl.MultiMargin(p=3), "p is 3, wanted: an integer in [1, 2]"),
        (lambda: fl.MultiMargin(p="2"), "p is '2', wanted: an integer in [1, 2]"),
        (
            lambda: fl.MultiMargin(ignore_index=1.0),
            "ignore_index is 1.0, wanted: an integer or None",
        ),
        (lambda: fl.BinaryFocal(alpha=1.5), "alpha is 1.5, wanted: a number in [0, 1] or None"),
        (lambda: fl.BinaryFocal(alpha="a"), "alpha is 'a', wanted: a number in [0, 1] or None"),
        (lambda: fl.BinaryCrossEntropy(eps=0.5), "eps is 0.5, wanted: a number in [0, 0.5)"),
        (lambda: fl.Huber(delta=2 - 3.0), "delta is -1, wanted: a finite number > 0"),
        (
            lambda: fl.CategoricalFocal(alpha=[]),
            "alpha is empty, wanted: one or more numbers in [0, 1] or None",
        ),
        (
            lambda: fl.CategoricalFocal(alpha=[1, 2]),
            "alpha[1] is 2, wanted: numbers in [0, 1] or None",
        ),
        (
            lambda: fl.CategoricalFocal(alpha="a"),
            "alpha is 'a', wanted: one or more numbers in [0, 1], a dict {class: number} or None",
        ),
        (
            lambda: fl.BinaryCrossEntropy(pos_weight=-1),
            "pos_weight is -1, wanted: a finite number >= 0 or one per last axis",
        ),
    ],
)
def test_what_is_wanted_is_told_in_one_way(make, words):
    with pytest.raises(fl.ParameterError) as caught:
        make()
    assert str(caught.value).partition(": ")[2] == words


def test_an_output_of_the_other_byte_order_or_masked_is_told_so():
    loss, target = fl.MeanSquaredError(), np.zeros(2)
    for pred in (np.ones(2, ">f8"), np.ones(2)):
        with pytest.raises(fl.DTypeError) as caught:
            loss.grad(pred, target, out=np.empty(2, ">f8"))
        assert str(caught.value) == (
            "MeanSquaredError: out has dtype >f8, wanted: the byte order of this machine"
        )
        native = np.empty(2)
        assert loss.grad(pred, target, out=native) is native
        for mask in (False, [True, False]):
            with pytest.raises(fl.DTypeError) as caught:
                loss.grad(pred, target, out=np.ma.array(np.empty(2), mask=mask))
            assert str(caught.value) == (
                "MeanSquaredError: out is a masked array, wanted: a plain one, such as its data"
            )
