"""What this build is, and what it chose on this machine."""

from __future__ import annotations

from typing import Any, Literal, overload

from . import _core
from ._errors import ParameterError

__all__ = ["show_config"]


@overload
def show_config(mode: Literal["print"] = "print") -> None: ...
@overload
def show_config(mode: Literal["dict"]) -> dict[str, Any]: ...
def show_config(mode: str = "print") -> dict[str, Any] | None:
    """Show the version, the compiler, the instruction sets and the number of threads.

    Parameters
    ----------
    mode : {"print", "dict"}, default "print"
        Whether to print, or to return a dict.

    Returns
    -------
    dict or None
        With ``mode="dict"``, what would be printed.

    Raises
    ------
    ParameterError
        When ``mode`` is neither.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.show_config(mode="dict")["version"] == fl.__version__
    True
    """
    if mode not in ("print", "dict"):
        raise ParameterError(f"show_config: mode is {mode!r}, wanted: 'print' or 'dict'")
    config = _core.config()
    if mode == "dict":
        return config
    width = max(map(len, config))
    for key, value in config.items():
        text = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else value
        print(f"{key:<{width}}  {text}")
    return None
