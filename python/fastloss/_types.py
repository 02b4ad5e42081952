"""The types of the public signatures. Imported by type checkers alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol, TypeAlias, TypedDict

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Reduction: TypeAlias = Literal["mean", "sum", "none"]
Curvature: TypeAlias = Literal["exact", "positive"]


class SupportsDLPack(Protocol):
    """A CPU tensor of another framework."""

    def __dlpack__(self, *, stream: Any = ...) -> Any: ...
    def __dlpack_device__(self) -> tuple[Any, Any]: ...


ArrayInput: TypeAlias = npt.ArrayLike | SupportsDLPack
Vector: TypeAlias = npt.ArrayLike
ClassWeight: TypeAlias = Vector | Mapping[int, float]
Integer: TypeAlias = int | np.integer[Any]


class Options(TypedDict, total=False):
    """The keywords of every call that do not change the type of its result."""

    sample_weight: ArrayInput | None
    scale: float
    n_threads: Integer | None


class Reduced(Options, total=False):
    """The same, where the value is one number."""

    reduction: Literal["mean", "sum"]


class ParameterRow(TypedDict):
    """A parameter, as the tables of the core tell it."""

    name: str
    kind: str
    default: Any
    range: str


class Argument(TypedDict):
    """An input, as the tables of the core tell it."""

    name: str
    role: Literal["real", "given", "labels"]
    shape: str
    dense: str
    domain: str


class Row(TypedDict):
    """A loss, as the tables of the core tell it."""

    name: str
    class_name: str
    aliases: list[str]
    room: str
    family: str
    inputs: list[str]
    arguments: list[Argument]
    terms: str
    ordered: list[tuple[int, int]]
    formula: str
    reference: str
    convex: bool
    hessian: bool
    least: float
    labels: bool
    differentiable: int
    parameters: list[ParameterRow]
    pred_domain: str
    target_domain: str
    ulp: int
    slack: str
