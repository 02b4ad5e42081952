"""The other libraries, each used as someone who knows it well would use it.

A peer is a module with `NAME`, `load(threads)` (imports the library and answers its version;
ImportError where it is not installed) and `contenders(work, inputs)` (its ways of doing a
piece of work; empty where it has none).
"""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bench.agreement import Answer
from bench.workloads import Inputs, Workload


@dataclass(frozen=True)
class Contender:
    """One way of doing the work: `call` is timed, `answer` makes its result comparable."""

    name: str
    call: Callable[[], Any]
    answer: Callable[[Any], Answer]
    # False for a form beyond everyday use of the library: a derivative written by hand, or a
    # result buffer handed over by a special route.
    everyday: bool = True


class Peer(Protocol):
    NAME: str

    def load(self, threads: int) -> str: ...

    def contenders(self, work: Workload, inputs: Inputs) -> list[Contender]: ...


MODULES = ("numpy_peer", "numba_peer", "sklearn_peer", "torch_peer", "compile_peer", "jax_peer")


def installed(threads: int, wanted: Sequence[str] = ()) -> tuple[list[Peer], dict[str, str]]:
    """The peers found here, and the version of each library (or why it is absent)."""
    peers: list[Peer] = []
    versions: dict[str, str] = {}
    for module in MODULES:
        peer: Any = importlib.import_module(f"bench.peers.{module}")
        if wanted and module.removesuffix("_peer") not in wanted:
            continue
        try:
            versions[peer.NAME] = peer.load(threads)
        except ImportError as error:
            versions[peer.NAME] = f"not installed ({error})"
            continue
        peers.append(peer)
    return peers, versions
