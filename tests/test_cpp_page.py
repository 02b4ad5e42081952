"""The programs of docs/cpp.md and cpp/examples run as they stand against an installed library."""

import re
import sys
from pathlib import Path

import fastloss as fl
import pytest

from tests.conftest import ROOT, needs, run

PAGE = (ROOT / "docs" / "cpp.md").read_text()
EXAMPLES = ROOT / "cpp" / "examples"
needs_tools = needs("cmake", "ninja", "c++", "cc")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.M | re.S)


PROGRAMS = {
    f"program_{k}.{language}": text
    for language in ("cpp", "c")
    for k, text in enumerate(blocks(language))
    if "int main" in text
}


def build_against(prefix, source, folder):
    options = ("-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_BUILD_TYPE=Release")
    flags = ("-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror", "-DCMAKE_C_FLAGS=-Wall -Wextra -Werror")
    run("cmake", "-S", source, "-B", folder, *options, *flags)
    run("cmake", "--build", folder, "--parallel", "2")


@pytest.fixture(scope="session")
def programs(prefix, tmp_path_factory):
    """The folder of the page's programs, built as a stranger would."""
    folder = tmp_path_factory.mktemp("page")
    lines = re.search(r"^```cmake\n(.*?)^```", PAGE, re.M | re.S)[1]
    find, link = lines.splitlines()
    text = f"cmake_minimum_required(VERSION 3.20)\nproject(page LANGUAGES C CXX)\n{find}\n"
    for name, program in PROGRAMS.items():
        (folder / name).write_text(program)
        target = name.replace(".", "_")
        text += f"add_executable({target} {name})\n{link.replace('program', target)}\n"
    (folder / "CMakeLists.txt").write_text(text)
    build_against(prefix, folder, folder / "build")
    return folder / "build"


def test_the_page_has_programs():
    assert len(PROGRAMS) >= 7
    assert all("int main" in text for text in blocks("cpp") + blocks("c"))


@needs_tools
@pytest.mark.parametrize("name", PROGRAMS)
def test_program(programs, name):
    said = run(programs / name.replace(".", "_"))
    for comment in re.findall(r"printf\(.*;  // (.*)", PROGRAMS[name]):
        assert comment in said


@pytest.fixture(scope="session")
def examples(prefix, tmp_path_factory):
    """The folder of the examples, built as a project of their own."""
    folder = tmp_path_factory.mktemp("examples")
    build_against(prefix, EXAMPLES, folder)
    return folder


@needs_tools
def test_the_examples_are_a_project_of_their_own(examples):
    run("ctest", "--test-dir", examples, "--output-on-failure")
    iris, train = EXAMPLES / "iris.csv", examples / "train"
    said = [run(train, iris, "--threads", n) for n in (1, 3)]
    assert said[0] == said[1]
    found = re.findall(
        r"^(.*): train loss .* test loss ([\d.]+), accuracy ([\d.]+)$", said[0], re.M
    )
    assert [name for name, _, _ in found] == ["logistic regression", "network"]
    assert all(float(accuracy) >= 0.9 for _, _, accuracy in found)
    run(train, iris, "--check", "1.01", status=1)


@needs_tools
def test_the_example_says_what_is_wrong_with_a_file(examples, tmp_path):
    for text, message in [
        ("a,b,class\n1,2,x\n1,y\n", "line 3: has 2 columns, the header has 3"),
        ("a,b,class\n1,2,x\n\n1,two,y\n", "line 4, column 2 (b): 'two' is not a finite number"),
        ("a,b,class\n1,2,\n", "line 2: has no class"),
        ("a,b,class\n1,2,x\n", "has 1 rows of 1 classes, wanted: at least two classes"),
    ]:
        (tmp_path / "table.csv").write_text(text)
        assert message in run(examples / "train", tmp_path / "table.csv", status=2)
    assert "nowhere.csv: cannot be opened" in run(examples / "train", "nowhere.csv", status=2)


def test_python_of_the_page(tmp_path):
    pytest.importorskip("numba")
    (program,) = blocks("python")
    (tmp_path / "program.py").write_text(program + "\nprint(value, *pred)\n")
    value, *pred = map(float, run(sys.executable, tmp_path / "program.py").split())
    assert value < 1e-3
    assert pred == pytest.approx([1, 2, 3], abs=0.05)


@needs("rustc")
def test_rust_of_the_page(tmp_path):
    folder = Path(fl.get_library_dir())
    (program,) = blocks("rust")
    (tmp_path / "program.rs").write_text(program)
    link = ("-L", folder, "-l", "fastloss", "-C", f"link-arg=-Wl,-rpath,{folder}")
    run("rustc", "--edition", "2021", *link, tmp_path / "program.rs", cwd=tmp_path)
    assert "0.875" in run(tmp_path / "program")
