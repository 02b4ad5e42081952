"""The work that is timed: which loss, on which arrays, and what is asked of it."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Inputs = tuple[Array, ...]

ELEMENTS = 1 << 24
CONTRASTIVE_MARGIN = 16.0  # near the typical distance, so that both branches are taken


@dataclass(frozen=True)
class Workload:
    key: str
    title: str
    mode: str  # "value", "value_and_grad" or "grad_and_hess"
    figures: frozenset[str]  # the figures of the target table it serves
    loss: Callable[[ModuleType], Any]
    data: Callable[[np.random.Generator, bool], Inputs]
    real_inputs: int = 1  # how many of the inputs get a gradient

    @property
    def family(self) -> str:
        """The key without its mode: what a peer looks its formula up by."""
        return self.key.split(".")[0]


def _normal(rng: np.random.Generator, *shape: int) -> Array:
    return rng.standard_normal(shape, dtype=np.float32)


def _regression(rng: np.random.Generator, quick: bool) -> Inputs:
    return _normal(rng, ELEMENTS), _normal(rng, ELEMENTS)


def _binary(rng: np.random.Generator, quick: bool) -> Inputs:
    logits = _normal(rng, ELEMENTS)
    logits *= 2
    return logits, (rng.random(ELEMENTS, dtype=np.float32) < 0.3).astype(np.float32)


def _rows(
    rows: int, quick_rows: int, classes: int
) -> Callable[[np.random.Generator, bool], Inputs]:
    def make(rng: np.random.Generator, quick: bool) -> Inputs:
        count = quick_rows if quick else rows
        logits = _normal(rng, count, classes)
        logits *= 2
        return logits, rng.integers(0, classes, count)

    return make


def _triplet(rng: np.random.Generator, quick: bool) -> Inputs:
    return _normal(rng, 65536, 128), _normal(rng, 65536, 128), _normal(rng, 65536, 128)


def _contrastive(rng: np.random.Generator, quick: bool) -> Inputs:
    similar = (rng.random(65536, dtype=np.float32) < 0.5).astype(np.float32)
    return _normal(rng, 65536, 128), _normal(rng, 65536, 128), similar


def _work(
    key: str,
    title: str,
    figures: str,
    loss: Callable[[ModuleType], Any],
    data: Callable[[np.random.Generator, bool], Inputs],
    real_inputs: int = 1,
) -> Workload:
    mode = {"value": "value", "hess": "grad_and_hess"}.get(key.partition(".")[2], "value_and_grad")
    return Workload(key, title, mode, frozenset(figures.split()), loss, data, real_inputs)


WORKLOADS: tuple[Workload, ...] = (
    _work("mse", "MSE", "P1 P5", lambda fl: fl.MeanSquaredError(), _regression),
    _work("mae", "MAE", "P1 P5", lambda fl: fl.MeanAbsoluteError(), _regression),
    _work("huber", "Huber", "P1 P5", lambda fl: fl.Huber(delta=1.0), _regression),
    _work("mse.value", "MSE, value alone", "P2", lambda fl: fl.MeanSquaredError(), _regression),
    _work("mae.value", "MAE, value alone", "P2", lambda fl: fl.MeanAbsoluteError(), _regression),
    _work("huber.value", "Huber, value alone", "P2", lambda fl: fl.Huber(delta=1.0), _regression),
    _work(
        "bce",
        "BCE from logits",
        "P3 P5",
        lambda fl: fl.BinaryCrossEntropy(from_logits=True),
        _binary,
    ),
    _work(
        "bce.hess",
        "BCE from logits, gradient and Hessian",
        "P3",
        lambda fl: fl.BinaryCrossEntropy(from_logits=True),
        _binary,
    ),
    _work(
        "bce.value",
        "BCE from logits, value alone",
        "P3",
        lambda fl: fl.BinaryCrossEntropy(from_logits=True),
        _binary,
    ),
    _work(
        "focal",
        "Binary focal from logits",
        "P5",
        lambda fl: fl.BinaryFocal(gamma=2.0, alpha=0.25, from_logits=True),
        _binary,
    ),
    _work(
        "ce",
        "Softmax cross-entropy 16384 x 1000",
        "P4 P5",
        lambda fl: fl.SparseCategoricalCrossEntropy(from_logits=True),
        _rows(16384, 16384, 1000),
    ),
    _work(
        "ce.wide",
        "Softmax cross-entropy 512 x 128256",
        "P4 P5",
        lambda fl: fl.SparseCategoricalCrossEntropy(from_logits=True),
        _rows(512, 128, 128256),
    ),
    _work("triplet", "Triplet 65536 x 128", "P6", lambda fl: fl.Triplet(margin=1.0), _triplet, 3),
    _work(
        "contrastive",
        "Contrastive 65536 x 128",
        "P6",
        lambda fl: fl.Contrastive(margin=CONTRASTIVE_MARGIN),
        _contrastive,
        2,
    ),
)


def outputs(work: Workload, inputs: Inputs) -> Any:
    """What `out=` takes for this work: fresh arrays for every result that is an array."""
    if work.mode == "value":
        return None
    grads = tuple(np.empty_like(array) for array in inputs[: work.real_inputs])
    first = grads[0] if work.real_inputs == 1 else grads
    if work.mode == "value_and_grad":
        return first
    return first, np.empty_like(inputs[0])
