"""Which losses, parameters and inputs the tests try: drawn from the registry.

A loss that is added to a table is tried by every test without a word here; `CHOICES` only makes
its parameters more interesting than their ranges alone.

Parameters are tried one at a time. How they meet, and what the engines do for the losses of a kind
beside its first one, are *mixtures*: `--mixtures SHARE --seed N` of conftest.py draws from them.
"""

from __future__ import annotations

import itertools
import re
import zlib
from dataclasses import dataclass, field

import fastloss as fl
import numpy as np
from fastloss import _core

ROWS = {row["name"]: row for row in _core.rows()}
SHARE, SEED = 0.0, 0  # of the mixtures that are tried, and what draws them: set by conftest.py
CLASSES = 5  # of the vectors among the parameters, and of the last axis that fits them
VECTORS = ((0.5, 1.0, 2.0, 0.25, 1.5), (1.0, 0.0, 3.0, 0.125, 1.0))

# What is tried for a parameter, where its range alone does not say.
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
    "pos_weight": (1.0, 2.5, 0.0, VECTORS[0]),
    "power": (1.0, 1.25, 1.5, 1.9, 2.0),
}


def choices(parameter):
    """Return the values that are tried for a parameter, by its name or else by its kind."""
    name, kind, default = parameter["name"], parameter["kind"], parameter["default"]
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
    return {p["name"]: choices(p) for p in parameters}, [
        dict(zip(flags, on, strict=True)) for on in every
    ]


def distinct(name, found):
    """Return the parameter sets without those that only spell out a default."""
    defaults = {p["name"]: p["default"] for p in ROWS[name]["parameters"]}
    unique = {}
    for params in found:
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
    for _ in range(mixed if len(options) > 1 else 0):
        found.append({key: values[rng.integers(len(values))] for key, values in options.items()})
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


KIND = ("room", "inputs", "differentiable", "labels", "pred_domain", "target_domain")


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


def random(*seed):
    return np.random.default_rng(zlib.crc32(repr(seed).encode()))


def domain_of(text):
    """Return the bounds of a domain of the table: "[0, 1]", "finite, >= 0", "0 or 1" or "real"."""
    closed = re.match(r"\[(\S+), (\S+)\]", text) or re.match(r"(\S+) or (\S+)$", text)
    if closed:
        return float(closed[1]), float(closed[2])
    above = re.search(r">=? ([^\s;]+)", text)
    return (float(above[1]), np.inf) if above else (-np.inf, np.inf)


def domain_for(case, argument):
    """Return the words for what an input may hold, with the parameters of a case."""
    plainly, _, other = argument["domain"].partition("; ")
    if not other:
        return plainly
    text, _, condition = other.rpartition(" with ")
    name, _, value = condition.partition("=")
    given = case.option(name)
    if isinstance(given, float):
        met = given == float(value)
    else:
        met = bool(given) if not value else str(given) == value.strip("'")
    return text if met else plainly


def shape_for(argument, lead, classes):
    """Return the shape that an input's words stand for, the inner axis last."""
    sizes = {"*b": lead, "C": (classes,), "D": (classes,), "4": (4,), "": ()}
    return tuple(n for word in argument["shape"].split() for n in sizes[word])


def inner_axis(case):
    """Return where the axis lies that a term of the first input needs whole; None without one."""
    words = case.row["arguments"][0]["shape"].split()
    return case.option("axis", -1) if any(w.isupper() or w.isdigit() for w in words) else None


def of_any_numbers(row):
    """Whether a loss takes a prediction and a target, each any real number."""
    plain = all((x["domain"], x["shape"]) == ("real", "*b") for x in row["arguments"])
    return plain and row["inputs"] == ["pred", "target"]


def second_order(cases_):
    """Return the cases that have a Hessian."""
    return [c for c in cases_ if c.row["hessian"]]


def put_in_order(row, inputs):
    """Exchange the numbers of a term that are not in the order that the loss wants."""
    places = [
        x[..., k] if argument["shape"].endswith("4") else x
        for argument, x in zip(row["arguments"], inputs, strict=True)
        for k in range(4 if argument["shape"].endswith("4") else 1)
    ]
    for smaller, larger in row["ordered"]:
        a, b = places[smaller], places[larger]
        a[...], b[...] = np.minimum(a, b), np.maximum(a, b)
    return inputs


def spread(rng, shape, low, high, step=2.0**-20):
    """Return numbers within the bounds, away from them by a hundredth, as multiples of `step`.

    Multiples of 2^-20 of moderate size are exact in float32 as in float64.
    """
    if np.isfinite(high - low):
        edge = (high - low) / 100
        x = rng.uniform(low + edge, high - edge, shape)
    elif np.isfinite(low):
        x = low + rng.exponential(1.0, shape) + 0.01
    else:
        x = rng.normal(0.0, 2.0, shape).clip(-8, 8)
    return np.asarray(np.round(x / step) * step)


def draw(case, lead=(8, CLASSES), classes=CLASSES, dtype=np.float64, seed=0, hard=False):
    """Return inputs for a case: `lead` is the shape of its loss terms.

    Targets are soft where the loss takes soft ones, unless `hard`. Rows of probabilities and soft
    rows sum to 1 up to rounding.
    """
    row, rng = case.row, random(case.name, lead, classes, seed)
    logits = bool(case.option("from_logits"))
    pred_domain = "real" if logits else row["pred_domain"]
    if row["room"] == "pairs":
        vectors = [rng.normal(0, 0.5, (*lead, classes)) for _ in range(row["differentiable"])]
        inputs = [np.round(x * 2**20) / 2**20 for x in vectors]
        if row["differentiable"] < len(row["inputs"]):
            y = spread(rng, lead, *domain_of(row["target_domain"]))
            inputs.append(np.round(y) if hard else y)
        return [x.astype(dtype) for x in inputs]
    axis = case.option("axis", -1)
    if row["room"] == "pointwise":
        inputs = []
        for k, argument in enumerate(row["arguments"]):
            words = domain_for(case, argument)
            x = spread(rng, shape_for(argument, lead, classes), *domain_of(words))
            if " or " in words:
                low, high = domain_of(words)
                x = np.where(x < (low + high) / 2, low, high)
            if hard and k >= row["differentiable"]:
                x = np.ceil(x) if "> " in words else np.round(x)
            inputs.append(x.astype(dtype))
        return put_in_order(row, inputs)
    pred = spread(rng, (*lead, classes), *domain_of("real"))
    if not logits and pred_domain != "real":
        pred = shares(pred)
    if row["labels"]:
        target = rng.integers(0, classes, lead)
    elif hard:
        target = np.eye(classes)[rng.integers(0, classes, lead)].astype(dtype)
    else:
        target = shares(rng.normal(0, 1, (*lead, classes))).astype(dtype)
    if target.ndim == pred.ndim:
        target = np.moveaxis(target, -1, axis)
    return [np.moveaxis(pred, -1, axis).astype(dtype, order="C"), target.copy(order="C")]


def shares(x):
    """Return rows of positive numbers with sum 1, in multiples of 2^-20 but for rounding."""
    x = np.exp(x - x.max(axis=-1, keepdims=True)) + 0.01
    return np.round(x / x.sum(axis=-1, keepdims=True) * 2**20) / 2**20


def weights(lead, seed=0):
    """Return sample weights, some of them 0, exact in every real dtype but the half types."""
    w = random("weights", lead, seed).integers(0, 9, lead) / 4
    return w


def tuple_of(result):
    """Return gradients (or Hessians) as a tuple, whether the loss has one input or several."""
    return result if isinstance(result, tuple) else (result,)
