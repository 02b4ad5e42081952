"""How many threads take part in a call: what is asked for, and who has the last word."""

import os
import re
from pathlib import Path

import fastloss as fl
import pytest

from tests.test_processes import run, succeed

pytestmark = pytest.mark.skipif(
    not os.path.isdir("/proc/self/task"), reason="counts threads in /proc: Linux only"
)

CPUS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1

# Threads of a pool stay, so each step asks for more than the last.
START = """
import os, numpy as np, fastloss as fl
x = np.linspace(-3, 3, 4_000_000, dtype="f")
y = x[::-1].copy()
loss = fl.BinaryFocal(from_logits=True, gamma=1.5)
y[:] = y > 0
def team(**options):
    loss.grad(x, y, **options)
    return len(os.listdir("/proc/self/task")) - before + 1
before = len(os.listdir("/proc/self/task"))  # NumPy's BLAS may have threads of its own
"""


def steps(code, **environment):
    succeed(START + code, **environment)


def test_the_call_goes_before_the_block_before_the_setting():
    steps(
        """
fl.set_num_threads(2)
assert team() == 2
with fl.num_threads(3):
    assert team() == 3
    assert team(n_threads=5) == 5
    assert fl.get_num_threads() == 3
assert fl.get_num_threads() == 2
"""
    )


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({"FASTLOSS_NUM_THREADS": "3"}, 3),
        ({"OMP_NUM_THREADS": "4"}, 4),
        ({"FASTLOSS_NUM_THREADS": "2", "OMP_NUM_THREADS": "6"}, 2),
    ],
)
def test_the_environment_is_the_default(environment, wanted):
    steps(f"assert fl.get_num_threads() == {wanted}\nassert team() == {wanted}\n", **environment)


def test_small_calls_stay_on_one_thread():
    steps(
        """
small, target = x[:1000], y[:1000]
for call in (loss, loss.grad, loss.value_and_grad, loss.grad_and_hess):
    call(small, target, n_threads=8)
assert len(os.listdir("/proc/self/task")) == before
"""
    )


def test_one_thread_is_the_calling_one():
    steps("assert team(n_threads=1) == 1\n")


def test_import_starts_no_thread_and_changes_no_setting():
    succeed(
        """
import os
import numpy
affinity = os.sched_getaffinity(0)
threads, environment = os.listdir("/proc/self/task"), dict(os.environ)
import fastloss._core
assert os.sched_getaffinity(0) == affinity
assert os.listdir("/proc/self/task") == threads
assert dict(os.environ) == environment
"""
    )


def test_helpers_are_kept_and_shared():
    """Teams that shrink and grow, and callers one after the other, start no thread twice."""
    steps(
        """
import threading
def helpers():
    return set(os.listdir("/proc/self/task")) - others
others = set(os.listdir("/proc/self/task"))
team(n_threads=4)
kept = helpers()
assert len(kept) == 3
for n in (2, 4, 3, 1, 4):
    team(n_threads=n)
    caller = threading.Thread(target=team, kwargs={"n_threads": n})
    caller.start()
    others.add(str(caller.native_id))
    caller.join()
    assert helpers() == kept
"""
    )


@pytest.mark.skipif(CPUS < 2, reason="needs two CPUs")
def test_helpers_run_where_their_caller_may():
    """Helpers that a confined thread has started leave its CPU for a caller who is not."""
    steps(
        """
import threading
def places():
    return [os.sched_getaffinity(int(k)) for k in set(os.listdir("/proc/self/task")) - others]
others = set(os.listdir("/proc/self/task"))
everywhere = os.sched_getaffinity(0)
here = {min(everywhere)}
found = []
def confined():
    os.sched_setaffinity(0, here)
    others.add(str(threading.get_native_id()))
    team(n_threads=3)
    found.extend(places())
caller = threading.Thread(target=confined)
caller.start()
caller.join()
assert found == [here, here], found
team(n_threads=3)
assert places() == [everywhere, everywhere]
assert os.sched_getaffinity(0) == everywhere
"""
    )


def test_signals_are_for_the_threads_of_the_host():
    """A helper takes none but those of its own faults; the caller's mask stays."""
    steps(
        """
import signal
def blocked(task):
    with open(f"/proc/self/task/{task}/status") as lines:
        mask = next(int(x.split()[1], 16) for x in lines if x.startswith("SigBlk"))
    return {k for k in range(1, 32) if mask >> (k - 1) & 1}
others = set(os.listdir("/proc/self/task"))
mine = blocked(os.getpid())
team(n_threads=3)
helpers = set(os.listdir("/proc/self/task")) - others
assert len(helpers) == 2
for helper in helpers:
    assert {signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGALRM} <= blocked(helper)
    assert not {signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE} & blocked(helper)
assert blocked(os.getpid()) == mine
"""
    )


# In C: the library's own threads end before its code is unmapped.
CLOSED = """
import _ctypes, ctypes
library = ctypes.CDLL({library!r})
loss, value = ctypes.c_void_p(), ctypes.c_double()
assert library.fastloss_loss_create(b"mse", None, ctypes.c_size_t(0), ctypes.byref(loss)) == 0
library.fastloss_set_num_threads(5)
shape, grad = (ctypes.c_int64 * 1)(x.size), np.zeros_like(x)
pointers = [ctypes.c_void_p(array.ctypes.data) for array in (x, y, grad)]
status = library.fastloss_contiguous(
    loss, 11, 11, 1, shape, *pointers[:2], None, pointers[2], None, ctypes.byref(value)
)
assert status == 0
assert len(os.listdir("/proc/self/task")) == before + 4
library.fastloss_loss_destroy(loss)
_ctypes.dlclose(library._handle)
assert len(os.listdir("/proc/self/task")) == before
with open("/proc/self/maps") as lines:
    assert {library!r} not in lines.read()
"""


def test_a_library_that_is_closed_leaves_no_thread(tmp_path):
    try:
        library = Path(fl.get_library_dir()) / "libfastloss.so"
    except FileNotFoundError as error:
        pytest.skip(str(error))
    if not library.exists():
        pytest.skip(f"{library} does not exist")
    copy = tmp_path / "copy.so"  # not the one that the extension holds
    copy.write_bytes(library.read_bytes())
    steps(CLOSED.format(library=str(copy)))


CALL = "import fastloss as fl\nfor _ in range(3): fl.MeanSquaredError()([1.0], [2.0])\n"
ASK = "import fastloss as fl\nprint(fl.get_num_threads(), fl.get_num_threads())\n"


@pytest.mark.parametrize(
    "bad", ["abc", "0", "-1", "1e3", "2.5", "4 threads", "4,2", "0x4", "9" * 30]
)
def test_an_environment_without_a_number(bad):
    """Named once, where a number is first needed, with what is used instead."""
    for code in (CALL, ASK, "import fastloss as fl\nfl.show_config()\nfl.show_config()\n"):
        done = run(code, FASTLOSS_NUM_THREADS=bad, OMP_NUM_THREADS="")
        assert done.returncode == 0, done.stderr
        assert done.stderr.count("Warning") == 1, done.stderr
        assert f"RuntimeWarning: FASTLOSS_NUM_THREADS={bad} is no number of threads" in done.stderr
        assert f"instead is {CPUS}, one for each CPU" in done.stderr
    assert succeed(ASK, FASTLOSS_NUM_THREADS=bad, OMP_NUM_THREADS=" 7, 2") == "7 7\n"


def test_an_environment_is_named_only_where_it_is_asked():
    bad = {"FASTLOSS_NUM_THREADS": "abc", "OMP_NUM_THREADS": "0"}
    for code in (
        "import fastloss",
        "import fastloss as fl\nfl.set_num_threads(3)\nprint(fl.get_num_threads())",
        "import fastloss as fl\nfl.MeanSquaredError()([1.0], [2.0], n_threads=2)",
        "import fastloss as fl\nwith fl.num_threads(2): fl.MeanSquaredError()([1.0], [2.0])",
    ):
        done = run(code, **bad)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
    message = run(CALL, **bad).stderr
    assert re.search("FASTLOSS_NUM_THREADS=abc.*OMP_NUM_THREADS=0.*list of them", message)
    later = "import fastloss as fl\nwith fl.num_threads(2): fl.MeanSquaredError()([1.0], [2.0])\n"
    assert run(later + CALL, **bad).stderr.count("Warning") == 1
    done = run("import warnings\nwarnings.simplefilter('error')\n" + CALL, **bad)
    assert done.returncode == 1
    assert "RuntimeWarning" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("good", ["1", " 3 ", "12", "100000"])
def test_an_environment_with_a_number(good):
    done = run(ASK, FASTLOSS_NUM_THREADS=good)
    assert done.stdout == f"{int(good)} {int(good)}\n"
    assert done.stderr == ""
