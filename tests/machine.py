"""Reading and setting the floating-point mode of the machine, without a compiler."""

from __future__ import annotations

import ctypes
import mmap
import platform

FLUSH = 0x8040  # MXCSR: flush to zero and denormals are zero
CONTROL = 0xFFC0  # MXCSR without its sticky flags

# stmxcsr [rdi]; ret and ldmxcsr [rdi]; ret
STORE, LOAD = bytes.fromhex("0fae1fc3"), bytes.fromhex("0fae17c3")

available = platform.machine() in ("x86_64", "AMD64") and platform.system() == "Linux"


def instruction(code):
    """Return a function of one pointer that runs these bytes."""
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    function = ctypes.CFUNCTYPE(None, ctypes.POINTER(ctypes.c_uint32))(address)
    function.page = page
    return function


class Mode:
    """The MXCSR register of the calling thread."""

    def __init__(self):
        self._store, self._load = instruction(STORE), instruction(LOAD)

    def get(self):
        word = ctypes.c_uint32()
        self._store(ctypes.byref(word))
        return word.value

    def set(self, value):
        self._load(ctypes.byref(ctypes.c_uint32(value)))
