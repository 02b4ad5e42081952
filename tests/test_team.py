"""How many threads take part in a call: what is asked for, and who has the last word."""

import os

import pytest

from tests.test_processes import succeed

pytestmark = pytest.mark.skipif(
    not os.path.isdir("/proc/self/task"), reason="counts threads in /proc: Linux only"
)

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
