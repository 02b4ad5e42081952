"""``python -m fastloss table``: the page of all losses, docs/losses.md."""

from __future__ import annotations

from importlib import import_module
from itertools import groupby
from typing import TYPE_CHECKING

from .._core import rows
from ..registry import input_names

if TYPE_CHECKING:
    from .._types import Row

_HEAD = """\
# The losses

Written by `python -m fastloss table`, from the tables that the kernels are made of. `fl.get` takes
a name or an alias; `python -m fastloss explain NAME` and the docstring of the class tell more.
"""


def print_table() -> None:
    """Print a table for each family: class, names, inputs, parameters and the formula of a term."""
    print(_HEAD)
    tables = [_table(family, [*group]) for family, group in groupby(rows(), _family)]
    print("\n\n".join(tables))


def _family(row: Row) -> str:
    return row["family"]


def _table(family: str, members: list[Row]) -> str:
    text = import_module(f"..{family}", __package__).__doc__ or ""
    lines = [f"## {family}\n", text.splitlines()[0] + "\n"]
    lines += ["| class | name, aliases | inputs | parameters | one term |", "|---|---|---|---|---|"]
    for row in members:
        names = ", ".join([f"`{row['name']}`", *row["aliases"]])
        parameters = ", ".join(f"`{p['name']}={p['default']!r}`" for p in row["parameters"])
        formula = row["formula"].replace("|", r"\|")
        inputs = ", ".join(input_names(row))
        lines.append(f"| `{row['class_name']}` | {names} | {inputs} | {parameters} | `{formula}` |")
    return "\n".join(lines)
