"""`python -m bench`: run the figures asked for, print the table, write report and picture."""

import argparse
import importlib
import os
import sys
from pathlib import Path
from typing import Any

from bench import machine
from bench.targets import TARGETS, judge

FULL = 0.9  # seconds for each contender of each workload
QUICK = 0.25


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure fastloss against the memory limit and every peer installed.",
    )
    parser.add_argument("--quick", action="store_true", help="fewer runs, smaller widest workload")
    parser.add_argument(
        "--only", default="", metavar="P1,P4", help="only these figures: " + ", ".join(TARGETS)
    )
    parser.add_argument(
        "--peers",
        default="",
        metavar="numpy,jax",
        help="only these of numpy, numba, sklearn, torch, compile, jax",
    )
    parser.add_argument("--threads", type=int, default=machine.cpus(), help="default: all CPUs")
    parser.add_argument(
        "--output", type=Path, default=Path("build/bench"), help="directory (default: %(default)s)"
    )
    parser.add_argument("--wheel", type=Path, help="a built wheel, to report its size")
    parser.add_argument("--build", action="store_true", help="build a wheel and time that too")
    chosen = parser.parse_args()
    chosen.figures = [f.strip().upper() for f in chosen.only.split(",") if f.strip()] or list(TARGETS)
    unknown = [figure for figure in chosen.figures if figure not in TARGETS]
    if unknown:
        parser.error(f"no such figure: {', '.join(unknown)}")
    if not 1 <= chosen.threads <= machine.cpus():
        parser.error(f"--threads must be 1 to {machine.cpus()}, the CPUs available")
    return chosen


def main() -> None:
    options = arguments()
    machine.confine(options.threads)
    try:
        fl = importlib.import_module("fastloss")
        tqdm = importlib.import_module("tqdm").tqdm
    except ImportError as error:
        sys.exit(f'bench: {error}. Install with: pip install ".[bench]"')

    # After confine(): these import NumPy and the other libraries.
    from bench import contest, evenness, footprint, overhead, peak_memory, peers, picture, report
    from bench import limits as memory_limits
    from bench import scaling

    wanted = frozenset(options.figures)
    seconds = QUICK if options.quick else FULL
    limits = memory_limits.Limits(options.threads)
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
            results["calls"] = overhead.run(fl, rivals, seconds)
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


if __name__ == "__main__":
    main()
