"""A system that refuses threads or memory: a call ends on the threads there are, or in an error.

Never with its host. What is limited is a process of its own, and the limit is seen to bind.
"""

import sys

import pytest

from tests.test_processes import needs_fork, succeed

pytestmark = [
    needs_fork,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux's limits"),
]

START = """
import os, resource, sys, threading, zlib
import numpy as np, fastloss as fl
x = np.linspace(-3, 3, 1_000_000, dtype="f")
y = (x > 1).astype("f")
out = np.zeros_like(x)
rows, labels, row_out = x.reshape(-1, 10), np.zeros(100_000, int), np.zeros((100_000, 10), "f")
pairs = x.reshape(-1, 50)
pair_out = np.zeros_like(pairs), np.zeros_like(pairs)
elements = fl.BinaryCrossEntropy(from_logits=True)
classes = fl.SparseCategoricalCrossEntropy(from_logits=True)
distances = fl.Contrastive()
def work(n_threads):
    results = (
        elements.value_and_grad(x, y, out=out, n_threads=n_threads),
        classes.value_and_grad(rows, labels, out=row_out, n_threads=n_threads),
        distances.value_and_grad(
            pairs, pairs[::-1], y[:20_000], out=pair_out, n_threads=n_threads
        ),
    )
    return [(value, *map(zlib.crc32, arrays_of(grad))) for value, grad in results]
def arrays_of(grad):
    return grad if isinstance(grad, tuple) else (grad,)
def team():
    return len(os.listdir("/proc/self/task"))
def mapped():
    with open("/proc/self/statm") as numbers:
        return int(numbers.read().split()[0]) * resource.getpagesize()
def no_memory(beyond):
    resource.setrlimit(resource.RLIMIT_AS, (mapped() + beyond, resource.RLIM_INFINITY))
def no_threads():
    if os.getuid() == 0:  # whom the limit does not bind
        os.setuid(65534)
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
def refused():  # once the stacks of threads that have ended are used up
    for _ in range(20):
        try:
            threading.Thread(target=threading.Event().wait, daemon=True).start()
        except RuntimeError:
            return True
    return False
def in_child(call):
    child = os.fork()
    if child == 0:
        code = 70
        try:
            code = call()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
wanted = work(1)
work(1)
"""


def steps(code):
    said = succeed(START + code, timeout=120)
    if said.startswith("SKIP"):
        pytest.skip(said[5:].strip())


# Cold, while the team grows, and where a child of the process has had one.
WHEN = pytest.mark.parametrize(
    "before",
    ["", "work(2)", "assert in_child(lambda: work(2) != wanted) == 0"],
    ids=["cold", "growing", "after a fork"],
)


@WHEN
def test_no_memory_for_a_thread(before):
    steps(
        f"""
{before}
no_memory(1_000_000)
assert refused()
assert work(8) == wanted
assert work(2) == wanted
resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
assert work(4) == wanted
"""
    )


@WHEN
def test_no_thread_for_this_user(before):
    steps(
        f"""
{before}
try:
    no_threads()
except OSError as error:
    print("SKIP", error)
    sys.exit()
if not refused():
    print("SKIP this kernel counts no threads: RLIMIT_NPROC does not bind")
    sys.exit()
assert work(8) == wanted
assert work(2) == wanted
"""
    )


@pytest.mark.parametrize("before", ["", "work(3)"], ids=["fresh", "after a parallel call"])
def test_a_child_without_threads(before):
    """The first call of a child, whose own threads are all refused."""
    steps(
        f"""
{before}
def child():
    no_threads()
    if not refused():
        return 42
    return int(work(4) != wanted or work(4) != wanted)
code = in_child(child)
if code == 42:
    print("SKIP this kernel counts no threads: RLIMIT_NPROC does not bind")
    sys.exit()
assert code == 0, code
"""
    )


def test_a_call_goes_on_with_the_threads_there_are():
    """Room for some of the stacks: the team is as large as it can be, and grows when it may."""
    steps(
        """
before = team()
no_memory(20_000_000)
assert work(8) == wanted
some = team() - before
assert 0 <= some < 7
resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
assert work(8) == wanted
assert team() - before == 7
"""
    )


def test_any_amount_of_memory():
    """From none at all to enough for everything: the result or a MemoryError, in every child."""
    steps(
        """
def child(beyond):
    no_memory(beyond)
    try:
        return int(work(4) != wanted)
    except MemoryError:
        return int(beyond >= 1_000_000)
for beyond in [*range(0, 200_000, 4096), *range(200_000, 40_000_000, 500_000)]:
    assert in_child(lambda: child(beyond)) == 0, beyond
"""
    )


def test_memory_that_is_refused_is_a_memory_error():
    """One row of ten million classes needs 40 MB to work in, and results of its own as much."""
    steps(
        """
row, label = np.zeros((1, 10_000_000), "f"), np.zeros(1, int)
into = np.zeros_like(row)
expected = classes.value_and_grad(row, label, out=into)[0]
no_memory(1_000_000)
for call in (lambda: classes.value_and_grad(row, label, out=into), lambda: classes.grad(row, label),
             lambda: elements.grad(row, row), lambda: elements(row, row, reduction="none")):
    for n_threads in (1, 4):
        with fl.num_threads(n_threads):
            try:
                call()
            except MemoryError:
                continue
        raise AssertionError("no MemoryError")
resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
assert classes.value_and_grad(row, label, out=into)[0] == expected
"""
    )
