"""Metrics and scorers in scikit-learn's own machinery."""

import pickle
import subprocess
import sys

import fastloss as fl
import numpy as np
import pytest
from fastloss.registry import find

from tests import cases
from tests.interop.pages import run_page

sklearn = pytest.importorskip("sklearn", reason="scikit-learn is not installed")

from fastloss.sklearn import metric, scorer  # noqa: E402
from sklearn import datasets, metrics  # noqa: E402
from sklearn.dummy import DummyClassifier  # noqa: E402
from sklearn.linear_model import LogisticRegression, Ridge  # noqa: E402
from sklearn.model_selection import (  # noqa: E402
    GridSearchCV,
    KFold,
    cross_val_score,
    cross_validate,
)
from sklearn.neighbors import KNeighborsClassifier  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

CASES = [c for c in cases.plain_cases() if cases.of_samples(c.row)]
NAMES = np.array(["owl", "cat", "dog"])  # not sorted: 0, 1, 2 become dog, owl, cat


def iris(names=False):
    x, y = datasets.load_iris(return_X_y=True)
    return x, NAMES[y] if names else y


def classifier():
    return make_pipeline(StandardScaler(), LogisticRegression())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_metric_is_the_loss_in_the_other_order(case):
    pred, target = cases.draw(case, (60,))
    weight = cases.weights((60,))
    measure = pickle.loads(pickle.dumps(metric(case.loss)))
    assert measure(target, pred) == case.loss(pred, target)
    weighted = measure(target, pred, sample_weight=weight)
    assert weighted == case.loss(pred, target, sample_weight=weight)
    assert type(weighted) is float
    assert metric(case.name, **dict(case.params))(target, pred) == case.loss(pred, target)


def test_known_metrics_of_scikit_learn():
    x, y = datasets.load_diabetes(return_X_y=True)
    w = np.random.default_rng(0).random(len(y))
    p = Ridge().fit(x, y).predict(x)
    for ours, theirs in (
        ("mean_squared_error", metrics.mean_squared_error),
        ("mean_absolute_error", metrics.mean_absolute_error),
    ):
        for weight in (None, w):
            value = theirs(y, p, sample_weight=weight)
            assert metric(ours)(y, p, sample_weight=weight) == pytest.approx(value, rel=1e-14)
    x, y = iris(names=True)
    model = classifier().fit(x, y)
    p, w = model.predict_proba(x), np.random.default_rng(0).random(len(y))
    value = metrics.log_loss(y, p, sample_weight=w)
    for name in ("sparse_categorical_cross_entropy", "categorical_cross_entropy"):
        ours = metric(name, labels=model.classes_)(y, p, sample_weight=w)
        assert ours == pytest.approx(value, rel=1e-14)


def test_one_weight_per_sample_for_several_outputs():
    rng = np.random.default_rng(0)
    y, p, w = rng.normal(size=(3, 3)), rng.normal(size=(3, 3)), np.array([1.0, 2.0, 5.0])
    value = metrics.mean_squared_error(y, p, sample_weight=w)
    assert metric("mse")(y, p, sample_weight=w) == pytest.approx(value, rel=1e-14)


def test_labels_may_have_any_order_and_kind():
    p = np.array([[0.5, 0.25, 0.25], [0.125, 0.375, 0.5]])
    wanted = fl.SparseCategoricalCrossEntropy()(p, [2, 0])
    for labels in (["z", "a", "m"], [7, -1, 3], [0.5, 2.5, 1.5], np.array(["z", "a", "m"], object)):
        y = [labels[2], labels[0]]
        assert metric("scce", labels=labels)(y, p) == wanted
    binary = metric("bce", labels=["no", "yes"])
    assert binary(["yes", "no"], [0.75, 0.5]) == fl.BinaryCrossEntropy()([0.75, 0.5], [1, 0])
    assert metric("bce", labels=[False, True])([True], [0.5]) == np.log(2)


def test_ignored_rows_are_no_classes():
    p = np.array([[0.5, 0.5], [0.25, 0.75], [0.1, 0.9]])
    measure = metric("scce", labels=[10, 20], ignore_index=-1)
    assert measure([10, -1, 20], p) == fl.SparseCategoricalCrossEntropy()(p[[0, 2]], [0, 1])
    with pytest.raises(fl.ParameterError, match="ignore_index 1 is the position of a class"):
        metric("scce", labels=[10, 20], ignore_index=1)


@pytest.mark.parametrize("logits", [False, True], ids=["probabilities", "logits"])
def test_two_classes_have_one_column_and_rows_complete_it(logits):
    x, y = datasets.load_breast_cancer(return_X_y=True)
    model = classifier().fit(x, y)
    rows = scorer("sparse_categorical_cross_entropy", from_logits=logits)
    binary = scorer("binary_cross_entropy", from_logits=logits)
    wanted = -metrics.log_loss(y, model.predict_proba(x))
    # Confident probabilities lose digits where 1 - p is formed; by scikit-learn here.
    assert binary(model, x, y) == pytest.approx(wanted, rel=1e-10)
    assert rows(model, x, y) == pytest.approx(wanted, rel=1e-10)


@pytest.mark.parametrize("names", [False, True], ids=["integers", "strings"])
def test_cross_validation_equals_scikit_learns_log_loss(names):
    x, y = iris(names)
    wanted = cross_val_score(classifier(), x, y, scoring="neg_log_loss")
    for scoring in (
        scorer("sparse_categorical_cross_entropy"),
        scorer(fl.SparseCategoricalCrossEntropy(from_logits=True)),
        scorer("categorical_cross_entropy"),
    ):
        ours = cross_val_score(classifier(), x, y, scoring=scoring, error_score="raise")
        # Rows of predict_proba sum to 1 within a few ULP, and log_loss does not rescale them.
        np.testing.assert_allclose(ours, wanted, rtol=1e-13)


def test_classes_that_are_not_0_to_k_are_never_taken_for_positions():
    x, y = iris()
    shifted = cross_val_score(classifier(), x, y + 1, scoring=scorer("scce"), error_score="raise")
    floats = cross_val_score(classifier(), x, y * 2.0, scoring=scorer("scce"), error_score="raise")
    plain = cross_val_score(classifier(), x, y, scoring=scorer("scce"))
    assert shifted.tolist() == plain.tolist() == floats.tolist()


def test_folds_that_lack_a_class():
    x, y = iris(names=True)
    inside = slice(0, 100)  # a test part without the third class
    model = classifier().fit(x, y)
    value = scorer("scce")(model, x[inside], y[inside])
    proba = model.predict_proba(x[inside])
    place = np.searchsorted(model.classes_, y[inside])
    assert value == -fl.SparseCategoricalCrossEntropy()(proba, place)
    # Sorted by class, so the training part of each fold lacks what its test part has.
    with pytest.raises(fl.LabelError, match=r"y_true\[0\] is 'owl', which is none of the classes"):
        cross_val_score(
            classifier(), x, y, scoring=scorer("scce"), cv=KFold(3), error_score="raise"
        )
    with pytest.warns(UserWarning, match="stratified folds have them all"):
        lost = cross_val_score(classifier(), x, y, scoring=scorer("scce"), cv=KFold(3))
    assert np.isnan(lost).all()


def test_a_training_fold_of_one_class_is_refused():
    model = DummyClassifier().fit(np.zeros((4, 1)), ["a"] * 4)
    with pytest.raises(ValueError, match="two classes"):
        scorer("bce")(model, np.zeros((2, 1)), ["a", "a"])


def test_searches_in_other_processes():
    x, y = datasets.load_diabetes(return_X_y=True)
    grid = {"alpha": [0.01, 0.1, 1.0, 10.0]}
    ours = GridSearchCV(Ridge(), grid, scoring=scorer("mse"), n_jobs=2).fit(x, y)
    theirs = GridSearchCV(Ridge(), grid, scoring="neg_mean_squared_error").fit(x, y)
    assert ours.best_params_ == theirs.best_params_
    np.testing.assert_allclose(
        ours.cv_results_["mean_test_score"], theirs.cv_results_["mean_test_score"], rtol=1e-13
    )
    x, y = iris(names=True)
    grid = {"n_neighbors": [3, 9, 27]}
    for scoring in (scorer("categorical_focal", eps=1e-3), scorer("scce", eps=1e-3)):
        found = GridSearchCV(KNeighborsClassifier(), grid, scoring=scoring, n_jobs=2).fit(x, y)
        again = GridSearchCV(KNeighborsClassifier(), grid, scoring=scoring).fit(x, y)
        assert (found.cv_results_["mean_test_score"] < 0).all()
        assert found.best_score_ == again.best_score_


def test_several_scorers_and_routed_weights():
    x, y = iris(names=True)
    w = np.random.default_rng(0).random(len(y))
    both = {"ce": scorer("scce"), "focal": scorer("sparse_categorical_focal"), "acc": "accuracy"}
    found = cross_validate(classifier(), x, y, scoring=both, error_score="raise")
    plain = cross_val_score(classifier(), x, y, scoring=scorer("scce"))
    assert found["test_ce"].tolist() == plain.tolist()
    with sklearn.config_context(enable_metadata_routing=True):
        weighted = scorer("scce").set_score_request(sample_weight=True)
        pipe = LogisticRegression(max_iter=1000).set_fit_request(sample_weight=False)
        found = cross_val_score(pipe, x, y, scoring=weighted, params={"sample_weight": w})
        theirs = metrics.get_scorer("neg_log_loss").set_score_request(sample_weight=True)
        wanted = cross_val_score(pipe, x, y, scoring=theirs, params={"sample_weight": w})
    np.testing.assert_allclose(found, wanted, rtol=1e-13)


def test_indicators_of_several_labels():
    x, y = datasets.make_multilabel_classification(200, n_classes=3, random_state=0)
    model = KNeighborsClassifier(15).fit(x, y)  # predict_proba is a list of three
    p = np.column_stack([q[:, 1] for q in model.predict_proba(x)])
    loss = fl.BinaryCrossEntropy(eps=0.01)
    assert scorer(loss)(model, x, y) == -loss(p, y)


def test_regression_losses_may_score_what_a_classifier_predicts():
    x, y = iris()
    value = scorer("mse")(classifier().fit(x, y), x, y)  # integers
    assert value == -metrics.mean_squared_error(y, classifier().fit(x, y).predict(x))


def test_what_a_scorer_asks_for():
    for case in CASES:
        text = repr(scorer(case.loss))
        assert "greater_is_better=False" in text
        classes = find(case.name)[0]["family"] != "regression"
        raw = case.option("from_logits", case.row["pred_domain"] == "real")
        method = "decision_function" if raw else "predict_proba"
        assert f"response_method={method if classes else 'predict'!r}" in text.replace('"', "'")
    assert "decision_function" in repr(scorer("bce", response_method="decision_function"))


def test_bad_input():
    p = np.full((2, 3), 1 / 3)
    for error, words, call in (
        (fl.ParameterError, "anchor, positive, negative", lambda: metric("triplet")),
        (fl.ParameterError, "a loss is wanted", lambda: scorer(print)),
        (fl.ParameterError, "did you mean 'huber'", lambda: scorer("hubber")),
        (fl.ParameterError, "delta can only be given with", lambda: metric(fl.Huber(), delta=1.0)),
        (fl.ParameterError, "has no labels", lambda: metric("huber", labels=[0, 1])),
        (fl.ParameterError, "every class once", lambda: metric("scce", labels=["a", "a"])),
        (
            fl.LabelError,
            r"y_true\[1\] is 'd'",
            lambda: metric("scce", labels=list("abc"))(["a", "d"], p),
        ),
        (fl.ShapeError, "3 columns, there are 2", lambda: metric("scce", labels=[1, 2])([1, 2], p)),
        (
            fl.ParameterError,
            "two classes, there are 3",
            lambda: metric("bce", labels=list("abc"))(["a"], [0.5]),
        ),
        (
            fl.DTypeError,
            "y_true has dtype object, the labels have int64",
            lambda: metric("scce", labels=[1, 2, 3])(np.array(["a", 1], object), p),
        ),
        (
            fl.LabelError,
            r"y_true\[0\] is '1'",
            lambda: metric("scce", labels=[1, 2, 3])(["1", "2"], p),
        ),
        (fl.DTypeError, "labels=the classes", lambda: metric("scce")(["a", "b"], p)),
        (fl.LabelError, "target.1. is 3", lambda: metric("scce")([1, 3], p)),
        (fl.ShapeError, r"\(2,\)", lambda: metric("mse")([1.0, 2.0], [[1.0], [2.0]])),
        (fl.DomainError, "1.5", lambda: metric("bce")([1, 0], [0.5, 1.5])),
    ):
        with pytest.raises(error, match=words):
            call()


def test_without_scikit_learn_the_error_says_what_to_install():
    code = "import sys; sys.modules['sklearn'] = None; import fastloss.sklearn"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "ImportError: fastloss.sklearn needs scikit-learn" in ran.stderr
    assert 'pip install "scikit-learn>=1.4"' in ran.stderr


@pytest.mark.skipif(
    not sklearn.__version__.startswith("1.9."), reason="as_hgb_loss is made for scikit-learn 1.9"
)
def test_the_page():
    found = run_page("sklearn")
    assert found["search"].best_params_ == {"logisticregression__C": 0.1}
    assert (found["scores"] < 0).all()
    assert found["value"] == pytest.approx(
        metrics.log_loss(found["y"], found["search"].predict_proba(found["X"])), rel=1e-10
    )
