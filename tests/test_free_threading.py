"""Many threads at once, with a GIL and without; and interpreters beside the main one."""

import subprocess
import sys
import sysconfig
import threading

import fastloss as fl
import numpy as np
import pytest

from tests import cases
from tests.test_processes import needs_fork

FREE = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
THREADS = 8


def hammer(work):
    """Run ``work(k)`` in several threads that start together; raise what one of them raised."""
    start, raised = threading.Barrier(THREADS), []

    def guarded(k):
        start.wait()
        try:
            work(k)
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=guarded, args=(k,), daemon=True) for k in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads)
    if raised:
        raise raised[0]


def succeed(code, timeout=60):
    done = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", code],
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(not FREE, reason="this interpreter has a GIL: Py_GIL_DISABLED is not set")
def test_the_gil_stays_off():
    code = (
        "import sys, fastloss as fl; fl.MeanSquaredError()([1.0], [0.0]); "
        "print(sys._is_gil_enabled())"
    )
    assert succeed(code) == "False\n"


FIRST = """
import threading
import fastloss as fl
loss = fl.MeanSquaredError()
start = threading.Barrier(8)
def work():
    start.wait()
    assert loss([1.0, 2.0], [0.0, 0.0]) == 2.5
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_the_first_calls_of_a_process_come_at_once():
    """NumPy's C API is looked up by whoever is first, and nobody waits for it with the GIL."""
    succeed(FIRST)


# Some other thread is in the middle of a call, with helpers or without, at every fork.
BUSY = """
import os, signal, sys, threading, time
import numpy as np, fastloss as fl
x = np.linspace(-3, 3, 400_000, dtype="f")
loss, over = fl.MeanSquaredError(), threading.Event()
wanted = loss(x, x[::-1])
def busy(n_threads):
    while not over.is_set():
        loss.grad(x, x[::-1], n_threads=n_threads)
threads = [threading.Thread(target=busy, args=(n,)) for n in (1, 3)]
for thread in threads: thread.start()
children = []
for k in range(12):
    time.sleep(0.001 * k)
    children.append(os.fork())
    if children[-1] == 0:
        os._exit(0 if loss(x, x[::-1], n_threads=1 + k % 3) == wanted else 3)
over.set()
deadline = time.monotonic() + 20
for child in children:
    while not (done := os.waitpid(child, os.WNOHANG))[0]:
        if time.monotonic() > deadline:
            for other in children: os.kill(other, signal.SIGKILL)
            sys.exit("a child hangs")
        time.sleep(0.01)
    assert done[1] == 0, done
"""


@needs_fork
def test_fork_beside_a_call():
    succeed(BUSY)


def test_all_losses_on_shared_and_own_arrays():
    tasks = []
    for case in cases.plain_cases():
        inputs = cases.draw(case, (3000,), classes=3)
        value, grad = case.loss.value_and_grad(*inputs)
        tasks.append((case.loss, inputs, value, grad))
    before = fl.get_num_threads()

    def work(k):
        for turn in range(3 * len(tasks)):
            loss, inputs, value, grad = tasks[(turn + k) % len(tasks)]
            if turn % 2:
                inputs = [np.array(x) for x in inputs]
                loss = fl.get(loss.name, **loss.params)
            fl.set_num_threads(1 + (turn + k) % 3)
            found, slope = loss.value_and_grad(*inputs)
            assert found == value
            np.testing.assert_array_equal(slope, grad)

    try:
        hammer(work)
    finally:
        fl.set_num_threads(before)


def test_one_stream_of_many_threads():
    """Nothing is lost where threads update, merge and read one stream."""
    rng = np.random.default_rng(0)
    chunks = [rng.normal(size=(2, 2048)) for _ in range(THREADS * 20)]
    loss = fl.Huber()
    shared = loss.stream("sum")

    def work(k):
        own = loss.stream("sum")
        for i, chunk in enumerate(chunks[k::THREADS]):
            (own if i % 2 else shared).update(*chunk)
            assert shared.weight % 2048 == 0
            assert repr(shared)
        shared.merge(own)

    hammer(work)
    whole = loss.stream("sum")
    for chunk in chunks:
        whole.update(*chunk)
    assert shared.value == whole.value
    assert shared.weight == whole.weight == 2048 * len(chunks)


INTERPRETER = """
import sys
import fastloss as fl
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
loss = fl.MeanSquaredError()
assert loss([2.0], [0.0]) == 4.0
code = '''
import sys
sys.path[:] = {path}
try:
    import fastloss
except ImportError as error:
    assert "interpreter" in str(error), error
else:
    raise AssertionError("fastloss was imported")
'''
other = interpreters.create()
said = interpreters.run_string(other, code.format(path=sys.path))
assert said is None, said
interpreters.destroy(other)
assert loss([2.0], [0.0]) == 4.0
assert fl.Huber().value_and_grad([3.0], [0.0])[0] == 2.5
"""


@pytest.mark.skipif(
    sys.version_info < (3, 12), reason="interpreters with a GIL of their own came with Python 3.12"
)
def test_other_interpreters_are_told_no():
    """A clear ImportError there, and the main interpreter goes on."""
    succeed(INTERPRETER)
