"""The variants of one call whose cost per element is compared with the plain call."""

import importlib
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from bench.workloads import Array


@dataclass(frozen=True)
class Variant:
    title: str
    kind: str
    loss: Any
    inputs: tuple[Array, ...]
    out: Array
    keywords: dict[str, Any] = field(default_factory=dict)

    @property
    def elements(self) -> int:
        return self.inputs[0].size

    @property
    def bytes(self) -> float:
        """Bytes of memory one element moves: whole cache lines where a stride skips elements."""
        arrays = [*self.inputs, self.out, *(v for v in self.keywords.values())]
        return sum(_moved(array) for array in arrays) / self.elements


def variants(fl: ModuleType, name: str, elements: int) -> list[Variant]:
    """The plain call first."""
    if name == "ce":
        return _rows(fl, elements)
    title, loss = {
        "mse": ("MSE", fl.MeanSquaredError()),
        "bce": ("BCE from logits", fl.BinaryCrossEntropy(from_logits=True)),
    }[name]
    rng = np.random.default_rng(10)
    z = rng.standard_normal(3 * elements, dtype=np.float32)
    t = (rng.random(3 * elements, dtype=np.float32) < 0.3).astype(np.float32)
    pred, target, out = z[:elements], t[:elements], np.zeros(elements, np.float32)
    side = 1 << (elements.bit_length() - 1) // 2
    padded = (side, side + 1)
    room = side * (side + 1)

    def make(what: str, kind: str, inputs: Any, given: Array = out, **keywords: Any) -> Variant:
        return Variant(what, kind, loss, inputs, given, keywords)

    def square(array: Array) -> Array:
        return array[: side * side].reshape(side, side)

    found = [
        make(f"{title}, plain", "plain", (pred, target)),
        make("reversed", "layout", (pred[::-1], target[::-1])),
        make("every 2nd element", "layout", (z[: 2 * elements : 2], t[: 2 * elements : 2])),
        make("every 3rd element", "layout", (z[::3], t[::3])),
        make("one element off alignment", "layout", (z[1 : elements + 1], t[1 : elements + 1])),
        make("rows padded by one", "layout",
             (z[:room].reshape(padded)[:, :-1], t[:room].reshape(padded)[:, :-1]), square(out)),
        make("pred in C order, target in F order", "layout",
             (square(z), square(t).T), square(out)),
        make("one target for all (stride 0)", "layout",
             (pred, np.broadcast_to(np.float32(1), pred.shape))),
        make("float32 weights", "weights", (pred, target), sample_weight=np.abs(pred)),
        make("float64 weights", "weights", (pred, target),
             sample_weight=np.abs(pred).astype(np.float64)),
        make("int64 target", "dtype", (pred, target.astype(np.int64))),
        make("uint8 target", "dtype", (pred, target.astype(np.uint8))),
        make("bool target", "dtype", (pred, target.astype(np.bool_))),
        make("float64 target", "dtype", (pred, target.astype(np.float64))),
        *(
            make(f"all {half.__name__}", "dtype", (pred.astype(half), target.astype(half)),
                 out.astype(half))
            for half in _halves()
        ),
        make("pred 1e-30", "values", (np.full_like(pred, 1e-30), target)),
        make("pred and target subnormal", "values",
             (np.full_like(pred, 1e-40), np.full_like(target, 1e-41))),
        make("pred large", "values", (pred * np.float32(1e4), target)),
    ]  # fmt: skip
    for less in (1, 7, 31):
        n = elements - less
        found.append(make(f"{less} fewer elements", "tail", (pred[:n], target[:n]), out[:n]))
    return found


def _rows(fl: ModuleType, elements: int) -> list[Variant]:
    loss = fl.SparseCategoricalCrossEntropy(from_logits=True)
    first = fl.SparseCategoricalCrossEntropy(from_logits=True, axis=0)
    weighted = fl.SparseCategoricalCrossEntropy(
        from_logits=True, class_weight=tuple(np.linspace(0.5, 2, 1024).tolist())
    )
    rng = np.random.default_rng(11)
    rows = elements // 1024
    z = rng.standard_normal((rows, 1024), dtype=np.float32)
    y = rng.integers(0, 1000, rows)
    out = np.zeros_like(z)
    wide = rng.standard_normal((rows, 2049), dtype=np.float32)

    def make(
        what: str, kind: str, inputs: Any, given: Array = out, by: Any = loss, **keywords: Any
    ) -> Variant:
        return Variant(what, kind, by, inputs, given, keywords)

    return [
        make("Softmax CE of 1024 classes, plain", "plain", (z, y)),
        make("classes reversed", "layout", (z[:, ::-1], y)),
        make("every 2nd class", "layout", (wide[:, :2048:2], y)),
        make("rows padded", "layout", (wide[:, :1024], y)),
        make(
            "class axis first", "layout", (z.reshape(1024, rows), y), out.reshape(1024, rows), first
        ),
        make("1023 classes", "tail", (z[:, :1023], y), out[:, :1023]),
        make("1001 classes", "tail", (z[:, :1001], y), out[:, :1001]),
        make("float32 weights", "weights", (z, y), sample_weight=np.abs(z[:, 0]).copy()),
        make("class weights", "weights", (z, y), by=weighted),
        make("uint8 labels", "dtype", (z, (y % 256).astype(np.uint8))),
        make("int32 labels", "dtype", (z, y.astype(np.int32))),
        *(
            make(f"all {half.__name__}", "dtype", (z.astype(half), y), out.astype(half))
            for half in _halves()
        ),
        make("confident rows", "values", (_confident(z, y), y)),
        make("logits subnormal", "values", (np.full_like(z, 1e-40), y)),
    ]


def _confident(z: Array, y: Array) -> Array:
    sure = z.copy()
    sure[np.arange(len(y)), y] += np.float32(60)
    return sure


def _halves() -> list[Any]:
    try:
        return [np.float16, importlib.import_module("ml_dtypes").bfloat16]
    except ImportError:
        return [np.float16]


def _moved(array: Any) -> float:
    if not isinstance(array, np.ndarray):
        return 0.0
    smallest = min((abs(s) for s in array.strides if s), default=0)
    return float(array.size) * min(smallest, 64) if 0 not in array.strides else 0.0
