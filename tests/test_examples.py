"""The examples and the README's own lines run as they stand."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def test_there_are_examples():
    assert len(EXAMPLES) >= 4


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_example(path, tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", str(path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if missing := re.search(r"No module named '(\w+)'", done.stderr):
        if missing[1] == "fastloss":
            pytest.fail(done.stderr)
        pytest.skip(f"needs {missing[1]}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_lines_of_the_readme():
    block = re.search(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
    found = {}
    exec(compile(block[1], "README.md", "exec"), found)
    assert found["gradient"].shape == found["hessian"].shape == (4, 3)
    assert found["gradient"].dtype == np.float32
    assert abs(found["gradient"].sum()) < 1e-6
    assert (found["hessian"] > 0).all()
    assert found["huber"].delta == 2.0
    assert found["weighted"] == (3 * 0.5 + 2 * (5 - 1)) / 4
