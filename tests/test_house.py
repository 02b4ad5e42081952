"""The rules of the house, read off the sources: floors, walls, words, tables and docs in step."""

import ast
import inspect
import re
from pathlib import Path

import fastloss as fl
import pytest
from fastloss import _core
from fastloss.commands.table import print_table
from fastloss.registry import input_names

from tests import form_stubs, formulas, reference

ROOT = Path(__file__).resolve().parents[1]
SOURCES = [
    path
    for folder in ("cpp", "python", "tests", "bench", "docs", "examples")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".h", ".cpp", ".c", ".py", ".pyi", ".cmake", ".txt", ".in", ".md"}
]
CPP = [path for path in SOURCES if path.suffix in {".h", ".cpp"} and "tests" not in path.parts]
ROWS = _core.rows()
names = pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])

# Which folders of cpp/src a folder may include; arrows go down only and rooms never meet.
FLOORS = {
    "math": {"math"},
    "base": {"base"},
    "block": {"block", "base", "math", "."},
    "pointwise": {"pointwise", "block", "base", "math", "."},
    "rows": {"rows", "block", "base", "math", "."},
    "pairs": {"pairs", "block", "base", "math", "."},
}
KERNEL_ROOTS = re.findall(
    r"cpp/src/(\S+\.cpp)",
    re.search(r"fastloss_add_kernels\(([^)]*)\)", (ROOT / "CMakeLists.txt").read_text())[1],
)
TYPES = re.compile("<fastloss/(fastloss.h|losses)")  # of the losses: the core is built without


def includes(path):
    return re.findall(r'#include ([<"][^>"]+[>"])', path.read_text())


def house(path):
    return path.relative_to(ROOT / "cpp" / "src")


def test_there_are_sources_to_check():
    assert len(CPP) > 30
    assert len(ROWS) >= 11


def test_no_file_grows_past_300_lines():
    long = {
        str(p.relative_to(ROOT)): n
        for p in SOURCES
        if (n := p.read_text().count("\n")) > 300
        and p.suffix in {".h", ".cpp", ".py", ".pyi"}
        and p != form_stubs.PATH  # written by a program
    }
    assert not long


def test_includes_follow_the_floors():
    wrong = []
    for path in CPP:
        if ROOT / "cpp" / "src" not in path.parents:
            continue
        folder = house(path).parts[0]
        for include in includes(path):
            if folder not in FLOORS or include.startswith("<"):
                wrong += [include] if TYPES.match(include) else []
                continue
            target = include[1:-1]
            floor = target.split("/")[0] if "/" in target else "."
            if (path.parent / target).exists() and "/" not in target:
                floor = folder
            if floor not in FLOORS[folder]:
                wrong.append(f"{house(path)} includes {include}")
    assert not wrong


def test_bindings_see_the_public_headers_only():
    for path in (ROOT / "cpp" / "bindings").iterdir():
        own = {f'"{p.name}"' for p in path.parent.iterdir()}
        for include in includes(path):
            public = include.startswith("<") and "src" not in include and not TYPES.match(include)
            assert public or include in own, f"{path.name} includes {include}"


def test_public_headers_show_no_python_simd_or_openmp():
    for path in (ROOT / "cpp" / "include").rglob("*.h"):
        for include in includes(path):
            assert not re.search(r"Python|pybind|numpy|omp\.h|intrin", include), (
                f"{path.name}: {include}"
            )


def closure(path):
    """All files of ours that a source includes, itself among them."""
    seen, pending = set(), [path]
    while pending:
        at = pending.pop()
        if at in seen:
            continue
        seen.add(at)
        for include in includes(at):
            for base in (at.parent, ROOT / "cpp" / "src", ROOT / "cpp" / "include"):
                if (base / include[1:-1]).exists():
                    pending.append((base / include[1:-1]).resolve())
                    break
    return seen


def test_every_family_is_a_unit_of_kernels():
    families = re.findall(
        r"^  FAMILY\((\w+), (\w+)\)",
        (ROOT / "cpp" / "src" / "base" / "families.h").read_text(),
        re.M,
    )
    assert families
    for room, family in families:
        assert f"{room}/{family}.cpp" in KERNEL_ROOTS
        assert (ROOT / "cpp" / "src" / room / f"{family}.inc").exists()
        assert any(row["room"] == room and row["family"] == family for row in ROWS)


@pytest.mark.parametrize("unit", KERNEL_ROOTS)
def test_kernels_include_no_header_with_inline_functions(unit):
    allowed = {"<cstddef>", "<cstdint>", "<immintrin.h>"}
    for path in closure(ROOT / "cpp" / "src" / unit):
        for include in includes(path):
            ours = include.startswith(('"', "<fastloss/"))
            assert ours or include in allowed, f"{path.name} includes {include}"


def test_every_inline_function_is_used():
    """No compiler warns of one in a header."""
    text = "\n".join(p.read_text() for p in CPP)
    made = re.findall(r"^FASTLOSS_INLINE\b[^;{()=]*?\b(\w+)\(", text, re.M)
    text += "".join(p.read_text() for p in (ROOT / "cpp" / "tests" / "math").glob("*.*"))
    assert len(made) > 100
    assert not [x for x in {*made} if len(re.findall(rf"\b{x}\b", text)) <= made.count(x)]


def test_threads_throws_and_intrinsics_live_in_one_place():
    for path in CPP:
        if ROOT / "cpp" / "src" not in path.parents:
            continue
        text, where = path.read_text(), str(house(path))
        assert not re.search(r"#pragma omp (parallel|for)|omp\.h", text), where
        if where != "base/pool.cpp":
            assert not re.search(r"std::thread[ (]|pthread_create", text), where
        if where != "base/check.cpp":
            assert not re.search(r"^\s*throw\b|[ (]throw [A-Z]", text, re.M), where
        if where not in {"block/stream.h", "base/float_mode.h"}:
            assert not re.search(r"\b_mm\d*_|intrin\.h", text), where
        if where != "block/stream.h":
            assert not re.search(r"__AVX|__SSE|__ARM_NEON", text), where


def test_no_flag_lets_the_compiler_change_the_mathematics():
    banned = "|".join(
        [
            "-ff" + "ast-math",
            "-Of" + "ast",
            "-ffinite-" + "math",
            "-funsafe-" + "math",
            "-fassociative-" + "math",
        ]
    )
    for path in [
        *SOURCES,
        ROOT / "CMakeLists.txt",
        ROOT / "pyproject.toml",
        ROOT / "CMakePresets.json",
    ]:
        assert not re.search(banned, path.read_text()), path.name
    flags = (ROOT / "cpp" / "cmake" / "isa.cmake").read_text()
    for wanted in ("-ffp-contract=off", "-fno-math-errno", "-fopenmp-simd"):
        assert wanted in flags


def test_names_say_what_is_in_a_file():
    vague = re.compile(r"(^|_)(utils?|helpers?|common|misc|impl|v2)(_|\.|$)")
    assert not [str(p.relative_to(ROOT)) for p in SOURCES if vague.search(p.name)]


def test_nothing_is_unfinished_by_its_own_words():
    words = re.compile(
        "|".join(
            ["TO" + "DO", "FIX" + "ME", "XX" + "X", "place" + "holder", "not " + "implemented"]
        ),
        re.I,
    )
    assert not [str(p.relative_to(ROOT)) for p in SOURCES if words.search(p.read_text())]


def test_no_page_or_message_installs_fastloss_from_an_index():
    """It is on none: a checkout is installed, and the libraries of the doors by their own names."""
    wrong = re.compile(r"pip install [^`\n&]*\bfast" + r"loss\b(?!/)")
    pages = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md")]
    assert not [str(p.relative_to(ROOT)) for p in [*SOURCES, *pages] if wrong.search(p.read_text())]


def test_no_engine_names_a_loss():
    for room in ("pointwise", "rows", "pairs"):
        text = (ROOT / "cpp" / "src" / room / "engine.cpp").read_text().lower()
        for row in ROWS:
            assert f'"{row["name"]}"' not in text
            assert row["class_name"].lower() not in re.sub(r"//.*", "", text), row["class_name"]


@names
def test_each_loss_has_its_class_with_the_parameters_of_its_row(row):
    kind = getattr(fl, row["class_name"])
    assert row["class_name"] in fl.__all__
    assert kind.name == row["name"]
    signature = inspect.signature(kind.__init__)
    given = {name: p.default for name, p in signature.parameters.items() if name != "self"}
    assert list(given) == [p["name"] for p in row["parameters"]]
    for parameter in row["parameters"]:
        assert given[parameter["name"]] == parameter["default"], parameter["name"]
    call = list(inspect.signature(kind.__call__).parameters)[1 : 1 + len(input_names(row))]
    assert call == input_names(row)


@names
def test_each_loss_is_documented(row):
    doc = inspect.getdoc(getattr(fl, row["class_name"]))
    for section in ("Parameters", "Raises", "Notes", "References", "Examples"):
        if section == "Parameters" and not row["parameters"]:
            continue
        assert re.search(rf"^{section}\n-+$", doc, re.M), f"{row['class_name']}: {section}"
    for parameter in row["parameters"]:
        assert re.search(rf"^{parameter['name']} : ", doc, re.M), parameter["name"]


@names
def test_each_loss_has_a_reference_and_its_family_a_line_in_the_readme(row):
    assert row["name"] in reference.VALUES or formulas.find(row["name"], row["family"])[0]
    assert f"(docs/losses.md#{row['family']})" in (ROOT / "README.md").read_text()


def test_the_page_of_losses_is_the_one_that_the_tables_give(capsys):
    print_table()
    assert (ROOT / "docs" / "losses.md").read_text() == capsys.readouterr().out


@names
def test_each_loss_has_its_records_and_is_told_of(row):
    """Bits of C++ (test_bits has those of Python), what errors are relative to, and news."""
    bits = (ROOT / "cpp" / "tests" / "bits.txt").read_text()
    assert re.search(rf"^{row['name']}/", bits, re.M), "cpp/tests/bits.txt: fastloss_bits prints it"
    assert re.search(rf"\b{row['class_name']}\b", (ROOT / "docs" / "numerics.md").read_text())
    assert f"`{row['class_name']}`" in (ROOT / "CHANGELOG.md").read_text()


@names
def test_each_loss_has_its_type_with_the_parameters_of_its_row(row):
    text = (ROOT / "cpp" / "include" / "fastloss" / "losses" / f"{row['family']}.h").read_text()
    body = re.search(rf"^struct {row['class_name']} {{\n(.*?)^}};", text, re.M | re.S)
    assert body, f"losses/{row['family']}.h has no {row['class_name']}"
    macro = r'FASTLOSS_LOSS(?:_WITHOUT_HESSIAN)?\("(\w+)", \((.*?)\), \((.*?)\)(.*)\)'
    name, inputs, differentiable, fields = re.search(macro, body[1], re.S).groups()
    assert name == row["name"]
    assert inputs.split(", ") == row["inputs"]
    assert differentiable.split(", ") == row["inputs"][: row["differentiable"]]
    assert re.findall(r"\w+", fields) == [p["name"] for p in row["parameters"]]


def test_aliases_and_names_are_unique():
    everything = [name for row in ROWS for name in [row["name"], *row["aliases"]]]
    assert len(everything) == len(set(everything))


def test_the_stub_lists_what_the_core_has():
    stub = ast.parse((ROOT / "python" / "fastloss" / "_core.pyi").read_text())
    declared = {node.name for node in stub.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    present = {name for name in dir(_core) if not name.startswith("_")}
    assert declared == present


def test_one_version():
    text = (ROOT / "cpp" / "include" / "fastloss" / "version.h").read_text()
    version = ".".join(re.findall(r"VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", text))
    assert fl.__version__ == version
    assert version in (ROOT / "CHANGELOG.md").read_text()


def test_public_things_are_documented():
    for name in fl.__all__:
        thing = getattr(fl, name)
        if callable(thing):
            assert inspect.getdoc(thing), name
    for method in ("value_and_grad", "grad", "grad_and_hess"):
        assert inspect.getdoc(getattr(fl.Huber, method))
