"""fastloss, the memory limits and the peers side by side, one workload after another."""

import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from bench.agreement import Answer, difference
from bench.limits import Limits
from bench.measure import Batch, by_turns, calls
from bench.peers import Contender, Peer
from bench.workloads import WORKLOADS, Inputs, Workload, outputs

OURS = "fastloss"
TRIAD = "memory limit (triad)"
READ = "read limit"


@dataclass(frozen=True)
class Row:
    name: str
    best: float  # seconds
    median: float
    runs: int
    relative: float  # to the limit of the workload
    everyday: bool = True


@dataclass
class Contest:
    key: str
    title: str
    mode: str
    figures: list[str]
    elements: int
    limit: str  # which of the limits the times are relative to
    rows: list[Row]
    refused: dict[str, str] = field(default_factory=dict)  # peers that failed or disagreed

    def row(self, name: str) -> Row:
        return next(row for row in self.rows if row.name == name)

    @property
    def ours(self) -> Row:
        return self.row(OURS)

    @property
    def peers(self) -> list[Row]:
        return [row for row in self.rows if row.name not in (OURS, TRIAD, READ)]


def selected(wanted: frozenset[str]) -> list[Workload]:
    return [work for work in WORKLOADS if work.figures & wanted]


def our_call(loss: Any, inputs: Inputs, out: Any, **keywords: Any) -> Callable[[], Any]:
    return lambda: loss.value_and_grad(*inputs, out=out, **keywords)


def our_contender(fl: ModuleType, work: Workload, inputs: Inputs) -> Contender:
    loss = work.loss(fl)
    given = outputs(work, inputs)
    arrays = given if isinstance(given, tuple) else (given,)
    if work.mode == "value":
        return Contender(OURS, lambda: loss(*inputs), lambda result: Answer(float(result)))
    if work.mode == "grad_and_hess":
        return Contender(
            OURS,
            lambda: loss.grad_and_hess(*inputs, out=given),
            lambda result: Answer(None, arrays),
        )
    return Contender(
        OURS,
        our_call(loss, inputs, given),
        lambda result: Answer(float(result[0]), arrays),
    )


def generator(work: Workload) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(work.family.encode()))


def gather(
    fl: ModuleType, work: Workload, inputs: Inputs, peers: Iterable[Peer]
) -> tuple[list[Contender], dict[str, str]]:
    """Our contender and those peers whose results agree with it; the others with the reason."""
    ours = our_contender(fl, work, inputs)
    expected = ours.answer(ours.call())
    agreed, refused = [ours], {}
    for peer in peers:
        try:
            found = peer.contenders(work, inputs)
        except Exception as error:  # a peer that cannot do the work must not end the run
            refused[peer.NAME] = f"{type(error).__name__}: {error}"
            continue
        for contender in found:
            try:
                problem = difference(expected, contender.answer(contender.call()))
            except Exception as error:
                problem = f"{type(error).__name__}: {error}"
            if problem:
                refused[contender.name] = problem
            else:
                agreed.append(contender)
    return agreed, refused


def run(
    fl: ModuleType,
    limits: Limits,
    work: Workload,
    peers: list[Peer],
    seconds: float,
    quick: bool,
    say: Callable[[str], None],
) -> Contest:
    """`seconds` is the time for each contender."""
    inputs = work.data(generator(work), quick)
    elements = inputs[0].size
    say(f"{work.title}: preparing and checking")
    agreed, refused = gather(fl, work, inputs, peers)
    batches: dict[str, Batch] = {TRIAD: calls(limits.triad(elements))}
    if work.mode == "value":
        batches[READ] = calls(limits.read_only(elements))
    batches |= {contender.name: calls(contender.call) for contender in agreed}
    say(f"{work.title}: {len(batches)} contenders")
    timings = by_turns(batches, seconds * len(batches))
    limit = READ if work.mode == "value" else TRIAD
    everyday = {contender.name: contender.everyday for contender in agreed}
    rows = [
        Row(
            name,
            timing.best,
            timing.median,
            timing.runs,
            timing.best / timings[limit].best,
            everyday.get(name, True),
        )
        for name, timing in timings.items()
    ]
    return Contest(
        work.key, work.title, work.mode, sorted(work.figures), elements, limit, rows, refused
    )


def any_of(contests: Iterable[Contest], key: str) -> Any:
    return next((contest for contest in contests if contest.key == key), None)
