"""The door to CatBoost, against CatBoost's own objectives."""

import json

import numpy as np
import pytest

pytest.importorskip("catboost", reason="the door to CatBoost is not tested: pip install catboost")
import catboost
import fastloss as fl
import fastloss.catboost as door
from sklearn.base import clone

from tests.interop import boosting
from tests.interop.boosting import CANCER, DIABETES, ROWS, WINE
from tests.interop.pages import run_page

PARAMS = {
    "iterations": 30,
    "depth": 4,
    "learning_rate": 0.3,
    "verbose": 0,
    "thread_count": 2,
    "allow_writing_files": False,
    "random_seed": 0,
    "bootstrap_type": "No",
    "random_strength": 0,
    "boosting_type": "Plain",
    "score_function": "L2",
    # CatBoost starts objectives of others at 0, and takes one step per leaf with them.
    "boost_from_average": False,
    "leaf_estimation_iterations": 1,
    "leaf_estimation_backtracking": "No",
}
losses = pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
weighted = pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
methods = pytest.mark.parametrize("method", ["Newton", "Gradient"])


def train(data, objective, metric, *, weight=None, method="Newton", **params):
    params = PARAMS | {"leaf_estimation_method": method} | params
    model = catboost.CatBoost(params | {"loss_function": objective, "eval_metric": metric})
    return model.fit(*data, sample_weight=weight)


def splits(model, path):
    """The trees without their values, by way of the file of the model."""
    model.save_model(path, format="json")
    keep = ("border", "float_feature_index")
    return [
        [[split[name] for name in keep] for split in tree["splits"]]
        for tree in json.loads(path.read_text())["oblivious_trees"]
    ]


def weights_of(data, weighted):
    return boosting.row_weights(len(data[1])) if weighted else None


@weighted
@methods
def test_squared_error_is_catboosts_own_to_the_bit(weighted, method, tmp_path):
    options = {"weight": weights_of(DIABETES, weighted), "method": method}
    own = train(DIABETES, "RMSE", "RMSE", **options)
    ours = train(DIABETES, door.Objective("mse", scale=0.5), "RMSE", **options)  # r, not 2r
    assert splits(own, tmp_path / "own") == splits(ours, tmp_path / "ours")
    np.testing.assert_array_equal(own.predict(DIABETES[0]), ours.predict(DIABETES[0]))


@weighted
@methods
def test_logistic_grows_the_same_trees(weighted, method, tmp_path):
    options = {"weight": weights_of(CANCER, weighted), "method": method}
    own = train(CANCER, "Logloss", "Logloss", **options)
    ours = train(CANCER, door.Objective("bce"), "Logloss", **options)
    assert splits(own, tmp_path / "own") == splits(ours, tmp_path / "ours")
    # Two sigmoids in float64, each right to a few ULP, 30 times over.
    np.testing.assert_allclose(
        ours.predict(CANCER[0]), own.predict(CANCER[0]), rtol=0, atol=30 * 2**-52
    )


def test_softmax_differs_by_the_rest_of_catboosts_hessian_alone(tmp_path):
    own, ours = (
        {
            m: train(WINE, obj, "MultiClass", method=m, classes_count=3)
            for m in ("Newton", "Gradient")
        }
        for obj in ("MultiClass", door.Objective("ce"))
    )
    assert splits(own["Gradient"], tmp_path / "own") == splits(ours["Gradient"], tmp_path / "ours")
    scores = [{m: model.predict(WINE[0]) for m, model in kind.items()} for kind in (own, ours)]
    np.testing.assert_allclose(
        scores[1]["Gradient"], scores[0]["Gradient"], rtol=0, atol=30 * 2**-52
    )
    # A Newton step of CatBoost solves with the whole matrix, of which ours is the diagonal.
    assert np.abs(scores[1]["Newton"] - scores[0]["Newton"]).max() > 0.1
    assert (scores[1]["Newton"].argmax(axis=1) == WINE[1]).all()


@weighted
@methods
def test_several_targets(weighted, method):
    x, y = DIABETES
    data = x, np.stack([y, 100 * x[:, 2]], axis=1)
    options = {"weight": weights_of(DIABETES, weighted), "method": method}
    own = train(data, "MultiRMSE", "MultiRMSE", **options)
    ours = train(data, door.MultiTargetObjective("mse", scale=0.5), "MultiRMSE", **options)
    # Newton inverts a diagonal one way here and another way there.
    np.testing.assert_allclose(ours.predict(x), own.predict(x), rtol=0, atol=345 * 30 * 2**-53)


@losses
def test_each_loss_trains_and_its_metric_falls(row):
    x, target, shape = boosting.problem(row)
    several = boosting.is_dense(row)
    objective = door.MultiTargetObjective if several else door.Objective
    metric = door.MultiTargetMetric if several else door.Metric
    # Some losses have no curvature, or none far out.
    model = train(
        (x, target),
        objective(row["name"], hess_floor=1.0),
        metric(row["name"]),
        iterations=10,
        **({"classes_count": 3} if row["labels"] else {}),
    )
    costs = model.get_evals_result()["learn"][metric.__qualname__]
    assert len(costs) == 10
    assert costs[-1] < costs[0] < boosting.raw_loss(row)(np.zeros(shape), target)


@losses
@weighted
def test_derivatives_are_the_kernels_own_negated(row, weighted):
    _, target, shape = boosting.problem(row, n=40)
    weight = boosting.row_weights(shape[0]) if weighted else None
    pred = np.random.default_rng(3).normal(size=shape)
    target = target.astype(np.float32)
    several = door.MultiTargetObjective if boosting.is_dense(row) else door.Objective
    objective = several(row["name"], scale=0.25)
    labels = target.astype(int) if row["labels"] else target
    want = boosting.expected(row, pred, labels, weight, scale=0.25)
    if pred.ndim == 1:
        ders = objective.calc_ders_range(pred, target, weight)
        assert ders.shape == (*shape, 2)
        np.testing.assert_array_equal(-ders[:, 0], want[0])
        np.testing.assert_allclose(-ders[:, 1], want[1], rtol=2**-23 if weighted else 0)
        return
    for i, (approx, label) in enumerate(zip(pred, target, strict=True)):
        w = 1.0 if weight is None else float(weight[i])
        first, second = objective.calc_ders_multi(approx, label if label.ndim else float(label), w)
        np.testing.assert_array_equal(-first, want[0][i])
        np.testing.assert_allclose(-second, np.diag(want[1][i]), rtol=2**-23 if weighted else 0)


def test_catboost_does_not_compile_the_methods_with_numba():
    for kind in (door.Objective, door.MultiTargetObjective, door.Metric, door.MultiTargetMetric):
        assert kind.no_jit is True
    objective, metric = door.Objective("bce"), door.Metric("bce")
    train(CANCER, objective, metric, iterations=1)
    for used in (objective, metric):
        assert not hasattr(used, "_jited")
        assert "calc_ders_range" not in vars(used)


def test_ranges_are_answered_with_an_array_that_catboost_reads_as_such():
    ders = door.Objective("mse").calc_ders_range(np.zeros(3), np.ones(3, np.float32), None)
    assert type(ders) is np.ndarray
    assert ders.dtype == np.float64
    np.testing.assert_array_equal(ders, [[2.0, -2.0]] * 3)


@pytest.mark.parametrize(
    ("data", "loss", "name", "fast"),
    # The exponentials of CatBoost's own Logloss are fast ones, and wrong in the fourth digit.
    [(CANCER, "bce", "Logloss", 2e-4), (WINE, "ce", "MultiClass", 0.0)],
)
def test_the_metric_sees_raw_scores_and_weights_beside_any_objective(data, loss, name, fast):
    count = {"classes_count": 3} if name == "MultiClass" else {}
    options = {"weight": weights_of(data, True), "iterations": 5, **count}
    model = train(data, name, door.Metric(loss), **options)
    seen = model.get_evals_result()["learn"]["Metric"]
    own = train(data, name, name, **options).get_evals_result()["learn"][name]
    np.testing.assert_allclose(seen, own, rtol=fast or 1e-12)
    exact = fl.get(loss, from_logits=True)
    exact = exact(model.predict(data[0]), data[1], sample_weight=options["weight"])
    np.testing.assert_allclose(seen[-1], exact, rtol=1e-14)


def test_a_metric_of_no_weight_is_nan():
    assert np.isnan(door.Metric("mse").get_final_error(0.0, 0.0))


def test_groups_do_not_matter_to_losses_of_rows():
    x, y = DIABETES
    pool = catboost.Pool(x, y, group_id=np.repeat([0, 1, 2], [100, 200, len(y) - 300]))
    ours = PARAMS | {"loss_function": door.Objective("mse"), "eval_metric": "RMSE"}
    grouped = catboost.CatBoost(ours).fit(pool)
    plain = catboost.CatBoost(ours).fit(x, y)
    np.testing.assert_array_equal(grouped.predict(x), plain.predict(x))


def test_estimators_are_cloned_with_their_objective():
    x, y = CANCER
    model = catboost.CatBoostClassifier(
        **PARAMS, loss_function=door.Objective("bce"), eval_metric=door.Metric("bce")
    )
    first, second = model.fit(x, y), clone(model).fit(x, y)
    scores = [m.predict(x, prediction_type="RawFormulaVal") for m in (first, second)]
    np.testing.assert_array_equal(*scores)
    prob = first.predict_proba(x)[:, 1]
    np.testing.assert_allclose(prob, 1 / (1 + np.exp(-scores[0])), rtol=1e-12)


NAMES = np.array(["barbera", "barolo", "grignolino"])


@pytest.mark.parametrize(
    ("labels", "metric", "options"),
    [
        (WINE[1], door.Metric("ce"), {"classes_count": 3}),
        (WINE[1] + 1, door.Metric("ce"), {"class_names": [1, 2, 3]}),
        (NAMES[WINE[1]], door.Metric("ce"), {"class_names": NAMES.tolist()}),
        (WINE[1], "MultiClass", {}),
        (NAMES[WINE[1]], "MultiClass", {}),
        (WINE[1] > 0, "MultiClass", {}),  # two classes with a score for each
    ],
)
def test_what_the_message_advises_for_several_classes_works(labels, metric, options):
    made = {"loss_function": door.Objective("ce", hess_floor=1.0), "eval_metric": metric}
    model = catboost.CatBoostClassifier(**PARAMS | made | options)
    model.fit(WINE[0], labels)
    scores = model.predict(WINE[0], prediction_type="RawFormulaVal")
    assert (scores.argmax(axis=1) == np.unique(labels, return_inverse=True)[1]).mean() > 0.9


@pytest.mark.parametrize("labels", [WINE[1], WINE[1] > 0], ids=["three", "two"])
def test_beside_a_metric_of_ours_catboost_counts_no_classes_and_the_error_says_what_to_do(labels):
    made = {"loss_function": door.Objective("ce"), "eval_metric": door.Metric("ce")}
    advice = r"set classes_count .*class_names.*eval_metric='MultiClass'.*two classes.*binary loss"
    with pytest.raises(catboost.CatBoostError, match=advice):
        catboost.CatBoostClassifier(**PARAMS | made).fit(WINE[0], labels)


@pytest.mark.parametrize(
    ("data", "objective", "message"),
    [
        (WINE, door.Objective("bce"), "is 2, wanted: a number in"),
        (WINE, door.Objective("ce"), "wanted a column per class; set classes_count"),
    ],
)
def test_labels_that_do_not_fit(data, objective, message):
    with pytest.raises(catboost.CatBoostError, match=message):
        train(data, objective, "RMSE", iterations=1)


@pytest.mark.parametrize("row", [row for row in ROWS if row["room"] == "rows"])
def test_targets_of_the_other_kind_are_refused(row):
    single, several = (
        (door.Objective, door.Metric),
        (door.MultiTargetObjective, door.MultiTargetMetric),
    )
    for kind in single if boosting.is_dense(row) else several:
        other = "MultiTarget" if boosting.is_dense(row) else "per row: use"
        with pytest.raises(fl.ParameterError, match=other):
            kind(row["name"])


def test_the_page_runs():
    page = run_page("catboost")
    assert page["accuracy"] > 0.9
    assert page["costs"][-1] < page["costs"][0]
