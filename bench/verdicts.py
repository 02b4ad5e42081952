"""How a run stands to the targets.

Reported, never asserted: a figure missed is a finding, not a failed test.
"""

import itertools
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from bench.contest import READ, TRIAD, Contest
from bench.overhead import WITH_OUT, WITHOUT_OUT
from bench.targets import CLIFF, KIND_LIMITS


@dataclass(frozen=True)
class Verdict:
    figure: str
    what: str
    value: float
    bound: str  # ">=" or "<="
    target: float
    unit: str = "x"
    note: str = ""

    @property
    def reached(self) -> bool:
        return self.value >= self.target if self.bound == ">=" else self.value <= self.target


def judge(results: dict[str, Any]) -> list[Verdict]:
    """`results` holds what a session gathered, by the names used there."""
    wanted = set(results["figures"])
    found: list[Verdict] = []
    for contest in results.get("contests", []):
        found += [v for v in _contest(contest) if v.figure in wanted]
    found += _calls(results.get("calls", []))
    found += [
        Verdict("P8", speedup.title, speedup.factor, ">=", 1.8)
        for speedup in results.get("threads", [])
        if speedup.judged
    ]
    found += _sizes(results.get("sizes", []))
    found += _variants(results.get("variants", []))
    found += [
        Verdict("P10", peak.title, peak.kib / 1024, "<=", peak.allowed_kib / 1024, "MiB")
        for peak in results.get("memory", [])
    ]
    found += _footprint(results.get("footprint"))
    return sorted(found, key=lambda verdict: int(verdict.figure[1:]))


def _contest(contest: Contest) -> list[Verdict]:
    ours, family = contest.ours, contest.key.split(".")[0]
    found = []
    if "P1" in contest.figures:
        found.append(Verdict("P1", contest.title, contest.row(TRIAD).best / ours.best, ">=", 0.85))
    if "P2" in contest.figures:
        found.append(Verdict("P2", contest.title, contest.row(READ).best / ours.best, ">=", 0.85))
    if "P3" in contest.figures and contest.mode != "value":
        target = 3.2 if contest.mode == "grad_and_hess" else 2.5
        found.append(Verdict("P3", contest.title, ours.relative, "<=", target))
    if "P4" in contest.figures:
        found.append(Verdict("P4", contest.title, ours.relative, "<=", 1.7))
    if "P5" in contest.figures:
        target = 1.1 if family in ("mse", "mae", "huber") else 5.0
        everyday = [row for row in contest.peers if row.everyday]
        if everyday:
            best = min(everyday, key=lambda row: row.best)
            found.append(
                Verdict("P5", contest.title, best.best / ours.best, ">=", target, note=best.name)
            )
        tuned = [row for row in contest.peers if not row.everyday]
        if tuned:
            best = min(tuned, key=lambda row: row.best)
            found.append(
                Verdict("P5", contest.title, best.best / ours.best, ">=", target, note=best.name)
            )
    if "P6" in contest.figures:
        found += [
            Verdict("P6", contest.title, row.best / ours.best, ">=", 8.0, note=row.name)
            for row in contest.peers
            if row.name == "PyTorch"
        ]
    return found


def _calls(costs: list[Any]) -> list[Verdict]:
    limits = {WITH_OUT: 2.0, WITHOUT_OUT: 3.0}
    return [
        Verdict("P7", f"{cost.title}, {cost.name}", cost.relative, "<=", limits[cost.name])
        for cost in costs
        if cost.name in limits
    ]


def _sizes(costs: list[Any]) -> list[Verdict]:
    """The steepest rise from one size to the next inside a cache level; falling is welcome."""
    levels: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for cost in costs:
        levels[cost.loss, cost.level].append(cost)
    found = []
    for (loss, level), members in levels.items():
        if len(members) < 2:
            continue
        members.sort(key=lambda cost: cost.elements)
        rise = max(b.nanoseconds / a.nanoseconds for a, b in itertools.pairwise(members))
        found.append(Verdict("P9", f"{loss}, sizes within {level}", rise, "<=", CLIFF))
    return found


def _variants(costs: list[Any]) -> list[Verdict]:
    """The worst of each kind. In memory, time is allowed to grow with the bytes moved."""
    groups: dict[tuple[str, str, str], list[Any]] = defaultdict(list)
    for cost in costs:
        groups[cost.loss, cost.setting, cost.kind].append(cost)
    found = []
    for (loss, setting, kind), members in groups.items():
        in_memory = "memory" in setting

        def beyond(cost: Any, in_memory: bool = in_memory) -> float:
            more = max(cost.bytes_relative, 1.0) if in_memory else 1.0
            return float(cost.relative / more)

        worst = max(members, key=beyond)
        note = worst.variant
        if in_memory and worst.bytes_relative > 1:
            note += f" ({worst.relative:.2f} x the time, {worst.bytes_relative:.2f} x the bytes)"
        what = f"{loss}, {kind}, {setting}"
        found.append(Verdict("P9", what, beyond(worst), "<=", KIND_LIMITS[kind], note=note))
    return found


def _footprint(footprint: Any) -> list[Verdict]:
    if footprint is None:
        return []
    found = [
        Verdict("P11", "wheel", footprint.wheel_mib, "<=", 4.0, "MiB", footprint.wheel_is),
        Verdict("P11", "import after NumPy", footprint.import_ms, "<=", 20.0, "ms"),
    ]
    if footprint.build_seconds is not None:
        found.append(Verdict("P11", "full build", footprint.build_seconds / 60, "<=", 5.0, "min"))
    return found
