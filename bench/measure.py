"""Timing by turns: every contender runs again and again, round after round, in one process.

The turns make slow drifts of the machine fall on all alike; the best of many runs leaves out
what other programs took. A contender that is slow sits out rounds, so that the time is shared
evenly, yet runs at least three times.
"""

import gc
import statistics
import time
import timeit
from collections.abc import Callable, Mapping
from dataclasses import dataclass

# Worker threads of an OpenMP library spin for a while after their work and would take a core
# from the contender that comes next; this lets them fall asleep.
PAUSE = 0.006
SHORT = 4e-4  # a call shorter than this is timed in batches
LEAST_RUNS = 3

Batch = Callable[[int], float]  # runs a contender so many times; the seconds it took


@dataclass(frozen=True)
class Timing:
    """Seconds for one call."""

    best: float
    median: float
    runs: int


def calls(function: Callable[[], object]) -> Batch:
    def batch(times: int) -> float:
        if times == 1:
            start = time.perf_counter()
            function()
            return time.perf_counter() - start
        turns = range(times)
        start = time.perf_counter()
        for _ in turns:
            function()
        return time.perf_counter() - start

    return batch


def statement(code: str, **names: object) -> Batch:
    """A line of Python timed as it stands, without the cost of a function around it."""
    return timeit.Timer(code, globals=dict(names)).timeit


def by_turns(
    contenders: Mapping[str, Batch], seconds: float, rounds: int = 12
) -> dict[str, Timing]:
    """Time every contender in `rounds` turns, sharing out about `seconds` in all."""
    turns = {name: _Turn(batch, seconds / len(contenders)) for name, batch in contenders.items()}
    was_enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        for k in range(rounds):
            for turn in turns.values():
                turn.take((k + 1) / rounds)
    finally:
        if was_enabled:
            gc.enable()
    return {name: turn.timing() for name, turn in turns.items()}


class _Turn:
    def __init__(self, batch: Batch, share: float) -> None:
        self.batch = batch
        self.share = share
        self.spent = 0.0
        self.times = 0  # calls in one batch; 0 until the first estimate
        self.results: list[float] = []

    def take(self, part: float) -> None:
        """Run until `part` of the share is used up."""
        due = self.share * part
        last = part >= 1
        if self.spent >= due and not (last and len(self.results) < LEAST_RUNS):
            return
        time.sleep(PAUSE)
        start = time.perf_counter()
        if self.times == 0:
            self._estimate()
        # Wakes the threads and fills the caches; dear calls need neither.
        if not self.results or min(self.results) < 0.05:
            self.batch(self.times)
        before = self.spent
        while True:
            self.results.append(self.batch(self.times) / self.times)
            self.spent = before + time.perf_counter() - start
            if self.spent >= due and not (last and len(self.results) < LEAST_RUNS):
                return

    def _estimate(self) -> None:
        single = self.batch(1)
        if single < 0.05:
            single = min(self.batch(1) for _ in range(3))
        self.times = max(1, int(SHORT / max(single, 1e-8)))

    def timing(self) -> Timing:
        return Timing(min(self.results), statistics.median(self.results), len(self.results))
