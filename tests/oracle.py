"""What every loss is worth to 256 bits: value, gradient, Hessian diagonal and positive curvature.

Independent of the compiled code: closed forms over `reals`, arranged so that nothing
cancels. `exact` returns each quantity of one loss term as `Exact` numbers, in the order in which
the arrays of the library hold them. `S` is the size that errors are measured against where a
formula subtracts independent inputs, as the row of the loss says; 0 elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests import cases, formulas, jets, reals
from tests.reals import ZERO, real


@dataclass(frozen=True)
class Exact:
    number: Any
    S: Any = 0


@dataclass
class Term:
    """One loss term: its value, and per differentiable input the derivatives of every entry."""

    value: Exact
    grad: list[list[Exact]]
    hess: list[list[Exact]] = field(default_factory=list)
    positive: list[list[Exact]] = field(default_factory=list)


def add(*terms, independent=False):
    """Return the sum; with independent terms, measured against the largest of them."""
    return Exact(reals.fsum(terms), max((abs(x) for x in terms), default=0) if independent else 0)


def times(weight, x):
    """Return ``weight * x`` where 0 times infinity is 0."""
    return ZERO if weight == 0 or x == 0 else weight * x


# ULP -------------------------------------------------------------------------

# precision in bits, exponents of the smallest normal and of the largest finite number
FORMATS = {
    "float16": (11, -14, 15),
    "bfloat16": (8, -126, 127),
    "float32": (24, -126, 127),
    "float64": (53, -1022, 1023),
}


def ulp_error(got, exact, dtype):
    """Return the error of `got` in units of the last place of ``max(|exact|, S)``.

    Below the normal numbers the unit is the smallest subnormal. Numbers beyond the largest finite
    one count as the power of two that follows it, and so does infinity; an exact infinity or NaN
    wants the same.
    """
    bits, low, high = FORMATS[np.dtype(dtype).name]
    got, number = float(got), exact.number
    if reals.is_nan(number) or np.isnan(got):
        return 0.0 if reals.is_nan(number) and np.isnan(got) else float("inf")
    if reals.is_infinite(number):
        return 0.0 if got == float(number) else float("inf")
    bound = reals.two_to(high + 1)
    near, true = (max(-bound, min(bound, real(x))) for x in (got, number))
    largest = max(abs(number), exact.S)
    exponent = low if largest == 0 else min(max(reals.leading(largest), low), high)
    return float(abs(near - true) / reals.two_to(exponent - bits + 1))


# All -------------------------------------------------------------------------


def vector_entry(position, name, params):
    """Take the entry of a parameter that holds one number per last axis."""
    value = params.get(name)
    return {**params, name: value[position]} if isinstance(value, tuple) else params


def exact(loss, *inputs, position=0, **extra):
    """Return the `Term` of one loss term; `inputs` are scalars or vectors of NumPy numbers.

    `position` is the place of the term along the last axis, for a parameter given per last axis.
    """
    return evaluate(loss, [numbers(x) for x in inputs], position, **extra)


def evaluate(loss, inputs, position, **extra):
    from tests import oracle_pairs, oracle_rows

    functions = {**oracle_rows.FUNCTIONS, **oracle_pairs.FUNCTIONS}
    params = vector_entry(position, "pos_weight", dict(loss.params))
    params.pop("axis", None)
    if loss.name not in functions:
        return by_formula(loss.name, inputs, params, **extra)
    return functions[loss.name](*inputs, **params, **extra)


def by_formula(name, inputs, params, entries=None):
    """Return the term of a loss whose derivatives follow from its formula."""
    row = cases.ROWS[name]
    formula, curvature = formulas.find(name, row["family"])
    addends, all_jets = jets.by_each(formula, inputs, params, row["differentiable"], entries)
    independent = row["slack"] != "0"
    term = Term(add(*addends, independent=independent), [])
    for by_input in all_jets:
        term.grad.append([Exact(j.d, j.s1 if independent else 0) for j in by_input])
        term.hess.append([Exact(j.h, j.s2 if independent else 0) for j in by_input])
    term.positive = [[Exact(max(e.number, ZERO), e.S) for e in h] for h in term.hess]
    if curvature is not None:
        exact_params = {k: jets.exact(v) for k, v in params.items()}
        seeded = [jets.Jet(inputs[0], real(1), ZERO, real(1)), *inputs[1:]]
        given = curvature(jets.Exact, *seeded, **exact_params)
        if given is not None:
            term.positive = [[Exact(jets.Jet.of(x).v)] for x in given]
    return term


def numbers(x):
    """Return NumPy numbers as real ones, labels as integers."""
    x = np.asarray(x)
    if x.dtype.kind in "iub":
        return int(x) if x.ndim == 0 else [int(k) for k in x]
    if x.ndim == 0:
        return real(float(x))
    values = x.astype(np.float64).tolist()
    made = {value: real(value) for value in set(values)}  # a vocabulary's row has few of them
    return [made[value] for value in values]
