"""A loss in the graph of autograd, in eager mode."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch

from .call import plain
from .form import ROWS, term_shape

if TYPE_CHECKING:
    from .call import Call, Gradients

HALVES = (torch.float16, torch.bfloat16)


class Evaluation(torch.autograd.Function):  # type: ignore[misc]
    """Computes the gradients along with the value, and hands them over when they are asked for."""

    @staticmethod
    def forward(ctx: Any, call: Call, *inputs: torch.Tensor) -> torch.Tensor:
        bare = [plain(tensor) for tensor in inputs]
        value, ctx.grads = call.value_and_grad(bare)
        ctx.call = call
        ctx.save_for_backward(*inputs)
        return value

    @staticmethod
    def backward(ctx: Any, upstream: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        if torch.is_grad_enabled():  # create_graph=True
            with torch.no_grad():
                grads = Evaluation.chained(ctx, upstream)
            grads = _FirstDerivative.apply(grads, upstream, *ctx.saved_tensors)
        else:
            grads = Evaluation.chained(ctx, upstream)
        rest = (None,) * (len(ctx.needs_input_grad) - 1 - len(grads))
        return (None, *grads, *rest)

    @staticmethod
    def chained(ctx: Any, upstream: torch.Tensor) -> Gradients:
        """Return the gradients of the inputs, given that of the value."""
        call: Call = ctx.call
        grads: Gradients | None = ctx.grads
        ctx.grads = None  # from now on they are the caller's, who may write into them
        scalar = call.reduction != "none"
        factor = upstream.item() if scalar else 1.0
        # A half may have lost to underflow what the factor of a gradient scaler brings back.
        again = upstream.dtype in HALVES and factor != 1.0 and math.isfinite(call.scale * factor)
        if grads is None or again:
            inputs = [plain(tensor) for tensor in ctx.saved_tensors]
            grads = grads or tuple(torch.empty_like(x) for x in inputs[: call.differentiable])
            (call._replace(scale=call.scale * factor) if again else call).grad(inputs, grads)
        if not scalar:
            axis = term_shape(ROWS[call.loss.name], getattr(call.loss, "axis", -1), grads)[1]
            factors = upstream if axis is None else upstream.unsqueeze(axis)
            for grad in grads:
                grad.mul_(factors)
        elif factor != 1.0 and not again:
            for grad in grads:
                grad.mul_(factor)
        return grads


class _FirstDerivative(torch.autograd.Function):  # type: ignore[misc]
    """Gradients that say so when they are differentiated, instead of passing for constants."""

    @staticmethod
    def forward(ctx: Any, grads: Gradients, *sources: torch.Tensor) -> Gradients:
        return tuple(grad.view_as(grad) for grad in grads)

    @staticmethod
    def backward(ctx: Any, *upstream: torch.Tensor) -> None:
        raise RuntimeError(
            "fastloss.torch has first derivatives only and cannot differentiate twice; "
            "use the loss of torch.nn for second ones"
        )
