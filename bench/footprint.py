"""The size of the package, the time of its import and, when asked, of its build (P11)."""

import importlib.metadata
import io
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

IMPORT = """
import time
start = time.perf_counter()
import numpy
middle = time.perf_counter()
{extra}
end = time.perf_counter()
print(middle - start, end - middle)
"""
REPEATS = 9


@dataclass(frozen=True)
class Footprint:
    wheel_mib: float
    wheel_is: str  # what was measured: a wheel, or the installed files packed the same way
    import_ms: float  # added by fastloss after NumPy, the median of several processes
    numpy_import_ms: float
    build_seconds: float | None


def run(wheel: Path | None, build: bool, quick: bool) -> Footprint:
    seconds = None
    with tempfile.TemporaryDirectory(prefix="fastloss-wheel-") as directory:
        if build:
            start = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", directory, "."],
                cwd=Path(__file__).resolve().parents[1],
                check=True,
            )
            seconds = time.perf_counter() - start
            wheel = next(Path(directory).glob("*.whl"))
        if wheel is not None:
            size, what = wheel.stat().st_size, wheel.name
        else:
            size, what = _packed_size(), "installed files, packed as a wheel would be"
    ours, numpys = _import_times(3 if quick else REPEATS)
    return Footprint(size / 2**20, what, ours * 1e3, numpys * 1e3, seconds)


def _packed_size() -> int:
    files = importlib.metadata.distribution("fastloss").files or []
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            path = Path(str(file.locate()))
            if path.is_file() and path.suffix != ".pyc":
                archive.write(path, str(file))
    return len(packed.getvalue())


def _import_times(repeats: int) -> tuple[float, float]:
    """Medians of the seconds fastloss adds to `import numpy`, and of NumPy's own."""
    pairs = []
    with tempfile.TemporaryDirectory(prefix="fastloss-bytecode-") as bytecode:  # as pip leaves it
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": ""}
        for _ in range(repeats + 1):
            done = subprocess.run(
                [sys.executable, "-c", IMPORT.format(extra="import fastloss")],
                capture_output=True,
                text=True,
                check=True,
                cwd=tempfile.gettempdir(),
                env=environment,
            )
            numpys, ours = map(float, done.stdout.split())
            pairs.append((ours, numpys))
    kept = pairs[1:]  # the first one fills the file cache and writes the bytecode
    middle = len(kept) // 2
    return sorted(p[0] for p in kept)[middle], sorted(p[1] for p in kept)[middle]
