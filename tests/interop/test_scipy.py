"""Objectives under SciPy's optimisers, against the solutions of scikit-learn and of algebra."""

import pickle

import fastloss as fl
import numpy as np
import pytest

from tests import cases
from tests.interop.pages import run_page

optimize = pytest.importorskip("scipy.optimize", reason="SciPy is not installed")
sklearn = pytest.importorskip("sklearn", reason="scikit-learn, for data, is not installed")

from fastloss.scipy import linear_objective, objective  # noqa: E402
from scipy import sparse  # noqa: E402
from sklearn import datasets, linear_model  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

CASES = [
    case
    for case in cases.plain_cases()
    if cases.of_samples(case.row)
    and case.option("from_logits", True)
    and case.option("log_input", True)
    and case.option("axis", -1) == -1
]
TIGHT = {"method": "BFGS", "jac": True, "options": {"gtol": 1e-11, "maxiter": 5000}}


def solve(fun, x0):
    """Minimise until the line search cannot improve a bit: to a gradient of 1e-8 of the value."""
    found = optimize.minimize(fun, x0, **TIGHT)
    assert np.abs(found.jac).max() < 1e-8 * max(1, found.fun)
    return found.x


def cancer():
    x, y = datasets.load_breast_cancer(return_X_y=True)
    return StandardScaler().fit_transform(x), y, np.random.default_rng(0).random(len(y)) + 0.5


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_gradient_is_that_of_the_value(case, weighted):
    x = np.random.default_rng(0).normal(size=(40, 3))
    _, y = cases.draw(case, (40,))
    weight = cases.weights((40,)) if weighted else None
    fun, x0 = linear_objective(
        case.loss, x, y, l2=0.3, fit_intercept=True, sample_weight=weight, n_classes=labels(case)
    )
    at = x0 + np.random.default_rng(1).normal(size=x0.size)
    value, gradient = fun(at)
    assert type(value) is float
    assert (gradient.dtype, gradient.shape) == (np.float64, x0.shape)
    # Central differences with h = 1e-6: h^2 and the rounding 1e-16 / h, on numbers around 1.
    steps = 1e-6 * np.eye(x0.size)
    slope = [(fun(at + h)[0] - fun(at - h)[0]) / 2e-6 for h in steps]
    np.testing.assert_allclose(gradient, slope, rtol=0, atol=2e-8 * max(1, np.abs(gradient).max()))


def labels(case):
    return cases.CLASSES if case.row["labels"] else None


def test_check_grad():
    x, y, _ = cancer()
    fun, x0 = linear_objective("bce", x, y, l2=0.1, fit_intercept=True)
    at = np.random.default_rng(0).normal(size=x0.size)
    far = optimize.check_grad(lambda p: fun(p)[0], lambda p: fun(p)[1], at)
    assert far < 1e-6  # forward differences: a step of 1.5e-8 on a curvature of about 10


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_logistic_regression(weighted):
    x, y, w = cancer()
    w = w if weighted else None
    total = len(y) if w is None else w.sum()
    model = linear_model.LogisticRegression(C=0.5, solver="newton-cholesky", tol=1e-12)
    model.fit(x, y, w)
    fun, x0 = linear_objective(
        "binary_cross_entropy", x, y, l2=1 / (0.5 * total), sample_weight=w, fit_intercept=True
    )
    coef, intercept = fun.split(solve(fun, x0))
    # The gradient is below 1e-8 and the curvature at least l2 = 2 / 569: 1e-8 / l2 = 2.8e-6.
    np.testing.assert_allclose(coef, model.coef_[0], rtol=0, atol=3e-6)
    assert intercept == pytest.approx(model.intercept_[0], abs=3e-6)
    theirs = np.append(model.coef_[0], model.intercept_)
    assert fun(theirs)[0] == pytest.approx(fun(np.append(coef, intercept))[0], rel=1e-12)


def test_multinomial_regression():
    x, y = datasets.load_wine(return_X_y=True)
    x = StandardScaler().fit_transform(x)
    model = linear_model.LogisticRegression(solver="newton-cg", tol=1e-10).fit(x, y)
    fun, x0 = linear_objective("scce", x, y, l2=1 / len(y), fit_intercept=True)
    assert x0.shape == (13 * 3 + 3,)
    coef, intercept = fun.split(solve(fun, x0))
    np.testing.assert_allclose(coef, model.coef_.T, rtol=0, atol=3e-6)
    # Nothing but the differences of free intercepts is determined.
    centred = [b - b.mean() for b in (intercept, model.intercept_)]
    np.testing.assert_allclose(*centred, rtol=0, atol=3e-6)
    one_hot, _ = linear_objective("cce", x, np.eye(3)[y], l2=1 / len(y), fit_intercept=True)
    at = np.random.default_rng(0).normal(size=x0.size)
    np.testing.assert_allclose(one_hot(at)[1], fun(at)[1], rtol=0, atol=1e-15)


@pytest.mark.parametrize("outputs", [None, 2])
def test_ridge(outputs):
    x, y = datasets.load_diabetes(return_X_y=True)
    y = y / y.std()
    y = y if outputs is None else np.column_stack([y, y**2])
    model = linear_model.Ridge(alpha=0.5, solver="cholesky").fit(x, y)
    # The mean is over (n, k) terms. A gradient of 1e-8 over the least curvature, l2, is 9e-6.
    fun, x0 = linear_objective("mse", x, y, l2=2 * 0.5 / y.size, fit_intercept=True)
    coef, intercept = fun.split(solve(fun, x0))
    np.testing.assert_allclose(coef.T, model.coef_, rtol=0, atol=1e-5)
    np.testing.assert_allclose(intercept, model.intercept_, rtol=0, atol=1e-5)


def test_huber_regression():
    x, y = datasets.load_diabetes(return_X_y=True)
    x = StandardScaler().fit_transform(x)
    model = linear_model.HuberRegressor(alpha=0.1, tol=1e-9, max_iter=10_000).fit(x, y)
    # At its solution the scale is a number, and what is minimised over the rest is
    # 2 / scale sum huber(r; epsilon scale) + alpha |w|^2.
    delta = model.epsilon * model.scale_
    fun, x0 = linear_objective(
        "huber", x, y, delta=delta, l2=0.1 * model.scale_ / len(y), fit_intercept=True
    )
    theirs = np.append(model.coef_, model.intercept_)
    ours = solve(fun, x0)
    # Theirs is found by L-BFGS together with the scale, and stops earlier: at a higher value.
    assert fun(ours)[0] <= fun(theirs)[0]
    assert fun(theirs)[0] == pytest.approx(fun(ours)[0], rel=1e-10)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-3)


def test_sparse_data_and_other_dtypes_give_the_same():
    x, y, w = cancer()
    x = np.where(np.abs(x) < 1, 0, np.round(x, 1)).astype(np.float32)
    at = np.random.default_rng(0).normal(size=31)
    options = {"l2": 0.1, "fit_intercept": True, "sample_weight": w}
    dense, x0 = linear_objective("bce", x.astype(np.float64), y, **options)
    assert x0.size == 31
    for form in (
        sparse.csr_array(x),
        sparse.csc_matrix(x),
        sparse.coo_array(x),
        np.asfortranarray(x),
    ):
        value, gradient = linear_objective("bce", form, y, **options)[0](at)
        assert value == pytest.approx(dense(at)[0], rel=1e-14)
        np.testing.assert_allclose(gradient, dense(at)[1], rtol=0, atol=1e-14)


def test_a_gradient_is_not_overwritten_by_the_next_call():
    x, y, _ = cancer()
    fun, x0 = linear_objective("bce", x, y)
    first = fun(x0)[1]
    kept = first.copy()
    fun(x0 + 1)
    assert first.tolist() == kept.tolist()
    state = np.zeros(3)
    own = objective("mse", lambda p: p, lambda p, g: np.add(g, 0, out=state), np.ones(3))
    first = own(np.zeros(3))[1]
    own(np.ones(3))
    assert first.tolist() == [-2 / 3] * 3


def test_copies_in_other_processes():
    x, y, _ = cancer()
    fun, x0 = linear_objective(fl.BinaryFocal(from_logits=True), x, y, l2=0.1)
    again = pickle.loads(pickle.dumps(fun))
    assert again(x0 + 0.1)[1].tolist() == fun(x0 + 0.1)[1].tolist()


def test_ignored_rows_and_classes_without_a_row():
    x, y = datasets.load_iris(return_X_y=True)
    marked = np.where(np.arange(150) % 5 == 0, 7, y)
    loss = fl.SparseCategoricalCrossEntropy(from_logits=True, ignore_index=7)
    fun, x0 = linear_objective(loss, x, marked)
    assert x0.shape == (12,)
    rest, _ = linear_objective("scce", x[marked != 7], y[marked != 7])
    assert fun(x0 + 0.5)[0] == pytest.approx(rest(x0 + 0.5)[0], rel=1e-15)
    assert linear_objective("scce", x, y, n_classes=5)[1].shape == (20,)


def test_an_objective_of_ones_own():
    x, y, w = cancer()
    linear, x0 = linear_objective("bce", x, y, sample_weight=w)
    own = objective("bce", lambda p: x @ p, lambda p, g: x.T @ g, y, sample_weight=w)
    at = np.random.default_rng(0).normal(size=x0.size)
    assert own(at)[0] == linear(at)[0]
    assert own(at)[1].tolist() == linear(at)[1].tolist()
    narrow = objective("bce", lambda p: (x @ p).astype(np.float32), lambda p, g: x.T @ g, y)
    assert type(narrow(at)[0]) is float
    assert narrow(at)[1].dtype == np.float64
    with pytest.raises(fl.ShapeError, match="pullback gave 31 numbers, x has 30"):
        objective("bce", lambda p: x @ p, lambda p, g: np.ones(31), y)(at)


def test_bad_input():
    x, y, w = cancer()
    many = np.arange(len(y)) % 3
    for error, words, call in (
        (fl.ShapeError, r"X has shape \(569,\)", lambda: linear_objective("mse", x[:, 0], y)),
        (fl.ShapeError, "y has shape .5,., X has 569", lambda: linear_objective("mse", x, y[:5])),
        (
            fl.ShapeError,
            "sample_weight",
            lambda: linear_objective("mse", x, y, sample_weight=w[:5]),
        ),
        (fl.DTypeError, "X has dtype complex", lambda: linear_objective("mse", x * 1j, y)),
        (fl.DTypeError, "X has dtype <U", lambda: linear_objective("mse", x.astype(str), y)),
        (fl.DTypeError, "np.unique", lambda: linear_objective("scce", x, many.astype(str))),
        (fl.DTypeError, "np.unique", lambda: linear_objective("scce", x, many * 1.0)),
        (fl.LabelError, "is 2, pred has 2", lambda: linear_objective("scce", x, many, n_classes=2)),
        (fl.LabelError, "is -1", lambda: linear_objective("scce", x, many - 1)),
        (fl.DomainError, "is 2", lambda: linear_objective("bce", x, many)),
        (fl.DomainError, "weight", lambda: linear_objective("mse", x, y, sample_weight=-w)),
        (fl.ParameterError, "l2 is -1", lambda: linear_objective("mse", x, y, l2=-1)),
        (fl.ParameterError, "l2 is nan", lambda: linear_objective("mse", x, y, l2=np.nan)),
        (fl.ParameterError, "n_classes", lambda: linear_objective("mse", x, y, n_classes=2)),
        (fl.ParameterError, "axis is 0", lambda: linear_objective("scce", x, many, axis=0)),
        (fl.ParameterError, "anchor", lambda: linear_objective("triplet", x, y)),
        (
            fl.ParameterError,
            "delta can only be given with",
            lambda: linear_objective(fl.Huber(), x, y, delta=1),
        ),
        (fl.ParameterError, "n_threads", lambda: linear_objective("mse", x, y, n_threads=0)),
        (
            fl.ShapeError,
            r"x has shape \(3,\)",
            lambda: linear_objective("mse", x, y)[0](np.ones(3)),
        ),
    ):
        with pytest.raises(error, match=words):
            call()


def test_the_page():
    found = run_page("scipy")
    assert found["found"].success
    assert found["accuracy"] > 0.98
    assert found["weights"].shape == (13, 3)
    assert found["biases"].shape == (3,)
    np.testing.assert_allclose(found["decay"], [3.0, 0.7], rtol=2e-2)
