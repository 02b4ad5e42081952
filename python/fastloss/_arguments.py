"""What to say where the arguments of a call do not fit its loss; imported by the core, then."""

from __future__ import annotations

import difflib
from typing import NoReturn

from .registry import find, input_names


def refuse(name: str, count: int, named: tuple[str, ...], options: tuple[str, ...]) -> NoReturn:
    """Raise the TypeError of a call with so many inputs by position and these by name."""
    row, kind = find(name)
    inputs = input_names(row)
    takes = f"it takes {', '.join(inputs)}"
    called = kind.__name__
    if count > len(inputs):
        raise TypeError(f"{called}: {count} arrays were given; {takes}, and options by name")
    for given in named:
        if given in inputs[:count]:
            raise TypeError(f"{called}: {given} was given twice; {takes}")
        if given in inputs or given in options:
            continue
        if given in (parameter["name"] for parameter in row["parameters"]):
            raise TypeError(
                f"{called}: {given} is a parameter of the loss, not of a call: "
                f"{called}({given}=...)"
            )
        known = [*inputs, *options]
        close = difflib.get_close_matches(given, known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"it takes {', '.join(known)}"
        raise TypeError(f"{called}: there is no argument {given!r}; {hint}")
    missing = [x for x in inputs[count:] if x not in named]
    raise TypeError(f"{called}: {', '.join(missing)} missing; {takes}")
