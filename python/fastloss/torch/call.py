"""A call of a loss on tensors that are their memory, and what cannot be called."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any, Concatenate, NamedTuple, ParamSpec, TypeVar

import torch

from .._errors import FastlossError
from .errors import DeviceError, DTypeError, Names, ShapeError
from .form import Terms, terms
from .ways import numbers_only, transformed, way

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .._base import Loss as AnyLoss

Gradients = tuple[torch.Tensor, ...]
COUNTED = "mean by count"  # a reduction besides the core's: the sum by the number of terms
HALVES = (torch.float16, torch.bfloat16)

DTYPES = {torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.bool}
DTYPES |= {torch.int8, torch.int16, torch.int32, torch.int64}
DTYPES |= {torch.uint8, torch.uint16, torch.uint32, torch.uint64}
INTEGERS = (int, torch.SymInt)
NUMBERS = (float, torch.SymFloat, *INTEGERS)

P = ParamSpec("P")
R = TypeVar("R")


def _told(method: Callable[Concatenate[Call, P], R]) -> Callable[Concatenate[Call, P], R]:
    """Say the errors of a method in the names that the caller knows."""

    def call(self: Call, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(self, *args, **kwargs)
        except FastlossError as error:
            raise self.names.error(error) from None

    return call


class Call(NamedTuple):
    """What is asked of a loss, apart from its inputs."""

    names: Names
    loss: AnyLoss
    weight: torch.Tensor | None
    reduction: str
    scale: float

    @property
    def differentiable(self) -> int:
        """How many inputs have a gradient."""
        return self.names.row["differentiable"]

    def terms(self, inputs: Sequence[torch.Tensor]) -> Terms:
        """Return how the loss terms lie in the inputs."""
        return terms(self.names.row, getattr(self.loss, "axis", -1), inputs)

    def values(self, inputs: Sequence[torch.Tensor]) -> torch.Tensor | None:
        """Return a tensor for the values of the terms, where they are asked for."""
        if self.reduction != "none":
            return None
        return inputs[0].new_empty(self.terms(inputs).shape)

    def options(self, inputs: Sequence[torch.Tensor]) -> dict[str, Any]:
        reduction, scale = self.reduction, self.scale
        if reduction == COUNTED:
            count = math.prod(self.terms(inputs).shape)
            reduction, scale = ("sum", scale / count) if count else ("mean", scale)
        return {"sample_weight": self.weight, "reduction": reduction, "scale": scale}

    @_told
    def value(self, inputs: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return the value."""
        values = self.values(inputs)
        value = self.loss(*inputs, out=values, **self.options(inputs))
        return value if values is not None else _scalar(value, inputs[0])

    @_told
    def value_and_grad(self, inputs: Sequence[torch.Tensor]) -> tuple[torch.Tensor, Gradients]:
        """Return the value and a new gradient of every differentiable input, in one pass."""
        values = self.values(inputs)
        grads = tuple(torch.empty_like(x) for x in inputs[: self.differentiable])
        out = (values, grads[0] if len(grads) == 1 else grads)
        value, _ = self.loss.value_and_grad(*inputs, out=out, **self.options(inputs))
        if values is not None:
            return value, grads
        return _scalar(value, inputs[0]), grads

    @_told
    def grad(self, inputs: Sequence[torch.Tensor], grads: Gradients) -> None:
        """Write the gradients into tensors that are there."""
        out = grads[0] if len(grads) == 1 else grads
        self.loss.grad(*inputs, out=out, **self.options(inputs))

    @_told
    def hess(self, inputs: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return the diagonal of the Hessian of the first input."""
        out = torch.empty_like(inputs[0]), torch.empty_like(inputs[0])
        self.loss.grad_and_hess(*inputs, out=out, **self.options(inputs))
        return out[1]


def _scalar(value: float, like: torch.Tensor) -> torch.Tensor:
    """Return a value as a tensor, also where another device is the default."""
    return torch.scalar_tensor(value, dtype=like.dtype, device="cpu")


def plain(tensor: torch.Tensor) -> torch.Tensor:
    """Return the tensor as the core takes it: without graph, and with its sign in its elements."""
    tensor = tensor.detach() if tensor.requires_grad else tensor
    return tensor.resolve_neg() if tensor.is_neg() else tensor


def refuse(
    names: Names,
    inputs: Sequence[torch.Tensor],
    weight: torch.Tensor | None,
    vectors: Sequence[torch.Tensor] = (),
    vector_names: Sequence[str] = (),
) -> bool:
    """Refuse what cannot be computed; return whether a gradient is wanted."""
    called, wanted = names.called, False
    if len(inputs) != len(names.inputs):
        raise ShapeError(
            f"{called}: takes {', '.join(names.inputs)}, {len(inputs)} tensors were given"
        )
    arguments = (*names.inputs, "sample_weight", *vector_names)
    for position, tensor in enumerate((*inputs, weight, *vectors)):
        if tensor is None:
            continue
        which = arguments[position]
        if not isinstance(tensor, torch.Tensor):
            raise DTypeError(
                f"{called}: {names.word(which)} is a {type(tensor).__name__}, wanted: a tensor"
            )
        if not tensor.is_cpu:
            which = names.word(which)
            advice = f"pass {which}.cpu()"
            if tensor.is_meta:
                advice = "a meta tensor has no numbers to compute with"
            raise DeviceError(
                f"{called}: {which} lies on {tensor.device}, wanted: the CPU; {advice}"
            )
        if tensor.dtype not in DTYPES:
            dtype = str(tensor.dtype).removeprefix("torch.")
            raise DTypeError(
                f"{called}: {names.word(which)} has dtype {dtype}, "
                "wanted: float16, bfloat16, float32 or float64"
            )
        dense(called, names.word(which), tensor)
        if tensor.requires_grad and torch.is_grad_enabled():
            if position >= names.row["differentiable"]:
                raise constant(names, which, required())
            wanted = True
    return wanted


def dense(called: str, which: str, tensor: torch.Tensor) -> None:
    """Refuse a tensor of another layout."""
    if tensor.layout is not torch.strided or tensor.is_nested:
        layout, way = tensor.layout, f"{which}.to_dense()"
        if tensor.is_nested:
            layout, way = "nested", f"torch.nested.to_padded_tensor({which}, 0.0) with weights"
        raise DTypeError(f"{called}: {which} is {layout}, wanted: a dense tensor; pass {way}")


def parameter(called: str, which: str, value: object) -> None:
    """Refuse a parameter that PyTorch would follow, where fastloss reads its numbers."""
    for part in value if isinstance(value, list | tuple) else (value,):
        if isinstance(part, torch.Tensor) and not numbers_only(part):
            state = "requires grad" if part.requires_grad else "is recorded or transformed"
            raise DTypeError(
                f"{called}: {which} is a tensor that {state}, and fastloss reads it as a number, "
                "by which there is no derivative and which no record can vary; "
                f"pass float({which}.detach())"
            )


def number(called: str, which: str, value: Any) -> float:
    """Return a parameter as a number."""
    if isinstance(value, NUMBERS):
        return value  # one that varies in a graph is left as it is
    parameter(called, which, value)
    try:
        return float(value)
    except (TypeError, ValueError, RuntimeError):
        shape = f" of shape {tuple(value.shape)}" if isinstance(value, torch.Tensor) else ""
        kind = type(value).__name__
        raise DTypeError(f"{called}: {which} is a {kind}{shape}, wanted: a number") from None


def integer(called: str, which: str, value: Any) -> int:
    """Return a parameter as an integer."""
    if isinstance(value, INTEGERS) and not isinstance(value, bool):
        return value
    parameter(called, which, value)
    try:
        if not isinstance(value, bool):
            return operator.index(value)
    except TypeError:
        pass
    raise DTypeError(f"{called}: {which} is {value!r}, wanted: an integer")


def required() -> str:
    """Return that a tensor requires grad, and of which transform, where there is one."""
    return f"requires grad ({way()})" if transformed() else "requires grad"


def constant(names: Names, which: str, state: str) -> DTypeError:
    """The error of an argument by which there is no derivative."""
    which = names.word(which)
    return DTypeError(
        f"{names.called}: {which} {state}, and fastloss has no derivative by it; "
        f"pass {which}.detach()"
    )
