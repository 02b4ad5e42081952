"""The derivatives of the operators: each by the next, and none beyond the second.

The formulas live below the dispatcher's key of autograd, so that they hold wherever the operators
are found: in eager mode, in a recorded graph, and at each level of a nest of torch.func transforms.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch._functorch.utils import enable_single_level_autograd_function
from torch.autograd import forward_ad

from . import operators
from .call import HALVES, constant, required
from .form import Form, has_diagonal_hessian, parsed
from .ways import forward_mode, transformed, way

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from .form import Terms

    Tensors = Sequence[torch.Tensor]


class Asked(NamedTuple):
    """The arguments of an operator that are not tensors, and how many of each kind are."""

    form: str
    numbers: Sequence[float]
    reduction: str
    scale: float
    inputs: int
    vectors: int
    modes: tuple[bool, bool]  # whether grad mode and forward-mode AD are on

    def arguments(self, tensors: Sequence[torch.Tensor]) -> tuple[Any, ...]:
        """Return the arguments of the operator, with these tensors."""
        vectors = tensors[self.inputs : self.inputs + self.vectors]
        rest = tensors[self.inputs + self.vectors :]
        return (
            self.form,
            list(self.numbers),
            list(vectors),
            list(tensors[: self.inputs]),
            rest[0] if rest else None,
            self.reduction,
            self.scale,
        )

    @property
    def called(self) -> Form:
        return Form(self.form, self.numbers)

    @property
    def differentiable(self) -> int:
        """How many inputs have a gradient."""
        return self.called.row["differentiable"]

    def argument(self, position: int) -> str:
        """Return the core's name of a tensor."""
        names = self.called.row["inputs"], parsed(self.form).vectors, ("sample_weight",)
        return [name for kind in names for name in kind][position]

    def spread(self, upstream: torch.Tensor, inputs: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return what there is for each value as what broadcasts to the inputs."""
        return self.terms(inputs).spread(upstream) if self.reduction == "none" else upstream

    def gather(self, products: torch.Tensor, inputs: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return the sum over the elements that each value has."""
        return self.terms(inputs).gather(products) if self.reduction == "none" else products.sum()

    def terms(self, inputs: Sequence[torch.Tensor]) -> Terms:
        return self.called.terms(inputs)


class _Operator(torch.autograd.Function):  # type: ignore[misc]
    """An operator at one level of differentiation; each level below it has another."""

    @classmethod
    def at_this_level(cls, *arguments: Any) -> Any:
        """Call the operator, so that this level can differentiate it."""
        form, numbers, vectors, inputs, weight, reduction, scale = arguments
        modes = torch.is_grad_enabled(), torch._C._is_fwd_grad_enabled()
        asked = Asked(form, numbers, reduction, scale, len(inputs), len(vectors), modes)
        tensors = [*inputs, *vectors, *([] if weight is None else [weight])]
        for position, tensor in enumerate(tensors):
            if tensor.requires_grad and modes[0] and position >= asked.differentiable:
                raise constant(asked.called.names, asked.argument(position), required())
        with enable_single_level_autograd_function():
            # What Function.apply does besides is to find its level, which the dispatcher has done.
            return super(torch.autograd.Function, cls).apply(asked, *tensors)

    @staticmethod
    def keep(ctx: Any, asked: Asked, tensors: Tensors, grads: Tensors = ()) -> None:
        ctx.asked = asked
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*tensors, *grads)
        ctx.save_for_forward(*tensors)

    @staticmethod
    def kept(ctx: Any) -> tuple[Asked, Tensors, Tensors]:
        """Return what was asked, the tensors and the gradients that were computed ahead."""
        saved = ctx.saved_tensors
        count = len(ctx.needs_input_grad) - 1
        return ctx.asked, saved[:count], saved[count:]


@contextmanager
def _below(modes: tuple[bool, bool]) -> Iterator[None]:
    """Go on to the level below, which may differentiate as far as this one was allowed to."""
    with _allowed(modes), torch._C._AutoDispatchBelowAutograd():
        yield


@contextmanager
def _allowed(modes: tuple[bool, bool]) -> Iterator[None]:
    """Turn on again what PyTorch turns off inside of a formula, for the levels below too."""
    with torch.set_grad_enabled(modes[0]), forward_ad._set_fwd_grad_enabled(modes[1]):
        yield


def _wide(tensors: Tensors) -> list[torch.Tensor]:
    """Return halves as floats, so that a derivative is rounded when all its factors are in it."""
    return [tensor.float() if tensor.dtype in HALVES else tensor for tensor in tensors]


def chain(
    form: Form,
    inputs: Tensors,
    weight: torch.Tensor | None,
    reduction: str,
    scale: float,
    upstream: torch.Tensor,
) -> list[torch.Tensor]:
    """Return the gradients of the inputs, given that of the value, by operators alone."""
    text, numbers, vectors = form
    wide = _wide(inputs)
    grads = operators.gradient(text, list(numbers), list(vectors), wide, weight, reduction, scale)
    factor = form.terms(inputs).spread(upstream) if reduction == "none" else upstream
    return operators.times(grads, inputs, factor)


def _primal(asked: Asked, tensors: Tensors, tangents: Sequence[torch.Tensor | None]) -> Tensors:
    """Return the tensors without this level's tangents, which those of constants must not have."""
    for position, tangent in enumerate(tangents):
        if tangent is not None and position >= asked.differentiable:
            raise constant(asked.called.names, asked.argument(position), f"has a tangent ({way()})")
    # There is one level of forward-mode AD; torch.func nests it by levels of its own.
    return _wide([forward_ad.unpack_dual(tensor, level=0).primal for tensor in tensors])


class Evaluate(_Operator):
    """The value, whose derivatives are those that `gradient` gives."""

    @staticmethod
    def forward(ctx: Any, asked: Asked, *tensors: torch.Tensor) -> torch.Tensor:
        arguments = asked.arguments(tensors)
        ahead = asked.modes[0] and tensors[0].dtype not in HALVES
        with _below(asked.modes):
            if ahead and not transformed() and not forward_mode():
                value, *grads = operators.value_and_grad(*arguments)
            else:
                value, grads = operators.evaluate(*arguments), []
        _Operator.keep(ctx, asked, tensors, grads)
        return value

    @staticmethod
    def backward(ctx: Any, upstream: torch.Tensor | None) -> tuple[torch.Tensor | None, ...]:
        asked, tensors, grads = _Operator.kept(ctx)
        nothing = (None,) * (len(tensors) + 1)
        if upstream is None:
            return nothing
        factor = asked.spread(upstream, tensors)
        if not grads or torch.is_grad_enabled() or forward_mode():
            grads = operators.gradient(*asked.arguments(_wide(tensors)))
            chained = operators.times(grads, tensors, factor)
        elif torch._C._len_torch_dispatch_stack():
            # AOTAutograd refuses to differentiate its backward, where that has the inputs in it.
            chained = operators.chain(grads, tensors[: asked.differentiable], factor)
        else:
            chained = operators.times(grads, tensors, factor)
        return (None, *chained, *nothing[len(chained) + 1 :])

    @staticmethod
    def jvp(ctx: Any, _: None, *tangents: torch.Tensor | None) -> torch.Tensor | None:
        asked, tensors, _grads = _Operator.kept(ctx)
        with _allowed(asked.modes):
            primals = _primal(asked, tensors, tangents)
            grads = operators.gradient(*asked.arguments(primals))
            parts = [
                asked.gather(grad * tangent.to(grad.dtype), tensors)
                for grad, tangent in zip(grads, tangents, strict=False)
                if tangent is not None
            ]
            return torch.stack(parts).sum(0).to(tensors[0].dtype)


class Gradient(_Operator):
    """The gradients, whose derivative is that of the diagonal of the Hessian where that is all."""

    @staticmethod
    def forward(ctx: Any, asked: Asked, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        with _below(asked.modes):
            grads = operators.gradient(*asked.arguments(tensors))
        _Operator.keep(ctx, asked, tensors)
        return tuple(grads)

    @staticmethod
    def backward(ctx: Any, *upstream: torch.Tensor | None) -> tuple[torch.Tensor | None, ...]:
        asked, tensors, _ = _Operator.kept(ctx)
        rest = (None,) * (len(tensors) - 1)
        return None, Gradient.along(asked, tensors, _wide(tensors), upstream[0]), *rest

    @staticmethod
    def jvp(ctx: Any, _: None, *tangents: torch.Tensor | None) -> tuple[torch.Tensor | None, ...]:
        asked, tensors, _grads = _Operator.kept(ctx)
        with _allowed(asked.modes):
            primals = _primal(asked, tensors, tangents)
            return (Gradient.along(asked, tensors, primals, tangents[0]),)

    @staticmethod
    def along(
        asked: Asked, tensors: Tensors, primals: Tensors, direction: torch.Tensor | None
    ) -> torch.Tensor | None:
        """Return the Hessian times a direction."""
        called = asked.called.names.called
        if not has_diagonal_hessian(asked.called.row):
            raise RuntimeError(
                f"{called}: fastloss cannot differentiate twice by {way()} what has more of a "
                "Hessian than its diagonal; use the loss of torch.nn for second derivatives"
            )
        if direction is None:
            return None
        curvature = operators.curvature(*asked.arguments(primals))
        return (direction.to(curvature.dtype) * curvature).to(tensors[0].dtype)


class Curvature(_Operator):
    """The diagonal of the Hessian, which says so when it is differentiated."""

    @staticmethod
    def forward(ctx: Any, asked: Asked, *tensors: torch.Tensor) -> torch.Tensor:
        with _below(asked.modes):
            curvature: torch.Tensor = operators.curvature(*asked.arguments(tensors))
        _Operator.keep(ctx, asked, tensors)
        return curvature

    @staticmethod
    def backward(ctx: Any, *upstream: torch.Tensor | None) -> None:
        raise RuntimeError(
            f"{ctx.asked.called.names.called}: fastloss has no third derivatives, which {way()} "
            "asks for; use the loss of torch.nn for them"
        )

    @staticmethod
    def jvp(ctx: Any, _: None, *tangents: torch.Tensor | None) -> None:
        Curvature.backward(ctx)


def _differentiated(tensors: Iterable[torch.Tensor]) -> bool:
    """Whether this level may differentiate a call."""
    if torch._C._is_fwd_grad_enabled() and (forward_mode() or transformed()):
        return True
    return torch.is_grad_enabled() and any(x.requires_grad for x in tensors)


def _tensors(arguments: Iterable[Any]) -> Iterator[torch.Tensor]:
    """Yield the tensors among the arguments of an operator, and in its lists."""
    for argument in arguments:
        if isinstance(argument, torch.Tensor):
            yield argument
        elif isinstance(argument, list | tuple):
            yield from _tensors(argument)


def _register(name: str, at_this_level: Callable[..., Any]) -> None:
    operator = getattr(operators, name)

    def kernel(*arguments: Any) -> Any:
        if _differentiated(_tensors(arguments)):
            return at_this_level(*arguments)
        with torch._C._AutoDispatchBelowAutograd():
            return operator(*arguments)

    operators.LIBRARY.impl(name, kernel, "Autograd")


_register("evaluate", Evaluate.at_this_level)
_register("gradient", lambda *a: list(Gradient.at_this_level(*a)))
_register("curvature", Curvature.at_this_level)
# To what differentiates them, these are their parts.
_register("value_and_grad", lambda *a: [operators.evaluate(*a), *operators.gradient(*a)])
_register("chain", operators.times)
