"""Bad input to a metric, beside what a metric of scikit-learn's own says to it."""

import pickle

import fastloss as fl
import numpy as np
import pytest

sklearn = pytest.importorskip("sklearn", reason="scikit-learn is not installed")

import fastloss.sklearn as door  # noqa: E402
from fastloss.sklearn import metric, scorer  # noqa: E402
from sklearn import metrics  # noqa: E402
from sklearn.datasets import load_breast_cancer  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402

HALVES = np.full((2, 2), 0.5)
NAN, INF = float("nan"), float("inf")
squares = metric("mse"), metrics.mean_squared_error
classes = metric("ce", labels=[0, 1]), metrics.log_loss
probability = metric("bce"), metrics.log_loss


@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")  # theirs, on the way
@pytest.mark.parametrize(
    ("pair", "y_true", "y_pred", "weight", "error", "words"),
    [
        (squares, [0, NAN], [0.0, 1.0], None, fl.DomainError, "Input y_true contains NaN"),
        (squares, [0, 1], [0.0, NAN], None, fl.DomainError, "Input y_pred contains NaN"),
        (squares, [0, 1], [0.0, INF], None, fl.DomainError, "Input y_pred contains infinity"),
        (squares, [0, 1], [0.0, -INF], [1, 0], fl.DomainError, "Input y_pred contains infinity"),
        (squares, [0, 1], [0.0, 1.0], [1, NAN], fl.DomainError, "sample_weight contains NaN"),
        (squares, [0, 1], [0.0, 1.0], [1, INF], fl.DomainError, "sample_weight contains inf"),
        (squares, [0, 1], [0.0, 1.0], [0, 0], fl.DomainError, "no weight other than 0"),
        (squares, [0, 1], [0.0, 1.0], [1, 1, 1], fl.ShapeError, r"sample_weight has shape \(3,"),
        (squares, [0, 1], [0.0, 1.0], [1], fl.ShapeError, r"shape \(1,\), wanted: \(2,\), one per"),
        (
            squares,
            np.eye(2),
            np.eye(2),
            [1],
            fl.ShapeError,
            r"shape \(1,\), wanted: \(2,\), one per",
        ),
        (
            squares,
            np.eye(2),
            np.eye(2),
            np.eye(2),
            fl.ShapeError,
            r"shape \(2, 2\), wanted: \(2,\)",
        ),
        (classes, [0, 1], HALVES, [1], fl.ShapeError, r"shape \(1,\), wanted: \(2,\), one per"),
        (probability, [0, 1], [0.5, 0.5], [1], fl.ShapeError, r"shape \(1,\), wanted: \(2,\), one"),
        (squares, [], [], None, fl.ShapeError, r"y_true has shape \(0,\), a mean needs a sample"),
        (squares, [0, 1, 2], [0.0, 1.0], None, fl.ShapeError, r"\(3,\)"),
        (squares, ["a"], ["b"], None, fl.DTypeError, "dtype <U1"),
        (classes, [0, 1], [[0.5, NAN], [0.5, 0.5]], None, fl.DomainError, "y_pred contains NaN"),
        (classes, [0, 1], HALVES, [0.0, 0.0], fl.DomainError, "no weight other than 0"),
        (classes, [0, 1], [[1.5, 0.5], [0.5, 0.5]], None, fl.DomainError, "is 1.5"),
        (classes, [], np.empty((0, 2)), None, fl.ShapeError, "a mean needs a sample"),
        (classes, [0, 1], HALVES * 1j, None, fl.DTypeError, "complex"),
        (probability, [0, 1], [0.5, -0.5], None, fl.DomainError, "is -0.5"),
        (probability, [NAN, 1], [0.5, 0.5], None, fl.DomainError, "y_true contains NaN"),
    ],
)
def test_what_is_a_value_error_to_scikit_learn_is_one_here(
    pair, y_true, y_pred, weight, error, words
):
    ours, theirs = pair
    with pytest.raises(ValueError):  # noqa: PT011  whatever it says
        theirs(y_true, y_pred, sample_weight=weight)
    with pytest.raises(ValueError, match=words) as caught:
        ours(y_true, y_pred, sample_weight=weight)
    assert isinstance(caught.value, error)


@pytest.mark.parametrize(
    ("ours", "y_true"),
    [
        (metric("ce", labels=[0, 1]), [0, 3]),
        (metric("ce", labels=["a", "b"]), ["a", "c"]),
        (metric("ce"), [0, 3]),
        (metric("ce"), [0, -1]),
    ],
)
def test_a_label_that_is_no_class_is_an_index_error_and_a_value_error(ours, y_true):
    with pytest.raises(ValueError, match="not belonging to the passed labels"):
        metrics.log_loss(y_true, HALVES, labels=ours.labels if ours.labels is not None else [0, 1])
    with pytest.raises(door.LabelError, match="is") as caught:
        ours(y_true, HALVES)
    for kind in (fl.LabelError, fl.FastlossError, IndexError, ValueError):
        assert isinstance(caught.value, kind)
    again = pickle.loads(pickle.dumps(caught.value))  # on its way from a worker
    assert type(again) is door.LabelError
    assert str(again) == str(caught.value)


def test_an_error_of_element_types_is_a_type_error_and_a_value_error():
    with pytest.raises(door.DTypeError, match="labels=the classes") as caught:
        metric("ce")(["a", "b"], HALVES)
    for kind in (fl.DTypeError, TypeError, ValueError):
        assert isinstance(caught.value, kind)
    assert type(pickle.loads(pickle.dumps(caught.value))) is door.DTypeError


def test_finiteness_may_be_assumed_as_everywhere_in_scikit_learn():
    with sklearn.config_context(assume_finite=True):
        assert np.isnan(metric("mse")([0.0], [NAN]))
        assert np.isnan(metrics.mean_squared_error([0.0], [NAN]))


def test_rows_that_do_not_sum_to_one_are_warned_of():
    rows = np.array([[0.5, 0.7], [0.2, 0.8]])
    near = HALVES + 1e-9
    for y_pred, dtype in ((rows, float), (rows, np.float32), (rows, np.float16)):
        with pytest.warns(UserWarning, match="do not sum to one"):
            metrics.log_loss([0, 1], y_pred.astype(dtype))
        for name in ("sparse_categorical_focal", "categorical_cross_entropy"):
            with pytest.warns(UserWarning, match="rows of y_pred do not sum to one") as seen:
                metric(name, labels=[0, 1])([0, 1], y_pred.astype(dtype))
            assert seen[0].filename == __file__
    for name in ("ce", "cce"):  # and no warning, which would be an error here
        metric(name, labels=[0, 1])([0, 1], near)
        metric(name, labels=[0, 1], from_logits=True)([0, 1], rows)
    metric("ce", labels=[0, 1])([0, 1], [0.5, 0.7])  # of two classes the positive one
    # Without classes a metric is the loss itself, which takes rows as they are.
    assert metric("ce")([0, 1], rows) == fl.SparseCategoricalCrossEntropy()(rows, [0, 1])


@pytest.mark.parametrize("labels", [None, ["benign", "malignant"]])
def test_both_columns_of_predict_proba_are_one_too_many_for_a_probability(labels):
    x, y = load_breast_cancer(return_X_y=True)
    model = LogisticRegression(max_iter=5000).fit(x, y)
    both = model.predict_proba(x)
    given = y if labels is None else np.array(labels)[y]
    for name in ("bce", "binary_focal"):
        with pytest.raises(fl.ShapeError, match=r"y_pred has shape \(569, 2\).*y_pred\[:, 1\]"):
            metric(name, labels=labels)(given, both)
    value = metric("bce", labels=labels)(given, both[:, 1])
    assert value == pytest.approx(metrics.log_loss(y, both), rel=1e-10)
    indicators = np.eye(2)[y]  # two labels per sample are another thing, and taken
    assert metric("bce")(indicators, both) == fl.BinaryCrossEntropy()(both, indicators)
    with pytest.raises(fl.ShapeError, match=r"target has shape \(2,\), pred has shape \(2, 3\)"):
        metric("bce")([0, 1], np.full((2, 3), 0.5))


def test_a_scorer_refuses_what_is_not_finite():
    class Lost(LogisticRegression):
        def predict_proba(self, x):
            return np.full((len(x), 2), NAN)

    x, y = load_breast_cancer(return_X_y=True)
    model = Lost(max_iter=5000).fit(x, y)
    with pytest.raises(fl.DomainError, match="Input y_pred contains NaN"):
        scorer("bce")(model, x, y)


def test_a_weight_for_all_samples_is_none_of_each():
    for measure, y_true, y_pred in (
        (metric("mse"), [0.0, 1.0], [1.0, 1.0]),
        (metric("ce"), [0, 1], HALVES),
        (metric("ce", axis=0), [0, 1], HALVES),
    ):
        for weight in (1.0, np.ones(())):
            with pytest.raises(fl.ShapeError, match=r"has shape \(\), wanted: \(2,\), one per sam"):
                measure(y_true, y_pred, sample_weight=weight)
        assert measure(y_true, y_pred, sample_weight=[1, 1]) == measure(y_true, y_pred)


def test_a_row_of_classes_for_every_output_of_a_sample():
    pred = np.random.default_rng(0).normal(size=(4, 3, 2))
    target, weight = np.arange(8).reshape(4, 2) % 3, [1.0, 0.0, 2.0, 0.5]
    found = metric("ce", axis=1, from_logits=True)(target, pred, sample_weight=weight)
    loss = fl.SparseCategoricalCrossEntropy(axis=1, from_logits=True)
    assert found == loss(pred, target, sample_weight=np.repeat(weight, 2).reshape(4, 2))


def test_labels_may_be_a_word_of_the_loss():
    signs, scores = np.array([-1, 1, 1, -1]), np.array([-2.0, 0.5, -0.25, 0.75])
    wanted = metrics.hinge_loss(signs, scores)
    assert metric("hinge", labels="pm1")(signs, scores) == wanted
    assert metric(fl.Hinge(labels="pm1"))(signs, scores) == wanted
    assert metric("hinge", labels="01")(signs > 0, scores) == wanted
    for words in ("pm1", "01"):
        for classes in ([-1, 1], [0, 1], ["no", "yes"]):
            named = np.array(classes)[(signs > 0).astype(int)]
            assert metric(fl.Hinge(labels=words), labels=classes)(named, scores) == wanted
    with pytest.raises(fl.ParameterError, match="Hinge: labels is 'pm2', wanted: '01' or 'pm1'"):
        metric("hinge", labels="pm2")
    with pytest.raises(fl.ParameterError, match="Hinge: labels can only be given with the name"):
        metric(fl.Hinge(), labels="pm1")
    with pytest.raises(fl.ParameterError, match="labels are 'pm1', wanted: every class once"):
        metric("ce", labels="pm1")


def test_a_scorer_takes_the_word_of_the_loss():
    x, y = load_breast_cancer(return_X_y=True)
    for names in (2 * y - 1, y, np.array(["no", "yes"])[y]):
        model = LogisticRegression(max_iter=10000).fit(x, names)
        wanted = -metrics.hinge_loss(names, model.decision_function(x))
        for words in ({}, {"labels": "pm1"}, {"labels": "01"}):
            assert scorer("hinge", **words)(model, x, names) == pytest.approx(wanted, rel=1e-14)
