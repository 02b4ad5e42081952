"""The same call gives the same bits: threads, repetition, alignment, ISA tiers, and the record."""

import json
import os
import subprocess
import sys

import fastloss as fl
import numpy as np
import pytest

from tests import bits, cases
from tests.outcomes import assert_same, everything

CASES = cases.cases_of_each_kind()
ROOT = bits.RECORD.parents[2]
CONFIG = fl.show_config(mode="dict")


def large(case):
    """Return inputs of many blocks, so that every number of threads has something to share."""
    lead, classes = (60_011, 1) if case.row["room"] == "pointwise" else (6_007, 37)
    inputs = bits.battery_inputs(case, lead, classes, "float32")
    if case.option("axis", -1) != -1:
        inputs = [np.ascontiguousarray(x.T) if x.ndim == 2 else x for x in inputs]
    return inputs, bits.numbers(lead, 9, 4)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_threads_and_repetition(case):
    inputs, weight = large(case)
    wanted = everything(case.loss, inputs, sample_weight=weight, n_threads=1)
    for n in range(1, 9):
        found = everything(case.loss, inputs, sample_weight=weight, n_threads=n)
        assert_same(found, wanted, f"{n} threads")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_alignment(case):
    """Every byte offset of every input gives the bits of an aligned one."""
    inputs, weight = large(case)
    inputs = [
        x[:, :500].copy() if case.option("axis", -1) == 0 and x.ndim == 2 else x[:500]
        for x in inputs
    ]
    wanted = everything(case.loss, inputs, sample_weight=weight[:500])
    for offset in (1, 2, 3, 4, 5, 7, 8, 12, 16, 20, 31, 32, 33, 48, 63):
        moved = []
        for x in [*inputs, weight[:500]]:
            room = np.zeros(x.nbytes + 128, np.uint8)
            start = -room.ctypes.data % 64 + offset
            moved.append(np.ndarray(x.shape, x.dtype, room, offset=start))
            moved[-1][...] = x
        found = everything(case.loss, moved[:-1], sample_weight=moved[-1])
        assert_same(found, wanted, f"offset {offset}")


def run_battery(isa):
    environment = {**os.environ, "FASTLOSS_ISA": isa}
    done = subprocess.run(
        [sys.executable, "-m", "tests.bits"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def record():
    return json.loads(bits.RECORD.read_text())


@pytest.mark.parametrize("isa", CONFIG["isa_available"])
def test_tiers(isa, record):
    different = bits.difference(run_battery(isa), record)
    assert different == [], f"{len(different)} of {len(record)} hashes differ on {isa}"


def test_the_record_covers_every_loss(record):
    names = {key.split("-")[0] for key in record}
    assert names == set(fl.losses())


def test_the_battery_is_made_of_integers():
    """The generator is exact arithmetic modulo 2^64, and its numbers are exact in float32."""
    state, expected = 3, []
    for _ in range(1000):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        expected.append(state >> 32)
    assert bits.words(1000, 3).tolist() == expected
    for x in (bits.numbers(1000, 3), bits.wide(1000, 3)):
        assert np.array_equal(x, x.astype(np.float32))
