"""Which tests are tried, and one build of the C++ side for all that read or use it."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import fastloss as fl
import pytest

from tests import cases

ROOT = Path(__file__).resolve().parents[1]
# What a loss is, in a few seconds; the others measure, start processes, compile, try the engines.
QUICK = {
    "test_derivatives",
    "test_dtypes",
    "test_errors",
    "test_extremes",
    "test_house",
    "test_numbers",
    "test_option_errors",
    "test_properties",
    "test_values",
}


def pytest_addoption(parser):
    group = parser.getgroup("fastloss")
    what = "share of the mixtures of parameters that is tried beside the plain sets, 0 to 1"
    group.addoption("--mixtures", type=float, default=0.0, metavar="SHARE", help=what)
    what = "draws the mixtures, and which numbers are held against the oracle"
    group.addoption("--seed", type=int, default=0, metavar="N", help=what)
    what = "a whole build of these sources by CMake, in place of one of the tests' own"
    group.addoption("--build", type=Path, metavar="FOLDER", help=what)


def pytest_configure(config):
    cases.SHARE, cases.SEED = config.option.mixtures, config.option.seed


def pytest_report_header(config):
    return f"mixtures: --mixtures {cases.SHARE} --seed {cases.SEED}"


def pytest_xdist_auto_num_workers(config):
    """More would wait for each other: losses have threads, and some tests all of them."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(cores, 8)


def pytest_collection_modifyitems(config, items):
    beside = pytest.mark.skip(reason="nothing may run beside it: python -m pytest -m alone -n 0")
    for item in items:
        if item.get_closest_marker("alone") and "PYTEST_XDIST_WORKER" in os.environ:
            item.add_marker(beside)
        given = item.callspec.params.values() if hasattr(item, "callspec") else ()
        if any(isinstance(x, cases.Case) and x.mixture for x in given):
            item.add_marker("mixtures")
        if item.path.stem in QUICK:
            item.add_marker("quick")
        # Workers of pytest-xdist have sessions of their own: one alone makes the build.
        if "build" in item.fixturenames and config.pluginmanager.hasplugin("xdist"):
            item.add_marker(pytest.mark.xdist_group("build"))


def run(*command, status=0, **options):
    """Run a command, show what it said where it ends otherwise, and return what it printed.

    One that shall fail, with another status than 0, returns its complaints as well.
    """
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False, **options
    )
    assert done.returncode == status, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout if status == 0 else done.stdout + done.stderr


def needs(*programs):
    """Return the mark that skips a test where one of the programs is missing."""
    missing = [program for program in programs if shutil.which(program) is None]
    return pytest.mark.skipif(bool(missing), reason=f"needs {', '.join(missing)}")


@pytest.fixture(scope="session")
def build(pytestconfig, tmp_path_factory):
    """The folder of a build by CMake, without Python, for the instruction set in use alone.

    Where `--build` gives one of them all, they are all looked at.
    """
    if pytestconfig.option.build is not None:
        return pytestconfig.option.build.resolve()
    folder = tmp_path_factory.mktemp("build")
    isa = f"-DFASTLOSS_ISAS={fl.show_config(mode='dict')['isa']}"
    run("cmake", "-S", ROOT, "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", isa)
    run("cmake", "--build", folder, "--parallel", "2")
    return folder


def isas_of(build):
    """The option by which a build was told its instruction sets."""
    cache = (build / "CMakeCache.txt").read_text()
    return "-DFASTLOSS_ISAS=" + re.search(r"^FASTLOSS_ISAS:STRING=(.*)$", cache, re.M)[1]


@pytest.fixture(scope="session")
def prefix(build, tmp_path_factory):
    """What that build installs, moved elsewhere afterwards."""
    folder = tmp_path_factory.mktemp("installed")
    run("cmake", "--install", build, "--prefix", folder / "first")
    return (folder / "first").rename(folder / "moved")
