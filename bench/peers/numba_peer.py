"""numba: one fused parallel loop per loss, gradients derived by hand, results into given arrays.

The loops of the simple losses allow the compiler to reorder their sums ("reassoc"): without it
LLVM cannot make them SIMD. Nothing else of fast-math is switched on.
"""

import importlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from bench.agreement import Answer
from bench.peers import Contender
from bench.workloads import CONTRASTIVE_MARGIN, Inputs, Workload, outputs

NAME = "numba"
f32 = np.float32
ONE = np.float32(1)
SMALL = 4096  # below this many elements a parallel loop costs more than it brings
_kernels: dict[tuple[str, bool], Any] = {}  # by workload and whether it is small


def load(threads: int) -> str:
    numba = importlib.import_module("numba")
    numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
    strict = numba.njit(parallel=True, fastmath=False)
    summing = numba.njit(parallel=True, fastmath={"reassoc", "nsz"})
    globals()["prange"] = numba.prange
    serial = numba.njit(fastmath={"reassoc", "nsz"})
    for key, (function, simple) in SOURCES.items():
        _kernels[key, False] = (summing if simple else strict)(function)
        _kernels[key, True] = serial(function)
    return str(numba.__version__)


def contenders(work: Workload, inputs: Inputs) -> list[Contender]:
    kernel = _kernels.get((work.key, inputs[0].size < SMALL))
    if kernel is None:
        return []
    given: Any = outputs(work, inputs)
    arrays = () if given is None else given if isinstance(given, tuple) else (given,)
    valueless = work.mode == "grad_and_hess"
    return [
        Contender(
            NAME,
            lambda: kernel(*inputs, *arrays),
            lambda result: Answer(None if valueless else float(result), arrays),
        )
    ]


# Below: plain Python until load() compiles it. `prange` comes from numba, at load.
prange: Any = range


def mse(pred, target, g):  # type: ignore[no-untyped-def]
    n = pred.size
    scale = f32(2 / n)
    total = 0.0
    for i in prange(n):
        r = pred[i] - target[i]
        total += r * r
        g[i] = r * scale
    return total / n


def mse_value(pred, target):  # type: ignore[no-untyped-def]
    n = pred.size
    total = 0.0
    for i in prange(n):
        r = pred[i] - target[i]
        total += r * r
    return total / n


def mae(pred, target, g):  # type: ignore[no-untyped-def]
    n = pred.size
    scale = f32(1 / n)
    total = 0.0
    for i in prange(n):
        r = pred[i] - target[i]
        total += abs(r)
        g[i] = scale if r > 0 else (-scale if r < 0 else r)
    return total / n


def huber(pred, target, g):  # type: ignore[no-untyped-def]
    n = pred.size
    scale = f32(1 / n)
    total = 0.0
    for i in prange(n):
        r = pred[i] - target[i]
        c = min(max(r, -ONE), ONE)
        total += c * (r - f32(0.5) * c)
        g[i] = c * scale
    return total / n


def bce(pred, target, g):  # type: ignore[no-untyped-def]
    n = pred.size
    scale = f32(1 / n)
    total = 0.0
    for i in prange(n):
        z = pred[i]
        e = math.exp(-abs(z))
        r = ONE / (ONE + e)
        p = e * r if z < 0 else r
        total += max(z, f32(0)) - z * target[i] + math.log1p(e)
        g[i] = (p - target[i]) * scale
    return total / n


def bce_value(pred, target):  # type: ignore[no-untyped-def]
    n = pred.size
    total = 0.0
    for i in prange(n):
        z = pred[i]
        total += max(z, f32(0)) - z * target[i] + math.log1p(math.exp(-abs(z)))
    return total / n


def bce_hess(pred, target, g, h):  # type: ignore[no-untyped-def]
    n = pred.size
    scale = f32(1 / n)
    for i in prange(n):
        z = pred[i]
        e = math.exp(-abs(z))
        r = ONE / (ONE + e)
        p = e * r if z < 0 else r
        g[i] = (p - target[i]) * scale
        h[i] = e * r * r * scale
    return 0.0


def focal(pred, target, g):  # type: ignore[no-untyped-def]
    n = pred.size
    scale = f32(1 / n)
    total = 0.0
    for i in prange(n):
        z, t = pred[i], target[i]
        e = math.exp(-abs(z))
        r = ONE / (ONE + e)
        p = e * r if z < 0 else r
        ce = max(z, f32(0)) - z * t + math.log1p(e)
        flip = ONE - f32(2) * t
        q = p * flip + t
        alpha = f32(0.75) - f32(0.5) * t
        slope = flip * e * r * r
        total += alpha * q * q * ce
        g[i] = alpha * q * (f32(2) * slope * ce + q * (p - t)) * scale
    return total / n


def ce(pred, target, g):  # type: ignore[no-untyped-def]
    rows, classes = pred.shape
    total = 0.0
    for i in prange(rows):
        m = pred[i, 0]
        for k in range(classes):
            m = max(m, pred[i, k])
        s = 0.0
        for k in range(classes):
            e = math.exp(pred[i, k] - m)
            g[i, k] = e
            s += e
        scale = f32(1 / (rows * s))
        for k in range(classes):
            g[i, k] *= scale
        g[i, target[i]] -= f32(1 / rows)
        total += math.log(s) + (m - pred[i, target[i]])
    return total / rows


def triplet(anchor, positive, negative, ga, gp, gn):  # type: ignore[no-untyped-def]
    rows, width = anchor.shape
    total = 0.0
    for i in prange(rows):
        near, far = f32(0), f32(0)
        for k in range(width):
            u = anchor[i, k] - positive[i, k]
            v = anchor[i, k] - negative[i, k]
            near += u * u
            far += v * v
        d_near, d_far = math.sqrt(near), math.sqrt(far)
        term = d_near - d_far + ONE
        active = f32(1 / rows) if term > 0 else f32(0)
        total += float(max(term, f32(0)))
        a, b = active / d_near, active / d_far
        for k in range(width):
            pull = (anchor[i, k] - positive[i, k]) * a
            push = (anchor[i, k] - negative[i, k]) * b
            ga[i, k] = pull - push
            gp[i, k] = -pull
            gn[i, k] = push
    return total / rows


def contrastive(left, right, target, ga, gb):  # type: ignore[no-untyped-def]
    rows, width = left.shape
    total = 0.0
    for i in prange(rows):
        squared = f32(0)
        for k in range(width):
            u = left[i, k] - right[i, k]
            squared += u * u
        d, t = math.sqrt(squared), target[i]
        short = max(f32(CONTRASTIVE_MARGIN) - d, f32(0))
        total += t * squared + (ONE - t) * short * short
        factor = (t - (ONE - t) * short / d) * f32(2 / rows)
        for k in range(width):
            u = (left[i, k] - right[i, k]) * factor
            ga[i, k] = u
            gb[i, k] = -u
    return total / rows


# The loop of each workload, and whether its sums may be reordered.
SOURCES: dict[str, tuple[Callable[..., float], bool]] = {
    "mse": (mse, True),
    "mse.value": (mse_value, True),
    "mae": (mae, True),
    "huber": (huber, True),
    "bce": (bce, False),
    "bce.value": (bce_value, False),
    "bce.hess": (bce_hess, False),
    "focal": (focal, False),
    "ce": (ce, True),
    "ce.wide": (ce, True),
    "triplet": (triplet, True),
    "contrastive": (contrastive, True),
}
