"""What a second thread brings (P8)."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from bench.contest import our_call
from bench.limits import Limits
from bench.measure import by_turns, calls

ELEMENTS = 1 << 22


@dataclass(frozen=True)
class Speedup:
    title: str
    one: float  # seconds with one thread
    two: float
    judged: bool  # compute-bound work must scale; memory-bound work shows what memory gives

    @property
    def factor(self) -> float:
        return self.one / self.two


def run(
    fl: ModuleType, limits: Limits, seconds: float, say: Callable[[str], None]
) -> list[Speedup]:
    single = Limits(1)
    double = limits if limits.threads == 2 else Limits(2)
    triads = single.triad(ELEMENTS), double.triad(ELEMENTS)
    found = [_pair("triad, for comparison", *triads, False, seconds)]
    for title, loss, inputs, out, judged in _cases(fl):
        say(title)
        found.append(
            _pair(
                title,
                our_call(loss, inputs, out, n_threads=1),
                our_call(loss, inputs, out, n_threads=2),
                judged,
                seconds,
            )
        )
    return found


def _pair(
    title: str,
    one: Callable[[], object],
    two: Callable[[], object],
    judged: bool,
    seconds: float,
) -> Speedup:
    timings = by_turns({"one": calls(one), "two": calls(two)}, seconds * 2)
    return Speedup(title, timings["one"].best, timings["two"].best, judged)


def _cases(fl: ModuleType) -> list[tuple[str, Any, tuple[Any, ...], Any, bool]]:
    rng = np.random.default_rng(8)
    z = rng.standard_normal(ELEMENTS, dtype=np.float32)
    y = rng.standard_normal(ELEMENTS, dtype=np.float32)
    t = (rng.random(ELEMENTS, dtype=np.float32) < 0.3).astype(np.float32)
    p = rng.random(ELEMENTS, dtype=np.float32) * np.float32(0.98) + np.float32(0.01)
    classes = 1024
    logits = rng.standard_normal((ELEMENTS // classes, classes), dtype=np.float32)
    labels = rng.integers(0, classes, len(logits))
    soft = np.abs(rng.standard_normal(logits.shape, dtype=np.float32))
    soft /= soft.sum(axis=1, keepdims=True)
    a, b, c = (rng.standard_normal((ELEMENTS // 128, 128), dtype=np.float32) for _ in range(3))
    similar = (rng.random(len(a), dtype=np.float32) < 0.5).astype(np.float32)
    flat, rows, wide = np.empty_like(z), np.empty_like(logits), [np.empty_like(a) for _ in "abc"]
    return [
        ("BinaryCrossEntropy, logits", fl.BinaryCrossEntropy(from_logits=True), (z, t), flat, True),
        ("BinaryCrossEntropy, probabilities", fl.BinaryCrossEntropy(), (p, t), flat, True),
        ("BinaryFocal, logits", fl.BinaryFocal(from_logits=True), (z, t), flat, True),
        ("BinaryFocal, probabilities", fl.BinaryFocal(), (p, t), flat, True),
        (
            "SparseCategoricalCrossEntropy, logits",
            fl.SparseCategoricalCrossEntropy(from_logits=True),
            (logits, labels),
            rows,
            True,
        ),
        (
            "CategoricalCrossEntropy, logits",
            fl.CategoricalCrossEntropy(from_logits=True),
            (logits, soft),
            rows,
            True,
        ),
        (
            "SparseCategoricalFocal, logits",
            fl.SparseCategoricalFocal(from_logits=True),
            (logits, labels),
            rows,
            True,
        ),
        (
            "CategoricalFocal, logits",
            fl.CategoricalFocal(from_logits=True),
            (logits, soft),
            rows,
            True,
        ),
        ("MeanSquaredError", fl.MeanSquaredError(), (z, y), flat, False),
        ("Triplet", fl.Triplet(), (a, b, c), tuple(wide), False),
        ("Contrastive", fl.Contrastive(margin=16.0), (a, b, similar), tuple(wide[:2]), False),
    ]
