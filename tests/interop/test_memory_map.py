"""The example of a memory-mapped file, run as it stands."""

import re
import runpy
import subprocess
import sys
import tracemalloc
from pathlib import Path

import fastloss as fl
import numpy as np
import pytest

pytest.importorskip("tqdm", reason="tqdm is not installed: pip install tqdm")

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "memory_map.py"


def test_the_example_reads_a_file_larger_than_its_chunk():
    size, chunk = 200_000, 16_384
    ran = subprocess.run(
        [sys.executable, EXAMPLE, f"--size={size}", f"--chunk={chunk}"],
        capture_output=True,
        text=True,
        check=True,
    )
    said = re.fullmatch(r"2 MB in chunks of 0.1 MB: (\S+)\n", ran.stdout)
    random = np.random.default_rng(0)
    pred, target = (
        np.concatenate(
            [
                random.standard_normal(min(chunk, size - start), np.float32)
                for start in range(0, size, chunk)
            ]
        )
        for _ in range(2)
    )
    assert float(said[1]) == fl.Huber(delta=1.0)(pred, target)
    assert "100%" in ran.stderr  # the bar
    assert f"{size / 1000:.0f}k/{size / 1000:.0f}k" in ran.stderr


def test_its_memory_stays_at_the_chunk(tmp_path):
    """Pages of a map that were read belong to the system's cache: copies are what is measured."""
    example = runpy.run_path(str(EXAMPLE))
    size, chunk = 4_000_000, 65_536
    ones = example["write"](tmp_path / "ones", size, chunk, np.ones)
    twos = example["write"](tmp_path / "twos", size, chunk, lambda n: np.full(n, 2.0))
    example["loss_of_files"](
        fl.MeanSquaredError(), ones[:1], twos[:1], chunk, quiet=True
    )  # imports
    tracemalloc.start()
    try:
        value = example["loss_of_files"](fl.MeanSquaredError(), ones, twos, chunk, quiet=True)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert value == 1.0
    assert ones.nbytes == 16_000_000
    assert peak < 4 * chunk  # less than one chunk of float32: nothing is copied
