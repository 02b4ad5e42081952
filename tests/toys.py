"""The toys of CONTRIBUTING.md, added to a clone as they stand there: ``python -m tests.toys``.

For each the clone is built, the toy put in its five places, and what it takes from there to its
passing tests is timed: the kernels of one instruction set and the tests of the marker ``quick``,
but for those of the records, which are written when the loss is right.
"""

import os
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

import fastloss as fl

from tests.conftest import ROOT, run

PARAGRAPH = re.compile(r"((?:[^\n]+\n)+)\n```(?:cpp|python)\n(.*?)```", re.S)
PATH = re.compile(r"`([\w/]+\.(?:h|inc|py))`")


def toys(page):
    """Yield for each toy its blocks: the file that is named before each, and the text."""
    blocks = [(PATH.search(before), text) for before, text in PARAGRAPH.findall(page)]
    blocks = [(path[1], text) for path, text in blocks if path]
    assert len(blocks) in (5, 10, 15), [path for path, _ in blocks]
    for k in range(0, len(blocks), 5):
        yield blocks[k : k + 5]


def place(folder, path, text):
    """Put a block where the page says that it goes."""
    file = folder / path
    old = file.read_text()
    if path.startswith("cpp/include/"):
        name = re.search(r"struct (\w+)", text)[1]
        at = re.search(r"using \w+ =\s+Types<", old)
        new = f"{old[: at.start()]}{text}\n{at[0]}{name}, {old[at.end() :]}"
    elif path.endswith(".h"):
        at = old.rindex("}  // namespace")
        new = f"{old[:at]}{text}\n{old[at:]}"
    elif path.endswith("__init__.py"):
        at = old.index("__all__ = [") + len("__all__ = [")
        name = re.search(r"class (\w+)", text)[1]
        new = f'{old[: old.index("__all__")]}{text}\n\n__all__ = ["{name}", {old[at:]}'
    else:
        new = f"{old}\n\n{text}"
    file.write_text(new)


def build(folder, site):
    """Build as CONTRIBUTING.md says, into a folder beside the environment."""
    shutil.rmtree(site, ignore_errors=True)
    isa = fl.show_config(mode="dict")["isa"]
    settings = [f"-Cbuild-dir={folder}/build/one", f"-Ccmake.define.FASTLOSS_ISAS={isa}"]
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-build-isolation", "--no-deps"]
    run(*install, "--target", site, *settings, folder)


def main() -> None:
    """Add each toy to a clone of its own and print how long it took."""
    page = (ROOT / "CONTRIBUTING.md").read_text()
    with tempfile.TemporaryDirectory() as scratch:
        clone, site = Path(scratch, "clone"), Path(scratch, "site")
        run("git", "clone", "-q", ROOT, clone)
        for blocks in toys(page):
            run("git", "-C", clone, "checkout", "-q", ".")
            build(clone, site)
            name = re.search(r"def (\w+)", blocks[-1][1])[1]
            began = time.monotonic()
            for path, text in blocks:
                place(clone, path, text)
            build(clone, site)
            tests = [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-m",
                "quick",
                "-k",
                f"{name} and not page and not records",
                "-n",
                "0",
            ]
            said = run(*tests, cwd=clone, env={**os.environ, "PYTHONPATH": str(site)})
            files = {path for path, _ in blocks}
            took = time.monotonic() - began
            print(f"{name}: {len(files)} files, {took:.0f} s; {said.splitlines()[-1]}", flush=True)


if __name__ == "__main__":
    main()
