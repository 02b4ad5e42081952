"""The errors of fastloss inside of PyTorch, where code expects a RuntimeError of a bad argument."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from .. import _errors

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")


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


_BOTH: dict[type, type[Exception]] = {
    kind.__mro__[1]: kind
    for kind in (ShapeError, DTypeError, ParameterError, DomainError, DeviceError)
}


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Make the errors of fastloss that leave a function RuntimeErrors as well."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except _errors.FastlossError as error:
            if type(error) not in _BOTH:
                raise
            raise _BOTH[type(error)](*error.args) from None

    return call
