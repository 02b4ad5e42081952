"""A call of a loss on tensors, without autograd, and what cannot be called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from .errors import DeviceError, DTypeError, ShapeError, checked
from .form import ROWS, term_shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._base import Loss as AnyLoss

Gradients = tuple[torch.Tensor, ...]


class Call(NamedTuple):
    """What is asked of a loss, apart from its inputs."""

    loss: AnyLoss
    weight: torch.Tensor | None
    reduction: str
    scale: float

    @property
    def differentiable(self) -> int:
        """How many inputs have a gradient."""
        return ROWS[self.loss.name]["differentiable"]

    def terms(self, inputs: Sequence[torch.Tensor]) -> torch.Tensor | None:
        """Return a tensor for the loss terms, where they are asked for."""
        if self.reduction != "none":
            return None
        shape, _ = term_shape(ROWS[self.loss.name], getattr(self.loss, "axis", -1), inputs)
        return inputs[0].new_empty(shape)

    def options(self) -> dict[str, Any]:
        return {
            "sample_weight": self.weight,
            "reduction": self.reduction,
            "scale": self.scale,
        }

    @checked
    def value(self, inputs: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return the value."""
        terms = self.terms(inputs)
        value = self.loss(*inputs, out=terms, **self.options())
        return value if terms is not None else torch.scalar_tensor(value, dtype=inputs[0].dtype)

    @checked
    def value_and_grad(self, inputs: Sequence[torch.Tensor]) -> tuple[torch.Tensor, Gradients]:
        """Return the value and a new gradient of every differentiable input, in one pass."""
        terms = self.terms(inputs)
        grads = tuple(torch.empty_like(x) for x in inputs[: self.differentiable])
        out = (terms, grads[0] if len(grads) == 1 else grads)
        value, _ = self.loss.value_and_grad(*inputs, out=out, **self.options())
        if terms is not None:
            return value, grads
        return torch.scalar_tensor(value, dtype=inputs[0].dtype), grads

    @checked
    def grad(self, inputs: Sequence[torch.Tensor], grads: Gradients) -> None:
        """Write the gradients into tensors that are there."""
        out = grads[0] if len(grads) == 1 else grads
        self.loss.grad(*inputs, out=out, **self.options())


def plain(tensor: torch.Tensor) -> torch.Tensor:
    """Return the tensor as the core takes it: without graph, and with its sign in its elements."""
    tensor = tensor.detach() if tensor.requires_grad else tensor
    return tensor.resolve_neg() if tensor.is_neg() else tensor


def refuse(
    name: str,
    inputs: Sequence[torch.Tensor],
    weight: torch.Tensor | None,
    vectors: Sequence[torch.Tensor] = (),
) -> bool:
    """Refuse what cannot be computed; return whether a gradient is wanted."""
    row = ROWS[name]
    called, names = row["class_name"], row["inputs"]
    if len(inputs) != len(names):
        raise ShapeError(f"{called}: takes {', '.join(names)}, {len(inputs)} tensors were given")
    wanted = False
    for position, tensor in enumerate((*inputs, weight, *vectors)):
        if tensor is None:
            continue
        which = names[position] if position < len(names) else "weight"
        if not isinstance(tensor, torch.Tensor):
            raise DTypeError(f"{called}: {which} is a {type(tensor).__name__}, wanted: a tensor")
        if not tensor.is_cpu:
            raise DeviceError(
                f"{called}: {which} lies on {tensor.device}, wanted: the CPU; pass {which}.cpu()"
            )
        if tensor.requires_grad and torch.is_grad_enabled():
            if position >= row["differentiable"]:
                raise DTypeError(
                    f"{called}: {which} requires grad, and fastloss has no derivative by it; "
                    f"pass {which}.detach()"
                )
            wanted = True
    return wanted
