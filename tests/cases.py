"""Which losses, parameters and inputs the tests try: drawn from the registry.

A loss that is added to a table is tried by every test without a word here; `CHOICES` only makes
its parameters more interesting than their ranges alone.

Parameters are tried one at a time. How they meet, and what the engines do for the losses of a kind
beside its first one, are *mixtures*: `--mixtures SHARE --seed N` of conftest.py draws from them.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field

import fastloss as fl
import numpy as np
from fastloss import _core

# The tests take these from here.
from tests.draws import (  # noqa: F401
    CLASSES,
    domain_for,
    domain_of,
    draw,
    in_domain,
    inner_axis,
    of_any_numbers,
    of_samples,
    put_in_order,
    random,
    second_order,
    shape_for,
    shares,
    spread,
    weights,
)

ROWS = {row["name"]: row for row in _core.rows()}
SHARE, SEED = 0.0, 0  # of the mixtures that are tried, and what draws them: set by conftest.py
VECTORS = ((0.5, 1.0, 2.0, 0.25, 1.5), (1.0, 0.0, 3.0, 0.125, 1.0))

# What is tried for a parameter, of one loss or of all, where its range alone does not say.
CHOICES = {
    "gamma": (0.0, 0.5, 1.0, 2.0, 3.7, 5.0),
    "alpha": (None, 0.25, 1.0),
    "delta": (0.5, 1.0, 2.5),
    "eps": (0.0, 0.001, 0.25),
    "margin": (0.0, 1.0, 3.0),
    "p": (1.0, 1.5, 2.0, 3.0, float("inf")),
    "label_smoothing": (0.0, 0.1, 1.0),
    "axis": (-1, 0),
    "ignore_index": (None, 2, -100),
    "multi_margin.p": (1, 2),
    "pos_weight": (1.0, 2.5, 0.0, VECTORS[0]),
    "cosine_embedding.margin": (0.0, 0.5, -0.5),
    "power": (1.0, 1.25, 1.5, 1.9, 2.0),
    "z_loss": (0.0, 0.125),
    "logit_softcap": (None, 2.0),
    "temperature": (1.0, 0.5),
}


def choices(loss, parameter):
    """Return the values that are tried for a parameter, by its name or else by its kind."""
    name, kind, default = parameter["name"], parameter["kind"], parameter["default"]
    if f"{loss}.{name}" in CHOICES:
        return CHOICES[f"{loss}.{name}"]
    if kind == "flag":
        return (False, True)
    if kind == "choice":
        return tuple(re.findall(r"'([^']*)'", parameter["range"]))
    if kind == "vector or None":
        high = 1.0 if parameter["range"] == "[0, 1]" else np.inf
        return (None, *(tuple(min(x, high) for x in v) for v in VECTORS))
    if name in CHOICES:
        return CHOICES[name]
    if "integer" in kind or default is None:
        return (default,)
    bounds = [float(x) for x in re.findall(r"-?\d+\.?\d*(?:e[+-]?\d+)?", parameter["range"])]
    inner = sum(bounds) / 2 if len(bounds) == 2 else default + 0.5
    return (default, *(x for x in (inner,) if x != default))


def label(params):
    return ",".join(f"{k}={v}" for k, v in params.items()).replace(" ", "") or "default"


def options_and_flags(name):
    """Return what is tried for each parameter of a loss, and every combination of its flags."""
    parameters = ROWS[name]["parameters"]
    flags = [p["name"] for p in parameters if p["kind"] == "flag"]
    every = itertools.product(*[(False, True)] * len(flags))
    return {p["name"]: choices(name, p) for p in parameters}, [
        dict(zip(flags, on, strict=True)) for on in every
    ]


def of_logits(parameters):
    """Return which of a loss's parameters are refused without from_logits."""
    return ("z_loss", "logit_softcap", "temperature") if "z_loss" in parameters else ()


def distinct(name, found):
    """Return the parameter sets without those that only spell out a default."""
    defaults = {p["name"]: p["default"] for p in ROWS[name]["parameters"]}
    unique = {}
    for params in found:
        full = {**defaults, **params}
        if any(full[key] != defaults[key] for key in of_logits(defaults)):
            params = {**params, "from_logits": True}
        unique.setdefault(label({**defaults, **params}), params)
    return unique


def plain_variants(name):
    """Return every combination of flags, and each other value once, with the flags in turn."""
    options, sets = options_and_flags(name)
    others = [(key, v) for key, values in options.items() if key not in sets[0] for v in values]
    turns = zip(itertools.cycle(sets), others, strict=False)
    return list(distinct(name, [*sets, *({**on, key: v} for on, (key, v) in turns)]).values())


def variants(name, mixed=8, seed=0):
    """Return parameter sets: the default, one change at a time with every flag, and mixtures."""
    options, sets = options_and_flags(name)
    found = list(sets)
    for key, values in options.items():
        found += [{**base, key: v} for base in sets for v in values if key not in sets[0]]
    rng = random(name, seed) if seed else random(name)
    plain = {key: values for key, values in options.items() if key not in of_logits(options)}
    for some in (plain, options) if plain != options else (options,):
        for _ in range(mixed if len(some) > 1 else 0):
            found.append({key: values[rng.integers(len(values))] for key, values in some.items()})
    return list(distinct(name, found).values())


@dataclass(frozen=True)
class Case:
    """A loss with the inputs that fit it."""

    name: str
    params: tuple = ()
    mixture: bool = field(default=False, compare=False)

    @property
    def row(self):
        return ROWS[self.name]

    @property
    def loss(self):
        return fl.get(self.name, **dict(self.params))

    def __str__(self):
        return f"{self.name}-{label(dict(self.params))}"

    @property
    def convex(self):
        return self.row["convex"] and not (self.option("z_loss") or self.option("logit_softcap"))

    def option(self, key, default=None):
        return self.loss.params.get(key, default)


def of(name, found, mixture=False):
    return [Case(name, tuple(params.items()), mixture) for params in found]


def sampled(found, what):
    """Return a share of the cases, drawn by the seed, as mixtures."""
    rng = random(what, SEED)
    return [Case(c.name, c.params, True) for c in found if rng.random() < SHARE]


def cases():
    """Return every loss in every plain parameter set, and the mixtures that are drawn."""
    found = []
    for name in ROWS:
        plain = of(name, plain_variants(name))
        mixed = [c for c in of(name, variants(name, 24, SEED)) if c not in plain] if SHARE else []
        found += plain + sampled(mixed, name)
    return found


def plain_cases():
    """Return every loss once for each combination of its flags, and for another class axis."""
    return [
        c
        for name in ROWS
        for c in of(name, variants(name, 0))
        if all(isinstance(v, bool) or k == "axis" for k, v in c.params)
    ]


KIND = ("room", "inputs", "terms", "differentiable", "hessian", "labels")
KIND += ("pred_domain", "target_domain")


def kind_of(case):
    """Return what the engines and the checks can tell of a loss, its formula aside."""
    flags = [p["name"] for p in case.row["parameters"] if p["kind"] == "flag"]
    return repr(([case.row[key] for key in KIND], flags, "axis" in case.loss.params))


def cases_of_each_kind():
    """Return the plain cases of the first loss of each kind; those of its others are mixtures."""
    plain, first = plain_cases(), {}
    for case in plain:
        first.setdefault(kind_of(case), case.name)
    others = [c for c in plain if first[kind_of(c)] != c.name]
    return [c for c in plain if first[kind_of(c)] == c.name] + sampled(others, "kinds")


def methods(hessian=True):
    """Return the names of the ways to call a loss that has a Hessian, or none."""
    every = ("__call__", "value_and_grad", "grad", "grad_and_hess")
    return every if hessian else every[:-1]


def newton(loss):
    """Return the method that computes most: gradient and Hessian, where there is one."""
    return getattr(loss, "grad_and_hess", loss.value_and_grad)


def tuple_of(result):
    """Return gradients (or Hessians) as a tuple, whether the loss has one input or several."""
    return result if isinstance(result, tuple) else (result,)
