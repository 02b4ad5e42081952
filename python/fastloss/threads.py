"""The number of threads, for the process and for a block of code."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from ._core import get_num_threads, set_num_threads, swap_thread_override
from ._errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["get_num_threads", "num_threads", "set_num_threads"]


@contextmanager
def num_threads(n: int) -> Iterator[None]:
    """Use ``n`` threads inside a ``with`` block, in the calling thread alone.

    It goes before `set_num_threads`; a call's own ``n_threads`` goes before both. Small calls run
    on one thread whatever is set, and no number of threads changes a bit of any result.

    Parameters
    ----------
    n : int
        The number of threads, at least 1.

    Raises
    ------
    ParameterError
        When ``n`` is below 1.

    Examples
    --------
    >>> import fastloss as fl
    >>> with fl.num_threads(1):
    ...     fl.get_num_threads()
    1
    """
    if n == 0:  # to the core, 0 is the end of an override
        raise ParameterError("num_threads: n is 0, at least 1 is wanted")
    previous = swap_thread_override(n)
    try:
        yield
    finally:
        swap_thread_override(previous)
