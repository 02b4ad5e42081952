"""The door to XGBoost, against XGBoost's own objectives."""

import numpy as np
import pytest

pytest.importorskip("xgboost", reason="the door to XGBoost is not tested: pip install xgboost")
import fastloss as fl
import fastloss.xgboost as door
import xgboost
from sklearn.base import clone

from tests.interop import boosting
from tests.interop.boosting import CANCER, DIABETES, ROWS, WINE
from tests.interop.pages import run_page

PARAMS = {"nthread": 2, "max_depth": 4, "base_score": 0.0}
losses = pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
weighted = pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])


def matrix(x, y, weight=None, **fields):
    return xgboost.DMatrix(x, y, weight=weight, **fields)


def train(params, data, obj=None, rounds=30, **options):
    return xgboost.train(PARAMS | params, data, rounds, obj=obj, **options)


def trees(booster):
    frame = booster.trees_to_dataframe()
    return frame[["Tree", "ID", "Feature", "Split", "Yes", "No", "Missing"]]


def margins(booster, data):
    return booster.predict(data, output_margin=True)


@weighted
def test_squared_error_is_xgboosts_own_to_the_bit(weighted):
    x, y = DIABETES
    data = matrix(x, y, boosting.row_weights(len(y)) if weighted else None)
    own = train({"objective": "reg:squarederror"}, data)
    ours = train({}, data, door.objective("mse", scale=0.5))  # XGBoost takes r for 2r
    assert trees(own).equals(trees(ours))
    np.testing.assert_array_equal(margins(own, data), margins(ours, data))


@weighted
def test_logistic_grows_the_same_trees(weighted):
    x, y = CANCER
    data = matrix(x, y, boosting.row_weights(len(y)) if weighted else None)
    own = train({"objective": "binary:logistic", "base_score": 0.5}, data)  # a probability here
    ours = train({}, data, door.objective("bce"))
    assert trees(own).equals(trees(ours))
    # XGBoost's float sigmoid 1 / (1 + e^-x) differs from ours in its last bits, 30 times over.
    np.testing.assert_allclose(margins(ours, data), margins(own, data), rtol=0, atol=30 * 2**-21)


def test_softmax_differs_by_xgboosts_doubled_hessian_alone():
    x, y = WINE
    data = matrix(x, y)
    own = train({"objective": "multi:softprob", "num_class": 3}, data)
    grad, twice = door.objective("ce"), door.objective("ce", scale=2.0)

    def doubled(pred, dtrain):
        return grad(pred, dtrain)[0], twice(pred, dtrain)[1]

    same = train({"num_class": 3}, data, doubled)
    assert trees(own).equals(trees(same))
    np.testing.assert_allclose(margins(same, data), margins(own, data), rtol=0, atol=30 * 2**-22)
    ours = train({"num_class": 3}, data, grad)
    assert np.abs(margins(ours, data) - margins(own, data)).max() > 0.1
    assert (margins(ours, data).argmax(axis=1) == y).all()


@pytest.mark.parametrize("strategy", ["one_output_per_tree", "multi_output_tree"])
def test_several_targets(strategy):
    x, y = DIABETES
    data = matrix(x, np.stack([y, 100 * x[:, 2]], axis=1), boosting.row_weights(len(y)))
    own = train({"objective": "reg:squarederror", "multi_strategy": strategy}, data)
    ours = train({"multi_strategy": strategy}, data, door.objective("mse", scale=0.5))
    np.testing.assert_array_equal(margins(own, data), margins(ours, data))


@losses
def test_each_loss_trains_and_its_metric_falls(row):
    x, target, shape = boosting.problem(row)
    params = {"num_class": 3} if row["labels"] else {}
    seen = {}
    train(
        params,
        data := matrix(x, target),
        door.objective(row["name"], hess_floor=1.0),  # some have no curvature, or none far out
        rounds=10,
        custom_metric=door.metric(row["name"]),
        evals=[(data, "train")],
        evals_result=seen,
        verbose_eval=False,
    )
    costs = seen["train"][row["name"]]
    assert len(costs) == 10
    assert costs[-1] < costs[0] < boosting.raw_loss(row)(np.zeros(shape), target)


@losses
@weighted
def test_derivatives_are_the_kernels_own(row, weighted):
    _, target, shape = boosting.problem(row)
    target = target if row["labels"] else target.astype(np.float32)
    weight = boosting.row_weights(shape[0]) if weighted else None
    pred = np.random.default_rng(3).normal(size=shape).astype(np.float32)
    grad, hess = door.sklearn_objective(row["name"], scale=0.25)(target, pred, weight)
    want = boosting.expected(row, pred, target, weight, scale=0.25)
    np.testing.assert_array_equal(grad, want[0])
    np.testing.assert_array_equal(hess, want[1].astype(np.float32))
    assert grad.dtype == hess.dtype == np.float32
    assert grad.flags.c_contiguous
    if weighted:
        assert not hess[weight == 0].any()


def test_losses_without_curvature_need_a_floor_of_one():
    x, y = DIABETES
    data, mae = matrix(x, y), fl.MeanAbsoluteError()
    newton = train({"base_score": 100.0}, data, door.objective("mae"))
    gradient = train({"base_score": 100.0}, data, door.objective("mae", hess_floor=1.0), rounds=300)
    # By default leaves of XGBoost need a Hessian of 1 in all, min_child_weight: nothing grows.
    assert (trees(newton)["Feature"] == "Leaf").all()
    assert mae(margins(gradient, data), y) < 0.7 * mae(np.full(len(y), np.median(y)), y)


def test_xgboost_leaves_weights_to_the_objective():
    x, y = DIABETES
    data, plain = matrix(x, y, boosting.row_weights(len(y))), matrix(x, y)
    blind = door.sklearn_objective("mse", scale=0.5)
    exact = {"tree_method": "exact"}  # other methods place their bins by the weights
    seen = train(exact, data, lambda pred, dtrain: blind(dtrain.get_label(), pred))
    own = train(exact | {"objective": "reg:squarederror"}, plain)
    np.testing.assert_array_equal(margins(seen, data), margins(own, plain))


def test_a_weight_of_two_is_the_row_twice_its_floor_included():
    x, y = CANCER
    times = np.arange(len(y)) % 3
    ours = door.objective("bce", hess_floor=0.1)
    exact = {"tree_method": "exact", "max_depth": 2}
    data = matrix(x, y, times)
    heavy = train(exact, data, ours, rounds=5)
    again = train(exact, matrix(np.repeat(x, times, axis=0), np.repeat(y, times)), ours, rounds=5)
    # The sums of gradients are the same but for the order of their rounding; splits lie half way
    # between rows, those of weight 0 included, which may themselves fall on another side.
    both = margins(heavy, data)[times > 0], margins(again, data)[times > 0]
    np.testing.assert_allclose(*both, rtol=0, atol=5 * 2**-22)


def test_a_group_passes_its_weight_to_its_rows():
    x, y = DIABETES
    sizes = [100, 200, len(y) - 300]
    grouped, spread = matrix(x, y), matrix(x, y, np.repeat([1.0, 3.0, 0.5], sizes))
    grouped.set_group(sizes)
    grouped.set_weight([1.0, 3.0, 0.5])
    assert grouped.get_weight().size == 3
    obj, metric = door.objective("huber", hess_floor=1.0), door.metric("huber")
    booster = train({}, grouped, obj)
    np.testing.assert_array_equal(margins(booster, spread), margins(train({}, spread, obj), spread))
    pred = margins(booster, spread)
    assert metric(pred, grouped) == metric(pred, spread)


def test_metrics_see_margins_beside_ours_and_probabilities_beside_xgboosts_own():
    x, y = CANCER
    data = matrix(x, y)
    options = {"evals": [(data, "d")], "verbose_eval": False, "rounds": 5}
    raw, prob = {}, {}
    metric = door.metric("bce", name="cost")
    train({}, data, door.objective("bce"), custom_metric=metric, evals_result=raw, **options)
    metric = door.metric("bce", name="cost", from_logits=False)
    own = {"objective": "binary:logistic", "base_score": 0.5}
    train(own, data, custom_metric=metric, evals_result=prob, **options)
    # XGBoost prints six digits; its own metric is a float32 sum.
    np.testing.assert_allclose(raw["d"]["cost"], prob["d"]["cost"], rtol=0, atol=2e-6)
    np.testing.assert_allclose(prob["d"]["cost"], prob["d"]["logloss"], rtol=0, atol=2e-6)


def test_without_a_base_score_training_starts_at_one_half():
    x, y = CANCER
    seen = []
    ours = door.objective("bce")

    def watch(pred, dtrain):
        seen.append(pred.copy())
        return ours(pred, dtrain)

    xgboost.train({"nthread": 2}, matrix(x, y), 1, obj=watch)
    assert (seen[0] == 0.5).all()


def test_gradients_are_never_flat():
    grad, hess = door.sklearn_objective("ce")(WINE[1], np.zeros((len(WINE[1]), 3), np.float32))
    assert grad.shape == hess.shape == (len(WINE[1]), 3)  # a flat one is a FutureWarning


def test_cross_validation_with_one_objective_for_folds_of_all_sizes():
    x, y = WINE
    result = xgboost.cv(
        PARAMS | {"num_class": 3},
        matrix(x, y),
        10,
        nfold=5,
        obj=door.objective("ce"),
        custom_metric=door.metric("ce"),
        as_pandas=False,
    )
    name = "test-sparse_categorical_cross_entropy-mean"
    assert result[name][-1] < result[name][0] < np.log(3)


def test_classifier_keeps_its_probabilities_and_takes_weights():
    x, y = CANCER
    weight = boosting.row_weights(len(y))
    model = xgboost.XGBClassifier(
        objective=door.sklearn_objective("bce"),
        eval_metric=door.sklearn_metric("bce", name="cost"),
        n_estimators=20,
        base_score=0.5,
        n_jobs=2,
    )
    own = xgboost.XGBClassifier(n_estimators=20, base_score=0.5, n_jobs=2)
    model = clone(model).fit(x, y, sample_weight=weight, eval_set=[(x, y)], verbose=False)
    own.fit(x, y, sample_weight=weight)
    np.testing.assert_allclose(model.predict_proba(x), own.predict_proba(x), rtol=0, atol=2e-6)
    costs = model.evals_result()["validation_0"]["cost"]
    assert costs[-1] < costs[0] < np.log(2)


def test_classifier_of_several_classes_sets_num_class_itself():
    x, y = WINE
    model = xgboost.XGBClassifier(
        objective=door.sklearn_objective("sparse_categorical_focal", num_class=3), n_estimators=10
    )
    assert (model.fit(x, y).predict(x) == y).all()


def test_ranker_refuses_objectives_but_takes_metrics():
    x, y = DIABETES
    with pytest.raises(ValueError, match="not supported by XGBRanker"):
        xgboost.XGBRanker(objective=door.sklearn_objective("mse"))
    model = xgboost.XGBRanker(eval_metric=door.sklearn_metric("mse", name="cost"), n_estimators=2)
    grades = np.digitize(y, [100, 200])
    model.fit(x, grades, group=[200, 242], eval_set=[(x, grades)], eval_group=[[200, 242]])
    assert len(model.evals_result()["validation_0"]["cost"]) == 2


@pytest.mark.parametrize(
    ("labels", "params", "loss", "error", "message"),
    [
        (WINE[1], {}, "ce", fl.ShapeError, r"shape \(178,\), wanted a column per class; set num"),
        (WINE[1], {"num_class": 2}, "ce", fl.LabelError, "is 2, pred has 2 classes"),
        (WINE[1] + 0.5, {"num_class": 3}, "ce", fl.LabelError, "the label of row 0 is 0.5"),
        (WINE[1] - 1.0, {"num_class": 3}, "ce", fl.LabelError, "is -1, pred has 3"),
        (WINE[1], {"num_class": 3}, "mse", fl.ShapeError, "needs its own label"),
        (WINE[1], {}, "bce", fl.DomainError, "is 2, wanted: a number in"),
        (WINE[1], {"num_class": 3}, "cce", fl.ShapeError, "target"),
    ],
)
def test_labels_that_do_not_fit(labels, params, loss, error, message):
    with pytest.raises(error, match=message):
        train(params, matrix(WINE[0], labels), door.objective(loss), rounds=1)


def test_num_class_that_does_not_fit():
    with pytest.raises(fl.ShapeError, match="3 columns, num_class is 4"):
        train({"num_class": 3}, matrix(*WINE), door.objective("ce", num_class=4), rounds=1)


def test_the_page_runs():
    page = run_page("xgboost")
    assert page["accuracy"] > 0.9
    assert page["costs"][-1] < page["costs"][0]
