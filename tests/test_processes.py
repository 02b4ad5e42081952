"""fork, Ctrl-C, threads of the host, and the settings for threads and instruction sets."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import fastloss as fl
import numpy as np
import pytest

from tests import bits, cases

ROOT = bits.RECORD.parents[2]
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")


def run(code, timeout=60, **environment):
    """Run code in a fresh interpreter; return the finished process."""
    return subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", code],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def succeed(code, **options):
    done = run(code, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


FORK = """
import os, signal, sys, time
import numpy as np, fastloss as fl
x = np.linspace(-3, 3, 2_000_000, dtype="f")
y = np.zeros_like(x)
rows, labels = x.reshape(-1, 10), np.zeros(200_000, int)
def work():
    a = fl.BinaryCrossEntropy(from_logits=True).value_and_grad(x, y, n_threads={threads})
    b = fl.SparseCategoricalCrossEntropy(from_logits=True).grad(rows, labels, n_threads={threads})
    return a[0], a[1].tobytes(), b.tobytes()
before = work() if {parent} else None
child = os.fork()
if child == 0:
    os._exit(0 if {parent} == 0 and work() or before == work() else 3)
deadline = time.monotonic() + 20
while time.monotonic() < deadline:
    done, status = os.waitpid(child, os.WNOHANG)
    if done:
        assert os.waitstatus_to_exitcode(status) == 0, status
        assert before is None or work() == before
        sys.exit(0)
    time.sleep(0.02)
os.kill(child, signal.SIGKILL)
sys.exit("the child hangs")
"""


@needs_fork
@pytest.mark.parametrize("parent", [0, 1], ids=["fresh", "after a parallel call"])
@pytest.mark.parametrize("threads", [1, 2, 8])
def test_fork(parent, threads):
    succeed(FORK.format(parent=parent, threads=threads))


# A host's OpenMP has a pool that no fork survives; fastloss has run nothing before it.
FOREIGN = """
import ctypes, os, signal, sys, time
import numpy as np, fastloss as fl
ctypes.CDLL({library!r}).region()
x = np.linspace(-3, 3, 2_000_000, dtype="f")
child = os.fork()
if child == 0:
    fl.MeanSquaredError()(x, x[::-1], n_threads=2)
    os._exit(0)
deadline = time.monotonic() + 20
while time.monotonic() < deadline:
    done, status = os.waitpid(child, os.WNOHANG)
    if done:
        sys.exit(status)
    time.sleep(0.02)
os.kill(child, signal.SIGKILL)
sys.exit("the child hangs")
"""


@needs_fork
def test_fork_after_a_region_of_somebody_else(tmp_path):
    if shutil.which("c++") is None:
        pytest.skip("no c++ to build a library with an OpenMP region")
    source, library = tmp_path / "region.cpp", tmp_path / "region.so"
    source.write_text('extern "C" void region() {\n#pragma omp parallel num_threads(2)\n  { }\n}\n')
    built = subprocess.run(
        ["c++", "-fopenmp", "-shared", "-fPIC", str(source), "-o", str(library)], check=False
    )
    if built.returncode != 0:
        pytest.skip("the compiler has no OpenMP")
    succeed(FOREIGN.format(library=str(library)))


POOL = """
import multiprocessing, numpy as np, fastloss as fl
x = np.linspace(-3, 3, 1_000_000, dtype="f")
def work(seed):
    y = np.full_like(x, seed)
    return fl.MeanSquaredError()(x, y, n_threads=2)
if __name__ == "__main__":
    wanted = [work(k) for k in range(8)]
    with multiprocessing.get_context("fork").Pool(3) as pool:
        assert pool.map_async(work, range(8)).get(timeout=30) == wanted
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map_async(work, range(8)).get(timeout=30) == wanted
"""


@needs_fork
def test_fork_pool():
    succeed(POOL)


def test_a_team_is_never_absurd():
    """More threads than any machine has: the same bits, and no crash."""
    code = """
import numpy as np, fastloss as fl
x = np.broadcast_to(np.float32(1), 30_000_000)
y = np.broadcast_to(np.float32(3), 30_000_000)
assert fl.MeanSquaredError()(x, y, n_threads=1_000_000) == 4.0
fl.set_num_threads(2**31 - 1)
assert fl.MeanSquaredError()(x, y) == 4.0
"""
    succeed(code)


def test_threads_at_once():
    """Sixteen Python threads, each with its own loss: the results are those of one at a time."""
    tasks = [(case, cases.draw(case, (5000,), classes=3)) for case in cases.plain_cases()]
    wanted = [case.loss(*inputs) for case, inputs in tasks]
    wrong = []

    def work(start):
        for k in range(len(tasks)):
            case, inputs = tasks[(start + k) % len(tasks)]
            if case.loss(*inputs, n_threads=1 + k % 3) != wanted[(start + k) % len(tasks)]:
                wrong.append(case)

    workers = [threading.Thread(target=work, args=(k,)) for k in range(16)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert not any(worker.is_alive() for worker in workers)
    assert wrong == []


def test_labels_that_change_during_the_call():
    """Labels are compared where they are used: a hostile thread gets errors, never a crash."""
    code = """
import threading, numpy as np, fastloss as fl
from fastloss import _core
pred = np.random.default_rng(0).random((200_000, 4), dtype="f")
labels = np.zeros(200_000, np.int64)
stop = threading.Event()
def spoil():
    while not stop.is_set():
        labels[::7] = 2**62
        labels[::7] = -(2**63)
        labels[::7] = 1
thread = threading.Thread(target=spoil)
thread.start()
seen = set()
try:
    for row in (row for row in _core.rows() if row["labels"]):
        known = {p["name"] for p in row["parameters"]}
        for params in ({}, {"axis": 0}, {"from_logits": True}):
            if not params.keys() <= known:
                continue
            loss, given = fl.get(row["name"], **params), pred.T if "axis" in params else pred
            for _ in range(20):
                try:
                    value, grad = loss.value_and_grad(given, labels, n_threads=2)
                    assert np.isfinite(grad).all()
                    seen.add("value")
                except fl.LabelError:
                    seen.add("error")
finally:
    stop.set()
    thread.join()
assert seen
"""
    succeed(code)


def test_number_of_threads():
    before = fl.get_num_threads()
    assert before >= 1
    with fl.num_threads(3):
        assert fl.get_num_threads() == 3
        with fl.num_threads(1):
            assert fl.get_num_threads() == 1
        other = []
        thread = threading.Thread(target=lambda: other.append(fl.get_num_threads()))
        thread.start()
        thread.join()
        assert other == [before]
        assert fl.get_num_threads() == 3
    assert fl.get_num_threads() == before
    with pytest.raises(ZeroDivisionError), fl.num_threads(2):
        raise ZeroDivisionError
    assert fl.get_num_threads() == before
    try:
        fl.set_num_threads(5)
        assert fl.get_num_threads() == 5
    finally:
        fl.set_num_threads(before)


@pytest.mark.parametrize("bad", [0, -1, 1.5, "2", None, 2**40, True, float("nan")])
def test_bad_number_of_threads(bad):
    before = fl.get_num_threads()
    for call in (fl.set_num_threads, lambda n: fl.num_threads(n).__enter__()):
        with pytest.raises(fl.ParameterError, match="thread"):
            call(bad)
    assert fl.get_num_threads() == before


SHOW = "import fastloss as fl; print(fl.get_num_threads())"


def test_environment():
    assert succeed(SHOW, FASTLOSS_NUM_THREADS="3", OMP_NUM_THREADS="7") == "3\n"
    assert succeed(SHOW, FASTLOSS_NUM_THREADS="", OMP_NUM_THREADS="7") == "7\n"
    # OpenMP allows a list, one number per nesting level: the first is meant.
    assert succeed(SHOW, FASTLOSS_NUM_THREADS="", OMP_NUM_THREADS="4,2") == "4\n"


def test_instruction_sets():
    show = "import fastloss as fl; print(fl.show_config(mode='dict')['isa'])"
    for isa in fl.show_config(mode="dict")["isa_available"]:
        assert succeed(show, FASTLOSS_ISA=isa) == f"{isa}\n"
    for bad in ("avx3", "AVX2", "sse", "avx2,avx512"):
        done = run(show, FASTLOSS_ISA=bad)
        assert done.returncode == 1
        last = done.stderr.strip().splitlines()[-1]
        assert "ImportError" in last
        assert f"FASTLOSS_ISA={bad}" in last
        assert fl.show_config(mode="dict")["isa"] in last


def test_a_signal_before_a_short_call():
    """A short call does not swallow an interrupt: Python raises it afterwards."""
    x = np.zeros(10)

    def press():
        time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    def spin():
        while True:
            loss(x, x)

    loss = fl.MeanSquaredError()
    thread = threading.Thread(target=press)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs ignore it
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        spin()
    thread.join()
    signal.signal(signal.SIGINT, before)
