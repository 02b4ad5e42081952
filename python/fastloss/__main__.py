"""The command line: ``python -m fastloss COMMAND``, where ``--help`` lists the commands."""

from __future__ import annotations

import argparse
import os
import sys

from . import FastlossError, __version__, paths, show_config
from .commands.explain import explain
from .commands.listing import print_losses
from .commands.selftest import selftest
from .commands.table import print_table

# What C++ and C programs build with, by the word that "paths" takes.
PATHS = {
    "include": paths.get_include,
    "library": paths.get_library_dir,
    "cmake": paths.get_cmake_dir,
    "pkgconfig": paths.get_pkgconfig_dir,
}


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="python -m fastloss",
        epilog="explain LOSS takes a name or an alias, such as huber or bce",
    )
    top.add_argument("--version", action="version", version=f"fastloss {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("info", help="show version, compiler, instruction set and threads")
    commands.add_parser("list", help="list all losses")
    one = commands.add_parser("explain", help="explain one loss: formula, parameters, numbers")
    one.add_argument("loss", metavar="LOSS", help="its name or an alias")
    one.add_argument(
        "parameter",
        nargs="*",
        metavar="NAME=VALUE",
        help="a parameter for the numbers, such as delta=2",
    )
    commands.add_parser("table", help="print the page of all losses, in Markdown")
    where = commands.add_parser("paths", help="show where headers and libraries for C++ and C are")
    where.add_argument("which", nargs="?", choices=PATHS, help="print this one alone")
    commands.add_parser("selftest", help="check this installation against known answers")
    demo = commands.add_parser("demo", help="train two small models and draw their curves")
    demo.add_argument(
        "--output", default="fastloss-demo.png", help="the picture to write (%(default)s)"
    )
    return top


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit code: 0 done, 1 a check failed, 2 cannot be done."""
    given = parser().parse_args(arguments)
    try:
        if given.command == "info":
            show_config()
        elif given.command == "list":
            print_losses()
        elif given.command == "explain":
            explain(given.loss, given.parameter)
        elif given.command == "table":
            print_table()
        elif given.command == "paths":
            for name in [given.which] if given.which else PATHS:
                print(PATHS[name]() if given.which else f"{name:<9}  {PATHS[name]()}")
        elif given.command == "selftest":
            return 1 if selftest() else 0
        else:
            return _demo(given.output)
    except BrokenPipeError:  # the reader has seen enough, as with "| head"
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (FastlossError, OSError) as error:
        print(f"fastloss: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("fastloss: interrupted", file=sys.stderr)
        return 130
    return 0


def _demo(output: str) -> int:
    try:
        from .demo import run
    except ModuleNotFoundError as error:
        command = "pip install matplotlib scikit-learn tqdm"
        print(f"fastloss: the demo needs {error.name}; try: {command}", file=sys.stderr)
        return 2
    return run(output)


if __name__ == "__main__":
    sys.exit(main())
