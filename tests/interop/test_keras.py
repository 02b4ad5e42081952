"""fastloss.keras: the files below with each backend, and what needs no backend or a wrong one.

Keras chooses its backend when it is imported, so each has a process of its own.
"""

import importlib.util
import os
import re
import subprocess
import sys

import pytest

needs_keras = pytest.mark.skipif(
    importlib.util.find_spec("keras") is None, reason="fastloss.keras: Keras is not installed"
)


def python(*arguments, backend):
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, env=environment, timeout=300
    )


@needs_keras
@pytest.mark.parametrize("backend", ["torch", "jax"])
@pytest.mark.parametrize(
    ("file", "least"), [("keras_checks.py", 60), ("keras_ways.py", 3), ("keras_labels.py", 30)]
)
def test_the_checks_pass_on_the_backend(backend, file, least):
    pytest.importorskip(backend, reason=f"Keras on {backend}: {backend} is not installed")
    checks = os.path.join(os.path.dirname(__file__), file)
    done = python("-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", checks, backend=backend)
    assert done.returncode == 0, done.stdout[-4000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert int(passed[1]) >= least, done.stdout[-500:]
    assert "skipped" not in done.stdout


@needs_keras
def test_another_backend_is_refused():
    code = "import fastloss as fl, fastloss.keras; fl.keras.Loss(fl.Huber())"
    done = python("-c", code, backend="numpy")
    assert done.returncode == 1
    assert re.search(
        r"ParameterError: fastloss.keras runs on the backends torch and jax, and Keras on numpy: "
        r"set KERAS_BACKEND=torch or jax before Keras is imported",
        done.stderr,
    )


@pytest.mark.parametrize(
    ("spoilt", "message"),
    [
        ("keras", 'fastloss.keras needs Keras 3: pip install "keras>=3"'),
        ("jax", "Keras cannot load its backend"),
    ],
)
@needs_keras
def test_what_is_missing_is_said_with_the_remedy(spoilt, message):
    code = f"import sys; sys.modules[{spoilt!r}] = None; import fastloss.keras"
    done = python("-c", code, backend="jax")
    assert done.returncode == 1
    assert message in done.stderr
