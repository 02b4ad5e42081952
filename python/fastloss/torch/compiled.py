"""A loss as one operator, which torch.compile keeps whole."""

from __future__ import annotations

from typing import Any

import torch

from .call import Call, plain
from .form import ROWS, Form, parsed, term_shape


@torch.library.custom_op(  # type: ignore[untyped-decorator]
    "fastloss::evaluate", mutates_args=(), device_types="cpu"
)
def operator(
    form: str,
    numbers: list[float],
    vectors: list[torch.Tensor],
    inputs: list[torch.Tensor],
    weight: torch.Tensor | None,
    reduction: str,
    scale: float,
    with_grad: bool,
) -> list[torch.Tensor]:
    """Return the value and, with them, the gradients of a loss."""
    loss = Form(form, tuple(numbers), tuple(vectors)).loss
    call = Call(loss, weight, reduction, scale)
    bare = [plain(tensor) for tensor in inputs]
    if not with_grad:
        return [call.value(bare)]
    value, grads = call.value_and_grad(bare)
    return [value, *grads]


def _terms(
    form: str, numbers: list[float], inputs: list[torch.Tensor]
) -> tuple[torch.Size | tuple[int, ...], int | None]:
    """Return the shape of the loss terms, and the axis of the inputs that they do without."""
    name, number_names, _ = parsed(form)
    axis = int(dict(zip(number_names, numbers, strict=True)).get("axis", -1))
    return term_shape(ROWS[name], axis, inputs)


def _shapes(
    form: str,
    numbers: list[float],
    vectors: list[torch.Tensor],
    inputs: list[torch.Tensor],
    weight: torch.Tensor | None,
    reduction: str,
    scale: float,
    with_grad: bool,
) -> list[torch.Tensor]:
    value = inputs[0].new_empty(_terms(form, numbers, inputs)[0] if reduction == "none" else ())
    if not with_grad:
        return [value]
    differentiable = ROWS[parsed(form)[0]]["differentiable"]
    return [value, *(torch.empty_like(x) for x in inputs[:differentiable])]


def _keep(ctx: Any, inputs: tuple[Any, ...], output: list[torch.Tensor]) -> None:
    form, numbers, vectors, tensors, _, reduction, _, _ = inputs
    ctx.axis = _terms(form, numbers, tensors)[1] if reduction == "none" else None
    # PyTorch wants None for an argument without gradient, and an empty list for an empty list.
    ctx.nothing = None if numbers else [], [None] * len(vectors)
    ctx.others = [None] * (len(tensors) - len(output) + 1)
    ctx.save_for_backward(*output[1:])


def _chain(ctx: Any, upstream: list[torch.Tensor]) -> tuple[Any, ...]:
    factor = upstream[0] if ctx.axis is None else upstream[0].unsqueeze(ctx.axis)
    grads = [grad * factor for grad in ctx.saved_tensors]
    return None, *ctx.nothing, grads + ctx.others, None, None, None, None


operator.register_fake(_shapes)
operator.register_autograd(_chain, setup_context=_keep)
