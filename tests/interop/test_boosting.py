"""What the doors to XGBoost, LightGBM and CatBoost have in common."""

import copy
import importlib
import pickle
import re
import sys
from concurrent.futures import ThreadPoolExecutor

import fastloss as fl
import numpy as np
import pytest

NAMES = ["xgboost", "lightgbm", "catboost"]


@pytest.fixture(params=NAMES)
def name(request):
    pytest.importorskip(
        request.param, reason=f"this door is not tested: pip install {request.param}"
    )
    return request.param


@pytest.fixture
def door(name):
    return importlib.import_module(f"fastloss.{name}")


@pytest.fixture
def objective(door, name):
    return door.Objective if name == "catboost" else door.objective


@pytest.fixture
def call(door, name):
    """An objective as a function of labels, scores and weights."""
    if name != "catboost":
        return door.sklearn_objective
    return lambda *given, **options: (
        lambda y, pred, weight: door.Objective(*given, **options).calc_ders_range(pred, y, weight)
    )


def every(door, loss="huber"):
    made = {kind: getattr(door, kind) for kind in door.__all__}
    return [make(loss) for make in made.values()]


def test_a_name_means_raw_scores_unless_told_otherwise(objective):
    assert objective("bce").loss == fl.BinaryCrossEntropy(from_logits=True)
    assert objective("bce", from_logits=False).loss == fl.BinaryCrossEntropy()
    assert objective("huber", delta=2.0).loss == fl.Huber(delta=2.0)
    assert objective(fl.BinaryCrossEntropy()).loss == fl.BinaryCrossEntropy()


def test_copies_are_the_same_object_and_pickles_an_equal_one(door):
    y, pred = np.ones(5, np.float32), np.arange(5.0)
    for made in every(door):
        assert copy.deepcopy(made) is copy.copy(made) is made
        again = pickle.loads(pickle.dumps(made))
        assert type(again) is type(made)
        assert repr(again) == repr(made)
        assert again.__name__ == made.__name__ == "huber"
        if hasattr(made, "calc_ders_range"):
            np.testing.assert_array_equal(
                made.calc_ders_range(pred, y, None), again.calc_ders_range(pred, y, None)
            )


def test_repr_makes_the_object_again(door, name):
    for made in every(door):
        names = {"fastloss": fl, **{kind: getattr(fl, kind) for kind in fl.__all__}}
        assert repr(eval(repr(made), names)) == repr(made)
        assert repr(made).startswith(f"fastloss.{name}.")


def test_pickling_leaves_the_buffers_behind(objective, name):
    made = objective("mse")
    before = len(pickle.dumps(made))
    derive = made.calc_ders_range if name == "catboost" else made._derivatives
    derive(np.zeros(10_000, np.float32), np.zeros(10_000, np.float32), None)
    assert len(pickle.dumps(made)) == before


def test_buffers_are_used_again_and_hold_smaller_data_too(objective, name):
    made = objective("mse")
    big, small = np.zeros(1000, np.float32), np.zeros(10, np.float32)
    if name == "catboost":
        first = made.calc_ders_range(big, big, None)
        second = made.calc_ders_range(small, small, None)
    else:
        first, second = (
            made._derivatives(big, big, None)[0],
            made._derivatives(small, small, None)[0],
        )
    assert np.shares_memory(first, second)
    assert len(second) == 10


def test_threads_share_no_buffers(door, name):
    made = door.Objective("bce") if name == "catboost" else door.sklearn_objective("bce")
    rng = np.random.default_rng(0)
    preds = [rng.normal(size=200_000) for _ in range(4)]
    y = (rng.random(200_000) < 0.5).astype(np.float32)

    def gradient(pred):
        if name == "catboost":
            return made.calc_ders_range(pred, y, None)[:, 0].copy()
        return made(y, pred, None)[0].copy()

    alone = [gradient(pred) for pred in preds]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            for got, want in zip(pool.map(gradient, preds), alone, strict=True):
                np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("name", NAMES[:2], indirect=True)  # CatBoost passes labels one by one
def test_labels_are_converted_anew_when_they_change(door):
    made = door.sklearn_objective("ce")
    pred = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    labels = np.array([0, 1, 2, 0, 1, 2], np.float32)
    first = made(labels, pred, None)[0].copy()
    labels[0] = 2  # in place: the very same array
    second = made(labels, pred, None)[0].copy()
    want = fl.SparseCategoricalCrossEntropy(from_logits=True).grad(
        pred, labels.astype(int), reduction="sum"
    )
    np.testing.assert_array_equal(second, want)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(made(labels.astype(np.int8), pred, None)[0], want)
    for wrong in (np.nan, np.inf, -np.inf, 1e30, 0.5):
        labels[4] = wrong
        with pytest.raises(fl.LabelError, match=re.escape(f"label of row 4 is {labels[4]}")):
            made(labels, pred, None)


def test_the_floor_holds_for_negative_curvature(call):
    y, pred = np.ones(3, np.float32), np.array([-9.0, -5.0, -3.0], np.float32)
    focal = fl.BinaryFocal(from_logits=True)
    assert (focal.grad_and_hess(pred, y)[1] < 0).any()
    for curvature, negative in (("exact", True), ("positive", False)):
        got = call(focal, curvature=curvature, hess_floor=0.0, scale=2.0)(y, pred, None)
        hess = -got[:, 1] if isinstance(got, np.ndarray) else got[1]
        want = focal.grad_and_hess(pred, y, curvature=curvature, reduction="sum", scale=2.0)[1]
        assert (want < 0).any() == negative
        np.testing.assert_array_equal(hess, np.maximum(want, 0.0))
    got = call("mae", hess_floor=0.5, scale=4.0)(y, pred, np.array([0, 1, 3], np.float32))
    hess = -got[:, 1] if isinstance(got, np.ndarray) else got[1]
    np.testing.assert_array_equal(hess, [0.0, 2.0, 6.0])


@pytest.mark.parametrize("threads", [1, 2, None])
def test_threads_change_no_bit(call, threads):
    rng = np.random.default_rng(0)
    pred = rng.normal(size=300_000)
    y = (rng.random(300_000) < 0.5).astype(np.float32)
    got = call("binary_focal", n_threads=threads)(y, pred, None)
    want = call("binary_focal", n_threads=1)(y, pred, None)
    for one, other in zip(got, want, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("loss", "options", "message"),
    [
        ("hubber", {}, "did you mean 'huber'"),
        ("huber", {"alpha": 1.0}, "no parameter 'alpha'; it takes delta"),
        ("huber", {"delta": -1.0}, "delta"),
        (fl.Huber(), {"delta": 2.0}, "delta can only be given with the name"),
        (3, {}, "a loss is wanted, or its name, not 3"),
        ("contrastive", {}, "takes a, b, target; wanted: a loss of pred and target"),
        ("triplet", {}, "takes anchor, positive, negative; wanted: a loss of pred"),
        (fl.SparseCategoricalCrossEntropy(axis=0), {}, "axis is 0, wanted: -1"),
        ("mse", {"n_threads": 0}, "n_threads is 0"),
        ("mse", {"n_threads": True}, "n_threads is True"),
        ("mse", {"curvature": "upper"}, "curvature is 'upper', wanted: 'exact' or"),
        ("mse", {"hess_floor": -1.0}, "hess_floor is -1.0"),
        ("mse", {"hess_floor": float("nan")}, "hess_floor is nan"),
        ("mse", {"scale": 0.0}, "scale is 0.0"),
        ("mse", {"scale": float("inf")}, "scale is inf"),
    ],
)
def test_what_cannot_be_an_objective(objective, loss, options, message):
    with pytest.raises(fl.ParameterError, match=message):
        objective(loss, **options)


@pytest.mark.parametrize("name", NAMES[:2], indirect=True)  # CatBoost asks for no num_class
@pytest.mark.parametrize(
    ("loss", "number", "message"),
    [("mse", 3, "wanted: None, there are no classes"), ("ce", 1, "wanted: an integer >= 2")],
)
def test_num_class_where_there_are_none(objective, loss, number, message):
    with pytest.raises(fl.ParameterError, match=message):
        objective(loss, num_class=number)


def test_weights_and_tensors_that_do_not_fit(call):
    y, pred = np.zeros(4, np.float32), np.zeros(4, np.float32)
    with pytest.raises(
        fl.ShapeError, match=r"weights have shape \(3,\), wanted one per row: \(4,\)"
    ):
        call("mse")(y, pred, np.ones(3))
    with pytest.raises(fl.DomainError, match="weight"):
        call("mse")(y, pred, np.array([1.0, -1.0, 1.0, 1.0]))

    class OnDevice:
        def __dlpack_device__(self):
            return 2, 0  # kDLCUDA

        def __dlpack__(self, **options):
            raise AssertionError("a device tensor is not to be touched")

    with pytest.raises(fl.DeviceError, match="predictions lie on a device of DLPack type 2: move"):
        call("mse")(y, OnDevice(), None)


def test_an_old_library_is_refused(monkeypatch, name):
    library = importlib.import_module(name)
    monkeypatch.delitem(sys.modules, f"fastloss.{name}", raising=False)
    monkeypatch.setattr(library, "__version__", "1.0.9")
    with pytest.raises(
        ImportError, match=rf"needs {name} \d.\d or later, found 1.0.9: pip install"
    ):
        importlib.import_module(f"fastloss.{name}")


def test_without_its_library_a_door_says_what_to_install(monkeypatch, name):
    monkeypatch.delitem(sys.modules, f"fastloss.{name}", raising=False)
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=rf'pip install "{name}>=\d.\d"'):
        importlib.import_module(f"fastloss.{name}")
