"""Objectives of the boosting doors beside the same objectives written by hand in NumPy.

``python -m bench.doors`` prints, for each library that is installed: one call as the library makes
it, a whole training, and how much of that was spent in the objective. Both contenders compute the
same gradient and Hessian, which is checked, and take turns in one process.
"""

import argparse
import functools
import importlib
import importlib.util
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from bench.measure import by_turns, calls

Derive = Callable[[Any, Any], tuple[Any, Any]]  # labels and scores to gradient and Hessian

GAMMA = 2.0
DELTA = 1.0
FLOOR = 0.1
FEATURES = 20
LIBRARIES = ("xgboost", "lightgbm", "catboost")
OBJECTIVES = {"focal": ("binary_focal", {"gamma": GAMMA, "alpha": None}), "huber": ("huber", {})}


def numpy_focal(y: Any, z: Any) -> tuple[Any, Any]:
    """The focal loss of labels 0 and 1, from raw scores."""
    sign = 2 * y.astype(z.dtype) - 1
    z = sign * z
    cost = np.logaddexp(0, -z)  # -log p, p the probability of the right answer
    p = np.exp(-cost)
    q = 1 - p
    power = q**GAMMA
    grad = -sign * power * (GAMMA * p * cost + q)
    hess = power * p * (GAMMA * GAMMA * p * cost + (2 * GAMMA + 1) * q - GAMMA * q * cost)
    return grad, np.maximum(hess, FLOOR)


def numpy_huber(y: Any, z: Any) -> tuple[Any, Any]:
    r = z - y.astype(z.dtype)
    return np.clip(r, -DELTA, DELTA), np.where(np.abs(r) <= DELTA, z.dtype.type(1), FLOOR)


NUMPY = {"focal": numpy_focal, "huber": numpy_huber}


def contenders(library: str, name: str, threads: int | None) -> tuple[Any, Any]:
    """The objective by hand and ours, as the training of a library takes them."""
    derive = NUMPY[name]
    door = importlib.import_module(f"fastloss.{library}")
    loss, params = OBJECTIVES[name]
    options = {"curvature": "exact", "hess_floor": FLOOR, "n_threads": threads, **params}
    if library != "catboost":
        return lambda pred, data: derive(data.get_label(), pred), door.objective(loss, **options)

    class ByHand:
        no_jit = True

        def calc_ders_range(self, approxes: Any, targets: Any, weights: Any) -> Any:
            grad, hess = derive(targets, approxes)
            return -np.stack([grad, hess], axis=1)

    return ByHand(), door.Objective(loss, **options)


def prepare(library: str, x: Any, y: Any) -> tuple[Any, Any, Callable[[Any, Any, Any], Any]]:
    """The data of a library, scores as it would pass them, and a call of an objective."""
    z = np.random.default_rng(1).normal(size=len(y)) * 2
    if library == "xgboost":
        data = importlib.import_module(library).QuantileDMatrix(x, y)
        return data, z.astype(np.float32), lambda f, pred, data: f(pred, data)
    if library == "lightgbm":
        module = importlib.import_module(library)
        data = module.Dataset(x, y, params={"verbose": -1}).construct()
        return data, z, lambda f, pred, data: f(pred, data)
    data = importlib.import_module(library).Pool(x, y)
    data.quantize()
    label = y.astype(np.float32)
    return data, z, lambda f, pred, data: f.calc_ders_range(pred, label, None)


class Watch:
    """An objective, and the seconds spent in it."""

    no_jit = True

    def __init__(self, objective: Any) -> None:
        self.objective = objective
        self.seconds = 0.0

    def __deepcopy__(self, memo: object) -> "Watch":
        return self  # LightGBM copies its parameters

    def __call__(self, *given: Any) -> Any:
        return self._timed(self.objective, given)

    def calc_ders_range(self, *given: Any) -> Any:
        return self._timed(self.objective.calc_ders_range, given)

    def _timed(self, function: Any, given: Any) -> Any:
        start = time.perf_counter()
        result = function(*given)
        self.seconds += time.perf_counter() - start
        return result


def training(library: str, data: Any, watched: Any, rounds: int) -> tuple[float, float]:
    """Train, and return the seconds that it took, and those spent in the objective."""
    objective = Watch(watched)
    module = importlib.import_module(library)
    start = time.perf_counter()
    if library == "xgboost":
        module.train({"base_score": 0.0}, data, rounds, obj=objective)
    elif library == "lightgbm":
        module.train({"objective": objective, "verbose": -1}, data, rounds)
    else:
        module.CatBoost(
            {
                "loss_function": objective,
                "eval_metric": "RMSE",
                "iterations": rounds,
                "verbose": 0,
                "allow_writing_files": False,
                "boosting_type": "Plain",
                "metric_period": rounds,
                "leaf_estimation_iterations": 1,
            }
        ).fit(data)
    return time.perf_counter() - start, objective.seconds


def check(by_hand: Any, ours: Any) -> None:
    """Fail where the two do not compute the same thing."""
    for hand, own in zip(by_hand, ours, strict=True):
        np.testing.assert_allclose(hand, own, rtol=0, atol=2e-5)


def compare(library: str, name: str, x: Any, signal: Any, options: Any) -> str:
    """Time an objective both ways, and return the line of the table."""
    y = (signal > 0).astype(np.float32) if name == "focal" else signal.astype(np.float32)
    data, pred, call = prepare(library, x, y)
    pair = contenders(library, name, options.threads)
    check(*(call(objective, pred, data) for objective in pair))
    hand, ours = (functools.partial(call, objective, pred, data) for objective in pair)
    timings = by_turns({"hand": calls(hand), "ours": calls(ours)}, options.seconds)
    one = [timings[who].best * 1e3 for who in ("hand", "ours")]
    runs = [
        [training(library, data, objective, options.rounds) for objective in pair]
        for _ in range(options.repeats)
    ]
    found = [one]
    for part in (0, 1):  # all of it, and the objective
        found.append([min(run[who][part] for run in runs) for who in (0, 1)])
    columns = "   ".join(f"{a:9.3f}{b:10.3f}{a / b:8.2f}x" for a, b in found)
    return f"{library:9} {name:9}{columns}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=3, help="trainings of each kind")
    parser.add_argument("--seconds", type=float, default=4.0, help="for the calls of each pair")
    parser.add_argument("--threads", type=int, help="of fastloss; NumPy has one")
    parser.add_argument("--only", choices=LIBRARIES, help="one library alone")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    x = rng.normal(size=(options.rows, FEATURES)).astype(np.float32)
    signal = x[:, 0] + x[:, 1] * x[:, 2] + rng.standard_t(2, options.rows)
    print(
        f"{options.rows} rows, {FEATURES} features, {options.rounds} rounds, "
        f"threads of fastloss: {options.threads or 'default'}; best of the runs\n"
    )
    columns = f"{'NumPy':>9}{'fastloss':>10}{'ratio':>9}"
    titles = "   ".join(f"{t:^28}" for t in ("one call, ms", "training, s", "of it objective, s"))
    print(f"{'':19}{titles}\n{'':19}{'   '.join([columns] * 3)}")
    for library in LIBRARIES:
        if options.only not in (None, library):
            continue
        if importlib.util.find_spec(library) is None:
            print(f"{library:9} is not installed")
            continue
        for name in OBJECTIVES:
            print(compare(library, name, x, signal, options), flush=True)


if __name__ == "__main__":
    main()
