"""``python -m fastloss explain LOSS``: what a loss is, and what it looks like in numbers."""

from __future__ import annotations

import ast
import inspect
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import registry
from .._errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._base import Loss
    from .._types import Argument, Row

BAR = 24


def explain(name: str, assignments: list[str]) -> None:
    """Print formula, parameters, domains, a table of sample points and the docstring of a loss."""
    row, kind = registry.find(name)
    loss = registry.get(name, **dict(map(_assignment, assignments)))
    print(f"{loss!r}\n")
    aliases = ", ".join(row["aliases"])
    _line("name", row["name"] + (f" (also {aliases})" if aliases else ""))
    _line("formula", row["formula"])
    inputs = registry.input_names(row)
    _line("inputs", ", ".join(inputs))
    for argument in row["arguments"]:
        of = "labels" if argument["role"] == "labels" else argument["domain"]
        _line("domain", f"{argument['name']}: {of}")
    for parameter in row["parameters"]:
        limits = f", {parameter['range']}" if parameter["range"] else ""
        text = f"{parameter['kind']}{limits}, default {parameter['default']!r}"
        _line("parameter", f"{parameter['name']}: {text}")
    _line("convex", "yes" if row["convex"] else "no")
    slack = "" if row["slack"] == "0" else f"; relative to S where larger, S = {row['slack']}"
    _line("accuracy", f"within {row['ulp']} ULP{slack}")
    _line("source", row["reference"])
    print()
    flat = {**loss.params, "axis": -1} if "axis" in loss.params else loss.params
    _print_samples(row, kind(**flat))
    print(f"\n{inspect.getdoc(kind)}")


def _line(label: str, text: str) -> None:
    print(f"  {label:<10} {text}")


def _assignment(text: str) -> tuple[str, Any]:
    """Read ``delta=2.0`` as Python would."""
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise ParameterError(f"a parameter is written NAME=VALUE, not {text!r}")
    if value in ("inf", "+inf"):
        return name, float("inf")
    try:
        return name, ast.literal_eval(value)
    except (SyntaxError, ValueError) as error:
        raise ParameterError(f"{name}: {value!r} is not a number, a list or a flag") from error


def _print_samples(row: Row, loss: Loss) -> None:
    samples = {label: _evaluate(loss, inputs) for label, inputs in _POINTS[row["room"]](row, loss)}
    top = max((value for value, *_ in samples.values() if np.isfinite(value)), default=0.0) or 1.0
    hessian = f"{'Hessian':>12}" if row["hessian"] else ""
    print(f"  {'at':<26}{'value':>12}{'gradient':>12}{hessian}")
    for label, (value, *derivatives) in samples.items():
        bar = "#" * (round(BAR * value / top) if np.isfinite(value) else BAR)
        numbers = "".join(f"{x:>12.5g}" for x in (value, *derivatives))
        print(f"  {label:<26}{numbers}  {bar}".rstrip())


def _evaluate(loss: Loss, inputs: list[Any]) -> list[float]:
    """Return the first term, and its derivatives by the first number of the first input."""
    value = loss(*inputs, reduction="none")
    slopes: Any = getattr(loss, "grad_and_hess", None)
    derivatives = slopes(*inputs, reduction="none") if slopes else (loss.grad(*inputs),)
    first = [x[0] if isinstance(x, tuple) else x for x in derivatives]
    return [float(np.ravel(x)[0]) for x in (value, *first)]


def _pointwise(row: Row, loss: Loss) -> Iterator[tuple[str, list[Any]]]:
    if (
        registry.input_names(row) != ["pred", "target"]
        or row["terms"] != row["arguments"][0]["shape"]
    ):
        yield from _terms(row)
        return
    if row["target_domain"] != "[0, 1]":
        for pred in (-3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0):
            yield f"pred {pred:+g}, target 0", [[pred], [0.0]]
        return
    name, points = "p", (0.01, 0.1, 0.5, 0.9, 0.99)
    if loss.params.get("from_logits"):
        name, points = "logit", (-4.0, -2.0, 0.0, 2.0, 4.0)
    weight = loss.params.get("pos_weight")
    width = len(weight) if isinstance(weight, tuple) else 1
    for target in (1.0, 0.0):
        for pred in points:
            yield f"{name} {pred:g}, target {target:g}", [[pred] * width, [target] * width]


def _terms(row: Row) -> Iterator[tuple[str, list[Any]]]:
    """Move the first input, with the others where their domains begin."""
    first, *others = row["arguments"]
    fixed = [[x] if len(x) > 1 else x for x in map(_somewhere, others)]
    for step in (-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0):
        start = _somewhere(first)
        moved = [x + step * (k % 2 == 0) for k, x in enumerate(start)]
        yield f"{first['name']} {moved[0]:+g}", [[moved] if len(moved) > 1 else moved, *fixed]


def _somewhere(argument: Argument) -> list[float]:
    if argument["shape"].endswith("4"):
        return [0.0, 0.0, 2.0, 2.0]
    bound = re.search(r">=? (-?[\d.]+)", argument["domain"])
    return [float(bound[1]) + 1.0] if bound else [0.0]


def _rows(row: Row, loss: Loss) -> Iterator[tuple[str, list[Any]]]:
    params = loss.params
    vectors = [params[name] for name in ("class_weight", "alpha") if params.get(name)]
    classes = len(vectors[0]) if vectors else 3
    if row["target_domain"] == "[0, 1]":  # every class is a question of its own
        for target in (1.0, 0.0):
            for logit in (-4.0, -2.0, 0.0, 2.0, 4.0):
                yield f"logit {logit:g}, target {target:g}", [[logit] * classes, [target] * classes]
        return
    for right in (0.01, 0.1, 0.5, 0.9, 0.99):
        p = np.full(classes, (1.0 - right) / max(classes - 1, 1))
        p[0] = right
        target = 0 if row["labels"] else np.eye(classes)[0]
        pred = np.log(p) if params.get("from_logits", True) else p
        yield f"p {right:g} for the right class", [pred, target]


def _pairs(row: Row, loss: Loss) -> Iterator[tuple[str, list[Any]]]:
    for distance in (0.0, 0.25, 0.5, 1.0, 2.0):
        pair = [[[0.0, 0.0]], [[-distance, 0.0]]]
        if "target" in registry.input_names(row):
            for target in (1.0, -1.0 if row["target_domain"].startswith("-1") else 0.0):
                yield f"distance {distance:g}, target {target:g}", [*pair, [target]]
        else:
            yield f"d+ {distance:g}, d- 1", [*pair, [[0.0, 1.0]]]


_POINTS = {"pointwise": _pointwise, "rows": _rows, "pairs": _pairs}
