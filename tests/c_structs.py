"""The structs of fastloss_c.h for ctypes, and how parameters and arrays become them."""

import ctypes

import ml_dtypes
import numpy as np

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
INTEGERS = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
FLOATS = ["float16", BFLOAT16, "float32", "float64"]
NUMBERS = {np.dtype(dtype): k for k, dtype in enumerate([*INTEGERS, *FLOATS])}
POINTER, SIZE = ctypes.c_void_p, ctypes.c_size_t
INT32, INT64, DOUBLE = ctypes.c_int32, ctypes.c_int64, ctypes.c_double


class Parameter(ctypes.Structure):
    _fields_ = [
        ("size", SIZE),
        ("name", ctypes.c_char_p),
        ("kind", INT32),
        ("unused", INT32),
        ("integer", INT64),
        ("real", DOUBLE),
        ("reals", ctypes.POINTER(DOUBLE)),
        ("count", SIZE),
        ("text", ctypes.c_char_p),
    ]


class Array(ctypes.Structure):
    _fields_ = [
        ("size", SIZE),
        ("data", POINTER),
        ("shape", ctypes.POINTER(INT64)),
        ("strides", ctypes.POINTER(INT64)),
        ("ndim", INT32),
        ("dtype", INT32),
    ]


class Call(ctypes.Structure):
    _fields_ = [
        ("size", SIZE),
        ("inputs", POINTER),
        ("n_inputs", SIZE),
        ("sample_weight", POINTER),
        ("reduction", INT32),
        ("curvature", INT32),
        ("scale", DOUBLE),
        ("n_threads", INT32),
        ("want_value", INT32),
        ("terms", POINTER),
        ("grad", POINTER),
        ("n_grad", SIZE),
        ("hess", POINTER),
        ("n_hess", SIZE),
        ("totals", POINTER),
        ("parallel_for", POINTER),
        ("parallel_host", POINTER),
        ("poll", POINTER),
        ("poll_context", POINTER),
        ("workspace", POINTER),
        ("workspace_size", SIZE),
    ]


def parameter(name, value):
    p = Parameter(ctypes.sizeof(Parameter), name.encode())
    if isinstance(value, bool):
        p.kind, p.integer = 1, value
    elif isinstance(value, int):
        p.kind, p.integer = 2, value
    elif isinstance(value, float):
        p.kind, p.real = 3, value
    elif isinstance(value, str):
        p.kind, p.text = 5, value.encode()
    elif value is not None:
        p.kind, p.reals, p.count = 4, (DOUBLE * len(value))(*value), len(value)
    return p


def structs_of(arrays, kept):
    """Describe arrays for C; what is pointed to goes to the list `kept`."""
    structs = (Array * len(arrays))()
    for struct, x in zip(structs, arrays, strict=True):
        axes = [(INT64 * x.ndim)(*numbers) for numbers in (x.shape, x.strides)]
        kept.extend([x, *axes])
        struct.size, struct.data = ctypes.sizeof(Array), x.ctypes.data
        struct.shape, struct.strides = axes
        struct.ndim, struct.dtype = x.ndim, NUMBERS[x.dtype]
    kept.append(structs)
    return structs
