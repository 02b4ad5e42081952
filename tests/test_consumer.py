"""A stranger's project links the package and runs, however it finds it, as Python does."""

import importlib.util
import os
import re
import shlex
import shutil
import sys
import zipfile
from pathlib import Path

import fastloss as fl
import numpy as np
import pytest

from tests.conftest import ROOT, isas_of, needs, run

PROJECT = ROOT / "cpp" / "tests" / "consumer"
INSTALLED = Path(fl.get_library_dir())
HAS_STATIC = (INSTALLED / "libfastloss.a").exists()
pytestmark = needs("cmake", "ninja", "c++")
pkg_config = needs("pkg-config")


def assert_right(program):
    """The program prints what Python computes; no environment helps it to its library."""
    numbers, message = run(program, env={}).splitlines()
    pred, target = np.float32([0, 1, 4]), np.float32([0.5, 1, 1])
    value, grad = fl.Huber(delta=1.0).value_and_grad(pred, target)
    assert [float(x) for x in numbers.split()] == pytest.approx([value, *grad], rel=1e-6)
    assert float(numbers.split()[0]) == value
    assert message == "Huber: target has shape (2,), pred has shape (3,)"


README = (ROOT / "README.md").read_text()


def block(language, beginning):
    """The README's block of this language that begins so."""
    found = re.search(rf"^```{language}\n({re.escape(beginning)}.*?)^```", README, re.M | re.S)
    assert found, f"the README has no {language} that begins with {beginning}"
    return found[1]


@pkg_config
@pytest.mark.parametrize("k", range(3), ids=["package", "prefix", "pkg-config"])
def test_the_project_of_the_readme(prefix, tmp_path, k):
    """Its ten lines of C++, its CMake, and each of its three ways, as they stand."""
    (tmp_path / "main.cpp").write_text(block("cpp", "#include"))
    (tmp_path / "CMakeLists.txt").write_text(block("cmake", "cmake_minimum"))
    ways = block("sh", "cmake -B build -Dfastloss_DIR").splitlines()
    assert len(ways) == 3
    way = ways[k].replace("DIR/lib", f"{prefix}/lib").replace("PATH=DIR", f"PATH={prefix}")
    python = Path(sys.executable).parent
    path = f"{python}:{os.environ['PATH']}"
    run("bash", "-ec", way, cwd=tmp_path, env=os.environ | {"PATH": path})
    program = tmp_path / ("stranger" if k == 2 else "build/stranger")
    assert run(program, env={}) == "0.875: -0.166667 0 0.333333\n"


def configure(project, folder, *options, **environment):
    return run("cmake", "-S", project, "-B", folder, "-G", "Ninja", *options, **environment)


def is_dynamic(program):
    return b"libfastloss.so" in program.read_bytes()


@pytest.mark.parametrize("kind", ["default", "static", "shared"])
def test_a_project_finds_a_prefix(prefix, tmp_path, kind):
    options = {
        "default": [],
        "static": ["-DBUILD_SHARED_LIBS=OFF"],
        "shared": ["-DBUILD_SHARED_LIBS=ON"],
    }
    configure(PROJECT, tmp_path, f"-DCMAKE_PREFIX_PATH={prefix}", *options[kind])
    run("cmake", "--build", tmp_path)
    assert_right(tmp_path / "consumer")
    assert is_dynamic(tmp_path / "consumer") == (kind == "shared")


def test_a_project_finds_the_python_package(tmp_path):
    configure(PROJECT, tmp_path, f"-Dfastloss_DIR={fl.get_cmake_dir()}")
    run("cmake", "--build", tmp_path)
    assert_right(tmp_path / "consumer")
    assert is_dynamic(tmp_path / "consumer") != HAS_STATIC


# In the compiler's place: copies a kernel's object from another build, compiles everything else.
LAUNCHER = """
import os, shutil, sys
build, *command = sys.argv[1:]
target = command[command.index("-o") + 1]
made = os.path.join(build, target[target.index("CMakeFiles"):]) if "CMakeFiles" in target else ""
if "fastloss_kernels_" in target and os.path.exists(made):
    shutil.copy(made, target)
    open(command[command.index("-MF") + 1], "w").write(target + ":")
else:
    os.execvp(command[0], command)
"""


def test_a_project_holds_the_sources(build, tmp_path):
    """With add_subdirectory, the project builds one kind of library and nothing else of ours."""
    (tmp_path / "launcher.py").write_text(LAUNCHER)
    source, folder = host(tmp_path, f"add_subdirectory({ROOT} fastloss)", PROJECT / "main.cpp")
    launcher = f"-DCMAKE_CXX_COMPILER_LAUNCHER={sys.executable};{tmp_path}/launcher.py;{build}"
    configure(source, folder, launcher, isas_of(build))
    run("cmake", "--build", folder, "--parallel", "2")
    assert_right(folder / "host")
    assert (folder / "fastloss" / "libfastloss.a").exists()
    assert not list(folder.rglob("libfastloss.so*"))
    assert "fastloss" not in run("cmake", "--install", folder, "--prefix", tmp_path / "prefix")
    assert "CMAKE_BUILD_TYPE:STRING=\n" in (folder / "CMakeCache.txt").read_text()
    configure(source, folder, "-DBUILD_SHARED_LIBS=ON")
    assert "libfastloss.so" in (plan := run("ninja", "-C", folder, "-n"))
    assert "libfastloss.a" not in plan


def host(folder, lines, program=None, languages="CXX"):
    """Write a project with these lines of CMake; return where it is and where it is built."""
    program = program or folder / f"main.{'c' if languages == 'C' else 'cpp'}"
    if program.parent == folder:
        program.write_text("int main(void) { return 0; }\n")
    (folder / "CMakeLists.txt").write_text(
        f"cmake_minimum_required(VERSION 3.20)\nproject(host LANGUAGES {languages})\n{lines}\n"
        f"add_executable(host {program})\ntarget_link_libraries(host PRIVATE fastloss::fastloss)\n"
        "get_target_property(kind fastloss::fastloss ALIASED_TARGET)\n"
        "message(STATUS KIND=${kind})\n"
    )
    return folder, folder / "build"


FIND = "find_package(fastloss 0.1 CONFIG REQUIRED {})"


@pytest.mark.parametrize(
    ("languages", "wanted", "options", "kind"),
    [
        ("C", "", [], "shared"),
        ("C", "COMPONENTS shared", [], "shared"),
        ("CXX", "COMPONENTS shared", ["-DBUILD_SHARED_LIBS=OFF"], "shared"),
        ("CXX", "COMPONENTS static", ["-DBUILD_SHARED_LIBS=ON"], "static"),
        ("CXX", "", ["-DCMAKE_DISABLE_FIND_PACKAGE_Threads=ON"], "shared"),
    ],
)
def test_which_library_a_project_gets(prefix, tmp_path, languages, wanted, options, kind):
    project = host(tmp_path, FIND.format(wanted), languages=languages)
    said = configure(*project, f"-DCMAKE_PREFIX_PATH={prefix}", *options)
    assert f"KIND=fastloss::{kind}" in said
    run("cmake", "--build", tmp_path / "build")
    run(tmp_path / "build" / "host", env={})


@pytest.mark.parametrize(
    ("languages", "wanted", "message"),
    [
        ("C", "COMPONENTS static", "needs the language CXX"),
        ("CXX", "COMPONENTS gpu", "there is no component gpu"),
    ],
)
def test_a_component_that_cannot_be_had(prefix, tmp_path, languages, wanted, message):
    project = host(tmp_path, FIND.format(wanted), languages=languages)
    with pytest.raises(AssertionError, match=message):
        configure(*project, f"-DCMAKE_PREFIX_PATH={prefix}")


def flags(folder, *options):
    """What pkg-config says, with this folder and no other before the system's own."""
    environment = {
        "PKG_CONFIG_PATH": str(folder),
        "PATH": str(Path(shutil.which("pkg-config")).parent),
    }
    command = ["pkg-config", "--cflags", "--libs", *options, "fastloss"]
    return shlex.split(run(*command, env=environment))


@pkg_config
@pytest.mark.parametrize("where", ["prefix", "package"])
def test_pkg_config(prefix, tmp_path, where):
    folder = Path(fl.get_pkgconfig_dir()) if where == "package" else prefix / "lib" / "pkgconfig"
    program = tmp_path / "consumer"
    run("c++", "-std=c++20", PROJECT / "main.cpp", "-o", program, *flags(folder))
    assert_right(program)
    assert is_dynamic(program)


@pkg_config
def test_pkg_config_static(prefix, tmp_path):
    program, words = tmp_path / "consumer", flags(prefix / "lib" / "pkgconfig", "--static")
    run("c++", "-std=c++20", "-c", PROJECT / "main.cpp", "-o", tmp_path / "main.o", *words[:2])
    # By the compiler for C, which adds nothing of C++ by itself.
    run("cc", "-static", tmp_path / "main.o", "-o", program, *words)
    assert_right(program)
    assert not is_dynamic(program)


def test_another_python_package_finds_it(tmp_path, monkeypatch):
    if importlib.util.find_spec("scikit_build_core") is None:
        pytest.skip("needs scikit-build-core")
    project = shutil.copytree(PROJECT, tmp_path / "stranger")
    with (project / "CMakeLists.txt").open("a") as lines:
        lines.write("install(TARGETS consumer DESTINATION stranger)\n")
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["scikit-build-core", "fastloss"]\n'
        'build-backend = "scikit_build_core.build"\n'
        '[project]\nname = "stranger"\nversion = "1"\n'
        "[tool.scikit-build]\ncmake.define.CMAKE_INSTALL_RPATH_USE_LINK_PATH = true\n"
    )
    backend = f"import scikit_build_core.build as build; build.build_wheel({str(tmp_path)!r})"
    run(sys.executable, "-c", backend, cwd=project)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        program = Path(wheel.extract("stranger/consumer", tmp_path))
    program.chmod(0o755)
    assert_right(program)
