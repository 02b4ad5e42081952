"""One run of the benchmark, from the figures asked for to the files written."""

import argparse
import importlib
import os
import sys
from typing import Any

from bench import (
    contest,
    evenness,
    footprint,
    machine,
    overhead,
    peak_memory,
    peers,
    picture,
    report,
    scaling,
)
from bench.limits import Limits
from bench.targets import TARGETS
from bench.verdicts import judge

FULL = 0.9  # seconds for each contender of each workload
QUICK = 0.25
BUSY = 0.5  # load beyond which other programs take part in every figure


def run(options: argparse.Namespace) -> None:
    try:
        fl = importlib.import_module("fastloss")
        tqdm = importlib.import_module("tqdm").tqdm
    except ImportError as error:
        sys.exit(f'bench: {error}. Install with: pip install ".[bench]"')

    wanted = frozenset(options.figures)
    seconds = QUICK if options.quick else FULL
    limits = Limits(options.threads)
    rivals: list[Any] = []
    libraries: dict[str, str] = {}
    if wanted & {"P5", "P6", "P7"}:
        names = [name.strip() for name in options.peers.split(",") if name.strip()]
        rivals, libraries = peers.installed(options.threads, names)
    results: dict[str, Any] = {
        "machine": machine.describe(fl, options.threads, limits.compiler),
        "libraries": libraries,
        "quick": options.quick,
        "figures": options.figures,
    }
    if results["machine"]["load"] > BUSY:
        print(
            f"bench: the machine is busy (load {results['machine']['load']}); "
            "figures from a busy machine are worth little.",
            file=sys.stderr,
        )
    works = contest.selected(wanted)
    steps = len(works) + len(wanted & {"P7", "P8", "P9", "P10", "P11"})
    with tqdm(total=steps, unit="step", dynamic_ncols=True) as bar:
        say = bar.set_description_str
        results["contests"] = []
        for work in works:
            against = rivals if {"P5", "P6"} & wanted and _compared(work.figures, wanted) else []
            results["contests"].append(
                contest.run(fl, limits, work, against, seconds, options.quick, say)
            )
            bar.update()
        if "P7" in wanted:
            say("one call")
            results["calls"] = overhead.run(fl, rivals, seconds, options.quick)
            bar.update()
        if "P8" in wanted:
            if options.threads >= 2:
                results["threads"] = scaling.run(fl, limits, seconds, say)
            bar.update()
        if "P9" in wanted:
            results["sizes"], results["variants"] = evenness.run(
                fl, options.threads, seconds / 3, options.quick, say
            )
            bar.update()
        if "P10" in wanted:
            results["memory"] = peak_memory.run(options.threads, say)
            bar.update()
        if "P11" in wanted:
            say("package")
            results["footprint"] = footprint.run(options.wheel, options.build, options.quick)
            bar.update()
        say("done")
    verdicts = judge(results)
    print(report.terminal(results, verdicts))
    print("\nWhere fastloss falls short\n" + report.losses(results, verdicts))
    written = report.write(results, verdicts, options.output)
    drawing = options.output / "benchmark.png"
    if picture.draw(results, drawing):
        written.append(drawing)
    print("\nWritten: " + ", ".join(os.path.relpath(path) for path in written))


def _compared(figures: frozenset[str], wanted: frozenset[str]) -> bool:
    """Peers are measured on the work of P5 and P6, and on the rest when everything runs."""
    return bool(figures & wanted & {"P5", "P6"}) or wanted == frozenset(TARGETS)
