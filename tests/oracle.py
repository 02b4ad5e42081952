"""What every loss is worth to 256 bits: value, gradient, Hessian diagonal and positive curvature.

Independent of the compiled code: closed forms over mpmath numbers, arranged so that nothing
cancels. `exact` returns each quantity of one loss term as `Exact` numbers, in the order in which
the arrays of the library hold them. `S` is the size that errors are measured against where a
formula subtracts independent inputs, as the row of the loss says; 0 elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import mpmath
import numpy as np
from mpmath import mp, mpf

from tests import cases, formulas, jets

PRECISION = 256


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
    return Exact(mpmath.fsum(terms), max((abs(x) for x in terms), default=0) if independent else 0)


def times(weight, x):
    """Return ``weight * x`` where 0 times infinity is 0."""
    return mpf(0) if weight == 0 or x == 0 else weight * x


def power(base, exponent):
    """Return ``base ** exponent`` with ``0 ** 0 == 1``."""
    return mpf(1) if exponent == 0 else mpf(0) if base == 0 else mpmath.power(base, exponent)


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
    if mpmath.isnan(number) or np.isnan(got):
        return 0.0 if mpmath.isnan(number) and np.isnan(got) else float("inf")
    if mpmath.isinf(number):
        return 0.0 if got == float(number) else float("inf")
    with mp.workprec(PRECISION):
        bound = mpmath.ldexp(1, high + 1)
        near, true = (max(-bound, min(bound, mpf(x))) for x in (got, number))
        largest = max(abs(number), exact.S)
        exponent = low if largest == 0 else min(max(mpmath.mag(largest) - 1, low), high)
        return float(abs(near - true) / mpmath.ldexp(1, exponent - bits + 1))


# Regression ------------------------------------------------------------------


def mean_squared_error(pred, target):
    r = pred - target
    return Term(Exact(r * r), [[Exact(2 * r)]], [[Exact(mpf(2))]], [[Exact(mpf(2))]])


def mean_absolute_error(pred, target):
    r, zero = pred - target, [[Exact(mpf(0))]]
    return Term(Exact(abs(r)), [[Exact(mpmath.sign(r))]], zero, zero)


def huber(pred, target, *, delta):
    r, delta = pred - target, mpf(delta)
    if abs(r) <= delta:
        value, grad, hess = r * r / 2, r, mpf(1)
    else:
        value, grad, hess = delta * (abs(r) - delta / 2), mpmath.sign(r) * delta, mpf(0)
    return Term(Exact(value), [[Exact(grad)]], [[Exact(hess)]], [[Exact(hess)]])


# Binary ----------------------------------------------------------------------


def sigmoid_parts(z):
    """Return p, 1-p and the first two derivatives of p, -log p and -log(1-p) in the logit."""
    p, q = 1 / (1 + mpmath.exp(-z)), 1 / (1 + mpmath.exp(z))
    rest = mpmath.log1p(mpmath.exp(-abs(z)))
    minus_log_p, minus_log_q = max(-z, mpf(0)) + rest, max(z, mpf(0)) + rest
    return (
        (p, p * q, -p * q * mpmath.tanh(z / 2)),
        (q, -p * q, p * q * mpmath.tanh(z / 2)),
        (minus_log_p, -q, p * q),
        (minus_log_q, p, p * q),
    )


def probability_parts(p):
    """Return the same for a probability."""
    q, inf = 1 - p, mpmath.inf
    return (
        (p, mpf(1), mpf(0)),
        (q, mpf(-1), mpf(0)),
        (-mpmath.log(p), -1 / p, 1 / p**2) if p > 0 else (inf, -inf, inf),
        (-mpmath.log1p(-p), 1 / q, 1 / q**2) if q > 0 else (inf, inf, inf),
    )


def clipped_parts(parts, eps):
    """Hold p within [eps, 1-eps]; where that changes it, or touches it, nothing varies any more."""
    if eps == 0 or (parts[0][0] > eps and parts[1][0] > eps):
        return parts
    p, q = (mpf(eps), 1 - mpf(eps)) if parts[0][0] <= eps else (1 - mpf(eps), mpf(eps))
    return ((p, 0, 0), (q, 0, 0), (-mpmath.log(p), 0, 0), (-mpmath.log(q), 0, 0))


def binary_focal(
    pred, target, *, from_logits, pos_weight, label_smoothing, eps, gamma=0.0, alpha=None
):
    gamma, pw, ls = mpf(gamma), mpf(pos_weight), mpf(label_smoothing)
    t, u = target * (1 - ls) + ls / 2, (1 - target) * (1 - ls) + ls / 2  # u = 1 - t
    p, q, lp, lq = clipped_parts((sigmoid_parts if from_logits else probability_parts)(pred), eps)
    a = mpf(1) if alpha is None else mpf(alpha) * t + (1 - mpf(alpha)) * u
    soft = t != 0 and u != 0

    # L = a Q^gamma C, with C the cross-entropy and Q the probability of being wrong.
    parts = [(times(pw * t, x), times(u, y)) for x, y in zip(lp, lq, strict=True)]
    c0, _, c2 = (x + y for x, y in parts)
    q0, q1, q2 = (times(u, x) + times(t, y) for x, y in zip(p, q, strict=True))
    if c0 == 0 and q0 == 0:  # certain and right; only probabilities come here
        value, grad = [mpf(0)], list(parts[1]) if gamma == 0 else [mpf(0)]
        hess = [
            c2 if gamma == 0 else mpmath.inf if gamma < 1 else c2 + c2 if gamma == 1 else mpf(0)
        ]
    else:
        f0, f1 = power(q0, gamma), gamma * power(q0, gamma - 1)
        f2 = gamma * (gamma - 1) * power(q0, gamma - 2)
        value = [f0 * c0]
        grad = [times(f0, parts[1][0]), times(f0, parts[1][1]), times(f1 * q1, c0)]
        hess = [times(f0, c2), 2 * f1 * q1 * parts[1][0], 2 * f1 * q1 * parts[1][1]]
        hess += [times(f2 * q1 * q1, c0), times(f1 * q2, c0)]
    grad, hess = [a * x for x in grad], [a * x for x in hess]
    positive = max(mpmath.fsum(hess), mpf(0))
    if gamma == 0:
        positive = mpmath.fsum(hess)
    elif from_logits:  # Gauss-Newton weight in R = Q'/Q
        positive = a * f0 * (c2 + times(gamma * (q1 / q0) ** 2, c0))
    return Term(
        add(*(a * x for x in value)),
        [[add(*grad, independent=soft)]],
        [[add(*hess, independent=gamma != 0)]],
        [[Exact(positive, 0 if from_logits or gamma == 0 else max(map(abs, hess)))]],
    )


def vector_entry(position, name, params):
    """Take the entry of a parameter that holds one number per last axis."""
    value = params.get(name)
    return {**params, name: value[position]} if isinstance(value, tuple) else params


# All -------------------------------------------------------------------------


def exact(loss, *inputs, position=0, prec=PRECISION, **extra):
    """Return the `Term` of one loss term; `inputs` are scalars or vectors of NumPy numbers.

    `position` is the place of the term along the last axis, for a parameter given per last axis.
    """
    with mp.workprec(prec):
        return evaluate(loss, [numbers(x) for x in inputs], position, **extra)


def evaluate(loss, inputs, position, **extra):
    from tests import oracle_pairs, oracle_rows

    functions = {
        "mean_squared_error": mean_squared_error,
        "mean_absolute_error": mean_absolute_error,
        "huber": huber,
        "binary_cross_entropy": binary_focal,
        "binary_focal": binary_focal,
        **oracle_rows.FUNCTIONS,
        **oracle_pairs.FUNCTIONS,
    }
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
    term.positive = [[Exact(max(e.number, mpf(0)), e.S) for e in h] for h in term.hess]
    if curvature is not None:
        exact_params = {k: jets.exact(v) for k, v in params.items()}
        given = curvature(jets.Exact, *inputs, **exact_params)
        term.positive = [[Exact(jets.Jet.of(x).v)] for x in given]
    return term


def numbers(x):
    """Return NumPy numbers as mpmath's, labels as integers."""
    x = np.asarray(x)
    if x.dtype.kind in "iub":
        return int(x) if x.ndim == 0 else [int(k) for k in x]
    if x.ndim == 0:
        return mpf(float(x))
    values = x.astype(np.float64).tolist()
    made = {value: mpf(value) for value in set(values)}  # a vocabulary's row has few of them
    return [made[value] for value in values]
