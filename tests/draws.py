"""Inputs for a case, drawn from what its loss says of their roles, shapes and domains."""

from __future__ import annotations

import re
import zlib

import numpy as np

CLASSES = 5  # of the last axis, and of the vectors among the parameters that fit it


def random(*seed):
    return np.random.default_rng(zlib.crc32(repr(seed).encode()))


def domain_of(text):
    """Return the bounds of a domain of the table: "[0, 1]", "finite, >= 0", "0 or 1" or "real"."""
    closed = re.match(r"\[(\S+), (\S+)\]", text) or re.match(r"(\S+) or (\S+)$", text)
    if closed:
        return float(closed[1]), float(closed[2])
    above = re.search(r">=? ([^\s;]+)", text)
    return (float(above[1]), np.inf) if above else (-np.inf, np.inf)


def in_domain(text, share):
    """Return numbers of [0, 1] as they are, or as one of the two that a domain names."""
    low, high = domain_of(text)
    return np.where(share < 0.5, low, high).astype(share.dtype) if " or " in text else share


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


def of_samples(row):
    """Whether a loss is one of a prediction for each sample: a number, or a row of classes."""
    return row["inputs"] == ["pred", "target"] and row["arguments"][0]["shape"] in ("*b", "*b C")


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
            low, high = domain_of(row["target_domain"])
            y = spread(rng, lead, low, high)
            two = " or " in row["target_domain"]
            inputs.append(
                np.where(y < (low + high) / 2, low, high) if two else np.round(y) if hard else y
            )
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
            inputs.append(np.asarray(x).astype(dtype))
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
