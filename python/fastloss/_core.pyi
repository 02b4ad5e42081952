"""What the compiled core offers to the face. Everything else is behind the public C++ header."""

from typing import Any, Final

from ._types import Row

__version__: Final[str]

class Spec:
    """A loss with its parameters, validated; immutable."""

    def __init__(self, name: str, params: dict[str, object], /) -> None: ...
    @property
    def name(self) -> str: ...
    @property
    def params(self) -> dict[str, Any]: ...

class Totals:
    """The exact sums of a loss and of its weights over chunks; picklable, shared by threads."""

    def add(
        self, spec: Spec, sample_weight: object, n_threads: object, /, *inputs: object
    ) -> None: ...
    def merge(self, other: Totals, /) -> None: ...
    @property
    def sum(self) -> float: ...
    @property
    def weight(self) -> float: ...
    @property
    def mean(self) -> float: ...

def run(
    spec: Spec,
    mode: int,
    sample_weight: object,
    reduction: object,
    scale: object,
    out: object,
    n_threads: object,
    /,
    *inputs: object,
) -> Any: ...
def check(
    spec: Spec, sample_weight: object, reduction: object, n_threads: object, /, *inputs: object
) -> tuple[int, ...]: ...
def rows() -> list[Row]: ...
def get_num_threads() -> int: ...
def set_num_threads(n: int, /) -> None: ...
def swap_thread_override(n: int, /) -> int: ...
def config() -> dict[str, Any]: ...
