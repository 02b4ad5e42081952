"""How much memory a call takes beyond its arguments and results (P10).

Every case runs in a process of its own: `python -m bench.peak_memory CASE THREADS` prints
KiB. Linux only: the peak of the process is set back through /proc/self/clear_refs.
"""

import importlib
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

ELEMENTS = 1 << 22
CLASSES = 128256


@dataclass(frozen=True)
class Peak:
    title: str
    kib: float
    allowed_kib: float


def run(threads: int, say: Callable[[str], None]) -> list[Peak]:
    if not Path("/proc/self/clear_refs").exists():
        return []
    found = []
    for title in CASES:
        say(title)
        done = subprocess.run(
            [sys.executable, "-m", "bench.peak_memory", title, str(threads)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"bench: {title}: {done.stderr.strip()}")
        # A row that does not fit the 1 MiB may have one row of scratch, in float64 at most.
        row = CLASSES * 8 / 1024 if "128256" in title else 0
        found.append(Peak(title, float(done.stdout), threads * max(1024, row)))
    return found


def _flat(dtype: Any = np.float32) -> Any:
    return np.random.default_rng(3).standard_normal(ELEMENTS, dtype=np.float32).astype(dtype)


def _ones(count: int = ELEMENTS, dtype: Any = np.float32) -> Any:
    return np.ones(count, dtype=dtype)


def _rows(classes: int) -> Any:
    rows = max(ELEMENTS // classes, 1)
    return np.random.default_rng(4).standard_normal((rows, classes), dtype=np.float32)


Case = tuple[Any, tuple[Any, ...], dict[str, Any]]  # loss, inputs, keyword arguments


def _with_out(loss: Any, *inputs: Any, grads: int = 1, **keywords: Any) -> Case:
    given = tuple(np.zeros_like(array) for array in inputs[:grads])
    return loss, inputs, {"out": given[0] if grads == 1 else given, **keywords}


CASES: dict[str, Callable[[ModuleType], Case]] = {
    "MeanSquaredError, float32": lambda fl: _with_out(fl.MeanSquaredError(), _flat(), _ones()),
    "MeanSquaredError, float64": lambda fl: _with_out(
        fl.MeanSquaredError(), _flat(np.float64), _ones(dtype=np.float64)
    ),
    "Huber, every second element": lambda fl: _with_out(fl.Huber(), _flat()[::2], _ones()[::2]),
    "Huber, float16": lambda fl: _with_out(fl.Huber(), _flat(np.float16), _ones(dtype=np.float16)),
    "BinaryCrossEntropy, bool target": lambda fl: _with_out(
        fl.BinaryCrossEntropy(from_logits=True), _flat(), _ones(dtype=np.bool_)
    ),
    "BinaryCrossEntropy, int64 target, weights": lambda fl: _with_out(
        fl.BinaryCrossEntropy(from_logits=True),
        _flat(),
        _ones(dtype=np.int64),
        sample_weight=_ones(dtype=np.float64),
    ),
    "BinaryFocal, columns against rows": lambda fl: _with_out(
        fl.BinaryFocal(from_logits=True),
        _flat().reshape(2048, 2048).T,
        _ones().reshape(2048, 2048),
    ),
    "SparseCategoricalCrossEntropy, 1000 classes": lambda fl: _with_out(
        fl.SparseCategoricalCrossEntropy(from_logits=True),
        _rows(1000),
        _ones(ELEMENTS // 1000, np.int64),
    ),
    "SparseCategoricalCrossEntropy, 128256 classes": lambda fl: _with_out(
        fl.SparseCategoricalCrossEntropy(from_logits=True),
        _rows(CLASSES),
        _ones(ELEMENTS // CLASSES, np.int64),
    ),
    "SparseCategoricalCrossEntropy, class axis first": lambda fl: _with_out(
        fl.SparseCategoricalCrossEntropy(from_logits=True, axis=0),
        _rows(1024).reshape(1024, -1),
        _ones(ELEMENTS // 1024, np.int64),
    ),
    "SparseCategoricalCrossEntropy, float16 rows of 128256": lambda fl: _with_out(
        fl.SparseCategoricalCrossEntropy(from_logits=True),
        _rows(CLASSES).astype(np.float16),
        _ones(ELEMENTS // CLASSES, np.int64),
    ),
    "CategoricalFocal, 1000 classes": lambda fl: _with_out(
        fl.CategoricalFocal(from_logits=True), _rows(1000), np.full_like(_rows(1000), 1e-3)
    ),
    "Triplet": lambda fl: _with_out(
        fl.Triplet(), _rows(128), _rows(128)[::-1], -_rows(128), grads=3
    ),
    "Contrastive, float16": lambda fl: _with_out(
        fl.Contrastive(),
        _rows(128).astype(np.float16),
        _rows(128)[::-1].astype(np.float16),
        _ones(ELEMENTS // 128),
        grads=2,
    ),
}


def _status(field: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return float(line.split()[1])
    raise RuntimeError(f"no {field} in /proc/self/status")


def measure(title: str, threads: int) -> float:
    """KiB by which the peak of one call exceeds what was there before it."""
    fl = importlib.import_module("fastloss")
    loss, inputs, keywords = CASES[title](fl)
    # Loads code and tables; so small a call starts no thread and needs no scratch.
    fl.MeanSquaredError().value_and_grad(np.ones(4, np.float32), np.zeros(4, np.float32))
    Path("/proc/self/clear_refs").write_text("5")
    before = _status("VmRSS")
    loss.value_and_grad(*inputs, n_threads=threads, **keywords)
    return max(_status("VmHWM") - before, 0.0)


if __name__ == "__main__":
    print(measure(sys.argv[1], int(sys.argv[2])))
