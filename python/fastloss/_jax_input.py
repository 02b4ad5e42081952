"""What is given to a JAX program as an array of JAX, by the one rule for arrays of every kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from ._arrays import read
from ._errors import DeviceError, DTypeError, LabelError

if TYPE_CHECKING:
    from ._types import Array, ArrayInput


def array_of(loss: str, name: str, role: str, given: ArrayInput) -> jax.Array:
    """Return an argument of the loss whose class has that name.

    JAX without its 64 bits would read whatever it can, and cut integers off to fit.
    """
    if not _is_of_jax(given):
        given = _host(loss, name, role, given)
    array = jnp.asarray(given)
    if isinstance(array, jax.Array) and jnp.issubdtype(array.dtype, jax.dtypes.extended):
        raise DTypeError(
            f"{loss}: {name} has dtype {array.dtype}, wanted: numbers; keys of jax.random are none"
        )
    known = () if isinstance(array, jax.core.Tracer) else array.devices()
    for device in known:
        if device.platform != "cpu":
            raise DeviceError(
                f"{loss}: an array lies on {device}, and the kernels run on the "
                "CPU; move it with jax.device_put(x, jax.devices('cpu')[0])"
            )
    return array


def _is_of_jax(given: Any) -> bool:
    """Whether JAX has made it, or some of the numbers in a list."""
    if isinstance(given, list | tuple):
        return any(map(_is_of_jax, given))
    return isinstance(given, jax.Array) or hasattr(given, "__jax_array__")


def _host(loss: str, name: str, role: str, given: Any) -> Any:
    if not isinstance(given, np.ndarray) and _is_tensor(given):
        if "int64" not in str(getattr(given, "dtype", "")):
            return given  # of what NumPy may have no type for, such as bfloat16
        given = np.asarray(given)
    elif type(given) is not np.ndarray or given.dtype.kind not in "biuf":
        given = read(given, loss, name, real=role == "real")
    if not given.dtype.isnative:
        given = given.astype(given.dtype.newbyteorder("="))
    if given.dtype.kind in "iu" and given.dtype.itemsize > 4 and not jax.config.jax_enable_x64:
        return _narrow(loss, name, role, given)
    return given


def _is_tensor(given: Any) -> bool:
    """Whether it speaks DLPack, which Arrow's arrays do too, and say less about what is missing."""
    return hasattr(given, "__dlpack__") and not hasattr(given, "__arrow_c_array__")


def _narrow(loss: str, name: str, role: str, given: Array) -> Array:
    """Return integers in 32 bits; where they do not fit, labels are none and numbers are real."""
    bounds = np.iinfo(np.int32)
    beyond = (given > bounds.max) | (given < bounds.min)
    if not beyond.any():
        return given.astype(np.int32)
    if role != "labels":
        return given.astype(np.float32)
    place = tuple(map(int, np.argwhere(beyond)[0]))
    raise LabelError(
        f"{loss}: {name}{[*place]} is {given[place]}, wanted: a label of 32 bits, as JAX has them "
        "without jax_enable_x64"
    )
