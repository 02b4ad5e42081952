"""The two ways from a JAX program to the kernels: XLA's FFI and `jax.pure_callback`."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import jax
import numpy as np

from . import _core
from ._errors import ShapeError
from ._jax_gate import passed
from .registry import find

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._base import Loss
    from ._types import Array, Integer, Reduction

Backend: TypeAlias = Literal["ffi", "callback"]
Kind: TypeAlias = tuple[tuple[int, ...], np.dtype[Any]]

_TARGET = "fastloss"


@cache
def backend() -> Backend:
    """Return how calls reach the kernels, in this process.

    Returns
    -------
    {"ffi", "callback"}
        ``"ffi"``: XLA calls them itself, on its own threads and without Python. That needs a build
        in an environment that has JAX. ``"callback"``: through `jax.pure_callback`, which works
        with every build and costs a few hundred microseconds a call.

    Examples
    --------
    >>> import fastloss.jax
    >>> fastloss.jax.backend() in ("ffi", "callback")
    True
    """
    try:
        from ._jax_ffi import handler

        jax.local_devices(backend="cpu")  # an XLA that is not up yet takes anything, and fails then
        jax.ffi.register_ffi_target(_TARGET, handler, platform="cpu")
    except ModuleNotFoundError:
        return "callback"
    except Exception as error:  # whatever another version of JAX does not like about it
        warnings.warn(
            f"jax {jax.__version__} does not take the FFI module that fastloss was built with, so "
            f"calls go through jax.pure_callback; build fastloss again to mend it ({error})",
            RuntimeWarning,
            stacklevel=2,
        )
        return "callback"
    return "ffi"


@dataclass(frozen=True)
class Call:
    """What is static in a call: equal ones share what JAX has compiled."""

    loss: Loss
    reduction: Reduction
    n_threads: Integer | None
    backend: Backend
    fused: bool = False  # the gradients as well

    def __call__(self, *arrays: jax.Array) -> tuple[Any, ...]:
        """Compute on the host; JAX knows a callback again when it is equal to an earlier one."""
        row = find(self.loss.name)[0]
        inputs = [np.asarray(array) for array in arrays]  # read-only views of JAX's own memory
        weight = inputs.pop() if len(inputs) > len(row["inputs"]) else None
        method = self.loss.value_and_grad if self.fused else self.loss
        result = method(
            *inputs, sample_weight=weight, reduction=self.reduction, n_threads=self.n_threads
        )
        first, gradients = result if self.fused else (result, ())
        if self.reduction != "none":
            first = np.asarray(first, _scalar(inputs[: row["differentiable"]]))
        return first, *(gradients if isinstance(gradients, tuple) else (gradients,))

    def run(self, inputs: tuple[jax.Array, ...], weight: jax.Array | None) -> Sequence[jax.Array]:
        """Return the value or the terms, then the gradients if they are wanted."""
        results = self._results(inputs, weight)
        given = inputs if weight is None else (*inputs, weight)
        arrays = passed(type(self.loss).__name__, self.backend, given)
        if self.backend == "callback":
            outputs: Sequence[jax.Array] = jax.pure_callback(
                self, results, *arrays, vmap_method="sequential"
            )
            return passed(type(self.loss).__name__, self.backend, outputs)
        outputs = jax.ffi.ffi_call(_TARGET, results, vmap_method="sequential")(
            *arrays,
            loss=self.loss.name,
            reduction=self.reduction,
            n_threads=np.int64(self.n_threads or 0),
            **{k: _attribute(v) for k, v in self.loss.params.items() if v is not None},
        )
        return passed(type(self.loss).__name__, self.backend, outputs)

    def check(self, inputs: Sequence[jax.Array], weight: jax.Array | None) -> tuple[int, ...]:
        """Return the shape of the loss terms; raise what a call raises before it reads a value."""
        kinds = tuple(map(_kind, inputs)), None if weight is None else _kind(weight)
        try:
            return _terms(self.loss, self.reduction, self.n_threads, *kinds)
        except TypeError:  # options that cannot be hashed are none; the core says which it wants
            return _terms.__wrapped__(self.loss, self.reduction, self.n_threads, *kinds)

    def _results(
        self, inputs: tuple[jax.Array, ...], weight: jax.Array | None
    ) -> tuple[jax.ShapeDtypeStruct, ...]:
        predictions = inputs[: find(self.loss.name)[0]["differentiable"]]
        first = jax.ShapeDtypeStruct((), _scalar(predictions))
        if self.reduction == "none":
            first = jax.ShapeDtypeStruct(self.check(inputs, weight), inputs[0].dtype)
        gradients = predictions if self.fused else ()
        return (first, *(jax.ShapeDtypeStruct(x.shape, x.dtype) for x in gradients))


@lru_cache(maxsize=4096, typed=True)  # typed, for 1 == True and a number of threads is no flag
def _terms(
    loss: Loss,
    reduction: Reduction,
    n_threads: Integer | None,
    kinds: tuple[Kind, ...],
    weight: Kind | None,
) -> tuple[int, ...]:
    inputs = find(loss.name)[0]["inputs"]
    for name, kind in [*zip(inputs, kinds, strict=False), ("sample_weight", weight)]:
        if kind is not None and not all(isinstance(size, int) for size in kind[0]):
            raise ShapeError(
                f"{type(loss).__name__}: {name} has shape {kind[0]}, and the kernels need sizes "
                "that are numbers: export a program for each shape"
            )
    weights = None if weight is None else _unread(weight)
    return _core.check(loss._spec, weights, reduction, n_threads, *map(_unread, kinds))


def _kind(array: jax.Array) -> Kind:
    return tuple(array.shape), array.dtype


def _unread(kind: Kind) -> Array:
    """Return an array of that shape that takes no memory."""
    shape, dtype = kind
    return np.broadcast_to(np.zeros((), dtype), shape)


def _scalar(predictions: Sequence[Array | jax.Array]) -> np.dtype[Any]:
    """Return the dtype of a reduced value; one of the halves would lose most of its digits."""
    return np.result_type(np.float32, *(x.dtype for x in predictions if x.dtype.itemsize > 2))


def _attribute(parameter: Any) -> Any:
    """Return a parameter as XLA takes it: numbers of 64 bits, vectors as arrays."""
    if isinstance(parameter, (bool, str)):
        return parameter
    if isinstance(parameter, tuple):
        return np.array(parameter, np.float64)
    return np.int64(parameter) if isinstance(parameter, int) else np.float64(parameter)
