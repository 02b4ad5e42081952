"""The errors of fastloss inside of PyTorch, where code expects a RuntimeError of a bad argument."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from .. import _errors

if TYPE_CHECKING:
    from .._types import Row


class ShapeError(_errors.ShapeError, RuntimeError):
    """A `fastloss.ShapeError` that is a RuntimeError too."""


class DTypeError(_errors.DTypeError, RuntimeError):
    """A `fastloss.DTypeError` that is a RuntimeError too."""


class ParameterError(_errors.ParameterError, RuntimeError):
    """A `fastloss.ParameterError` that is a RuntimeError too."""


class DomainError(_errors.DomainError, RuntimeError):
    """A `fastloss.DomainError` that is a RuntimeError too."""


class DeviceError(_errors.DeviceError, RuntimeError):
    """A `fastloss.DeviceError` that is a RuntimeError too."""


_BOTH: dict[type, type[_errors.FastlossError]] = {
    kind.__mro__[1]: kind
    for kind in (ShapeError, DTypeError, ParameterError, DomainError, DeviceError)
}


# What stands in quotes is a value, and an "a" before a noun an article and no input.
_WORD = re.compile(r"(?<!')\b(?!a (?!has |is |and |lies |requires )\w)\w+")


class Names(NamedTuple):
    """What its caller calls a loss and its arguments: those of a function, or the core's own."""

    row: Row
    function: str = ""  # empty where the loss itself is called
    arguments: tuple[str, ...] = ()

    @property
    def called(self) -> str:
        return self.function or self.row["class_name"]

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.arguments or tuple(self.row["inputs"])

    @property
    def words(self) -> dict[str, str]:
        """The caller's words for the core's, where they differ."""
        if not self.function:
            return {}
        return {
            self.row["class_name"]: self.function,
            "sample_weight": "weight",
            "class_weight": "weight",
            **dict(zip(self.row["inputs"], self.arguments, strict=True)),
        }

    def word(self, name: str) -> str:
        """Return what the caller calls an argument of the core."""
        return self.words.get(name, name)

    def error(self, error: _errors.FastlossError) -> _errors.FastlossError:
        """Return an error of the core in these names, as a RuntimeError besides."""
        return _BOTH.get(type(error), type(error))(self._translated(str(error)))

    def _translated(self, message: str) -> str:
        words = self.words
        if not words:
            return message
        # A function has no from_logits; where PyTorch has another one for logits, this is its name.
        from . import functional

        twin = f"{self.function}_with_logits"
        said = [part for part in message.split("; ") if "from_logits" not in part]
        if "from_logits" in message and twin in functional.__all__:
            said.append(f"for logits there is {twin}")
        return _WORD.sub(lambda word: words.get(word[0], word[0]), "; ".join(said))
