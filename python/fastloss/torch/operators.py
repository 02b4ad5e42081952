"""The losses as operators of PyTorch, for calls that are recorded, transformed or dispatched.

`evaluate` gives the value, `value_and_grad` the gradients with it, `gradient` them alone and
`curvature` the diagonal of the Hessian. Each is known by its shapes (fake kernels), runs on a batch
entry by entry (torch.func.vmap) and can be differentiated by the next (`derivatives`). `constants`
is `value_and_grad` that nothing differentiates, and `chain` multiplies gradients that are there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from .._errors import FastlossError
from .call import Call, plain
from .form import Form

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LIBRARY = torch.library.Library("fastloss", "DEF")
ARGUMENTS = (
    "str form, float[] numbers, Tensor[] vectors, Tensor[] inputs, Tensor? weight, "
    "str reduction, float scale"
)
TAGS = (torch.Tag.pt2_compliant_tag, torch.Tag.needs_fixed_stride_order)


def _prepared(
    form: str,
    numbers: Sequence[float],
    vectors: Sequence[torch.Tensor],
    inputs: Sequence[torch.Tensor],
    weight: torch.Tensor | None,
    reduction: str,
    scale: float,
) -> tuple[Call, list[torch.Tensor]]:
    """Return the call that an operator is, and its inputs."""
    asked = Form(form, numbers, vectors)
    asked.fit(inputs)
    weight = None if weight is None else plain(weight)
    return Call(asked.names, asked.loss, weight, reduction, scale), [plain(x) for x in inputs]


def _evaluate(*arguments: Any) -> torch.Tensor:
    call, inputs = _prepared(*arguments)
    return call.value(inputs)


def _value_and_grad(*arguments: Any) -> list[torch.Tensor]:
    call, inputs = _prepared(*arguments)
    value, grads = call.value_and_grad(inputs)
    return [value, *grads]


def _gradient(*arguments: Any) -> list[torch.Tensor]:
    call, inputs = _prepared(*arguments)
    grads = tuple(torch.empty_like(x) for x in inputs[: call.differentiable])
    call.grad(inputs, grads)
    return list(grads)


def _curvature(*arguments: Any) -> torch.Tensor:
    call, inputs = _prepared(*arguments)
    return call.hess(inputs)


def _fake_value(
    form: str,
    numbers: Sequence[float],
    vectors: Sequence[torch.Tensor],
    inputs: Sequence[torch.Tensor],
    weight: torch.Tensor | None,
    reduction: str,
    scale: float,
) -> torch.Tensor:
    shape = Form(form, numbers, vectors).terms(inputs).shape if reduction == "none" else ()
    return inputs[0].new_empty(shape)


def _fake_gradients(
    form: str, numbers: Any, vectors: Any, inputs: Sequence[torch.Tensor], *rest: Any
) -> list[torch.Tensor]:
    return [torch.empty_like(x) for x in inputs[: Form(form).row["differentiable"]]]


def _fake_both(*arguments: Any) -> list[torch.Tensor]:
    return [_fake_value(*arguments), *_fake_gradients(*arguments)]


def _fake_curvature(*arguments: Any) -> torch.Tensor:
    return _fake_gradients(*arguments)[0]


def _entry(argument: Any, axis: Any, index: int) -> Any:
    """Return one entry of an argument of a batch: of a tensor, of each in a list, or itself."""
    if isinstance(argument, list | tuple) and isinstance(axis, list | tuple):
        return [_entry(*pair, index) for pair in zip(argument, axis, strict=True)]
    if axis is None or not isinstance(argument, torch.Tensor):
        return argument
    return argument.select(axis, index)


def _batched(
    operator: Callable[..., Any], fake: Callable[..., Any]
) -> Callable[..., tuple[Any, Any]]:
    """Return the rule of an operator for a batch: its entries one after the other."""

    def rule(info: Any, axes: tuple[Any, ...], *arguments: Any) -> tuple[Any, Any]:
        def at(index: int) -> list[Any]:
            return [_entry(*pair, index) for pair in zip(arguments, axes, strict=True)]

        if not info.batch_size:
            shapes = fake(*_single(arguments, axes))
            many = not isinstance(shapes, torch.Tensor)
            empty = [x.new_empty((0, *x.shape)) for x in (shapes if many else [shapes])]
            return (empty, [0] * len(empty)) if many else (empty[0], 0)
        results = []
        for index in range(info.batch_size):
            try:
                results.append(operator(*at(index)))
            except FastlossError as error:
                where = f"{error} (entry {index} of a batch of torch.func.vmap)"
                raise type(error)(where) from None
        if isinstance(results[0], torch.Tensor):
            return torch.stack(results), 0
        return [torch.stack(column) for column in zip(*results, strict=True)], [0] * len(results[0])

    return rule


def _single(argument: Any, axis: Any) -> Any:
    """Return what has the shapes of one entry, where there is none."""
    if isinstance(argument, list | tuple) and isinstance(axis, list | tuple):
        return [_single(*pair) for pair in zip(argument, axis, strict=True)]
    if axis is None or not isinstance(argument, torch.Tensor):
        return argument
    shape = list(argument.shape)
    shape.pop(axis)
    return argument.new_empty(shape)


for _name, _returns, _kernel, _fake in (
    ("evaluate", "Tensor", _evaluate, _fake_value),
    ("value_and_grad", "Tensor[]", _value_and_grad, _fake_both),
    ("constants", "Tensor[]", _value_and_grad, _fake_both),
    ("gradient", "Tensor[]", _gradient, _fake_gradients),
    ("curvature", "Tensor", _curvature, _fake_curvature),
):
    LIBRARY.define(f"{_name}({ARGUMENTS}) -> {_returns}", tags=TAGS)
    LIBRARY.impl(_name, _kernel, "CPU")
    torch.library.register_fake(f"fastloss::{_name}", _fake, lib=LIBRARY)
    _operator = getattr(torch.ops.fastloss, _name).default
    torch.library.register_vmap(f"fastloss::{_name}", _batched(_operator, _fake), lib=LIBRARY)

LIBRARY.define("chain(Tensor[] gradients, Tensor[] inputs, Tensor factor) -> Tensor[]", tags=TAGS)


def times(
    grads: Sequence[torch.Tensor], inputs: Sequence[torch.Tensor], factor: torch.Tensor
) -> list[torch.Tensor]:
    """Return gradients times a factor, as gradients of the inputs."""
    return [
        (grad * factor.to(grad.dtype)).to(tensor.dtype)
        for grad, tensor in zip(grads, inputs, strict=False)
    ]


LIBRARY.impl("chain", times, "CPU")
torch.library.register_fake("fastloss::chain", times, lib=LIBRARY)
chain = torch.ops.fastloss.chain.default
torch.library.register_vmap("fastloss::chain", _batched(chain, times), lib=LIBRARY)

evaluate = torch.ops.fastloss.evaluate.default
value_and_grad = torch.ops.fastloss.value_and_grad.default
constants = torch.ops.fastloss.constants.default
gradient = torch.ops.fastloss.gradient.default
curvature = torch.ops.fastloss.curvature.default
