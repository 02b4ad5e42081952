"""Losses inside JAX programs: under ``jit``, ``grad`` and ``vmap``, on the CPU."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ._arguments import refuse
from ._base import Loss
from ._errors import FastlossError, ParameterError
from .registry import find

try:
    import jax
    import jax.numpy as jnp
    from jax.custom_derivatives import SymbolicZero
except ImportError as error:
    raise ImportError('fastloss.jax needs JAX: pip install "jax>=0.5"') from error

if jax.__version_info__ < (0, 5):
    raise ImportError(
        f'fastloss.jax needs JAX 0.5 or later, this is {jax.__version__}: pip install -U "jax>=0.5"'
    )

from ._jax_input import array_of
from ._xla import Call, backend

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, TypeAlias

    from ._types import ArrayInput, Integer, Reduction

    Gradients: TypeAlias = jax.Array | tuple[jax.Array, ...]

__all__ = ["backend", "value", "value_and_grad"]


def value(
    loss: Loss,
    *inputs: ArrayInput,
    sample_weight: ArrayInput | None = None,
    reduction: Reduction = "mean",
    n_threads: Integer | None = None,
) -> jax.Array:
    """Return the value of a loss, as a function that JAX can compile and differentiate.

    Under `jax.grad`, `jax.value_and_grad`, `jax.vjp` or `jax.jvp` value and gradient come from one
    fused pass; otherwise the value alone is computed.

    Parameters
    ----------
    loss : Loss
        Any loss of fastloss. It is static: hashable, and a constant of the compiled program.
    *inputs : array_like
        What the loss takes: ``pred, target``, or the arrays of a pair or triplet loss.
        Differentiable ones are of dtype float16, bfloat16, float32, or float64 with
        ``jax_enable_x64``.
    sample_weight : array_like, optional
        One weight >= 0 per loss term, as in a call of the loss.
    reduction : {"mean", "sum", "none"}, default "mean"
        As in a call of the loss; a mean divides by the sum of the weights.
    n_threads : int, optional
        The number of threads for this call alone.

    Returns
    -------
    jax.Array
        A scalar of dtype float32, or float64 where a prediction is float64; with
        ``reduction="none"`` the loss terms, of the dtype of the first input.

    Raises
    ------
    ShapeError, DTypeError, ParameterError
        While JAX traces, as a call of the loss does.
    DeviceError
        When an array lies on a device other than the CPU, or a program is compiled for one.
    FastlossError
        When a second derivative is asked for, or one by a target or a weight; and by `jax.export`
        where the backend is ``"callback"``.
    jax.errors.JaxRuntimeError or ValueError
        While the program runs: a label or a value out of its domain. It has fastloss's message.
        The first is JAX's own way; a program under ``jit`` that has run before raises the second.
    LabelError
        When labels are no array of JAX yet, and are beyond the 32 bits that JAX gives them.

    Notes
    -----
    `jax.vmap` calls the kernel once for each element of the batch, one after the other. A batch
    of plain terms needs no vmap: leading axes and ``reduction="none"`` do it in one call.

    Examples
    --------
    >>> import fastloss as fl
    >>> import fastloss.jax
    >>> import jax
    >>> import jax.numpy as jnp
    >>> def objective(scale, x, y):
    ...     return fl.jax.value(fl.Huber(delta=1.0), scale * x, y)
    >>> x, y = jnp.array([1.0, 2.0, 3.0]), jnp.array([2.0, 4.0, 6.0])
    >>> round(float(jax.jit(jax.grad(objective))(1.5, x, y)), 4)
    -1.8333
    """
    call, arrays, weight = _prepare(loss, inputs, sample_weight, reduction, n_threads)
    return _value(call, arrays, weight)


def value_and_grad(
    loss: Loss,
    *inputs: ArrayInput,
    sample_weight: ArrayInput | None = None,
    reduction: Reduction = "mean",
    n_threads: Integer | None = None,
) -> tuple[jax.Array, Gradients]:
    """Return the value of a loss and its gradient by its predictions, from one fused pass.

    It is what ``jax.value_and_grad`` of `value` computes, without JAX's differentiation: for a
    backward pass that is written by hand. The parameters and errors are those of `value`.

    Returns
    -------
    value : jax.Array
        As `value` returns it.
    gradient : jax.Array or tuple of jax.Array
        Of the shape and dtype of ``pred``; for the losses of several vectors one per vector. With
        ``reduction="none"`` it is each term's own.

    Examples
    --------
    >>> import fastloss as fl
    >>> import fastloss.jax
    >>> fl.jax.value_and_grad(fl.MeanSquaredError(), [1.0, 2.0], [0.0, 0.0])
    (Array(2.5, dtype=float32), Array([1., 2.], dtype=float32))
    """
    call, arrays, weight = _prepare(loss, inputs, sample_weight, reduction, n_threads)
    result, *gradients = _fused(call, arrays, weight)
    return result, gradients[0] if len(gradients) == 1 else tuple(gradients)


def _prepare(
    loss: Loss,
    inputs: Sequence[ArrayInput],
    sample_weight: ArrayInput | None,
    reduction: Reduction,
    n_threads: Integer | None,
) -> tuple[Call, tuple[jax.Array, ...], jax.Array | None]:
    if not isinstance(loss, Loss):
        raise ParameterError(f"loss is {loss!r}, wanted: a Loss, as fastloss.get makes by name")
    wanted = find(loss.name)[0]["arguments"]
    if len(inputs) != len(find(loss.name)[0]["inputs"]):
        refuse(loss.name, len(inputs), (), ())
    kind = type(loss).__name__
    arrays = tuple(
        array_of(kind, argument["name"], argument["role"], given)
        for argument, given in zip(wanted, inputs, strict=True)
    )
    weight = None
    if sample_weight is not None:
        weight = array_of(kind, "sample_weight", "given", sample_weight)
    call = Call(loss, reduction, n_threads, backend())
    call.check(arrays, weight)
    return call, arrays, weight


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def _value(call: Call, inputs: tuple[jax.Array, ...], weight: jax.Array | None) -> Any:
    return call.run(inputs, weight)[0]


# A rule for jvp serves reverse mode as well: the tangent is linear, and JAX transposes it.
@partial(_value.defjvp, symbolic_zeros=True)
def _tangent(call: Call, primals: tuple[Any, Any], tangents: tuple[Any, Any]) -> tuple[Any, Any]:
    row = find(call.loss.name)[0]
    moving = [not isinstance(x, SymbolicZero) for x in tangents[0]]
    fixed = [*zip(row["inputs"], moving, strict=True)][row["differentiable"] :]
    fixed += [("sample_weight", not isinstance(tangents[1], SymbolicZero | None))]
    for name, moves in fixed:
        if moves:
            raise FastlossError(
                f"{type(call.loss).__name__}: there is no derivative by {name}; "
                "hold it with jax.lax.stop_gradient"
            )
    inputs, weight = primals
    count = row["differentiable"]
    # A gradient is rounded to a half when all its factors are in it: a sum may be out of its range.
    wide = tuple(map(_wide, inputs[:count])) + inputs[count:]
    result, *gradients = _fused(call, wide, weight)
    tangent = jnp.zeros_like(result)
    for gradient, direction, moves in zip(gradients, tangents[0], moving, strict=False):
        if moves:
            dtype = jnp.promote_types(gradient.dtype, result.dtype)
            product = gradient.astype(dtype) * direction.astype(dtype)
            tangent += _sum(call, product, result.ndim).astype(result.dtype)
    if call.reduction == "none":
        result, tangent = (x.astype(inputs[0].dtype) for x in (result, tangent))
    return result, tangent


def _wide(array: jax.Array) -> jax.Array:
    """Return halves as float32, which changes no bit of a value."""
    return array.astype(jnp.float32) if array.dtype.itemsize == 2 else array


def _sum(call: Call, product: jax.Array, ndim: int) -> jax.Array:
    """Return the sum of the parts of each term."""
    if call.reduction != "none":
        return product.sum()
    axis = call.loss.params.get("axis", -1)
    return product if product.ndim == ndim else product.sum(axis)


def _fused(call: Call, inputs: tuple[jax.Array, ...], weight: jax.Array | None) -> Any:
    return tuple(replace(call, fused=True).run(inputs, weight))
