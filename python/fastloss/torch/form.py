"""A loss as a string, numbers and tensors, from which an operator makes it again."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import torch

from .._errors import FastlossError
from ..registry import find, losses, words
from .errors import Names, ShapeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._base import Loss
    from .._types import Row

ROWS: dict[str, Row] = {name: find(name)[0] for name in losses()}
NO_NUMBER = math.nan  # stands for None; no parameter may be NaN


class Form(NamedTuple):
    """A loss by name, with its parameters by kind, as a recorded graph can hold and vary them.

    Parameters
    ----------
    text : str
        The name of the loss, the names of its numbers and, after a bar, those of its vectors:
        ``"binary_cross_entropy from_logits | pos_weight"``. Before a colon may stand the function
        of PyTorch that is called, and its inputs: ``"mse_loss(input, target): squared_error"``.
    numbers : tuple of float
        The numbers in that order; flags are 0 or 1, and NaN stands for None. An integer that takes
        two of them is named twice.
    vectors : tuple of Tensor
        The vectors in that order.
    """

    text: str
    numbers: Sequence[float] = ()
    vectors: Sequence[torch.Tensor] = ()

    @property
    def row(self) -> Row:
        """What the loss says about itself."""
        return ROWS[parsed(self.text).loss]

    @property
    def names(self) -> Names:
        """The names by which its caller knows the loss and its inputs."""
        return parsed(self.text).names

    @property
    def loss(self) -> Loss:
        """The loss; one that was made before is used again."""
        return made(self.text, tuple(self.numbers), tuple(tuple(v.tolist()) for v in self.vectors))

    @property
    def axis(self) -> int:
        """The axis of classes."""
        return int(dict(zip(parsed(self.text).numbers, self.numbers, strict=True)).get("axis", -1))

    def terms(self, inputs: Sequence[torch.Tensor]) -> Terms:
        """Return how the loss terms lie in the inputs."""
        return terms(self.row, self.axis, inputs)

    def fit(self, inputs: Sequence[torch.Tensor]) -> None:
        """Refuse what PyTorch's function of this name would have been recorded otherwise for."""
        names = self.names
        if names.function and self.axis == 0 and inputs[0].dim() > 1:
            raise ShapeError(
                f"{names.called}: {names.inputs[0]} has shape {tuple(inputs[0].shape)}, wanted: "
                "one axis, that of the classes, as where this call was recorded"
            )


class Terms(NamedTuple):
    """How the loss terms lie in the inputs that have gradients."""

    shape: Sequence[int]
    absent: tuple[int, ...]  # the axes of the inputs that the terms do without

    def spread(self, per_term: torch.Tensor) -> torch.Tensor:
        """Return what there is for each term as what broadcasts to the inputs."""
        for axis in self.absent:
            per_term = per_term.unsqueeze(axis)
        return per_term

    def gather(self, per_element: torch.Tensor) -> torch.Tensor:
        """Return the sum over the elements of each term."""
        return per_element.sum(self.absent) if self.absent else per_element


def terms(row: Row, axis: int, inputs: Sequence[torch.Tensor]) -> Terms:
    """Return how the loss terms lie in the inputs of a loss."""
    shape = inputs[0].shape
    if row["terms"] == row["arguments"][0]["shape"]:
        return Terms(shape, ())
    axis = (axis if row["room"] == "rows" else -1) % max(len(shape), 1)
    return Terms((*shape[:axis], *shape[axis + 1 :]), (axis,))


def has_diagonal_hessian(row: Row) -> bool:
    """Whether the diagonal of the Hessian, which the core computes, is all there is of it."""
    per_element = row["room"] == "pointwise" and row["terms"] == row["arguments"][0]["shape"]
    return per_element and row["differentiable"] == 1 and row["hessian"]


def parts_of(value: int) -> tuple[float, ...]:
    """Return an integer as numbers that hold it, and add up to it."""
    if -(2**53) <= value <= 2**53:
        return (float(value),)
    return float(value >> 32 << 32), float(value & 0xFFFFFFFF)


@lru_cache(maxsize=256)
def made(
    text: str, numbers: tuple[float, ...], vectors: tuple[tuple[float, ...], ...] = ()
) -> Loss:
    """Return the loss of a form."""
    names, name, number_names, vector_names = parsed(text)
    row, kind = find(name)
    known = {parameter["name"]: parameter for parameter in row["parameters"]}
    kinds = {name: parameter["kind"] for name, parameter in known.items()}
    params: dict[str, object] = dict(zip(vector_names, vectors, strict=True))
    parts: dict[str, int] = {}
    for parameter, number in zip(number_names, numbers, strict=True):
        if math.isnan(number) and kinds[parameter].endswith("or None"):
            params[parameter] = None
        elif kinds[parameter] == "flag":
            params[parameter] = bool(number)
        elif kinds[parameter].startswith("integer") and math.isfinite(number):
            params[parameter] = parts[parameter] = parts.get(parameter, 0) + int(number)
        elif kinds[parameter] == "choice":
            params[parameter] = words(known[parameter])[int(number)]
        else:
            params[parameter] = number
    try:
        return kind(**params)
    except FastlossError as error:
        raise names.error(error) from None


class Parsed(NamedTuple):
    """The parts of the text of a form."""

    names: Names
    loss: str
    numbers: tuple[str, ...]
    vectors: tuple[str, ...]


def parsed(text: str) -> Parsed:
    """Return the parts of the text of a form."""
    return _parts(text) if torch.compiler.is_compiling() else _kept_parts(text)


def _parts(text: str) -> Parsed:
    called, _, definition = text.rpartition(":")
    head, _, vectors = definition.partition("|")
    name, *numbers = head.split()
    function, _, inputs = called.rstrip(")").partition("(")
    names = Names(ROWS[name], function, tuple(inputs.replace(",", " ").split()))
    return Parsed(names, name, tuple(numbers), tuple(vectors.split()))


_kept_parts = lru_cache(maxsize=256)(_parts)  # of which torch.compile warns


def form_of(loss: Loss) -> Form:
    """Return the form of a loss, with its vectors as tensors on the CPU."""
    names, numbers, vectors = [loss.name], [], {}
    parameters = {parameter["name"]: parameter for parameter in ROWS[loss.name]["parameters"]}
    for name, value in loss.params.items():
        if isinstance(value, tuple):
            vectors[name] = torch.tensor(value, dtype=torch.float64, device="cpu")
        else:
            word = words(parameters[name]).index(value) if isinstance(value, str) else value
            said = parts_of(word) if isinstance(word, int) else (word,)
            numbers += [NO_NUMBER if part is None else part for part in said]
            names += [name] * len(said)
    text = f"{' '.join(names)} | {' '.join(vectors)}"
    return Form(text, tuple(numbers), tuple(vectors.values()))
