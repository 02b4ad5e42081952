"""``python -m fastloss selftest``: an installation checked against answers that are known."""

from __future__ import annotations

import math
import pickle
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

import fastloss as fl

from ..registry import find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ULP = 2.0**-52


def selftest() -> int:
    """Run every check, print a line for each, and return how many failed."""
    failed = 0
    for name, check in _checks():
        try:
            problem = "" if check() else ": the answer is wrong"
        except Exception as error:  # a check that raises has failed, whatever it raised
            problem = f": {type(error).__name__}: {error}"
        failed += bool(problem)
        print(f"{'FAILED' if problem else 'ok':<7}{name}{problem}")
    print(f"\n{failed} checks failed" if failed else "\nall checks passed")
    return failed


def _checks() -> Iterator[tuple[str, Callable[[], bool]]]:
    yield "squared error of 3 is 9, gradient 6", _squared
    yield "absolute error has slope 0 at the target", _kink
    yield "Huber changes from parabola to line at delta", _huber
    yield "binary cross-entropy of logit 0 is log 2", _coin
    yield "binary cross-entropy of logit +inf for 1 is 0", _certain
    yield "binary cross-entropy at 90 % for 0 is log 10", _spam
    yield "cross-entropy of C equal logits is log C", _uniform
    yield "cross-entropy of a sure row keeps its digits", _sure
    yield "focal loss at 50 % is a quarter of log 2", _focal
    yield "focal loss with gamma 0 is the cross-entropy", _focal_zero
    yield "contrastive loss of the 3-4-5 triangle is 25", _contrastive
    yield "triplet loss of distances 5 and 2 is 4", _triplet
    yield "equal vectors give gradient 0", _equal_vectors
    yield "a million float32 terms add up to the last digit", _long_sum
    yield "an empty mean is NaN, an empty sum 0", _empty
    yield "a term of weight 0 counts for nothing", _weightless
    yield "a wrong shape, label or value raises", _errors
    yield "every loss survives pickle and repr", _rebuilt
    for name in fl.losses():
        yield f"{name}: same bits on 1 to 4 threads", partial(_same_bits, name)


def _near(value: float, wanted: float, ulps: float = 4.0) -> bool:
    return abs(value - wanted) <= ulps * ULP * abs(wanted)


def _squared() -> bool:
    value, gradient = fl.MeanSquaredError().value_and_grad([4.0], [1.0])
    return value == 9.0 and gradient[0] == 6.0


def _kink() -> bool:
    return list(fl.MeanAbsoluteError().grad([-1.0, 0.0, 1.0], [0.0] * 3, scale=3.0)) == [-1, 0, 1]


def _huber() -> bool:
    loss = fl.Huber(delta=2.0)
    values = loss([1.0, 2.0, 5.0], [0.0] * 3, reduction="none")
    gradient, hessian = loss.grad_and_hess([1.0, 2.0, 5.0], [0.0] * 3, reduction="none")
    return (list(values), list(gradient), list(hessian)) == ([0.5, 2.0, 8.0], [1, 2, 2], [1, 1, 0])


def _coin() -> bool:
    loss = fl.BinaryCrossEntropy(from_logits=True)
    value, gradient = loss.value_and_grad([0.0, 0.0], [1, 0], reduction="none")
    return all(_near(x, math.log(2.0)) for x in value) and list(gradient) == [-0.5, 0.5]


def _certain() -> bool:
    loss = fl.BinaryCrossEntropy(from_logits=True)
    value, gradient = loss.value_and_grad([math.inf], [1])
    return value == 0.0 and gradient[0] == 0.0


def _spam() -> bool:
    # 0.9 is a little above nine tenths in binary, which moves the logarithm by 2 ULP.
    return _near(fl.BinaryCrossEntropy()(0.9, 0), math.log(10.0), 6.0)


def _uniform() -> bool:
    loss = fl.SparseCategoricalCrossEntropy(from_logits=True)
    return all(_near(loss(np.zeros((1, c)), [c - 1]), math.log(c)) for c in (2, 3, 10, 1000))


def _sure() -> bool:
    loss = fl.SparseCategoricalCrossEntropy(from_logits=True)
    value, gradient = loss.value_and_grad([[90.0, 0.0]], [0])
    wanted = math.exp(-90.0)
    return all(map(_near, (value, *gradient[0]), (wanted, -wanted, wanted)))


def _focal() -> bool:
    binary = fl.BinaryFocal(gamma=2.0, alpha=None)([0.5], [1])
    classes = fl.CategoricalFocal(gamma=2.0)([[0.5, 0.25, 0.25]], [[1, 0, 0]])
    return _near(binary, math.log(2.0) / 4) and _near(classes, math.log(2.0) / 4)


def _focal_zero() -> bool:
    logits, target = np.linspace(-8.0, 8.0, 33), np.arange(33) % 2
    focal = fl.BinaryFocal(gamma=0.0, alpha=None, from_logits=True)
    plain = fl.BinaryCrossEntropy(from_logits=True)
    pair = (loss(logits, target, reduction="none") for loss in (focal, plain))
    return all(_near(a, b, 8.0) for a, b in zip(*pair, strict=True))


def _contrastive() -> bool:
    loss, a, b = fl.Contrastive(), [[0.0, 0.0]], [[3.0, 4.0]]
    _, gradient = loss.grad(a, b, [1])
    return loss(a, b, [1]) == 25.0 and loss(a, b, [0]) == 0.0 and list(gradient[0]) == [6.0, 8.0]


def _triplet() -> bool:
    return fl.Triplet()([[0.0, 0.0]], [[3.0, 4.0]], [[0.0, 2.0]]) == 4.0


def _equal_vectors() -> bool:
    x = np.ones((1, 3))
    gradients = (*fl.Contrastive().grad(x, x, [0]), *fl.Triplet().grad(x, x, x))
    return not any(np.any(gradient) for gradient in gradients)


def _long_sum() -> bool:
    tenth = np.full(1_000_000, 0.1, np.float32)
    total = fl.MeanAbsoluteError()(tenth, np.zeros_like(tenth), reduction="sum")
    return _near(total, 1e6 * float(tenth[0]), 8.0)


def _empty() -> bool:
    loss = fl.MeanSquaredError()
    return math.isnan(loss([], [])) and loss([], [], reduction="sum") == 0.0


def _weightless() -> bool:
    loss = fl.BinaryCrossEntropy()
    value, gradient = loss.value_and_grad([0.0, 0.5], [1, 1], sample_weight=[0, 1])
    return _near(value, math.log(2.0)) and gradient[0] == 0.0


def _errors() -> bool:
    probabilities = np.full((1, 3), 1.0 / 3.0)
    calls: list[tuple[type[Exception], Callable[[], Any]]] = [
        (fl.ShapeError, lambda: fl.Huber()(np.zeros(3), np.zeros((3, 1)))),
        (fl.LabelError, lambda: fl.SparseCategoricalCrossEntropy()(probabilities, [3])),
        (fl.DomainError, lambda: fl.BinaryCrossEntropy()([1.5], [1])),
        (fl.DTypeError, lambda: fl.Huber()(np.zeros(2, int), [0.0, 0.0])),
        (fl.ParameterError, lambda: fl.Huber(delta=0.0)),
    ]
    return all(map(_raises, *zip(*calls, strict=True)))


def _raises(kind: type[Exception], call: Callable[[], Any]) -> bool:
    try:
        call()
    except kind:
        return True
    return False


def _rebuilt() -> bool:
    losses = [*map(fl.get, fl.losses()), fl.Triplet(p=math.inf)]
    copies = ([pickle.loads(pickle.dumps(x)), eval(repr(x), vars(fl).copy())] for x in losses)
    return all(copy == [loss, loss] for loss, copy in zip(losses, copies, strict=True))


def _same_bits(name: str) -> bool:
    loss, inputs = fl.get(name), _inputs(name)
    results = [loss.value_and_grad(*inputs, n_threads=n) for n in (1, 2, 3, 4)]
    return len({_bytes(result) for result in results}) == 1


def _bytes(result: Any) -> bytes:
    if isinstance(result, tuple):
        return b"".join(map(_bytes, result))
    return np.asarray(result).tobytes()


def _inputs(name: str) -> list[Any]:
    """Enough terms for several threads, inside the domain of any loss."""
    random = np.random.default_rng(0)
    row, _ = find(name)
    inner = any(word.isupper() for word in row["arguments"][0]["shape"].split())
    sizes = {"*b": (20_000,) if inner else (100_000,), "C": (16,), "D": (16,), "4": (4,)}
    arrays: list[Any] = []
    for argument in row["arguments"]:
        shape = tuple(n for word in argument["shape"].split() for n in sizes[word])
        if argument["role"] == "labels":
            arrays.append(random.integers(0, 16, shape))
        elif argument["role"] == "given" and shape[-1:] == sizes["*b"]:
            drawn = random.integers(0, 2, shape) + argument["domain"].startswith("> ")
            arrays.append(2 * drawn - 1 if argument["domain"].startswith("-1 or 1") else drawn)
        else:
            arrays.append(random.random(shape, np.float32))
        if shape[1:] == sizes["4"]:
            arrays[-1].sort(axis=-1)  # the corners of a box, in order
    if all(x.ndim == 1 for x in arrays):
        for k, other in row["ordered"]:
            arrays[k], arrays[other] = np.sort([arrays[k], arrays[other]], axis=0)
    return arrays
