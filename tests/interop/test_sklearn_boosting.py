"""Losses as objectives of scikit-learn's histogram gradient boosting, beside its own."""

import pickle
import subprocess
import sys

import fastloss as fl
import numpy as np
import pytest

from tests import cases

sklearn = pytest.importorskip("sklearn", reason="scikit-learn is not installed")
if not sklearn.__version__.startswith("1.9."):
    pytest.skip(
        f"made for scikit-learn 1.9, this is {sklearn.__version__}", allow_module_level=True
    )

from fastloss.sklearn import as_hgb_loss  # noqa: E402
from sklearn import datasets  # noqa: E402
from sklearn.base import clone  # noqa: E402
from sklearn.ensemble import (  # noqa: E402
    HistGradientBoostingClassifier as Classifier,
)
from sklearn.ensemble import (  # noqa: E402
    HistGradientBoostingRegressor as Regressor,
)
from sklearn.model_selection import GridSearchCV, cross_val_score  # noqa: E402

# The iterations are few, for the trees are compared node by node.
FEW = {"max_iter": 20, "early_stopping": False}
RAW = [
    case
    for case in cases.plain_cases()
    if cases.of_samples(case.row)
    and case.option("from_logits", True)
    and case.option("log_input", True)
    and case.option("axis", -1) == -1
    and (case.row["labels"] or case.row["room"] == "pointwise")
    and not (case.row["labels"] and case.row["least"] < 0)  # no end to what scores alone can do
]


def diabetes():
    x, y = datasets.load_diabetes(return_X_y=True)
    return x, y, np.random.default_rng(0).random(len(y))


def classes(k):
    x, y = datasets.make_classification(3000, 12, n_informative=6, n_classes=k, random_state=0)
    return x, np.array(list("dbca"))[y], np.random.default_rng(0).random(len(y))


def trees(model):
    """Return what every tree splits on, and where."""
    fields = ["feature_idx", "bin_threshold", "left", "right", "count"]
    return [[tree.nodes[f].tolist() for f in fields] for it in model._predictors for tree in it]


def both(kind, own, ours, x, y, weight, **options):
    fits = [kind(loss, **FEW, **options).fit(x, y, weight) for loss in (own, ours)]
    assert trees(fits[0]) == trees(fits[1])
    assert len(trees(fits[0])) >= 20
    return fits


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_the_model_of_squared_error(weighted):
    x, y, w = diabetes()
    ours = as_hgb_loss(fl.MeanSquaredError(), scale=0.5)
    options = {"l2_regularization": 3.0, "random_state": 0}
    a, b = both(Regressor, "squared_error", ours, x, y, w if weighted else None, **options)
    # Theirs, without weights, counts samples where ours adds Hessians of 1: the same numbers.
    assert a.predict(x).tolist() == b.predict(x).tolist()


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_the_model_of_two_classes(weighted):
    x, y, w = classes(2)
    ours = as_hgb_loss("binary_cross_entropy")
    a, b = both(Classifier, "log_loss", ours, x, y, w if weighted else None)
    # Both round one float64 number to float32. Ours differs from theirs by an ULP of float64 at
    # most, which that rounding shows about once in 2^28 times.
    assert a.predict_proba(x).tolist() == b.predict_proba(x).tolist()
    assert b.classes_.tolist() == ["b", "d"]
    assert b.predict(x).tolist() == a.predict(x).tolist()


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_the_model_of_many_classes(weighted):
    x, y, w = classes(4)
    ours = as_hgb_loss("sparse_categorical_cross_entropy", n_classes=4)
    a, b = both(Classifier, "log_loss", ours, x, y, w if weighted else None)
    # Scores are rounded to float32, 2^-24 of at most 4 here; a leaf averages the effect, and 20
    # steps of 0.1 add up to no more than one rounding of each.
    assert np.abs(a.decision_function(x)).max() < 4
    np.testing.assert_allclose(a.predict_proba(x), b.predict_proba(x), rtol=0, atol=20 * 4 * 2**-24)


def test_early_stopping_watches_the_same_loss():
    x, y, w = classes(2)
    options = {"early_stopping": True, "random_state": 0, "max_iter": 30}
    a = Classifier(**options).fit(x, y, w)
    b = Classifier(as_hgb_loss("bce"), **options).fit(x, y, w)
    np.testing.assert_allclose(a.validation_score_, b.validation_score_, rtol=1e-13)
    np.testing.assert_allclose(a.train_score_, b.train_score_, rtol=1e-13)
    assert a.n_iter_ == b.n_iter_


@pytest.mark.parametrize("case", RAW, ids=str)
def test_every_loss_of_raw_scores_is_minimised(case):
    few = {**FEW, "max_iter": 60}
    if case.row["labels"]:
        x, y, _ = classes(4)
        floor = {"hess_floor": 1.0} if "margin" in case.loss.params else {}
        loss, model = as_hgb_loss(case.loss, n_classes=4, **floor), Classifier
    elif "from_logits" in case.loss.params:
        x, y, _ = classes(2)
        loss, model = as_hgb_loss(case.loss), Classifier
    elif case.row["target_domain"].startswith("0 or 1"):
        x, y, _ = classes(2)
        loss, model = as_hgb_loss(case.loss, hess_floor=1.0), Classifier
    else:
        x, y, _ = diabetes()
        positive = case.row["target_domain"].startswith("finite")
        y = y / y.mean() if positive else (y - y.mean()) / y.std()
        loss, model = as_hgb_loss(case.loss, hess_floor=1.0), Regressor
    fit = model(loss, **few).fit(x, y)
    target = np.searchsorted(fit.classes_, y) if model is Classifier else y
    raw = fit.decision_function(x) if model is Classifier else fit.predict(x)
    start = np.broadcast_to(fit._baseline_prediction.reshape(raw.shape[1:]), raw.shape)
    measure = case.loss
    if "deviance" in measure.params:  # whose least value is 0
        measure = fl.get(case.name, deviance=True)
    assert measure(raw, target) < 0.5 * measure(start, target)


def test_the_buffers_of_scikit_learn():
    rng = np.random.default_rng(0)
    n = 3 * 65_536 + 5  # some strides of scratch, and a rest
    raw, y, w = rng.normal(size=(n, 1)), rng.normal(size=n), rng.random(n)
    raw = np.asfortranarray(raw)
    loss = as_hgb_loss("mse", n_threads=None)
    gradient, hessian = loss.init_gradient_and_hessian(n, np.float32)
    assert gradient.dtype == np.float32
    back = loss.gradient_hessian(y, raw, w, gradient, hessian, n_threads=2)
    assert back[0] is gradient
    assert back[1] is hessian
    wanted = fl.MeanSquaredError().grad_and_hess(raw[:, 0], y, sample_weight=w, reduction="none")
    assert gradient.tolist() == wanted[0].astype(np.float32).tolist()
    assert hessian.tolist() == wanted[1].astype(np.float32).tolist()
    values = np.empty(n)
    assert loss.loss(y, raw, w, values) is values
    assert (
        values.tolist()
        == fl.MeanSquaredError()(raw[:, 0], y, sample_weight=w, reduction="none").tolist()
    )
    assert loss(y, raw, w) == fl.MeanSquaredError()(raw[:, 0], y, sample_weight=w)

    raw, y = np.asfortranarray(rng.normal(size=(n, 3))), rng.integers(0, 3, n).astype(float)
    loss = as_hgb_loss("scce", n_classes=3)
    gradient, hessian = loss.init_gradient_and_hessian(n, np.float32, order="F")
    assert gradient.flags.f_contiguous
    loss.gradient_hessian(y, raw, w, gradient, hessian)
    wanted = fl.SparseCategoricalCrossEntropy(from_logits=True).grad_and_hess(
        raw.astype(np.float32), y.astype(int), sample_weight=w, reduction="none"
    )
    assert (gradient == wanted[0]).all()
    assert (hessian == wanted[1]).all()


def test_targets_far_from_zero_keep_their_digits():
    """In float32 a target of 2e8 has steps of 16, and the residual would be lost."""
    x, y, _ = diabetes()
    model = Regressor(as_hgb_loss("mse", scale=0.5), **FEW).fit(x, y + 2.0**28)
    plain = Regressor(as_hgb_loss("mse", scale=0.5), **FEW).fit(x, y)
    np.testing.assert_allclose(model.predict(x) - 2.0**28, plain.predict(x), atol=1e-5)


def test_searches_clones_and_pickles():
    x, y, _ = classes(2)
    x, y = x[:600], y[:600]
    model = Classifier(as_hgb_loss("binary_focal", gamma=1.0), max_iter=5)
    assert clone(model).get_params()["loss"].fastloss == model.loss.fastloss
    assert cross_val_score(model, x, y, n_jobs=2).tolist() == cross_val_score(model, x, y).tolist()
    losses = [as_hgb_loss("binary_focal", gamma=g) for g in (0.0, 2.0)]
    search = GridSearchCV(model, {"loss": losses}, cv=2, n_jobs=2, scoring="neg_log_loss").fit(x, y)
    again = pickle.loads(pickle.dumps(search))
    assert again.predict_proba(x).tolist() == search.predict_proba(x).tolist()
    assert "as_hgb_loss(BinaryFocal(gamma=1.0" in repr(model)


def test_no_curvature_by_definition_is_an_error_at_once_and_a_floor_helps():
    with pytest.raises(fl.ParameterError, match=r"MeanAbsoluteError: has no curv.*hess_floor=1.0"):
        as_hgb_loss("mae")
    for case in RAW:
        as_hgb_loss(case.loss, hess_floor=1.0, n_classes=5 if case.row["labels"] else None)
    x, y, _ = diabetes()
    # None of the residuals is within delta: no sample of this training has a curvature.
    Regressor(as_hgb_loss("huber", delta=1e-9), **FEW).fit(x, y)


def watch(ours):
    """Let a loss note of each round whether all of its curvatures were 0."""
    none, derive = [], ours.gradient_hessian

    def watched(*given, **named):
        gradient, hessian = derive(*given, **named)
        none.append(not hessian.any())
        assert gradient.any()
        return gradient, hessian

    ours.gradient_hessian = watched
    return none


@pytest.mark.parametrize("rate", [100.0, 1e4])  # steps so long that every prediction is certain
def test_a_round_whose_curvatures_underflow_trains_on_as_scikit_learns_own_does(rate):
    x, y, _ = classes(2)
    none = watch(ours := as_hgb_loss("bce"))
    a, b = both(Classifier, "log_loss", ours, x, y, None, learning_rate=rate)
    assert any(none) == (rate > 100)
    assert a.predict(x).tolist() == b.predict(x).tolist()


def test_rounds_of_certain_predictions_of_many_classes():
    x, y, _ = classes(3)
    none = watch(ours := as_hgb_loss("scce", n_classes=3))
    model = Classifier(ours, max_iter=5, learning_rate=1e9).fit(x[:150], y[:150])
    assert any(none)
    assert model.n_iter_ == 5


def test_a_regressor_of_shares_predicts_shares():
    x, y, _ = diabetes()
    share = (y - y.min()) / (y.max() - y.min())
    found = Regressor(as_hgb_loss("bce"), **FEW).fit(x, share).predict(x)
    assert ((found > 0) & (found < 1)).all()
    assert np.corrcoef(found, share)[0, 1] > 0.7


def test_bad_input():
    x, y, _ = classes(4)
    z = np.arange(3000.0)
    for error, words, call in (
        (fl.ParameterError, "from_logits=True", lambda: as_hgb_loss(fl.BinaryCrossEntropy())),
        (fl.ParameterError, "from_logits=True", lambda: as_hgb_loss("bce", from_logits=False)),
        (fl.ParameterError, "a target per class", lambda: as_hgb_loss("cce")),
        (fl.ParameterError, "n_classes is None", lambda: as_hgb_loss("scce")),
        (fl.ParameterError, "n_classes is 2", lambda: as_hgb_loss("scce", n_classes=2)),
        (fl.ParameterError, "takes no n_classes", lambda: as_hgb_loss("mse", n_classes=3)),
        (fl.ParameterError, "anchor", lambda: as_hgb_loss("triplet")),
        (fl.ParameterError, "hess_floor is -1, wan", lambda: as_hgb_loss("mse", hess_floor=-1)),
        (
            fl.ParameterError,
            "n_threads is 0, wanted: an int",
            lambda: as_hgb_loss("mse", n_threads=0),
        ),
        (fl.ParameterError, "scale is 0, wanted: a finite n", lambda: as_hgb_loss("mse", scale=0)),
        (
            fl.LabelError,
            "y has 4 classes, n_classes is 3",
            lambda: Classifier(as_hgb_loss("scce", n_classes=3), **FEW).fit(x, y),
        ),
        (
            fl.DomainError,
            r"target\[2\] is 2",
            lambda: Regressor(as_hgb_loss("bce"), **FEW).fit(x, z),
        ),
        (
            fl.DomainError,
            "wanted: a number in .0, 1.",
            lambda: Classifier(as_hgb_loss("bce"), **FEW).fit(x, y),
        ),
    ):
        with pytest.raises(error, match=words):
            call()


def test_a_version_that_is_not_known_to_work_is_refused():
    code = (
        "import sklearn; sklearn.__version__ = '1.8.0'; from fastloss.sklearn import as_hgb_loss; "
        "as_hgb_loss('mse')"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "ImportError: as_hgb_loss uses a private interface" in ran.stderr
    assert "this is 1.8.0: pip install 'scikit-learn==1.9.*'" in ran.stderr
