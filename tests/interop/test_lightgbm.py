"""The door to LightGBM, against LightGBM's own objectives."""

import inspect

import numpy as np
import pytest

pytest.importorskip("lightgbm", reason="the door to LightGBM is not tested: pip install lightgbm")
import fastloss as fl
import fastloss.lightgbm as door
import lightgbm
from lightgbm.basic import _list_to_1d_numpy
from sklearn.base import clone

from tests.interop import boosting
from tests.interop.boosting import CANCER, DIABETES, ROWS, WINE
from tests.interop.pages import run_page

PARAMS = {
    "verbose": -1,
    "num_threads": 2,
    "deterministic": True,
    "force_row_wise": True,
    "min_data_in_leaf": 5,
    "boost_from_average": False,  # LightGBM starts custom objectives at 0
}
SINGLE = [row for row in ROWS if not boosting.is_dense(row)]
losses = pytest.mark.parametrize("row", SINGLE, ids=[row["name"] for row in SINGLE])
weighted = pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])


def train(data, objective, rounds=30, *, params=None, **options):
    x, y = data
    extra = {name: options.pop(name) for name in ("weight", "group") if name in options}
    data = lightgbm.Dataset(x, y, free_raw_data=False, **extra)
    params = PARAMS | (params or {}) | {"objective": objective}
    return lightgbm.train(params, data, rounds, **options)


def trees(booster):
    return booster.trees_to_dataframe().drop(columns=["split_gain", "weight"])


def raw(booster, x):
    return booster.predict(x, raw_score=True)


def test_squared_error_is_lightgbms_own_to_the_bit():
    ours = train(DIABETES, door.objective("mse", scale=0.5))  # LightGBM takes r for 2r
    own = train(DIABETES, "regression")
    assert trees(own).equals(trees(ours))
    np.testing.assert_array_equal(raw(own, DIABETES[0]), raw(ours, DIABETES[0]))


def test_weighted_squared_error_differs_by_lightgbms_second_rounding_alone():
    x, y = DIABETES
    weight = boosting.row_weights(len(y))
    own = train(DIABETES, "regression", weight=weight)
    ours = train(DIABETES, door.objective("mse", scale=0.5), weight=weight)

    def rounded_twice(pred, data):
        w = data.get_weight()
        return (pred - data.get_label()).astype(np.float32) * w, w

    assert trees(own).equals(trees(train(DIABETES, rounded_twice, weight=weight)))
    np.testing.assert_allclose(raw(ours, x), raw(own, x), rtol=2**-23)


@weighted
def test_logistic_is_lightgbms_own_to_the_bit(weighted):
    x, y = CANCER
    extra = {"weight": boosting.row_weights(len(y))} if weighted else {}
    own = train(CANCER, "binary", **extra)
    ours = train(CANCER, door.objective("bce"), **extra)
    # Both sigmoids are right to a few ULP of float64, and are then rounded to float32.
    assert trees(own).equals(trees(ours))
    np.testing.assert_array_equal(raw(own, x), raw(ours, x))


def test_softmax_differs_by_lightgbms_factor_of_the_hessian_alone():
    classes = {"params": {"num_class": 3}}
    own = train(WINE, "multiclass", **classes)
    grad, more = door.objective("ce"), door.objective("ce", scale=1.5)  # k / (k - 1)

    def factored(pred, data):
        return grad(pred, data)[0], more(pred, data)[1]

    same = train(WINE, factored, **classes)
    assert trees(own).equals(trees(same))
    np.testing.assert_array_equal(raw(own, WINE[0]), raw(same, WINE[0]))
    ours = raw(train(WINE, grad, **classes), WINE[0])
    assert np.abs(ours - raw(own, WINE[0])).max() > 0.1
    assert (ours.argmax(axis=1) == WINE[1]).all()


@losses
def test_each_loss_trains_and_its_metric_falls(row):
    x, target, shape = boosting.problem(row)
    seen = {}
    train(
        (x, target),
        door.objective(row["name"], hess_floor=1.0),  # some have no curvature, or none far out
        10,
        params={"num_class": 3} if row["labels"] else {},
        feval=door.metric(row["name"]),
        valid_sets=[valid := lightgbm.Dataset(x, target)],
        callbacks=[lightgbm.record_evaluation(seen)],
    )
    costs = seen["valid_0"][row["name"]]
    assert valid.num_data() == shape[0]
    assert costs[-1] < costs[0] < boosting.raw_loss(row)(np.zeros(shape), target)


@losses
@weighted
def test_derivatives_are_those_of_float64_rounded_once(row, weighted):
    _, target, shape = boosting.problem(row)
    weight = boosting.row_weights(shape[0]) if weighted else None
    pred = np.asfortranarray(np.random.default_rng(3).normal(size=shape))
    target = target if row["labels"] else target.astype(np.float32)
    grad, hess = door.sklearn_objective(row["name"], scale=0.25)(target, pred, weight)
    want = boosting.expected(row, pred, target, weight, scale=0.25)
    np.testing.assert_array_equal(grad, want[0].astype(np.float32))
    np.testing.assert_array_equal(hess, want[1].astype(np.float32))
    if weighted:
        assert not hess[weight == 0].any()


def test_results_are_taken_without_a_copy_and_the_scores_left_alone():
    seen = []
    ours = door.objective("ce", num_class=3)

    def watch(pred, data):
        before = pred.copy()
        grad, hess = ours(pred, data)
        assert pred.flags.writeable
        assert pred.flags.f_contiguous
        np.testing.assert_array_equal(pred, before)
        for result in (grad, hess):
            flat = _list_to_1d_numpy(data=result.ravel(order="F"), dtype=np.float32, name="result")
            assert np.shares_memory(flat, result)
            assert not np.shares_memory(result, pred)
        seen.append((grad, hess))
        return grad, hess

    train(WINE, watch, 3, params={"num_class": 3})
    assert len(seen) == 3
    assert np.shares_memory(seen[0][0], seen[2][0])  # one buffer, used again
    assert not np.shares_memory(*seen[0])


def test_constant_gradients_never_start_without_an_init_score():
    x, y = DIABETES
    ours = door.objective("mae", hess_floor=1.0)  # at 0 all labels lie above: each gradient is -1
    assert not raw(train(DIABETES, ours), x).any()
    started = lightgbm.Dataset(x, y, init_score=np.full(len(y), np.median(y)))
    booster = lightgbm.train(PARAMS | {"objective": ours}, started, 300)
    mae, start = fl.MeanAbsoluteError(), np.median(y)
    assert mae(start + raw(booster, x), y) < 0.8 * mae(np.full(len(y), start), y)


def test_lightgbm_leaves_weights_to_the_objective():
    x, y = DIABETES
    blind = door.sklearn_objective("mse", scale=0.5)
    seen = train(
        DIABETES,
        lambda pred, data: blind(data.get_label(), pred, None),
        weight=boosting.row_weights(len(y)),
    )
    np.testing.assert_array_equal(raw(seen, x), raw(train(DIABETES, "regression"), x))


def test_groups_do_not_matter_to_losses_of_rows():
    x, y = DIABETES
    ours = door.objective("huber", hess_floor=1.0)
    grouped = train(DIABETES, ours, group=[100, 200, len(y) - 300])
    np.testing.assert_array_equal(raw(grouped, x), raw(train(DIABETES, ours), x))
    with pytest.raises(lightgbm.basic.LightGBMError, match="Sum of query counts"):
        train(DIABETES, ours, group=[100])


def test_estimators_count_three_parameters():
    for made in (door.sklearn_objective("mse"), door.sklearn_metric("mse")):
        assert list(inspect.signature(made).parameters) == ["y_true", "y_pred", "weight"]


def test_regressor_passes_weights_to_objective_and_metric():
    x, y = DIABETES
    weight = boosting.row_weights(len(y))
    model = lightgbm.LGBMRegressor(
        objective=door.sklearn_objective("mse", scale=0.5), n_estimators=20, **PARAMS
    )
    model = clone(model).fit(
        x,
        y,
        sample_weight=weight,
        eval_X=x,
        eval_y=y,
        eval_sample_weight=[weight],
        eval_metric=door.sklearn_metric("mse", name="cost"),
    )
    native = train(DIABETES, door.objective("mse", scale=0.5), 20, weight=weight)
    np.testing.assert_array_equal(model.predict(x), raw(native, x))
    costs = model.evals_result_["training"]
    np.testing.assert_allclose(costs["cost"], costs["l2"], rtol=1e-12)


@pytest.mark.filterwarnings("ignore:Cannot compute class probabilities:UserWarning")
def test_classifier_and_ranker_return_raw_scores():
    x, y = WINE  # a classifier of three classes sets num_class itself
    model = lightgbm.LGBMClassifier(objective=door.sklearn_objective("ce"), **PARAMS).fit(x, y)
    assert (model.predict(x).argmax(axis=1) == y).all()
    x, y = CANCER
    model = lightgbm.LGBMRanker(objective=door.sklearn_objective("bce"), **PARAMS)
    model.fit(x, y, group=[300, 269])
    assert ((model.predict(x) > 0) == y).all()


def test_metrics_see_scores_beside_ours_and_probabilities_beside_lightgbms_own():
    scores, prob = {}, {}
    valid = {"valid_sets": [lightgbm.Dataset(*CANCER, free_raw_data=False)], "rounds": 5}
    for seen, objective, metric in (
        (scores, door.objective("bce"), door.metric("bce", name="cost")),
        (prob, "binary", door.metric("bce", name="cost", from_logits=False)),
    ):
        train(
            CANCER, objective, feval=metric, callbacks=[lightgbm.record_evaluation(seen)], **valid
        )
    np.testing.assert_allclose(scores["valid_0"]["cost"], prob["valid_0"]["cost"], rtol=1e-12)
    np.testing.assert_allclose(
        prob["valid_0"]["cost"], prob["valid_0"]["binary_logloss"], rtol=1e-12
    )


def test_cross_validation_with_one_objective_for_folds_of_all_sizes():
    result = lightgbm.cv(
        PARAMS | {"objective": door.objective("ce"), "num_class": 3},
        lightgbm.Dataset(*WINE),
        10,
        nfold=5,
        feval=door.metric("ce", name="cost"),
    )
    assert result["valid cost-mean"][-1] < result["valid cost-mean"][0] < np.log(3)


@pytest.mark.parametrize(
    ("labels", "classes", "loss", "error", "message"),
    [
        (WINE[1], 1, "ce", fl.ShapeError, "a column per class; set num_class in the parameters of"),
        (WINE[1], 2, "ce", fl.LabelError, "is 2, pred has 2 classes"),
        (WINE[1] + 0.5, 3, "ce", fl.LabelError, "the label of row 0 is 0.5"),
        (WINE[1], 3, "mse", fl.ShapeError, "needs its own label"),
        (WINE[1], 1, "bce", fl.DomainError, "is 2, wanted: a number in"),
    ],
)
def test_labels_that_do_not_fit(labels, classes, loss, error, message):
    with pytest.raises(error, match=message):
        train((WINE[0], labels), door.objective(loss), 1, params={"num_class": classes})


def test_num_class_that_does_not_fit():
    with pytest.raises(fl.ShapeError, match="3 columns, num_class is 4"):
        train(WINE, door.objective("ce", num_class=4), 1, params={"num_class": 3})


@pytest.mark.parametrize("made", [door.objective, door.sklearn_objective, door.metric])
def test_losses_of_a_target_per_class_are_refused(made):
    dense = [row["name"] for row in ROWS if boosting.is_dense(row)]
    assert dense
    for name in dense:
        with pytest.raises(fl.ParameterError, match="LightGBM holds one label per row; use"):
            made(name)


def test_the_page_runs():
    page = run_page("lightgbm")
    assert page["accuracy"] > 0.9
    assert page["costs"][-1] < page["costs"][0]
