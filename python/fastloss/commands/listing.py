"""``python -m fastloss list``: a table of all losses."""

from __future__ import annotations

from .._core import rows
from ..registry import input_names

_HEAD = ("name", "aliases", "call", "formula")


def print_losses() -> None:
    """Print every loss with its aliases, its inputs and its formula, family after family."""
    table = [
        (row["name"], ", ".join(row["aliases"]), f"({', '.join(input_names(row))})", row["formula"])
        for row in rows()
    ]
    width = [max(map(len, column)) for column in zip(_HEAD, *table, strict=True)]
    print("  ".join(map(str.ljust, _HEAD, width)).rstrip())
    print("  ".join("-" * n for n in width[:-1]) + "  " + "-" * len(_HEAD[-1]))
    for line in table:
        print("  ".join(map(str.ljust, line, width)).rstrip())
    print(f"\n{len(table)} losses; python -m fastloss explain NAME tells more about one of them.")
