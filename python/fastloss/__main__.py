"""The command line: ``python -m fastloss info | list | explain LOSS | selftest | demo``."""

from __future__ import annotations

import argparse
import os
import sys

from . import FastlossError, __version__, show_config
from .commands.explain import explain
from .commands.listing import print_losses
from .commands.selftest import selftest


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(prog="python -m fastloss", description="Fast loss functions.")
    top.add_argument("--version", action="version", version=f"fastloss {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("info", help="show version, compiler, instruction set and threads")
    commands.add_parser("list", help="list all losses")
    one = commands.add_parser("explain", help="explain one loss: formula, parameters, numbers")
    one.add_argument("loss", help="name or alias, such as huber or bce")
    one.add_argument("parameter", nargs="*", help="a parameter for the numbers, such as delta=2")
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
        elif given.command == "selftest":
            return 1 if selftest() else 0
        else:
            return _demo(given.output)
    except FastlossError as error:
        print(f"fastloss: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader has seen enough, as with "| head"
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        print("fastloss: interrupted", file=sys.stderr)
        return 130
    return 0


def _demo(output: str) -> int:
    try:
        from .demo import run
    except ImportError as error:
        needed = "pip install 'fastloss[demo]'"
        print(f"fastloss: the demo needs {error.name}; try: {needed}", file=sys.stderr)
        return 2
    return run(output)


if __name__ == "__main__":
    sys.exit(main())
