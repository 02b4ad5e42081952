"""NumPy: whole-array operations into arrays allocated beforehand."""

from collections.abc import Callable
from typing import Any

import numpy as np

from bench.agreement import Answer
from bench.peers import Contender
from bench.workloads import CONTRASTIVE_MARGIN, Array, Inputs, Workload

NAME = "NumPy"
Call = Callable[[], tuple[float | None, tuple[Array, ...]]]
f32 = np.float32


def load(threads: int) -> str:
    return np.__version__


def contenders(work: Workload, inputs: Inputs) -> list[Contender]:
    maker = FORMS.get(work.key)
    if maker is None:
        return []
    return [Contender(NAME, maker(*inputs), lambda result: Answer(*result))]


def _mse(pred: Array, target: Array) -> Call:
    r, g, n = np.empty_like(pred), np.empty_like(pred), pred.size

    def call() -> Any:
        np.subtract(pred, target, out=r)
        np.multiply(r, f32(2 / n), out=g)
        return float(np.dot(r, r)) / n, (g,)

    return call


def _mse_value(pred: Array, target: Array) -> Call:
    r, n = np.empty_like(pred), pred.size

    def call() -> Any:
        np.subtract(pred, target, out=r)
        return float(np.dot(r, r)) / n, ()

    return call


def _mae(pred: Array, target: Array) -> Call:
    r, g, n = np.empty_like(pred), np.empty_like(pred), pred.size

    def call() -> Any:
        np.subtract(pred, target, out=r)
        np.sign(r, out=g)
        np.multiply(g, f32(1 / n), out=g)
        np.abs(r, out=r)
        return float(r.sum()) / n, (g,)

    return call


def _huber(pred: Array, target: Array) -> Call:
    r, g, n = np.empty_like(pred), np.empty_like(pred), pred.size

    def call() -> Any:
        np.subtract(pred, target, out=r)
        np.clip(r, f32(-1), f32(1), out=g)
        # With c = clip(r): the loss is c (r - c / 2).
        total = float(np.dot(g, r)) - 0.5 * float(np.dot(g, g))
        np.multiply(g, f32(1 / n), out=g)
        return total / n, (g,)

    return call


class _Logistic:
    """Softplus and sigmoid of an array without overflow, into arrays kept for the purpose."""

    def __init__(self, z: Array) -> None:
        self.z = z
        self.e, self.p, self.q = np.empty_like(z), np.empty_like(z), np.empty_like(z)
        self.negative = np.empty(z.shape, dtype=bool)

    def sigmoid(self) -> Array:
        np.abs(self.z, out=self.e)
        np.negative(self.e, out=self.e)
        np.exp(self.e, out=self.e)
        np.add(self.e, f32(1), out=self.q)
        np.less(self.z, f32(0), out=self.negative)
        self.p.fill(1)
        np.copyto(self.p, self.e, where=self.negative)
        np.divide(self.p, self.q, out=self.p)
        return self.p

    def cross_entropy(self, target: Array) -> Array:
        """log1p(e^-|z|) + max(z, 0) - z t, over what sigmoid() left; e is used up."""
        np.log1p(self.e, out=self.e)
        np.maximum(self.z, f32(0), out=self.q)
        np.add(self.e, self.q, out=self.e)
        np.multiply(self.z, target, out=self.q)
        np.subtract(self.e, self.q, out=self.e)
        return self.e


def _bce(pred: Array, target: Array) -> Call:
    work, g, n = _Logistic(pred), np.empty_like(pred), pred.size

    def call() -> Any:
        np.subtract(work.sigmoid(), target, out=g)
        np.multiply(g, f32(1 / n), out=g)
        return float(work.cross_entropy(target).sum()) / n, (g,)

    return call


def _bce_value(pred: Array, target: Array) -> Call:
    work, n = _Logistic(pred), pred.size

    def call() -> Any:
        np.abs(pred, out=work.e)
        np.negative(work.e, out=work.e)
        np.exp(work.e, out=work.e)
        return float(work.cross_entropy(target).sum()) / n, ()

    return call


def _bce_hess(pred: Array, target: Array) -> Call:
    work, n = _Logistic(pred), pred.size
    g, h = np.empty_like(pred), np.empty_like(pred)

    def call() -> Any:
        p = work.sigmoid()
        np.subtract(p, target, out=g)
        np.multiply(g, f32(1 / n), out=g)
        # p (1 - p) as e / (1 + e)^2: exact for confident logits too.
        np.square(work.q, out=h)
        np.divide(work.e, h, out=h)
        np.multiply(h, f32(1 / n), out=h)
        return None, (g, h)

    return call


def _focal(pred: Array, target: Array) -> Call:
    """alpha_t q^2 CE with q = 1 - p_t; its derivative in z is alpha_t q (2 q' CE + q CE')."""
    work, n = _Logistic(pred), pred.size
    q, slope, g = np.empty_like(pred), np.empty_like(pred), np.empty_like(pred)
    flip, alpha = np.empty_like(pred), np.empty_like(pred)

    def call() -> Any:
        p = work.sigmoid()
        np.multiply(target, f32(-2), out=flip)
        np.add(flip, f32(1), out=flip)  # 1 - 2 t
        np.multiply(p, flip, out=q)
        np.add(q, target, out=q)  # p (1 - t) + (1 - p) t
        np.subtract(f32(1), p, out=slope)
        np.multiply(slope, p, out=slope)
        np.multiply(slope, flip, out=slope)  # q'
        np.multiply(target, f32(-0.5), out=alpha)
        np.add(alpha, f32(0.75), out=alpha)
        np.subtract(p, target, out=g)
        np.multiply(g, q, out=g)
        ce = work.cross_entropy(target)
        np.multiply(slope, ce, out=slope)
        np.multiply(slope, f32(2), out=slope)
        np.add(g, slope, out=g)
        np.multiply(alpha, q, out=alpha)
        np.multiply(g, alpha, out=g)
        np.multiply(g, f32(1 / n), out=g)
        np.multiply(alpha, q, out=alpha)
        np.multiply(alpha, ce, out=ce)
        return float(ce.sum()) / n, (g,)

    return call


def _ce(pred: Array, target: Array) -> Call:
    g, rows = np.empty_like(pred), np.arange(len(pred))

    def call() -> Any:
        m = pred.max(axis=1, keepdims=True)
        np.subtract(pred, m, out=g)
        np.exp(g, out=g)
        s = g.sum(axis=1, keepdims=True)
        value = float(np.mean(np.log(s[:, 0]) + (m[:, 0] - pred[rows, target])))
        np.multiply(g, f32(1 / len(pred)) / s, out=g)
        g[rows, target] -= f32(1 / len(pred))
        return value, (g,)

    return call


def _distance(a: Array, b: Array, into: Array) -> Array:
    np.subtract(a, b, out=into)
    squared: Array = np.einsum("ij,ij->i", into, into)
    return np.sqrt(squared, out=squared)


def _triplet(anchor: Array, positive: Array, negative: Array) -> Call:
    near, far, ga = np.empty_like(anchor), np.empty_like(anchor), np.empty_like(anchor)

    def call() -> Any:
        d_near = _distance(anchor, positive, near)
        d_far = _distance(anchor, negative, far)
        terms = d_near - d_far + f32(1)
        active = (terms > 0) * f32(1 / len(anchor))
        np.multiply(near, -(active / d_near)[:, None], out=near)
        np.multiply(far, (active / d_far)[:, None], out=far)
        np.add(near, far, out=ga)
        np.negative(ga, out=ga)
        return float(np.maximum(terms, 0).mean()), (ga, near, far)

    return call


def _contrastive(a: Array, b: Array, target: Array) -> Call:
    ga, gb = np.empty_like(a), np.empty_like(a)

    def call() -> Any:
        d = _distance(a, b, ga)
        short = np.maximum(f32(CONTRASTIVE_MARGIN) - d, f32(0))
        value = float(np.mean(target * d * d + (1 - target) * short * short))
        factor = (target - (1 - target) * short / d) * f32(2 / len(a))
        np.multiply(ga, factor[:, None], out=ga)
        np.negative(ga, out=gb)
        return value, (ga, gb)

    return call


FORMS: dict[str, Callable[..., Call]] = {
    "mse": _mse,
    "mse.value": _mse_value,
    "mae": _mae,
    "huber": _huber,
    "bce": _bce,
    "bce.value": _bce_value,
    "bce.hess": _bce_hess,
    "focal": _focal,
    "ce": _ce,
    "ce.wide": _ce,
    "triplet": _triplet,
    "contrastive": _contrastive,
}
