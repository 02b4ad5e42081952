"""A loss as a string, numbers and tensors, from which an operator makes it again."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ..registry import find, losses
from .errors import checked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import torch

    from .._base import Loss
    from .._types import Row

ROWS: dict[str, Row] = {name: find(name)[0] for name in losses()}
NO_NUMBER = math.nan  # stands for None; no parameter may be NaN


class Form(NamedTuple):
    """A loss by name, with its parameters by kind, as a compiled graph can hold and vary them.

    Parameters
    ----------
    text : str
        The name of the loss, the names of its numbers and, after a bar, those of its vectors:
        ``"binary_cross_entropy from_logits | pos_weight"``.
    numbers : tuple of float
        The numbers in that order; flags are 0 or 1, and NaN stands for None.
    vectors : tuple of Tensor
        The vectors in that order.
    """

    text: str
    numbers: tuple[float, ...] = ()
    vectors: tuple[torch.Tensor, ...] = ()

    @property
    def name(self) -> str:
        """The name of the loss."""
        return self.text.split(" ", 1)[0]

    @property
    def loss(self) -> Loss:
        """The loss; one that was made before is used again."""
        return made(self.text, self.numbers, tuple(tuple(v.tolist()) for v in self.vectors))


@lru_cache(maxsize=256)
@checked
def made(
    text: str, numbers: tuple[float, ...], vectors: tuple[tuple[float, ...], ...] = ()
) -> Loss:
    """Return the loss of a form."""
    name, number_names, vector_names = parsed(text)
    row, kind = find(name)
    kinds = {parameter["name"]: parameter["kind"] for parameter in row["parameters"]}
    params: dict[str, object] = dict(zip(vector_names, vectors, strict=True))
    for parameter, number in zip(number_names, numbers, strict=True):
        if math.isnan(number):
            params[parameter] = None
        elif kinds[parameter] == "flag":
            params[parameter] = bool(number)
        elif kinds[parameter].startswith("integer"):
            params[parameter] = int(number)
        else:
            params[parameter] = number
    return kind(**params)


@lru_cache(maxsize=256)
def parsed(text: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Return the name of the loss, of its numbers and of its vectors."""
    head, _, vectors = text.partition("|")
    name, *numbers = head.split()
    return name, tuple(numbers), tuple(vectors.split())


def form_of(loss: Loss, tensor: Callable[[tuple[float, ...]], torch.Tensor]) -> Form:
    """Return the form of a loss; `tensor` makes a tensor of a vector."""
    numbers, vectors = {}, {}
    for name, value in loss.params.items():
        if isinstance(value, tuple):
            vectors[name] = tensor(value)
        else:
            numbers[name] = NO_NUMBER if value is None else float(value)
    text = f"{' '.join([loss.name, *numbers])} | {' '.join(vectors)}"
    return Form(text, tuple(numbers.values()), tuple(vectors.values()))


def term_shape(
    row: Row, axis: int, inputs: Sequence[torch.Tensor]
) -> tuple[torch.Size | tuple[int, ...], int | None]:
    """Return the shape of the loss terms, and the axis of the inputs that they do without."""
    shape = inputs[0].shape
    if row["room"] == "pointwise":
        return shape, None
    axis = (axis if row["room"] == "rows" else -1) % max(len(shape), 1)
    return (*shape[:axis], *shape[axis + 1 :]), axis
