"""Everything that a call can return, as bytes, for tests that ask for the very same bits."""

from __future__ import annotations

import hashlib

import numpy as np

REDUCTIONS = ("mean", "sum", "none")


def arrays_of(result):
    """Return all arrays and numbers of a nested result, in order."""
    if isinstance(result, tuple):
        return [x for part in result for x in arrays_of(part)]
    return [np.asarray(result)]


def everything(loss, inputs, reductions=REDUCTIONS, **options):
    """Return the results of all methods and reductions by name."""
    found = {}
    for reduction in reductions:
        given = {"reduction": reduction, **options}
        found[f"value/{reduction}"] = loss(*inputs, **given)
        found[f"value_and_grad/{reduction}"] = loss.value_and_grad(*inputs, **given)
        found[f"grad/{reduction}"] = loss.grad(*inputs, **given)
        for curvature in ("exact", "positive") if hasattr(loss, "grad_and_hess") else ():
            both = loss.grad_and_hess(*inputs, curvature=curvature, **given)
            found[f"grad_and_hess/{curvature}/{reduction}"] = both
    return {key: arrays_of(result) for key, result in found.items()}


def bits(found):
    """Return the outcome as bytes, with shapes and dtypes."""
    return {
        key: [(x.shape, x.dtype.name, x.tobytes()) for x in arrays] for key, arrays in found.items()
    }


def assert_same(ours, theirs, context=""):
    """Fail with the names of the results whose bits differ, and the first entry that does."""
    assert ours.keys() == theirs.keys()
    for key, arrays in ours.items():
        for k, (x, y) in enumerate(zip(arrays, theirs[key], strict=True)):
            if (x.shape, x.dtype, x.tobytes()) == (y.shape, y.dtype, y.tobytes()):
                continue
            raise AssertionError(f"{context} {key}, result {k}: {difference(x, y)}")


def difference(x, y):
    if (x.shape, x.dtype) != (y.shape, y.dtype):
        return f"{x.dtype}{x.shape} against {y.dtype}{y.shape}"
    width = f"u{x.dtype.itemsize}"
    a, b = (np.ascontiguousarray(z).reshape(-1).view(width) for z in (x, y))
    at = int(np.flatnonzero(a != b)[0])
    place = np.unravel_index(at, x.shape) if x.ndim else ()
    count = int((a != b).sum())
    return f"{count} of {a.size} differ, first {x[place]!r} against {y[place]!r} at {place}"


def digest(found):
    """Return one sha256 over an outcome."""
    total = hashlib.sha256()
    for key, parts in sorted(bits(found).items()):
        total.update(key.encode())
        for shape, name, data in parts:
            total.update(f"{shape}{name}".encode())
            total.update(data)
    return total.hexdigest()
