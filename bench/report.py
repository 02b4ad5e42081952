"""The results as text: the table on the terminal, Markdown for people, JSON for programs."""

import dataclasses
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bench.contest import OURS, READ, TRIAD, Contest
from bench.targets import TARGETS
from bench.verdicts import Verdict

METHOD = """\
All figures are ratios from one run in one process. The contenders of a workload take turns, round
after round, and the best of many runs counts. Inputs are float32 unless said, made by NumPy (large
arrays on huge pages); results go into arrays given beforehand wherever a library has a way to take
them. Every peer's value and gradient are compared with ours before it is timed (value within
1e-4, gradients within 1e-4 of the largest entry and 1e-3 in total); one that disagrees is left out.

The *triad* is c = a - b over arrays of as many float32 elements, with stores that bypass the
caches, on all threads (`bench/triad.cpp`): the memory limit of a loss with its gradient. The
*read limit* is the sum of the same two arrays: the limit of a value alone.

*Tuned* and *donated* are forms beyond everyday use of a library: the derivative written by hand
for torch.compile, results written into a buffer that is handed over. The other rows use the
library's own loss and its own differentiation (NumPy and numba have neither: theirs are written by
hand). scikit-learn's rows are its private Cython losses.
"""


def write(results: dict[str, Any], verdicts: Sequence[Verdict], directory: Path) -> list[Path]:
    directory.mkdir(parents=True, exist_ok=True)
    text, data = directory / "benchmark.md", directory / "benchmark.json"
    text.write_text(markdown(results, verdicts), encoding="utf-8")
    plain = {key: _plain(value) for key, value in results.items()}
    plain["verdicts"] = [
        {**dataclasses.asdict(verdict), "reached": verdict.reached} for verdict in verdicts
    ]
    data.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
    return [text, data]


def markdown(results: dict[str, Any], verdicts: Sequence[Verdict]) -> str:
    machine = results["machine"]
    parts = [
        "# Benchmark",
        f"{machine['cpu']}, {machine['threads']} threads, {machine['system']}; {machine['date']}; "
        f"fastloss {machine['fastloss']}{_revision(machine)}, Python {machine['python']}. "
        f"Written by `python -m bench{' --quick' if results['quick'] else ''}`"
        f"; load of the machine at the start: {machine['load']}.",
        "![Time relative to the memory limit](benchmark.png)",
    ]
    if results.get("contests"):
        parts += ["## Side by side", _contests(results["contests"])]
    parts += ["## Where fastloss falls short", losses(results, verdicts)]
    parts += ["## Targets", _targets(verdicts)]
    if results.get("calls"):
        rows = [
            [c.title, c.name, f"{c.microseconds:.2f}", f"{c.relative:.1f}"]
            for c in results["calls"]
        ]
        head = ["work, n = 100", "call", "µs", "x np.subtract"]
        parts += ["## The cost of a call", table(head, rows)]
    if results.get("threads"):
        rows = [
            [s.title, f"{s.one * 1e3:.2f}", f"{s.two * 1e3:.2f}", f"{s.factor:.2f}"]
            for s in results["threads"]
        ]
        head = ["value and gradient, 2^22 elements", "1 thread, ms", "2 threads, ms", "speedup"]
        parts += ["## Threads", table(head, rows)]
    if results.get("sizes"):
        parts += ["## Cost per element", _sizes(results["sizes"]), _variants(results["variants"])]
    if results.get("memory"):
        rows = [[p.title, f"{p.kib:.0f}", f"{p.allowed_kib:.0f}"] for p in results["memory"]]
        head = ["call", "peak beyond inputs and results, KiB", "allowed, KiB"]
        parts += ["## Memory", table(head, rows)]
    parts += ["## Method", METHOD.rstrip(), _versions(results)]
    return "\n\n".join(part for part in parts if part) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "|".join(["---"] * len(head)) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def losses(results: dict[str, Any], verdicts: Sequence[Verdict]) -> str:
    """Targets missed, and peers that were faster, in plain sentences."""
    lines = [
        f"- {v.figure}, {v.what}: {_amount(v)}, target {v.bound} {v.target:g} {v.unit}"
        + (f" ({v.note})" if v.note else "")
        for v in verdicts
        if not v.reached
    ]
    for contest in results.get("contests", []):
        faster = [
            f"{row.name} ({row.best * 1e3:.2f} ms)"
            for row in sorted(contest.peers, key=lambda row: row.best)
            if row.best < contest.ours.best
        ]
        if faster:
            ours = f"{contest.ours.best * 1e3:.2f} ms"
            lines.append(f"- {contest.title}, {ours}: faster are {', '.join(faster)}.")
    return "\n".join(lines) or "Nowhere in this run: every target was reached, no peer was faster."


def _contests(contests: Sequence[Contest]) -> str:
    """One row per workload, one column per contender: ms, and how many times the limit."""
    names = [OURS]
    for contest in contests:
        names += [row.name for row in contest.peers if row.name not in names]
    rows = []
    for contest in contests:
        cells = [contest.title, f"{contest.row(contest.limit).best * 1e3:.2f}"]
        for name in names:
            row = next((row for row in contest.rows if row.name == name), None)
            cell = "–" if row is None else f"{row.best * 1e3:.2f} ({row.relative:.1f} x)"
            cells.append(f"**{cell}**" if name == OURS else cell)
        rows.append(cells)
    notes = [
        f"- {contest.title}: {name} not timed: {' '.join(reason.split())[:200]}"
        for contest in contests
        for name, reason in contest.refused.items()
    ]
    head = ["ms (x limit)", "limit", *names]
    return "\n\n".join(
        part
        for part in (
            table(head, rows),
            "The limit is the triad of as many elements; the read limit for a value alone.",
            "\n".join(notes),
        )
        if part
    )


def _targets(verdicts: Sequence[Verdict]) -> str:
    rows = [
        [
            v.figure,
            v.what + (f" ({v.note})" if v.note else ""),
            _amount(v),
            f"{v.bound} {v.target:g} {v.unit}",
            "reached" if v.reached else "**missed**",
        ]
        for v in verdicts
    ]
    shown = sorted({v.figure for v in verdicts}, key=lambda figure: int(figure[1:]))
    meaning = "\n".join(f"- {figure}: {TARGETS[figure]}" for figure in shown)
    return meaning + "\n\n" + table(["", "what", "measured", "target", ""], rows)


def _amount(verdict: Verdict) -> str:
    return f"{verdict.value:.2f} {verdict.unit}"


def _sizes(sizes: Sequence[Any]) -> str:
    names = list(dict.fromkeys(cost.loss for cost in sizes))
    by_size: dict[int, dict[str, Any]] = {}
    for cost in sizes:
        by_size.setdefault(cost.elements, {})[cost.loss] = cost
    rows = [
        [
            f"2^{size.bit_length() - 1}",
            next(iter(costs.values())).level,
            *(f"{costs[name].nanoseconds:.3f}" for name in names),
        ]
        for size, costs in sorted(by_size.items())
    ]
    return table(["elements", "fits in", *(f"{name}, ns per element" for name in names)], rows)


def _variants(variants: Sequence[Any]) -> str:
    rows = [
        [c.loss, c.setting, c.kind, c.variant, f"{c.relative:.2f}", f"{c.bytes_relative:.2f}"]
        for c in variants
    ]
    head = ["loss", "where", "kind", "variant", "time, x plain", "bytes, x plain"]
    return table(head, rows)


def _versions(results: dict[str, Any]) -> str:
    machine = results["machine"]
    lines = [f"- {name}: {version}" for name, version in results["libraries"].items()]
    lines += [f"- fastloss {key}: {value}" for key, value in machine["fastloss_config"].items()]
    lines.append(f"- limits compiled by: {machine['compiler_of_the_limits']}")
    return "\n".join(lines)


def _revision(machine: dict[str, Any]) -> str:
    return f" ({machine['revision']})" if machine["revision"] else ""


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def terminal(results: dict[str, Any], verdicts: Sequence[Verdict]) -> str:
    """The tables of the report in columns for a terminal."""
    lines: list[str] = []
    for contest in results.get("contests", []):
        lines.append(f"\n{contest.title} ({contest.elements:,} elements)")
        for row in sorted(contest.rows, key=lambda row: row.best):
            mark = ">" if row.name == OURS else "-" if row.name in (TRIAD, READ) else " "
            lines.append(
                f" {mark} {row.name:26s}{row.best * 1e3:10.2f} ms{row.relative:9.2f} x limit"
                f"   median {row.median * 1e3:.2f} ms, {row.runs} runs"
            )
        lines += [f"   {name}: not timed: {why}"[:160] for name, why in contest.refused.items()]
    for cost in results.get("calls", []):
        if cost is results["calls"][0]:
            lines.append("\nOne call at n = 100")
        lines.append(
            f"   {cost.title:18s}{cost.name:28s}{cost.microseconds:9.2f} µs{cost.relative:9.1f} x"
        )
    lines.append("\nTargets")
    for v in verdicts:
        lines.append(
            f"   {v.figure:4s}{'reached' if v.reached else 'MISSED ':9s}{v.value:9.2f} {v.unit:4s}"
            f"{v.bound} {v.target:<7.4g}{v.what}" + (f" ({v.note})" if v.note else "")
        )
    return "\n".join(lines)
