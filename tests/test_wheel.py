"""What is in the compiled files: the symbols that others see, what they load, and their size."""

import ctypes
import importlib.metadata
import re
import subprocess
import sys
import zlib
from pathlib import Path

import fastloss as fl
import pytest
from fastloss import _core

from tests.conftest import needs, run

CORE = Path(_core.__file__)
LIBRARIES = Path(fl.get_library_dir())
pytestmark = needs("nm", "readelf")
# The C functions, the C++ classes and functions, and what the language needs of exceptions.
PUBLIC = re.compile(r"fastloss_\w+$|_ZNK?8fastloss|_ZT[ISV]N8fastloss")


@pytest.fixture(params=["wheel", "prefix"])
def library(request):
    """The shared library of this installation, and that of an installation by CMake."""
    folder = LIBRARIES if request.param == "wheel" else request.getfixturevalue("prefix") / "lib"
    return (folder / "libfastloss.so").resolve()


def exported(path):
    lines = run("nm", "-D", "--defined-only", path).splitlines()
    return [line.split()[-1].split("@")[0] for line in lines]


def dynamic(path, tag):
    """The values of one kind in a file's dynamic section."""
    return re.findall(rf"\({tag}\).*\[(.*)\]", run("readelf", "-dW", path))


def test_the_extension_shows_its_entry_alone():
    assert exported(CORE) == ["PyInit__core"]


def test_the_library_shows_its_interface_alone(library):
    symbols = exported(library)
    assert any("4Loss8evaluate" in symbol for symbol in symbols)
    assert "fastloss_evaluate" in symbols
    assert not [symbol for symbol in symbols if not PUBLIC.match(symbol)]


def test_the_errors_have_one_type_in_a_process():
    """A C++ library that compares types by address finds the one that was thrown."""
    if not any(name.startswith("libfastloss") for name in dynamic(CORE, "NEEDED")):
        pytest.skip("this extension holds the library itself")
    wanted = run("nm", "-D", "--undefined-only", CORE)
    for name in (
        "10ShapeError",
        "10DTypeError",
        "10LabelError",
        "14ParameterError",
        "11DomainError",
    ):
        assert f"_ZTIN8fastloss{name}E" in wanted


def test_no_stack_is_executable(library):
    for path in (CORE, library):
        stack = re.search(r"GNU_STACK.*", run("readelf", "-lW", path))[0]
        assert "RWE" not in stack, path


def test_files_are_found_beside_each_other_or_by_the_system(library):
    """No path of the machine that built them."""
    for path in (CORE, library):
        for entry in ":".join(dynamic(path, "RPATH") + dynamic(path, "RUNPATH")).split(":"):
            assert entry == "" or entry.startswith("$ORIGIN"), f"{path}: {entry}"
    assert not [name for name in dynamic(library, "NEEDED") if "python" in name]


def test_the_name_that_programs_load_is_there(library):
    """A version of the ABI, but for the wheel's: that is one file, which wheels cannot link to."""
    (name,) = dynamic(library, "SONAME")
    version = ".".join(fl.__version__.split(".")[:2])
    assert name == "libfastloss.so" + ("" if library.parent == LIBRARIES else f".{version}")
    assert (library.parent / name).exists()
    ctypes.CDLL(str(library.parent / "libfastloss.so")).fastloss_get_num_threads()


def test_one_core_in_a_process():
    """Either the extension holds the kernels or the library that it loads does."""
    linked = any(name.startswith("libfastloss") for name in dynamic(CORE, "NEEDED"))
    assert (CORE.stat().st_size < 2**20) == linked


def test_the_package_is_small():
    files = importlib.metadata.files("fastloss")
    packed = [len(zlib.compress(f.locate().read_bytes())) for f in files if f.suffix != ".pyc"]
    assert sum(packed) < 4 * 2**20


def test_paths_are_where_the_command_says():
    given = {
        "include": (fl.get_include, "fastloss/fastloss.h"),
        "library": (fl.get_library_dir, "libfastloss.so"),
        "cmake": (fl.get_cmake_dir, "fastlossConfig.cmake"),
        "pkgconfig": (fl.get_pkgconfig_dir, "fastloss.pc"),
    }
    for name, (function, file) in given.items():
        assert (Path(function()) / file).is_file()
        said = subprocess.check_output([sys.executable, "-m", "fastloss", "paths", name], text=True)
        assert said == f"{function()}\n"
