"""Is the cost per element even: over sizes, layouts, dtypes, weights, values and tails? (P9)"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from bench.contest import our_call
from bench.evenness_cases import variants
from bench.machine import cache_bytes
from bench.measure import by_turns, calls

STREAMS = 3  # arrays of float32 in one call: pred, target, gradient


@dataclass(frozen=True)
class SizeCost:
    loss: str
    elements: int
    level: str
    nanoseconds: float  # per element


@dataclass(frozen=True)
class VariantCost:
    loss: str
    setting: str  # "in cache, one thread" or "in memory, all threads"
    variant: str
    kind: str  # "layout", "weights", "dtype", "values" or "tail"
    relative: float  # time per element, to the plain contiguous call
    bytes_relative: float  # bytes per element, to the plain contiguous call


def run(
    fl: ModuleType, threads: int, seconds: float, quick: bool, say: Callable[[str], None]
) -> tuple[list[SizeCost], list[VariantCost]]:
    sizes: list[SizeCost] = []
    costs: list[VariantCost] = []
    for name, loss in _losses(fl).items():
        say(f"{name}: sizes")
        sizes += _sizes(name, loss, seconds, quick)
    settings = (("in cache, one thread", 1 << 16, 1), ("in memory, all threads", 1 << 24, threads))
    for name, (label, elements, count) in itertools.product(("mse", "bce", "ce"), settings):
        if quick and elements > 1 << 16 and name != "bce":
            continue
        say(f"{name}: {label}")
        costs += _variants(fl, name, label, elements, count, seconds)
    return sizes, costs


def _losses(fl: ModuleType) -> dict[str, Any]:
    return {
        "MSE": fl.MeanSquaredError(),
        "BCE from logits": fl.BinaryCrossEntropy(from_logits=True),
    }


def _level(elements: int) -> str:
    used = elements * 4 * STREAMS
    if used <= cache_bytes(2):
        return "L2"
    return "L3" if used <= cache_bytes(3) else "memory"


def _sizes(name: str, loss: Any, seconds: float, quick: bool) -> list[SizeCost]:
    exponents = range(14, 25 if quick else 27, 2)
    largest = 1 << exponents[-1]
    rng = np.random.default_rng(9)
    pred = rng.standard_normal(largest, dtype=np.float32)
    target = (rng.random(largest, dtype=np.float32) < 0.3).astype(np.float32)
    g = np.empty_like(pred)
    batches = {}
    for exponent in exponents:
        n = 1 << exponent
        batches[str(n)] = calls(our_call(loss, (pred[:n], target[:n]), g[:n]))
    timings = by_turns(batches, seconds * len(batches))
    return [
        SizeCost(name, int(n), _level(int(n)), timing.best / int(n) * 1e9)
        for n, timing in timings.items()
    ]


def _variants(
    fl: ModuleType, name: str, setting: str, elements: int, threads: int, seconds: float
) -> list[VariantCost]:
    cases = variants(fl, name, elements)
    timings = by_turns(
        {
            case.title: calls(
                our_call(case.loss, case.inputs, case.out, n_threads=threads, **case.keywords)
            )
            for case in cases
        },
        seconds * len(cases),
        rounds=8,
    )
    plain = cases[0]
    base = timings[plain.title].best / plain.elements
    return [
        VariantCost(
            plain.title.split(",")[0],
            setting,
            case.title,
            case.kind,
            timings[case.title].best / case.elements / base,
            case.bytes / plain.bytes,
        )
        for case in cases[1:]
    ]
