"""``python -m fastloss list``: all losses, in lines that any terminal holds."""

from __future__ import annotations

import textwrap

from .._core import rows
from ..registry import input_names

_WIDTH = 80


def print_losses() -> None:
    """Print every loss with its inputs, its formula and its aliases, family after family."""
    table = rows()
    for row in table:
        print(f"{row['name']}({', '.join(input_names(row))})")
        _indented(row["formula"])
        _indented(f"also {', '.join(row['aliases'])}" if row["aliases"] else "")
    print(f"\n{len(table)} losses; python -m fastloss explain NAME tells more about one of them.")


def _indented(text: str) -> None:
    for line in textwrap.wrap(text, _WIDTH, initial_indent="    ", subsequent_indent="      "):
        print(line)
