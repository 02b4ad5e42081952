"""`python -m bench`: run the figures asked for, print the table, write report and picture."""

import argparse
from pathlib import Path

from bench import machine
from bench.targets import TARGETS


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
    asked = [figure.strip().upper() for figure in chosen.only.split(",") if figure.strip()]
    chosen.figures = asked or list(TARGETS)
    unknown = [figure for figure in chosen.figures if figure not in TARGETS]
    if unknown:
        parser.error(f"no such figure: {', '.join(unknown)}")
    if not 1 <= chosen.threads <= machine.cpus():
        parser.error(f"--threads must be 1 to {machine.cpus()}, the CPUs available")
    return chosen


def main() -> None:
    options = arguments()
    machine.confine(options.threads)
    # Only now: it imports NumPy and the others, which read their thread counts when imported.
    from bench import session

    session.run(options)


if __name__ == "__main__":
    main()
