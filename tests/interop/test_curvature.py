"""Curvature of 0: by definition, which is an error at once, and by underflow, which is none."""

import importlib
import re

import fastloss as fl
import numpy as np
import pytest
from fastloss._curvature import require_curvature

from tests import cases
from tests.interop import boosting

CASES = [case for case in cases.plain_cases() if cases.of_samples(case.row)]
CERTAIN = 1e6  # a learning rate that makes every prediction certain, right or wrong
ROUNDS = 8


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_has_no_curvature_anywhere_is_refused_without_a_floor(case):
    pred, target = cases.draw(case, (400,))
    seen = case.loss.grad_and_hess(pred, target, curvature="positive", reduction="none")[1].any()
    require_curvature(case.loss, 1e-6)
    if seen:
        require_curvature(case.loss, 0.0)
        return
    with pytest.raises(fl.ParameterError, match=r"has no curvature.*give hess_floor=1\.0"):
        require_curvature(case.loss, 0.0)


def test_there_is_a_loss_of_either_kind():
    require_curvature(fl.MeanSquaredError(), 0.0)
    with pytest.raises(fl.ParameterError, match="MeanAbsoluteError: has no curvature"):
        require_curvature(fl.MeanAbsoluteError(), 0.0)


@pytest.mark.parametrize(
    "loss",
    [
        fl.Huber(delta=1e-300),
        fl.Huber(delta=1e300),
        fl.BinaryFocal(gamma=1e6, from_logits=True),
        fl.BinaryFocal(gamma=1e6),
        fl.BinaryCrossEntropy(pos_weight=0.0, from_logits=True),
        fl.BinaryCrossEntropy(pos_weight=(0.0, 1.0, 2.0, 3.0), from_logits=True),
        fl.SparseCategoricalCrossEntropy(
            class_weight=(0, 0, 0, 1, 0), ignore_index=2, from_logits=True
        ),
        fl.CategoricalFocal(alpha=(0, 0, 1), gamma=100.0),
    ],
    ids=str,
)
def test_curvature_in_a_corner_is_curvature(loss):
    require_curvature(loss, 0.0)


def test_a_loss_that_has_no_hessian_is_refused_with_any_floor():
    class Hessianless:
        pass

    with pytest.raises(fl.ParameterError, match="Hessianless: has no Hessian"):
        require_curvature(Hessianless(), 1.0)


def in_xgboost(own, floor):
    import fastloss.xgboost as door
    import xgboost

    made = door.objective("bce", hess_floor=floor)
    objective = {"objective": "binary:logistic", "base_score": 0.5} if own else {"base_score": 0.0}
    data, seen = xgboost.DMatrix(*boosting.CANCER), []

    def watched(pred, dtrain):
        grad, hess = made(pred, dtrain)
        seen.append((np.abs(grad).max(), hess.max()))
        return grad, hess

    model = xgboost.train({"eta": CERTAIN} | objective, data, ROUNDS, obj=None if own else watched)
    return model.num_boosted_rounds(), seen


def in_lightgbm(own, floor):
    import fastloss.lightgbm as door
    import lightgbm

    made, seen = door.objective("bce", hess_floor=floor), []

    def watched(pred, data):
        grad, hess = made(pred, data)
        seen.append((np.abs(grad).max(), hess.max()))
        return grad, hess

    params = {"objective": "binary" if own else watched, "boost_from_average": False}
    model = lightgbm.train(
        params | {"learning_rate": CERTAIN, "verbose": -1},
        lightgbm.Dataset(*boosting.CANCER),
        ROUNDS,
    )
    return model.num_trees(), seen


def in_catboost(own, floor):
    import catboost
    import fastloss.catboost as door

    made, seen = door.Objective("bce", hess_floor=floor), []
    derive = made.calc_ders_range

    def watched(*given):
        ders = derive(*given)
        seen.append((np.abs(ders[:, 0]).max(), -ders[:, 1].min()))
        return ders

    made.calc_ders_range = watched
    model = catboost.CatBoost(
        {
            "loss_function": "Logloss" if own else made,
            "eval_metric": "Logloss",
            "learning_rate": CERTAIN,
            "iterations": ROUNDS,
            "boost_from_average": False,
            "leaf_estimation_iterations": 1,
            "leaf_estimation_backtracking": "No",
            "allow_writing_files": False,
            "logging_level": "Silent",
            "thread_count": 1,
        }
    )
    return model.fit(*boosting.CANCER).tree_count_, seen


@pytest.mark.parametrize("floor", [1e-6, 0.0])
@pytest.mark.parametrize("train", [in_xgboost, in_lightgbm, in_catboost])
def test_rounds_of_certain_predictions_train_on_as_with_the_librarys_own_objective(train, floor):
    name = train.__name__.removeprefix("in_")
    pytest.importorskip(name, reason=f"this door is not tested: pip install {name}")
    own, _ = train(own=True, floor=floor)
    ours, seen = train(own=False, floor=floor)
    assert ours >= own > 0  # CatBoost's own gives up on a degenerate solution
    # There was a round of no curvature but the floor, with gradients left.
    assert any(np.float32(hess) <= np.float32(floor) and grad > 0 for grad, hess in seen)


@pytest.mark.parametrize("name", ["xgboost", "lightgbm", "catboost"])
def test_the_doors_ask_when_an_objective_is_made(name):
    pytest.importorskip(name, reason=f"this door is not tested: pip install {name}")
    door = importlib.import_module(f"fastloss.{name}")
    for kind in door.__all__:
        if re.search("objective", kind, re.I):
            make = getattr(door, kind)
            with pytest.raises(fl.ParameterError, match=r"MeanAbsoluteError.*hess_floor=1\.0"):
                make("mae", hess_floor=0.0)
            make("mae")
            make("huber", delta=1e-300, hess_floor=0.0)
