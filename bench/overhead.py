"""What one call costs when there is next to nothing to compute (P7)."""

from dataclasses import dataclass
from types import ModuleType

import numpy as np

from bench.contest import gather
from bench.measure import Batch, by_turns, calls, statement
from bench.peers import Peer
from bench.workloads import WORKLOADS

SIZE = 100
SUBTRACT = "np.subtract(a, b, out=c)"
WITH_OUT = "fastloss, out="
WITHOUT_OUT = "fastloss"


@dataclass(frozen=True)
class CallCost:
    title: str
    name: str
    microseconds: float
    relative: float  # to np.subtract
    everyday: bool = True


def run(fl: ModuleType, peers: list[Peer], seconds: float, quick: bool) -> list[CallCost]:
    """The cost of value and gradient of MSE and BCE at n = 100."""
    found: list[CallCost] = []
    if quick:  # compiling for another shape takes longer than all the rest
        peers = [peer for peer in peers if peer.NAME != "torch.compile"]
    for work in WORKLOADS:
        if work.key not in ("mse", "bce"):
            continue
        rng = np.random.default_rng(7)
        a = rng.standard_normal(SIZE, dtype=np.float32)
        b = (rng.random(SIZE, dtype=np.float32) < 0.5).astype(np.float32)
        c = np.empty_like(a)
        loss = work.loss(fl)
        batches: dict[str, Batch] = {
            SUBTRACT: statement("np.subtract(a, b, out=c)", np=np, a=a, b=b, c=c),
            WITH_OUT: statement("loss.value_and_grad(a, b, out=c)", loss=loss, a=a, b=b, c=c),
            WITHOUT_OUT: statement("loss.value_and_grad(a, b)", loss=loss, a=a, b=b),
        }
        agreed, _ = gather(fl, work, (a, b), peers)
        everyday = {peer.name: peer.everyday for peer in agreed[1:]}
        batches |= {peer.name: calls(peer.call) for peer in agreed[1:]}
        timings = by_turns(batches, seconds * len(batches), rounds=20)
        base = timings[SUBTRACT].best
        found += [
            CallCost(work.title, name, t.best * 1e6, t.best / base, everyday.get(name, True))
            for name, t in timings.items()
        ]
    return found
