"""What the figures were measured on: processor, caches, versions, revision."""

import datetime
import importlib.metadata
import os
import platform
import re
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
DEFAULT_CACHE = {2: 1 << 20, 3: 1 << 24}


def cpus() -> int:
    """The processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def confine(threads: int) -> None:
    """Keep every library to as many processors and threads; call before they are imported."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    for library in ("OMP", "OPENBLAS", "MKL", "NUMBA", "FASTLOSS"):
        os.environ[f"{library}_NUM_THREADS"] = str(threads)


def load() -> float:
    """How many programs wanted a processor over the last minute."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else 0.0


def cache_bytes(level: int) -> int:
    """Size of a cache level, or a usual one where the system does not tell."""
    for entry in sorted(CACHES.glob("index*")):
        try:
            if int((entry / "level").read_text()) == level:
                size = re.fullmatch(r"(\d+)([KM]?)", (entry / "size").read_text().strip())
                if size:
                    return int(size[1]) << {"": 0, "K": 10, "M": 20}[size[2]]
        except OSError:
            continue
    return DEFAULT_CACHE[level]


def describe(fl: ModuleType, threads: int, compiler: str) -> dict[str, Any]:
    return {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d"),
        "cpu": cpu_name(),
        "threads": threads,
        "cpus": cpus(),
        "load": load(),
        "l2_bytes": cache_bytes(2),
        "l3_bytes": cache_bytes(3),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "numpy": importlib.metadata.version("numpy"),
        "fastloss": getattr(fl, "__version__", "unknown"),
        "fastloss_config": _config(fl),
        "revision": _revision(),
        "compiler_of_the_limits": _first_line([compiler, "--version"]),
    }


def cpu_name() -> str:
    """The model, with family and model number where the name alone does not tell the generation."""
    try:
        first = Path("/proc/cpuinfo").read_text().split("\n\n")[0]
    except OSError:
        return platform.processor() or platform.machine()
    pairs = (line.partition(":") for line in first.splitlines())
    fields = {key.strip(): value.strip() for key, _, value in pairs}
    name = fields.get("model name", platform.machine())
    if "cpu family" in fields:
        name += f" (family {fields['cpu family']}, model {fields.get('model', '?')}"
        name += ", AVX-512)" if "avx512f" in fields.get("flags", "") else ")"
    return name


def _config(fl: ModuleType) -> dict[str, Any]:
    core = getattr(fl, "_core", None)
    config = getattr(core, "config", None)
    if config is None:
        return {}
    return {key: str(value) for key, value in config().items()}


def _revision() -> str:
    root = Path(__file__).resolve().parents[1]
    commit = _first_line(["git", "-C", str(root), "rev-parse", "--short", "HEAD"])
    changed = _first_line(["git", "-C", str(root), "status", "--porcelain", "-uno"])
    return commit + (" with changes" if commit and changed else "")


def _first_line(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.splitlines()[0] if done.returncode == 0 and done.stdout else ""
