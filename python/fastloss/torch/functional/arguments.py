"""What the functions do with their arguments before they call a loss."""

from __future__ import annotations

import inspect
import warnings
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import torch
from torch.overrides import handle_torch_function, has_torch_function

from ..call import COUNTED, dense
from ..errors import ParameterError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

P = ParamSpec("P")
R = TypeVar("R")


def overridable(function: Callable[P, R]) -> Callable[P, R]:
    """Let an argument with a ``__torch_function__`` have its way, as the functions of PyTorch do.

    So torch.fx records the call itself, and a subclass of tensors gets one of its own back.
    """

    names = tuple(inspect.signature(function).parameters)

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        given = (*args, *kwargs.values())
        if has_torch_function(given):
            result: R = handle_torch_function(call, given, *args, **kwargs)
            return result
        for place, value in enumerate(given):
            if isinstance(value, torch.Tensor):
                if value.is_nested:  # which has no shape to ask for
                    which = (*names[: len(args)], *map(str, kwargs))[place]
                    dense(function.__name__, which, value)
            elif isinstance(value, str) and value == COUNTED:
                raise ParameterError(
                    f"{function.__name__}: reduction is {value!r}, wanted: 'mean', 'sum' or 'none'"
                )
        return function(*args, **kwargs)

    return call


def modern(name: str, size_average: object, reduce: object) -> None:
    """Refuse the arguments that PyTorch has deprecated."""
    if size_average is not None or reduce is not None:
        raise ParameterError(f"{name}: size_average and reduce are gone; pass reduction instead")


def by_count(reduction: str) -> str:
    """Return the reduction whose mean is by the number of terms, whatever they weigh."""
    return COUNTED if reduction == "mean" else reduction


def same_shape(one: Tensor, other: Tensor) -> bool:
    """Whether two shapes are equal; those of unequal length are not compared axis by axis.

    In a graph of sizes that may vary, such a comparison would be a condition on them.
    """
    return bool(one.dim() == other.dim() and one.shape == other.shape)


def alike(name: str, input: Tensor, target: Tensor) -> None:
    """Refuse a target of another shape."""
    if not same_shape(target, input):
        raise ShapeError(
            f"{name}: target has shape {tuple(target.shape)}, input has shape {tuple(input.shape)}"
        )


def together(
    name: str, input: Tensor, target: Tensor, weight: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Broadcast as PyTorch does, with a warning, for it is hardly ever meant."""
    if weight is not None and not same_shape(weight, input):
        raise ShapeError(
            f"{name}: weight has shape {tuple(weight.shape)}, input has shape {tuple(input.shape)}"
            + per_row("weight", weight, input, ".expand_as(input)")
        )
    if same_shape(target, input):
        return input, target
    warnings.warn(
        f"{name}: target has shape {tuple(target.shape)} and input {tuple(input.shape)}; they are "
        "broadcast, which is hardly ever meant. Please ensure they have the same size.",
        stacklevel=4,
    )
    input, target = broadcast(name, input=input, target=target)
    return input, target


def broadcast(name: str, **tensors: Tensor) -> tuple[Tensor, ...]:
    """Return tensors as views of one shape."""
    try:
        return tuple(torch.broadcast_tensors(*tensors.values()))
    except RuntimeError:
        shapes = ", ".join(f"{which} {tuple(x.shape)}" for which, x in tensors.items())
        raise ShapeError(f"{name}: the shapes do not broadcast: {shapes}") from None


def spread(name: str, what: str, tensor: Tensor | None, input: Tensor) -> Tensor | None:
    """A view of weights in the shape of the input."""
    if tensor is None or same_shape(tensor, input):
        return tensor
    missing = input.dim() - tensor.dim()
    pairs = zip(tensor.shape, input.shape[max(missing, 0) :], strict=False)
    if missing < 0 or any(own not in (1, full) for own, full in pairs):
        raise ShapeError(
            f"{name}: {what} has shape {tuple(tensor.shape)}, wanted: one that broadcasts to "
            f"{tuple(input.shape)}" + per_row(what, tensor, input)
        )
    return tensor.expand(input.shape)


def per_row(what: str, tensor: Tensor, input: Tensor, wide: str = "") -> str:
    """Return what to say besides of weights that are one for each row."""
    own = tensor.dim()
    if not 0 < own < input.dim() or tensor.shape != input.shape[:own]:
        return ""
    places = ", ".join([":"] * own + ["None"] * (input.dim() - own))
    return f"; for one per row pass {what}[{places}]{wide}"


def of_classes(
    name: str, input: Tensor, weight: Tensor | None, last: bool = False
) -> tuple[int, str, tuple[Tensor, ...]]:
    """Return the axis of classes, the second or the last, and their weights as a form says them."""
    if input.dim() == 0:
        raise ShapeError(f"{name}: input has no axis of classes")
    axis = input.dim() - 1 if last else min(input.dim() - 1, 1)
    if weight is None:
        return axis, "", ()
    if weight.shape != (input.shape[axis],):
        raise ShapeError(
            f"{name}: weight has shape {tuple(weight.shape)}, wanted: one number for each "
            f"of {input.shape[axis]} classes"
        )
    return axis, " | class_weight", (weight,)
