"""The methods of the CatBoost door, called by hand rather than by CatBoost."""

import numpy as np
import pytest

pytest.importorskip("catboost", reason="the door to CatBoost is not tested: pip install catboost")
import fastloss as fl
import fastloss.catboost as door


def test_plain_lists_are_taken_and_what_else_there_is_gets_an_error_of_fastloss():
    mse, ce, several = door.Objective("mse"), door.Objective("ce"), door.MultiTargetObjective("mse")
    ders = mse.calc_ders_range([0.0, 1.0], [1, 1], [1, 2])
    np.testing.assert_array_equal(ders, [[2, -2], [0, -4]])
    first, second = ce.calc_ders_multi([0.0, 0.0], 1, 1)
    np.testing.assert_array_equal(first, [-0.5, 0.5])
    np.testing.assert_array_equal(second, -0.25 * np.eye(2))
    for label in (1.0, np.float32(1), np.int64(1)):
        np.testing.assert_array_equal(ce.calc_ders_multi(np.zeros(2), label, 1.0)[0], first)
    narrow = ce.calc_ders_multi(np.zeros(2, np.float32), 1, None)
    np.testing.assert_array_equal(narrow[0], first)
    np.testing.assert_array_equal(several.calc_ders_multi([0.0, 1.0], [1, 3], 0.5)[0], [1, 2])
    assert door.Metric("mse").evaluate([[0.0, 1.0]], [1, 3], [1, 2]) == (9.0, 3.0)
    assert door.Metric("ce").evaluate([[0.0], [0.0]], [1], None) == (np.log(2), 1.0)
    assert door.MultiTargetMetric("mse").evaluate([[0.0], [1.0]], [[1], [3]], None) == (5.0, 2.0)
    for error, words, call in (
        (
            fl.ShapeError,
            "one score per row",
            lambda: mse.calc_ders_range(np.zeros((2, 2)), np.zeros((2, 2)), None),
        ),
        (fl.ShapeError, "one score per row", lambda: mse.calc_ders_range(1.0, 2.0, None)),
        (fl.ShapeError, "the scores of one object", lambda: ce.calc_ders_multi([[0.0]], 0, 1.0)),
        (fl.ShapeError, "the scores of one object", lambda: ce.calc_ders_multi(0.0, 0, 1.0)),
        (fl.DTypeError, "dtype int64", lambda: mse.calc_ders_range([0, 1], [1, 1], None)),
        (fl.DTypeError, "dtype int64", lambda: ce.calc_ders_multi([0, 1], 1, 1.0)),
        (fl.DTypeError, "dtype <U1", lambda: ce.calc_ders_multi(["a"], 1, 1.0)),
        (fl.LabelError, "a label is 'a'", lambda: ce.calc_ders_multi([0.0], "a", 1.0)),
        (fl.LabelError, "a label is True", lambda: ce.calc_ders_multi([0.0, 1.0], True, 1.0)),
        (fl.LabelError, "a label is inf", lambda: ce.calc_ders_multi([0.0], float("inf"), 1.0)),
        (fl.ShapeError, "one column per score", lambda: door.Metric("mse").evaluate([], [], None)),
        (
            fl.ShapeError,
            "one column per score",
            lambda: door.Metric("mse").evaluate([0.0, 1.0], [1, 2], None),
        ),
        (
            fl.ShapeError,
            "one column per score",
            lambda: door.Metric("ce").evaluate([[0.0], [0.0, 1.0]], [1], None),
        ),
        (fl.DTypeError, "dtype int64", lambda: door.Metric("mse").evaluate([[1]], [1], None)),
    ):
        with pytest.raises(error, match=words):
            call()


def test_scores_and_labels_of_one_object_that_do_not_fit():
    with pytest.raises(fl.ShapeError, match="a row has 1 labels and 3 scores"):
        door.Objective("mse").calc_ders_multi(np.zeros(3), 1.0, 1.0)
    with pytest.raises(fl.LabelError, match=r"a label is 0\.5, wanted: a whole number"):
        door.Objective("ce").calc_ders_multi(np.zeros(3), 0.5, 1.0)
    with pytest.raises(fl.LabelError, match="is 3, pred has 3 classes"):
        door.Objective("ce").calc_ders_multi(np.zeros(3), 3.0, 1.0)
