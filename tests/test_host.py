"""What belongs to the host stays as it is: floating-point mode, errno, affinity, OpenMP's setting.

And whatever mode the host has set, subnormal numbers are kept.
"""

import ctypes
import os
import subprocess
import sys

import fastloss as fl
import numpy as np
import pytest

from tests import bits, cases, machine
from tests.outcomes import assert_same, everything

CASES = cases.cases_of_each_kind()
needs_mode = pytest.mark.skipif(not machine.available, reason="reads MXCSR: x86-64 Linux only")


@pytest.fixture
def mode():
    mode = machine.Mode()
    before = mode.get()
    yield mode
    mode.set(before)


def subnormal_inputs(case):
    """Return inputs of which half are subnormal and half large, so that results underflow, too."""
    lead, classes = (40_003, 1) if case.row["room"] == "pointwise" else (4_001, 5)
    inputs = bits.battery_inputs(case, lead, classes, np.float32)
    pred = inputs[0].reshape(-1)
    pred[::2] *= np.float32(2.0**-130)
    if case.option("from_logits"):
        pred[1::2] *= 4
    if case.option("axis", -1) != -1:
        return [np.ascontiguousarray(x.T) if x.ndim == 2 else x for x in inputs]
    return inputs


@needs_mode
@pytest.mark.parametrize("case", CASES, ids=str)
def test_subnormals_are_kept(case, mode):
    inputs = subnormal_inputs(case)
    plain = mode.get() & ~machine.FLUSH
    outcomes = []
    for threads in (1, 2):
        for flags in (0, machine.FLUSH, 0x8000, 0x0040):
            mode.set(plain | flags)
            outcomes.append(everything(case.loss, inputs, n_threads=threads))
            after = mode.get()
            mode.set(plain)
            assert after & machine.CONTROL == (plain | flags) & machine.CONTROL
    for found in outcomes[1:]:
        assert_same(found, outcomes[0])


@needs_mode
def test_subnormal_results_exist(mode):
    pred = np.full(100, 1e-40, np.float32)
    mode.set(mode.get() | machine.FLUSH)
    grad = fl.MeanSquaredError().grad(pred, np.zeros(100), reduction="sum")
    mode.set(mode.get() & ~machine.FLUSH)
    assert (grad == pred + pred).all()
    assert grad[0] > 0


@needs_mode
def test_rounding_modes_of_the_host_do_not_count(mode):
    inputs = cases.draw(cases.Case("mean_squared_error"), (5000,), dtype=np.float32)
    loss = fl.MeanSquaredError()
    wanted = everything(loss, inputs, n_threads=2)
    plain = mode.get()
    for rounding in (0x2000, 0x4000, 0x6000):
        mode.set(plain & ~0x6000 | rounding)
        found = everything(loss, inputs, n_threads=2)
        kept = mode.get() & 0x6000
        mode.set(plain)
        assert kept == rounding
        assert_same(found, wanted, f"rounding {rounding:#x}")


@needs_mode
def test_parameters_and_totals_in_any_mode(mode):
    plain = mode.get()
    stream = fl.MeanSquaredError().stream()
    stream.update([1.0, 2.0, 4.0], np.zeros(3))
    wanted = stream.value, fl.Huber(delta=1e-310)
    for flags in (machine.FLUSH, 0x2000, 0x4000, 0x6000):
        mode.set(plain | flags)
        found = stream.value, fl.Huber(delta=1e-310)
        mode.set(plain)
        assert found == wanted


IMPORT = """
from tests import machine
mode = machine.Mode()
before = mode.get() & machine.CONTROL
import fastloss
assert mode.get() & machine.CONTROL == before, "import changed the mode"
from tests import cases
for case in cases.plain_cases():
    cases.newton(case.loss)(*cases.draw(case, (20_000,), dtype="float32"), n_threads=2)
    assert mode.get() & machine.CONTROL == before, case
"""


@needs_mode
def test_import_and_calls_leave_the_mode_alone():
    root = bits.RECORD.parents[2]
    subprocess.run([sys.executable, "-c", IMPORT], cwd=root, check=True, timeout=60)


def test_affinity():
    if not hasattr(os, "sched_getaffinity"):
        pytest.skip("no sched_getaffinity here")
    before = os.sched_getaffinity(0)
    x = np.zeros(1_000_000)
    fl.MeanSquaredError().grad(x, x, n_threads=4)
    assert os.sched_getaffinity(0) == before


def test_errno():
    location = ctypes.CDLL(None).__errno_location
    location.restype = ctypes.POINTER(ctypes.c_int)
    x = np.array([-np.inf, np.inf, 1e308, 5e-324])
    loss = fl.BinaryCrossEntropy(from_logits=True)
    target = np.array([0.0, 1.0, 1.0, 0.5])
    loss.value_and_grad(x, target)
    place = location()
    place[0] = 77
    loss.value_and_grad(x, target)
    assert place[0] == 77


OPENMP = """
import ctypes, numpy as np
import fastloss as fl
try:
    library = ctypes.CDLL("libgomp.so.1")
except OSError:
    raise SystemExit(42)
before = library.omp_get_max_threads()
x = np.zeros(1_000_000)
fl.set_num_threads(3)
for n in (None, 1, 2, 7):
    fl.MeanSquaredError().grad(x, x, n_threads=n)
with fl.num_threads(5):
    fl.MeanSquaredError()(x, x)
assert library.omp_get_max_threads() == before
"""


def test_openmp_setting():
    done = subprocess.run([sys.executable, "-c", OPENMP], timeout=60, check=False)
    if done.returncode == 42:
        pytest.skip("libgomp cannot be loaded by name")
    assert done.returncode == 0
