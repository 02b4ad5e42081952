"""Whatever is no plain array of NumPy's, read as one: lists, buffers, columns of data frames.

One rule for the arrays of every library (Arrow, pandas, polars and what else NumPy can read): they
are taken as the NumPy array of their type, booleans included, and keep that type. Refused are
arrays with a missing value, which is a null, an NA or a masked element; categories, which are names
even where they are written as numbers; and whatever is neither integer, bool nor real. NaN is a
number, no missing value.
"""

from __future__ import annotations

from numbers import Number
from typing import TYPE_CHECKING, Any

import numpy as np

from ._core import rows
from ._errors import DTypeError

if TYPE_CHECKING:
    from ._types import Array

_PLAIN = {bool, int, float, complex, str, bytes}


def read(given: object, loss: str, name: str, real: bool) -> Array:
    """Return an argument as an array of numbers; a real one that holds none becomes float64.

    The compiled core calls this for everything that is neither a NumPy array of a type that it
    takes nor a tensor.
    """
    if hasattr(given, "as_py"):  # a scalar of Arrow
        given = given.as_py()
    _refuse_missing(given, loss, name, real, _whole(given))
    try:
        array = _array_of(given)
    except MemoryError:
        raise
    except Exception as error:  # whatever the library at hand raises
        raise _refusal(loss, name, real, f"cannot be read as an array ({error})") from error
    if isinstance(array, np.ma.MaskedArray):
        _refuse_missing(array, loss, name, real, "np.asanyarray")  # made by an __array__ method
        array = array.data
    if not _has_type(given):
        if real and array.dtype.kind in "iub":
            array = array.astype(np.float64)
        elif not real and array.size == 0 and isinstance(given, list):
            array = array.astype(np.int64)  # no labels are labels, too
    if array.dtype.kind == "f" and array.dtype.itemsize > 8 and not real:
        array = array.astype(np.float64)
    if array.dtype.name == "bfloat16" or (array.dtype.kind in "biuf" and array.dtype.itemsize <= 8):
        return array
    kind = _kind(given)
    what = f"has dtype {array.dtype if kind is None else kind}"
    remedy = ""
    if array.dtype == object and any(x is None or type(x).__name__ == "NAType" for x in array.flat):
        what, remedy = f"{what} and holds None or NA", "; drop or fill what is missing"
    elif array.dtype.kind in "OSTU":
        remedy = _remedy(given, array, name, int if _holds_labels(loss, name) else float)
    raise _refusal(loss, name, real, what, remedy)


def _holds_labels(loss: str, name: str) -> bool:
    return name == "labels" or (
        name == "target" and any(row["labels"] and row["class_name"] == loss for row in rows())
    )


def _refusal(loss: str, name: str, real: bool, what: str, remedy: str = "") -> DTypeError:
    wanted = "integers, bool or real numbers"
    if real:
        wanted = "float16, bfloat16, float32 or float64"
    elif _holds_labels(loss, name):
        wanted = "integer class labels"
    return DTypeError(f"{loss}: {name} {what}, wanted: {wanted}{remedy}")


def _remedy(given: Any, array: Array, name: str, kind: type) -> str:
    """Return how to make numbers of strings and objects, by what the library at hand has for it."""
    first = next(iter(array.flat), "") if array.dtype == object else ""
    if isinstance(first, str):
        return "; names are numbered by np.unique(names, return_inverse=True)[1]"
    if isinstance(first, list | np.ndarray):
        if _columns(given):
            return "; a column of lists is an array by itself"
        stacked = f"{name}.to_pylist()" if hasattr(given, "to_pylist") else f"np.stack({name})"
        return f"; of lists of one length {stacked} makes numbers"
    if not isinstance(first, Number):
        return ""
    if hasattr(given, "astype"):
        return "; an array of objects that are numbers is converted by its astype"
    if hasattr(given, "itercolumns"):  # Arrow's table, whose cast takes a schema
        return f"; cast its columns to {kind.__name__}64"
    if hasattr(given, "cast"):
        to = f"'{kind.__name__}64'" if hasattr(given, "to_pylist") else kind.__name__
        return f"; {name}.cast({to}) makes numbers"
    return f"; np.asarray({name}, {kind.__name__}) makes numbers"


def _whole(given: Any) -> str:
    """Return what makes one masked array of a list, "" of what is none."""
    if not isinstance(given, list | tuple):
        return ""
    return "np.ma.array" if any(isinstance(x, list | tuple) for x in given) else "np.ma.stack"


def _refuse_missing(given: Any, loss: str, name: str, real: bool, whole: str) -> None:
    """Raise where something is missing or a category, in an array, in a frame or in a list.

    `whole` makes one masked array of the argument, where it is none itself.
    """
    if isinstance(given, list | tuple):
        if not {*map(type, given)} <= _PLAIN:
            for element in given:
                _refuse_missing(element, loss, name, real, whole)
        return
    if isinstance(given, np.ma.MaskedArray):
        if np.ma.is_masked(given):
            advice = f"; {_unmasked(given, loss, name)}"
            if whole:
                labels = given is np.ma.masked and _holds_labels(loss, name)  # itself a float
                kind = ".astype(int)" if labels else ""
                advice += f", where {name} = {whole}({name}){kind}"
            what = "holds masked elements" if "np.ma" in whole else "is a masked array"
            raise _refusal(loss, name, real, what, advice)
        return
    for column in _columns(given) or [given]:
        kind = _kind(column)
        if kind is None:
            continue
        if str(kind).lower().startswith(("categor", "enum", "dictionary")):
            codes = "; pass its codes: .cat.codes, .to_physical() in polars, .indices in Arrow"
            raise _refusal(loss, name, real, "is categorical", codes)
        count = getattr(column, "null_count", None)  # a number in Arrow, a method in polars
        if count is None and hasattr(kind, "numpy_dtype"):
            count = column.isna().sum()
        if callable(count):
            count = count()
        if count:
            what = f"has missing values ({count} of {len(column)})"
            raise _refusal(loss, name, real, what, "; drop or fill them")


def _unmasked(given: Any, loss: str, name: str) -> str:
    """Return what to pass for a masked array: terms of weight 0, of values that are in range."""
    row = next((row for row in rows() if row["class_name"] == loss and name in row["inputs"]), None)
    if name == "sample_weight":
        return "sample_weight.filled(0) leaves out what is masked"
    if row is None:  # the labels of `balanced_class_weight`, which have no terms
        return f"{name}.compressed() leaves out what is masked"
    place = row["inputs"].index(name)
    argument = row["arguments"][place]
    shape = argument["shape"]
    if argument["dense"] and given.dtype.kind == "f" and given is not np.ma.masked:
        shape = argument["dense"]
    inner = len(shape.split()) - len(row["terms"].split())
    if inner <= 0:
        mask = f"~{name}.mask"
    elif any(parameter["name"] == "axis" for parameter in row["parameters"]):
        mask = f"~{name}.mask.any(axis=loss.axis)"
    else:
        mask = f"~{name}.mask.any(axis={-1 if inner == 1 else tuple(range(-inner, 0))})"
    filled = f"{name}.filled(0)"
    if shape[-1].isdigit():  # a term's entries may have an order, and are filled together
        filled = f"np.where({name}.mask.any(axis=-1, keepdims=True), 0, {name}.data)"
    elif any(larger == place for _, larger in row["ordered"]):
        filled = f"{name}{'' if given.dtype.kind == 'f' else '.astype(float)'}.filled(np.inf)"
    elif "> 0" in argument["domain"] or "-1 or" in argument["domain"]:
        filled = f"{name}.filled(1)"  # 0 is out of range
    return f"pass {filled} with sample_weight={mask}"


def _kind(column: Any) -> Any:
    """Return the type of the elements of a column in its library's own words; None in NumPy's."""
    for word in ("dtype", "type"):  # Arrow's word is "type"
        kind = getattr(column, word, None)
        if kind is not None:
            return None if isinstance(kind, np.dtype) else kind
    return None


def _columns(frame: Any) -> list[Any] | None:
    """Return the columns of a data frame or table, None of what is neither."""
    if hasattr(frame, "get_columns"):  # polars
        return list(frame.get_columns())
    if hasattr(frame, "itercolumns"):  # Arrow
        return list(frame.itercolumns())
    if hasattr(frame, "iloc") and hasattr(frame, "columns"):  # pandas
        return [column for _, column in frame.items()]
    return None


def _array_of(given: Any) -> Array:
    columns = _columns(given)
    if columns and any(_kind(column) is not None for column in columns):
        return np.stack([_array_of(column) for column in columns], axis=1)
    numpy_type = getattr(_kind(given), "numpy_dtype", None)  # of pandas' own types
    return np.asanyarray(given, dtype=numpy_type)


def _has_type(given: Any) -> bool:
    """Whether the elements have a type, as those of lists and scalars have not."""
    if isinstance(given, np.generic):
        return False
    if hasattr(given, "__array__") or hasattr(given, "__array_interface__"):
        return True
    try:
        return memoryview(given) is not None
    except TypeError:
        return False
