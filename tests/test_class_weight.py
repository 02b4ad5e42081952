"""Class weights by class, and those that balance."""

import re

import fastloss as fl
import numpy as np
import pytest

LOGITS = np.random.default_rng(0).normal(size=(12, 3))
LABELS = np.array([0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2])
OF_CLASSES = ("SparseCategoricalCrossEntropy", "CategoricalCrossEntropy", "CategoricalFocal")
classes = pytest.mark.parametrize("name", OF_CLASSES)


@classes
@pytest.mark.parametrize(
    ("given", "vector"),
    [
        ({0: 1.0, 1: 2.0, 2: 0.5}, (1.0, 2.0, 0.5)),
        ({2: 0.5, 0: 1, 1: 2}, (1.0, 2.0, 0.5)),
        ({2: 3.0}, (1.0, 1.0, 3.0)),
        ({0: 0, 2: 3.0}, (0.0, 1.0, 3.0)),
        ({np.int64(1): np.float32(0.25), np.uint8(2): 1}, (1.0, 0.25, 1.0)),
        ({False: 1.0, True: 5.0}, (1.0, 5.0)),
    ],
    ids=str,
)
def test_a_dict_is_the_vector_with_1_where_it_names_no_class(name, given, vector):
    kind = getattr(fl, name)
    loss = kind(class_weight=given)
    assert loss.class_weight == vector
    assert loss == kind(class_weight=vector)
    assert eval(repr(loss), vars(fl)) == loss
    assert fl.get(kind.name, class_weight=given) == loss


def test_a_dict_weighs_what_the_vector_weighs():
    given = fl.SparseCategoricalCrossEntropy(from_logits=True, class_weight={2: 3.0, 0: 0.5})
    vector = fl.SparseCategoricalCrossEntropy(from_logits=True, class_weight=[0.5, 1.0, 3.0])
    assert given(LOGITS, LABELS) == vector(LOGITS, LABELS)


@pytest.mark.parametrize("name", ["class_weight", "alpha"])
def test_a_dict_that_does_not_name_the_last_class_is_told_to(name):
    message = (
        rf"^CategoricalFocal: {name} has (2 entries|1 entry), pred has 3 classes, wanted: one per "
        r"class; a dict names the last, too, here ({2: 1\.0})$"
    )
    target = np.eye(3)[LABELS]
    for given in ({1: 0.5}, {0: 0.5}, [0.5]):
        loss = fl.CategoricalFocal(from_logits=True, **{name: given})
        with pytest.raises(fl.ShapeError, match=message) as caught:
            loss(LOGITS, target)
        if isinstance(given, dict):
            last = eval(re.search(message, str(caught.value))[2])
            whole = fl.CategoricalFocal(from_logits=True, **{name: {**given, **last}})
            vector = [given.get(k, 1.0) for k in range(3)]
            assert whole(LOGITS, target) == fl.CategoricalFocal(from_logits=True, **{name: vector})(
                LOGITS, target
            )
    with pytest.raises(fl.ShapeError, match=f"{name} has 4 entries, pred has 3 classes$"):
        fl.CategoricalFocal(from_logits=True, **{name: {3: 1.0}})(LOGITS, target)


def test_factors_by_class():
    for kind in (fl.CategoricalFocal, fl.SparseCategoricalFocal):
        assert kind(alpha={2: 0.25, 0: 0.5}) == kind(alpha=[0.5, 1.0, 0.25])
        with pytest.raises(fl.ParameterError, match=r"alpha\[1\] is 2, wanted: numbers in \[0, "):
            kind(alpha={1: 2.0})
        with pytest.raises(fl.ParameterError, match="alpha has the key -1, wanted: a class"):
            kind(alpha={-1: 1.0})


@classes
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "class_weight is empty"),
        ({-1: 1.0}, "class_weight has the key -1, wanted: a class"),
        ({"cat": 1.0}, "class_weight has the key 'cat', wanted: a class"),
        ({0.0: 1.0}, r"class_weight has the key 0\.0, wanted: a class"),
        ({None: 1.0}, "class_weight has the key None, wanted: a class"),
        ({2**24: 1.0}, "class_weight has the key 16777216, wanted: a class"),
        ({2**70: 1.0}, "class_weight has the key 1180591620717411303424, wanted: a class"),
        ({0: 1.0, 1: -2.0}, r"class_weight\[1\] is -2, wanted: finite numbers >= 0"),
        ({0: np.nan}, r"class_weight\[0\] is nan, wanted"),
        ({0: "1"}, "class_weight is '1', wanted"),
        ({0: [1.0]}, r"class_weight is {0: \[1\.0\]}, wanted"),
        ({0: None}, "class_weight is {0: None}, wanted"),
        ("balanced", r"class_weight is 'balanced', .*fastloss\.balanced_class_weight\(labels"),
    ],
    ids=str,
)
def test_what_is_no_weight_of_a_class(name, given, words):
    with pytest.raises(fl.ParameterError, match=f"^{name}: {words}"):
        getattr(fl, name)(class_weight=given)


def test_balanced_weights_are_those_of_their_formula():
    weight = fl.balanced_class_weight(LABELS, 3)
    np.testing.assert_array_equal(weight, [12 / (3 * 7), 12 / (3 * 3), 12 / (3 * 2)])
    assert weight.dtype == np.float64
    assert weight[LABELS].sum() == pytest.approx(12, rel=1e-15)
    given = fl.SparseCategoricalCrossEntropy(from_logits=True, class_weight=weight)
    plain = fl.SparseCategoricalCrossEntropy(from_logits=True)
    places = [np.flatnonzero(np.equal(LABELS, k)) for k in range(3)]
    by_class = [plain(LOGITS[place], LABELS[place]) for place in places]
    assert given(LOGITS, LABELS) == pytest.approx(np.mean(by_class), rel=1e-14)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.uint64, np.dtype(">i4")])
def test_balanced_weights_of_any_integers(dtype):
    wanted = fl.balanced_class_weight(LABELS, 3)
    assert np.array_equal(fl.balanced_class_weight(LABELS.astype(dtype).reshape(3, 4), 3), wanted)
    assert np.array_equal(fl.balanced_class_weight(LABELS.tolist(), np.int32(3)), wanted)
    assert fl.balanced_class_weight([True, False, False, True], 2).tolist() == [1.0, 1.0]
    assert fl.balanced_class_weight([0], 1).tolist() == [1.0]


def test_scikit_learn_has_the_same_weights():
    sklearn = pytest.importorskip("sklearn.utils.class_weight", reason="needs scikit-learn")
    theirs = sklearn.compute_class_weight("balanced", classes=np.arange(3), y=LABELS)
    np.testing.assert_array_equal(fl.balanced_class_weight(LABELS, 3), theirs)


@pytest.mark.parametrize(
    ("labels", "n", "error", "words"),
    [
        ([0, 1, 3], 3, fl.LabelError, r"labels\[2\] is 3, there are 3 classes"),
        ([[0, -1], [2, 5]], 3, fl.LabelError, r"labels\[0, 1\] is -1, there are 3 classes"),
        (
            np.array([0, 2**64 - 1], np.uint64),
            3,
            fl.LabelError,
            r"labels\[1\] is 18446744073709551615",
        ),
        ([0, 2], 3, fl.ParameterError, "class 1 of 3 has no label"),
        ([], 2, fl.ParameterError, "class 0 of 2 has no label"),
        ([True, True], 2, fl.ParameterError, "class 0 of 2 has no label"),
        ([True], 1, fl.LabelError, r"labels\[0\] is True, there are 1 classes"),
        ([0.0, 1.0], 2, fl.DTypeError, "labels has dtype float64, wanted: integer class labels"),
        (["a", "b"], 2, fl.DTypeError, "labels has dtype <U1, wanted: integer class labels"),
        (np.ma.array([0, 1], mask=[0, 1]), 2, fl.DTypeError, "labels is a masked array"),
        ([0, 1], 0, fl.ParameterError, "n_classes is 0, wanted: an integer >= 1"),
        ([0, 1], 2.0, fl.ParameterError, r"n_classes is 2\.0, wanted"),
        ([0, 1], True, fl.ParameterError, "n_classes is True, wanted"),
        ([0, 1], None, fl.ParameterError, "n_classes is None, wanted"),
    ],
)
def test_labels_that_cannot_be_balanced(labels, n, error, words):
    with pytest.raises(error, match=f"^balanced_class_weight: {words}"):
        fl.balanced_class_weight(labels, n)


def test_a_vector_of_several_axes_is_told_by_its_shape():
    for wrong in (np.ones((3, 1, 1)), np.ones((1, 3))):
        shape = rf"has shape \({', '.join(map(str, wrong.shape))}\), wanted: "
        with pytest.raises(fl.ParameterError, match=f"pos_weight {shape}a number >= 0 or one per"):
            fl.BinaryCrossEntropy(pos_weight=wrong)
        with pytest.raises(fl.ParameterError, match=f"class_weight {shape}one or more finite"):
            fl.CategoricalCrossEntropy(class_weight=wrong)
    with pytest.raises(fl.ParameterError, match=r"pos_weight is \[\[1\.0\], \[2\.0\]\], wanted"):
        fl.BinaryCrossEntropy(pos_weight=[[1.0], [2.0]])
