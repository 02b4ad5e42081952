"""Losses of Dask arrays: every chunk where it lies, and the exact totals sent home.

Needs Dask, 2024.1 or later: ``pip install "dask[array,distributed]>=2024.1"``.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _core
from ._errors import FastlossError, ShapeError
from .registry import find
from .stream import Stream

try:
    import dask
    from dask import array
except ImportError as missing:
    raise ImportError(
        "fastloss.dask needs Dask, version 2024.1 or later: "
        'pip install "dask[array,distributed]>=2024.1"'
    ) from missing

if TYPE_CHECKING:
    from typing import Literal

    from ._base import Loss

__all__ = ["evaluate", "stream"]

_FAN_IN = 32  # streams that one task merges


def evaluate(
    loss: Loss,
    *inputs: Any,
    sample_weight: Any = None,
    reduction: Literal["mean", "sum"] = "mean",
    n_threads: int | None = 1,
) -> float:
    """Return the loss of Dask arrays, computed chunk by chunk where the chunks are.

    Parameters
    ----------
    loss : Loss
        Any loss of fastloss.
    *inputs : dask.array.Array or array_like
        What the loss takes, ``pred, target`` or the arrays of a pair loss. The chunks of the first
        decide, the others are cut alike. Chunks along an axis of classes or features are put
        together by the task that needs them. An array that is not of Dask is cut by Dask's
        ``array.chunk-size``.
    sample_weight : dask.array.Array or array_like, optional
        One weight for each loss term, or fewer trailing axes, as in a call of the loss.
    reduction : {"mean", "sum"}, default "mean"
        As in `fastloss.Stream`.
    n_threads : int or None, default 1
        Threads for each chunk; Dask runs several chunks at once.

    Returns
    -------
    float
        The value of ``loss.stream()`` over the same chunks: the same bits for all schedulers,
        workers and orders, and those of one call where each chunk holds whole blocks of it (see
        `fastloss.Stream`).

    Raises
    ------
    ShapeError, DTypeError, ParameterError
        Before anything runs: when shapes do not fit together or sizes are unknown, when the dtype
        that Dask knows is one that the loss does not take, or an option is none.
    FastlossError
        What a chunk raises; the message names the chunk, within which it counts.

    References
    ----------
    M. Rocklin, "Dask: parallel computation with blocked algorithms and task scheduling", SciPy
    2015.

    Examples
    --------
    >>> import dask.array as da
    >>> import fastloss as fl
    >>> from fastloss.dask import evaluate
    >>> pred, target = da.ones(10_000, chunks=4_096), da.zeros(10_000, chunks=4_096)
    >>> evaluate(fl.MeanSquaredError(), pred, target)
    1.0
    """
    seen: Stream = stream(
        loss, *inputs, sample_weight=sample_weight, reduction=reduction, n_threads=n_threads
    )
    return seen.value


def stream(
    loss: Loss,
    *inputs: Any,
    sample_weight: Any = None,
    reduction: Literal["mean", "sum"] = "mean",
    n_threads: int | None = 1,
    compute: bool = True,
) -> Any:
    """Return the stream of all chunks, of which `evaluate` returns the value.

    Parameters
    ----------
    compute : bool, default True
        False returns the stream as a ``dask.delayed`` object: nothing has run yet, and several
        losses can go through one ``dask.compute``, or one through ``client.compute``.

    Returns
    -------
    Stream or dask.delayed.Delayed
        The stream; it can be merged with others.

    Notes
    -----
    The other arguments and the errors are those of `evaluate`.

    Examples
    --------
    >>> import dask, dask.array as da
    >>> import fastloss as fl
    >>> from fastloss.dask import stream
    >>> pred, target = da.full(9, 2.0, chunks=4), da.zeros(9, chunks=4)
    >>> losses = fl.MeanSquaredError(), fl.MeanAbsoluteError()
    >>> [s.value for s in dask.compute(*(stream(k, pred, target, compute=False) for k in losses))]
    [4.0, 2.0]
    """
    Stream(loss, reduction)  # complains about the reduction before anything is built
    row, _ = find(loss.name)
    if len(inputs) != len(row["inputs"]):
        raise ShapeError(
            f"{type(loss).__name__}: takes {len(row['inputs'])} arrays "
            f"({', '.join(row['inputs'])}), {len(inputs)} were given"
        )
    first = _known(loss, row["inputs"][0], _as_dask(inputs[0]))
    whole = _whole_axis(loss, row, first.ndim)
    every = tuple(range(first.ndim))
    terms = (
        every if row["terms"] == row["arguments"][0]["shape"] else every[:whole] + every[whole:][1:]
    )
    blocks = tuple(k for k in every if k != whole)

    operands: list[Any] = [first, every]
    for name, x in zip(row["inputs"][1:], inputs[1:], strict=True):
        operands += _cut(loss, name, x, first, (every, terms))
    weights = []
    if sample_weight is not None:
        weights = [_known(loss, "sample_weight", _as_dask(sample_weight))]
    _check(loss, reduction, n_threads, [*operands[::2], *weights], weighted=bool(weights))
    for weight in weights:
        operands += _cut_weight(weight, first, terms)
    # A number for each block, from which an error tells where it happened.
    grid = tuple(len(first.chunks[k]) for k in blocks)
    operands += [array.from_array(np.arange(np.prod(grid, dtype=int)).reshape(grid), 1), blocks]
    parts = array.blockwise(
        _seen,
        blocks,
        *operands,
        loss=loss,
        reduction=reduction,
        n_threads=n_threads,
        weighted=sample_weight is not None,
        edges=tuple(tuple(accumulate(first.chunks[k], initial=0)) for k in blocks),
        concatenate=True,
        align_arrays=False,
        meta=np.empty((0,) * len(blocks), object),
    )
    return _merge_all(parts.to_delayed().ravel().tolist(), compute)


def _merge_all(parts: list[Any], compute: bool) -> Any:
    """Merge on the workers, so that one stream travels and none waits for all the others."""
    merged = dask.delayed(_merged, pure=True)
    while True:
        parts = [merged(parts[k : k + _FAN_IN]) for k in range(0, len(parts), _FAN_IN)]
        if len(parts) == 1:
            return parts[0].compute() if compute else parts[0]


def _as_dask(x: Any) -> Any:
    if isinstance(x, array.Array):
        return x
    if hasattr(x, "to_dask_array"):
        return x.to_dask_array()
    return array.from_array(x if hasattr(x, "shape") else np.asarray(x))


def _known(loss: Loss, name: str, x: Any) -> Any:
    if any(size != size for axis in x.chunks for size in axis):
        raise ShapeError(
            f"{type(loss).__name__}: {name} has chunks of unknown size; "
            "call its compute_chunk_sizes() first"
        )
    return x


def _whole_axis(loss: Loss, row: Any, ndim: int) -> int | None:
    """Return the axis that a task needs in one piece: classes, features, a vector parameter's."""
    axis = -1
    if row["terms"] != row["arguments"][0]["shape"]:
        axis = int(loss.params.get("axis", -1))
    elif ndim == 0 or not any(isinstance(value, tuple) for value in loss.params.values()):
        return None
    if not -ndim <= axis < ndim:
        raise ShapeError(
            f"{type(loss).__name__}: {row['inputs'][0]} has {ndim} dimensions, and no axis {axis}"
        )
    return axis % ndim


def _cut(loss: Loss, name: str, x: Any, first: Any, forms: tuple[Any, Any]) -> list[Any]:
    """Return an input, cut as the first one is, and which of its axes it has."""
    given = _known(loss, name, _as_dask(x))
    for axes in forms:
        if given.shape == tuple(first.shape[k] for k in axes):
            return [given.rechunk(tuple(first.chunks[k] for k in axes)), axes]
    raise ShapeError(
        f"{type(loss).__name__}: {name} has shape {given.shape}, which does not fit {first.shape}"
    )


def _cut_weight(given: Any, first: Any, terms: tuple[int, ...]) -> list[Any]:
    """Return the weights and their axes; an axis of length 1 is one chunk, which all tasks use."""
    axes = terms[len(terms) - given.ndim :]
    sizes = zip(axes, given.shape, strict=True)
    cut = tuple(first.chunks[k] if n == first.shape[k] else (1,) for k, n in sizes)
    return [given.rechunk(cut), axes]


def _check(
    loss: Loss, reduction: str, n_threads: int | None, arrays: list[Any], weighted: bool
) -> None:
    """Raise here what the first task would: wrong element types, shapes and options."""
    like = [np.broadcast_to(np.zeros((), x.dtype), x.shape) for x in arrays]  # of no memory
    weight = like.pop() if weighted else None
    _core.check(loss._spec, weight, reduction, n_threads, *like)


def _seen(
    *chunk: Any,
    loss: Loss,
    reduction: Literal["mean", "sum"],
    n_threads: int | None,
    weighted: bool,
    edges: tuple[tuple[int, ...], ...],
) -> Stream:
    """Return the stream of one chunk; runs on a worker."""
    part = Stream(loss, reduction)
    *inputs, number = chunk
    weight = inputs.pop() if weighted else None
    try:
        part.update(*inputs, sample_weight=weight, n_threads=n_threads)
    except FastlossError as error:
        at = np.unravel_index(int(np.ravel(number)[0]), [len(axis) - 1 for axis in edges])
        place = ", ".join(f"{e[k]}:{e[k + 1]}" for e, k in zip(edges, at, strict=True))
        raise type(error)(f"{error} (counted within the chunk [{place}])") from None
    return part


def _merged(parts: list[Stream]) -> Stream:
    """Return a new stream: a scheduler may hand out the result of a task more than once."""
    total = Stream(parts[0].loss, parts[0].reduction)  # type: ignore[arg-type]
    for part in parts:
        total.merge(part)
    return total
