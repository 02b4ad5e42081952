"""A loss in the graph of autograd, in an ordinary call: the way with the least overhead."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch

from .call import HALVES, plain
from .derivatives import chain
from .ways import ordinary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .call import Call, Gradients
    from .form import Form


class Evaluation(torch.autograd.Function):  # type: ignore[misc]
    """Computes the gradients along with the value, and hands them over when they are asked for."""

    @staticmethod
    def forward(ctx: Any, call: Call, form: Form, *inputs: torch.Tensor) -> torch.Tensor:
        bare = [plain(tensor) for tensor in inputs]
        value, ctx.grads = call.value_and_grad(bare)
        ctx.call, ctx.form, ctx.weighted = call, form, call.weight is not None
        weights = (call.weight,) if ctx.weighted else ()
        ctx.save_for_backward(*inputs, *weights, *form.vectors)
        return value

    @staticmethod
    def backward(ctx: Any, upstream: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        if torch.is_grad_enabled() or not ordinary((upstream,)):
            grads = Evaluation.recorded(ctx, upstream)
        else:
            grads = Evaluation.chained(ctx, upstream)
        rest = (None,) * (len(ctx.needs_input_grad) - 2 - len(grads))
        return (None, None, *grads, *rest)

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
            inputs, weight, _ = Evaluation.kept(ctx)
            bare = [plain(tensor) for tensor in inputs]
            grads = grads or tuple(torch.empty_like(x) for x in bare[: call.differentiable])
            scale = call.scale * factor if again else call.scale
            call._replace(weight=weight, scale=scale).grad(bare, grads)
        if not scalar:
            factors = call.terms(grads).spread(upstream)
            for grad in grads:
                grad.mul_(factors)
        elif factor != 1.0 and not again:
            for grad in grads:
                grad.mul_(factor)
        return grads

    @staticmethod
    def recorded(ctx: Any, upstream: torch.Tensor) -> Gradients:
        """Return them as results of operators, which whatever goes on here can see."""
        inputs, weight, vectors = Evaluation.kept(ctx)
        form = ctx.form._replace(vectors=vectors)
        grads = chain(form, inputs, weight, ctx.call.reduction, ctx.call.scale, upstream)
        return tuple(grads)

    @staticmethod
    def kept(
        ctx: Any,
    ) -> tuple[Sequence[torch.Tensor], torch.Tensor | None, Sequence[torch.Tensor]]:
        """Return the inputs, the weight and the vectors, or an error where one has been changed."""
        saved = ctx.saved_tensors
        count = len(ctx.needs_input_grad) - 2
        weight = saved[count] if ctx.weighted else None
        return saved[:count], weight, saved[count + ctx.weighted :]
