"""What CMake can be asked for: some of the instruction sets alone, and the presets."""

import json
import platform
import re
import shutil

import fastloss as fl
import pytest

from bench import growth
from tests.conftest import ROOT, needs, run

pytestmark = needs("cmake", "ninja", "c++", "objcopy")
PRESETS = json.loads((ROOT / "CMakePresets.json").read_text())["configurePresets"]
OFFERED = {p["name"]: p for p in PRESETS if not p.get("hidden")}


def plan(folder):
    """What Ninja would do."""
    return run("ninja", "-C", folder, "-n", "-v", "fastloss_static")


def test_one_instruction_set_alone(tmp_path):
    """The kernels are compiled for it and for no other, and the dispatch knows."""
    isa = fl.show_config(mode="dict")["isa"]
    run("cmake", "-S", ROOT, "-B", tmp_path, "-G", "Ninja", f"-DFASTLOSS_ISAS={isa}")
    made = plan(tmp_path)
    assert set(re.findall(r"/fastloss_kernels_(\w+)\.dir/\S+\.o\b", made)) == {isa}
    assert f"-DFASTLOSS_TIERS(TIER)=TIER({isa})" in made.replace("\\", "").replace('"', "")
    run("cmake", "-S", ROOT, "-B", tmp_path, "-DFASTLOSS_ISAS=")  # and all of them again
    everything = set(re.findall(r"/fastloss_kernels_(\w+)\.dir/\S+\.o\b", plan(tmp_path)))
    assert everything >= {isa}
    assert len(everything) == (3 if platform.machine() == "x86_64" else 1)


def test_an_instruction_set_that_there_is_not(tmp_path):
    """A misspelt one is no build of nothing."""
    said = run("cmake", "-S", ROOT, "-B", tmp_path, "-G", "Ninja", "-DFASTLOSS_ISAS=avx3", status=1)
    assert "FASTLOSS_ISAS has avx3" in said
    assert fl.show_config(mode="dict")["isa"] in said


@pytest.mark.parametrize("name", OFFERED)
def test_a_preset_can_be_configured(name, tmp_path):
    """It is told of, CI tries it or says why not, and CMake takes it."""
    assert f"`{name}`" in (ROOT / "CONTRIBUTING.md").read_text()
    assert f"preset {name}" in (ROOT / ".ci" / "run").read_text()
    compiler = {"fuzz": "clang++-16", "aarch64": "aarch64-linux-gnu-g++"}.get(name, "c++")
    if shutil.which(compiler) is None:
        pytest.skip(f"needs {compiler}")
    run("cmake", "--preset", name, "-B", tmp_path, cwd=ROOT)


def test_a_hundred_losses_fit_a_wheel_of_six_megabytes(tmp_path):
    """The first 23 have half of it; code deflates to 0.44, and has three instruction sets."""
    if platform.machine() != "x86_64":
        pytest.skip("the families are compiled for x86-64")
    most = (6e6 - 3e6) / 77 / 0.44 / 3
    _, size = growth.compile_family("baseline", 0, tmp_path)
    assert size < growth.LOSSES * most
