"""`python -m bench.hosts --binary PATH`: the same calls from C++, from C and from Python.

Build the binary with `cmake -S . -B build -DFASTLOSS_BUILD_BENCHMARKS=ON` (needs Google Benchmark)
from the same sources as the installed package. Prints Markdown.
"""

import argparse
import importlib
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from bench import machine
from bench.measure import by_turns, statement

TITLES = {
    "mse": "mean squared error",
    "bce": "binary cross-entropy, logits",
    "ce": "sparse cross-entropy, logits, 10 classes",
}
N_CLASSES = 10
TINY = 100


class Case(NamedTuple):
    """What is called: the keys of TITLES, elements of the prediction, threads."""

    loss: str
    n: int
    threads: int


@dataclass(frozen=True)
class Cost:
    """Of one call; bytes are those of its arrays."""

    nanoseconds: float
    gigabytes_per_second: float = 0.0


Costs = dict[Case, dict[str, Cost]]  # by door: type, name, try, evaluate, c, pool, throw, error


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.hosts", description=__doc__)
    parser.add_argument("--binary", type=Path, required=True, help="build/bench/cpp/...")
    parser.add_argument(
        "--seconds", type=float, default=0.5, help="for each call and host (default: %(default)s)"
    )
    chosen = parser.parse_args()
    if not chosen.binary.is_file():
        parser.error(f"--binary: there is no {chosen.binary}")
    return chosen


def compiled(binary: Path, seconds: float) -> Costs:
    """Run the binary; keep the best of five repetitions, in random order, of every call."""
    options = [
        "--benchmark_format=json",
        "--benchmark_repetitions=5",
        "--benchmark_enable_random_interleaving=true",
        f"--benchmark_min_time={seconds / 5}",
    ]
    done = subprocess.run([binary.resolve(), *options], stdout=subprocess.PIPE, check=True)
    costs: Costs = {}
    for run in json.loads(done.stdout)["benchmarks"]:
        if run["run_type"] != "iteration":
            continue
        if run.get("error_occurred"):
            sys.exit(f"{run['name']}: {run['error_message']}")
        loss, door, n, threads = run["name"].split("/")[:4]
        doors = costs.setdefault(Case(loss, int(n), int(threads)), {})
        cost = Cost(run["real_time"], run["bytes_per_second"] / 1e9)
        if door not in doors or cost.nanoseconds < doors[door].nanoseconds:
            doors[door] = cost
    return costs


def python(case: Case, seconds: float) -> Cost:
    """Time the call from Python, into an array that is there."""
    fl: Any = importlib.import_module("fastloss")
    np: Any = importlib.import_module("numpy")
    rng = np.random.default_rng(7)
    has_labels = case.loss == "ce"
    pred = rng.uniform(-2, 2, size=case.n).astype(np.float32)
    target = rng.integers(0, 2, size=case.n).astype(np.float32)
    if has_labels:
        pred = pred.reshape(-1, N_CLASSES)
        target = rng.integers(0, N_CLASSES, size=len(pred))
    loss = fl.get(case.loss, **({} if case.loss == "mse" else {"from_logits": True}))
    call = statement(
        f"loss.value_and_grad(pred, target, out=grad, n_threads={case.threads})",
        loss=loss,
        pred=pred,
        target=target,
        grad=np.empty_like(pred),
    )
    best = by_turns({"python": call}, seconds)["python"].best
    return Cost(best * 1e9, (2 * pred.nbytes + target.nbytes) / best / 1e9)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def tiny_calls(costs: Costs) -> str:
    doors = ["type", "name", "try", "evaluate", "c", "python", "throw", "error"]
    head = ["loss", "by type", "by name", "`try_`", "`evaluate`", "C", "Python"]
    rows = [
        [TITLES[case.loss], *(f"{found[door].nanoseconds:.0f}" for door in doors)]
        for case, found in costs.items()
        if case.n == TINY
    ]
    return table([*head, "error thrown", "error returned"], rows)


def large_calls(costs: Costs) -> str:
    rows = []
    for case, found in sorted(costs.items(), key=lambda item: list(TITLES).index(item[0].loss)):
        base = found["type"].nanoseconds
        ratios = [
            f"{found[door].nanoseconds / base:.2f}" if door in found else ""
            for door in ("c", "python", "pool")
        ]
        times = [f"{found[door].nanoseconds / 1e3:.2f}" for door in ("type", "c", "python")]
        speed = f"{found['type'].gigabytes_per_second:.1f}"
        rows.append([TITLES[case.loss], f"{case.n:,}", str(case.threads), *times, *ratios, speed])
    head = ["loss", "elements", "threads", "C++, µs", "C, µs", "Python, µs"]
    ratios = ["C / C++", "Python / C++", "host's threads / ours", "C++, GB/s"]
    return table([*head, *ratios], rows)


def main() -> None:
    options = arguments()
    threads = min(2, machine.cpus())
    machine.confine(threads)  # the binary inherits it
    load = machine.load()
    costs = compiled(options.binary, options.seconds)
    for case, found in costs.items():
        found["python"] = python(case, options.seconds)
    fl: Any = importlib.import_module("fastloss")
    print(f"{machine.cpu_name()}; fastloss {fl.__version__}; load at the start: {load}.")
    print("Value and gradient, float32, into arrays that are there; the best of many runs.\n")
    print(f"Nanoseconds of a call of {TINY} elements on one thread:\n")
    print(tiny_calls(costs))
    print("\nAll sizes; ratios are times, so less is better:\n")
    print(large_calls(costs))


if __name__ == "__main__":
    main()
