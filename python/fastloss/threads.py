"""The number of threads: for the process and for a block of code; a call's own goes first."""

from __future__ import annotations

import operator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from . import _core
from ._errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["get_num_threads", "num_threads", "set_num_threads"]


def set_num_threads(n: int) -> None:
    """Set how many threads a call uses that does not say.

    The default is that of the environment: ``FASTLOSS_NUM_THREADS``, else ``OMP_NUM_THREADS``, else
    one per CPU; a variable that holds no integer of at least 1 is passed over with a
    ``RuntimeWarning``, once. The host's own OpenMP setting stays as it is.

    Parameters
    ----------
    n : int
        The number of threads, at least 1. Small calls run on one thread whatever is set, calls
        use fewer where the system refuses some, and no number changes a bit of any result.

    Raises
    ------
    ParameterError
        When ``n`` is not an integer of at least 1.
    """
    _core.set_num_threads(_count("set_num_threads", n))


def get_num_threads() -> int:
    """Return how many threads a call uses that does not say, in the calling thread.

    Warns
    -----
    RuntimeWarning
        Once, when the number is that of the environment and ``FASTLOSS_NUM_THREADS`` or
        ``OMP_NUM_THREADS`` holds something else than a number of threads.

    Examples
    --------
    >>> import fastloss as fl
    >>> fl.get_num_threads() >= 1
    True
    """
    return _core.get_num_threads()


@contextmanager
def num_threads(n: int) -> Iterator[None]:
    """Use ``n`` threads inside a ``with`` block, in the calling thread alone.

    It goes before `set_num_threads`; a call's own ``n_threads`` goes before both.

    Parameters
    ----------
    n : int
        The number of threads, at least 1.

    Raises
    ------
    ParameterError
        When ``n`` is not an integer of at least 1.

    Examples
    --------
    >>> import fastloss as fl
    >>> with fl.num_threads(1):
    ...     fl.get_num_threads()
    1
    """
    previous = _core.swap_thread_override(_count("num_threads", n))
    try:
        yield
    finally:
        _core.swap_thread_override(previous)


def _count(function: str, n: int) -> int:
    try:
        count = 0 if isinstance(n, bool) else operator.index(n)
    except TypeError:
        count = 0
    if not 1 <= count < 2**31:
        raise ParameterError(f"{function}: n is {n!r}, wanted: an integer >= 1")
    return count
