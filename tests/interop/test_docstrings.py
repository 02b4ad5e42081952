"""The examples in the docstrings of the doors whose library is here, each in its own process."""

import importlib.util
import pkgutil
import subprocess
import sys

import fastloss as fl
import pytest

# A door has the name of its library. JAX and Keras have tests of their own for theirs.
DOORS = [
    name
    for _, name, _ in pkgutil.iter_modules(fl.__path__)
    if name not in ("jax", "keras") and not name.startswith("_") and importlib.util.find_spec(name)
]
CODE = """
import doctest, importlib, pkgutil, sys
door = importlib.import_module(sys.argv[1])
names = [door.__name__]
names += [m.name for m in pkgutil.walk_packages(getattr(door, "__path__", []), door.__name__ + ".")]
found = [doctest.testmod(importlib.import_module(name)) for name in names]
assert sum(result.attempted for result in found) > 0, "no examples"
sys.exit(sum(result.failed for result in found))
"""


@pytest.mark.parametrize("name", DOORS)
def test_the_examples_of_the_docstrings(name):
    done = subprocess.run(
        [sys.executable, "-c", CODE, f"fastloss.{name}"],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
