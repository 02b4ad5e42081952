"""The errors of fastloss: each is also the built-in error that a NumPy user would expect.

The compiled core raises these very classes, so that the C++ checks and the Python face speak alike.
"""

from __future__ import annotations


class FastlossError(Exception):
    """The base of every error that fastloss raises itself."""

    __module__ = "fastloss"


class ShapeError(FastlossError, ValueError):
    """Shapes do not fit together, or an output cannot hold its result."""

    __module__ = "fastloss"


class DTypeError(FastlossError, TypeError):
    """An array has an element type that its argument does not take."""

    __module__ = "fastloss"


class LabelError(FastlossError, IndexError):
    """A class label is outside ``[0, C)``; the message names the first bad row and its label."""

    __module__ = "fastloss"


class ParameterError(FastlossError, ValueError):
    """A parameter, an option of a call or the name of a loss is not one that exists."""

    __module__ = "fastloss"


class DomainError(FastlossError, ValueError):
    """A value lies outside its documented domain; the message names argument and first index."""

    __module__ = "fastloss"


class DeviceError(FastlossError, ValueError):
    """A tensor lies on a device other than the CPU; move it first."""

    __module__ = "fastloss"
