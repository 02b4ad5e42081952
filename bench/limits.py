"""The memory limits of this machine, compiled on the fly from triad.cpp."""

import atexit
import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SOURCE = Path(__file__).with_name("triad.cpp")
FLAGS = ["-std=c++17", "-O3", "-march=native", "-fopenmp", "-fPIC", "-shared"]


class Limits:
    """The triad and the read-only sum, over `threads` threads."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.compiler = find_compiler()
        directory = tempfile.mkdtemp(prefix="fastloss-bench-")
        atexit.register(shutil.rmtree, directory, ignore_errors=True)
        library = Path(directory) / "triad.so"
        subprocess.run([self.compiler, *FLAGS, str(SOURCE), "-o", str(library)], check=True)
        self._library = ctypes.CDLL(str(library))
        self._library.triad.restype = None
        self._library.read_only.restype = ctypes.c_double

    def triad(self, elements: int) -> Callable[[], object]:
        """c = a - b over as many float32 elements, stores bypassing the caches."""
        a, b, c = (_filled(elements) for _ in range(3))
        n, threads = ctypes.c_size_t(elements), ctypes.c_int(self.threads)
        pointers = [_pointer(array) for array in (a, b, c)]
        return _Holding((a, b, c), lambda: self._library.triad(*pointers, n, threads))

    def read_only(self, elements: int) -> Callable[[], object]:
        """The sum of two arrays of as many float32 elements."""
        a, b = (_filled(elements) for _ in range(2))
        n, threads = ctypes.c_size_t(elements), ctypes.c_int(self.threads)
        pointers = [_pointer(array) for array in (a, b)]
        return _Holding((a, b), lambda: self._library.read_only(*pointers, n, threads))


class _Holding:
    """A call that keeps alive the arrays whose addresses it uses."""

    def __init__(self, arrays: tuple[NDArray[np.float32], ...], call: Callable[[], object]) -> None:
        self._arrays = arrays
        self._call = call

    def __call__(self) -> object:
        return self._call()


def find_compiler() -> str:
    for name in (os.environ.get("CXX"), "c++", "g++", "clang++"):
        if name and shutil.which(name):
            return name
    raise SystemExit("bench: a C++ compiler is needed to measure the memory limit; set CXX.")


def _filled(elements: int) -> NDArray[np.float32]:
    return np.ones(elements, dtype=np.float32)


def _pointer(array: NDArray[np.float32]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)
