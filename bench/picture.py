"""The picture: one panel per workload, one bar per library, in times the memory limit."""

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.contest import OURS, READ, TRIAD, Contest
from bench.overhead import SUBTRACT, WITH_OUT

OURS_COLOUR = "#d1495b"
PEER_COLOUR = "#8d99ae"
TUNED_COLOUR = "#cfd6e1"
LIMIT_COLOUR = "#2b2d42"
COLUMNS = 3
LEFT_OUT = ("mae.value", "huber.value", "bce.value")  # one value alone is shown: that of MSE


def draw(results: dict[str, Any], path: Path) -> bool:
    """False where there is nothing to draw or matplotlib is missing."""
    try:
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot
    except ImportError:
        return False
    contests: list[Contest] = [
        c for c in results.get("contests", []) if c.peers and c.key not in LEFT_OUT
    ]
    longest = max((row.relative for c in contests for row in c.rows), default=1.0)
    costs = [c for c in results.get("calls", []) if c.title == "MSE" and c.everyday]
    panels = len(contests) + bool(costs)
    if not panels:
        return False
    lines = -(-panels // COLUMNS)
    figure, axes = pyplot.subplots(
        lines, COLUMNS, figsize=(15, 2.75 * lines + 1.9), squeeze=False, layout="constrained"
    )
    flat = list(axes.flat)
    for axis, contest in zip(flat, contests, strict=False):
        _contest(axis, contest, longest)
    if costs:
        _costs(flat[len(contests)], costs)
    for axis in flat[panels:]:
        axis.axis("off")
    machine = results["machine"]
    figure.suptitle(
        "Time for a loss and its gradient, as a multiple of the memory limit (dashed line). "
        "Shorter is better; the scale is logarithmic.\n"
        "Pale bars: forms beyond everyday use of a library "
        "(derivative written by hand, result buffer handed over).",
        fontsize=13,
    )
    figure.supxlabel(_caption(machine, results["libraries"]), fontsize=9, color="#555555")
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    return True


def _contest(axis: Any, contest: Contest, longest: float) -> None:
    rows = sorted(
        (row for row in contest.rows if row.name not in (TRIAD, READ)), key=lambda r: r.best
    )
    colours = [
        OURS_COLOUR if row.name == OURS else PEER_COLOUR if row.everyday else TUNED_COLOUR
        for row in rows
    ]
    labels = [
        f"{row.relative:.1f} x   {_milliseconds(row.best)}" if row.relative < 100 else
        f"{row.relative:.0f} x   {_milliseconds(row.best)}"
        for row in rows
    ]  # fmt: skip
    _bars(axis, [r.name for r in rows], [r.relative for r in rows], colours, labels, longest)
    axis.axvline(1, color=LIMIT_COLOUR, linewidth=1, linestyle="--")
    limit = contest.row(contest.limit)
    axis.set_title(f"{contest.title}   limit {_milliseconds(limit.best)}", fontsize=10, loc="left")


def _costs(axis: Any, costs: Sequence[Any]) -> None:
    named = {SUBTRACT: "np.subtract alone", WITH_OUT: "fastloss"}
    chosen = sorted(
        (c for c in costs if c.name in named or not c.name.startswith("fastloss")),
        key=lambda c: c.microseconds,
    )
    colours = [
        OURS_COLOUR if c.name == WITH_OUT else LIMIT_COLOUR if c.name == SUBTRACT else PEER_COLOUR
        for c in chosen
    ]
    labels = [f"{c.relative:.1f} x   {c.microseconds:.2g} µs" for c in chosen]
    _bars(
        axis,
        [named.get(c.name, c.name) for c in chosen],
        [c.relative for c in chosen],
        colours,
        labels,
        max(c.relative for c in chosen),
    )
    axis.set_title("One MSE call of 100 elements, x np.subtract", fontsize=10, loc="left")


def _bars(
    axis: Any,
    names: list[str],
    values: list[float],
    colours: list[str],
    labels: list[str],
    longest: float,
) -> None:
    floor = 0.5
    places = range(len(names))
    axis.barh(
        places, [max(v, floor) - floor for v in values], left=floor, color=colours, height=0.72
    )
    axis.set_xscale("log")
    axis.set_xlim(floor, longest * 12)
    axis.set_yticks(places, names, fontsize=8.5)
    for tick, colour in zip(axis.get_yticklabels(), colours, strict=True):
        if colour == OURS_COLOUR:
            tick.set_fontweight("bold")
    axis.invert_yaxis()
    for place, value, label in zip(places, values, labels, strict=True):
        axis.text(max(value, 1.0) * 1.1, place, label, va="center", fontsize=8)
    axis.xaxis.set_major_formatter(lambda value, _: f"{value:g} x")
    axis.tick_params(axis="x", labelsize=8)
    axis.grid(axis="x", which="major", color="#e5e5e5")
    axis.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)
    axis.tick_params(axis="y", length=0)


def _milliseconds(seconds: float) -> str:
    value = seconds * 1e3
    return f"{value:.1f} ms" if value < 100 else f"{value:.0f} ms"


def _caption(machine: dict[str, Any], libraries: dict[str, str]) -> str:
    versions = ", ".join(
        f"{name} {version.split(' ')[0]}"
        for name, version in libraries.items()
        if not version.startswith("not installed") and name != "torch.compile"
    )
    text = (
        f"{machine['cpu']}, {machine['threads']} threads. {machine['date']}. "
        f"fastloss {machine['fastloss']}, {versions}. float32; best of many runs taken by turns. "
        "Memory limit: c = a - b with stores bypassing the caches, over as many elements."
    )
    return "\n".join(textwrap.wrap(text, 150))
