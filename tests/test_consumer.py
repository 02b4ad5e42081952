"""A C++ host of its own finds the installed package with find_package and gets the same results."""

import shutil
import subprocess
from pathlib import Path

import fastloss as fl
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
MISSING = [tool for tool in ("cmake", "ninja", "c++") if shutil.which(tool) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}")


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_host_program_links_and_runs(tmp_path):
    build, prefix, host = tmp_path / "build", tmp_path / "prefix", tmp_path / "host"
    run("cmake", "-S", str(ROOT), "-B", str(build), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release")
    run("cmake", "--build", str(build), "--parallel", "2")
    run("cmake", "--install", str(build), "--prefix", str(prefix))
    run(
        "cmake",
        "-S",
        str(ROOT / "cpp" / "tests" / "consumer"),
        "-B",
        str(host),
        "-G",
        "Ninja",
        f"-DCMAKE_PREFIX_PATH={prefix}",
    )
    run("cmake", "--build", str(host))
    numbers, message = run(str(host / "consumer")).splitlines()
    pred, target = np.float32([0, 1, 4]), np.float32([0.5, 1, 1])
    value, grad = fl.Huber(delta=1.0).value_and_grad(pred, target)
    assert [float(x) for x in numbers.split()] == pytest.approx([value, *grad], rel=1e-6)
    assert float(numbers.split()[0]) == value
    assert message == "Huber: target has shape (2,), pred has shape (3,)"
