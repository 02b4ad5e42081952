"""Errors of the library against the oracle, in units of the last place."""

from __future__ import annotations

import numpy as np

from tests import cases, oracle, oracle_pairs
from tests.cases import tuple_of

QUANTITIES = ("value", "grad", "hess", "positive")
# Of one call, so many entries of so many terms are held against the oracle, drawn by --seed; with
# --mixtures 1 it is all of them. The oracle takes a millisecond for a number, and sets overlap.
ENTRIES, NUMBERS = 24, 120


def drawn(loss, inputs, entries):
    """Return the terms that are measured, and the entries of each: None where it is all of them."""
    terms, width = len(inputs[0]), int(np.prod(inputs[0].shape[1:]))
    if cases.SHARE >= 1:
        return range(terms), entries
    rng = cases.random("measured", cases.SEED, str(loss), inputs[0].dtype.name, inputs[0].shape)
    if entries is None and width > 2 * ENTRIES and loss.name not in oracle_pairs.FUNCTIONS:
        ends = {0, width - 1, *map(int, np.argmax(inputs[0], axis=1))}
        entries = sorted(ends | set(map(int, rng.choice(width, ENTRIES, replace=False))))
    count = max(2, NUMBERS // (width if entries is None else len(entries)))
    return sorted(rng.choice(terms, min(count, terms), replace=False)), entries


def results(loss, inputs, **options):
    """Return every quantity of every loss term, as the library computes them."""
    options = {"reduction": "none", **options}
    if not cases.ROWS[loss.name]["hessian"]:
        value, grad = loss.value_and_grad(*inputs, **options)
        return {"value": value, "grad": tuple_of(grad)}
    grad, hess = loss.grad_and_hess(*inputs, **options)
    again, positive = loss.grad_and_hess(*inputs, curvature="positive", **options)
    both = loss.value_and_grad(*inputs, **options)
    for name, other in (("positive", again), ("value_and_grad", both[1])):
        for x, y in zip(tuple_of(grad), tuple_of(other), strict=True):
            assert x.tobytes() == y.tobytes(), f"{loss}: another gradient beside {name}"
    return {
        "value": both[0],
        "grad": tuple_of(grad),
        "hess": tuple_of(hess),
        "positive": tuple_of(positive),
    }


def errors(loss, inputs, entries=None):
    """Yield (quantity, error in ULP, where and what) for every number of every loss term.

    Terms lie along the first axis, classes or features along the second. `entries` picks some of
    the classes where all would take too long; the inputs stay whole.
    """
    got = results(loss, inputs)
    terms, entries = drawn(loss, inputs, entries)
    extra = {} if entries is None else {"entries": entries}
    for i in terms:
        term = [x[i] for x in inputs]
        exact = oracle.exact(loss, *term, position=i, **extra)
        yield from compare("value", got["value"][i], exact.value, (i,), term, loss)
        for quantity in [q for q in QUANTITIES[1:] if q in got]:
            pairs = zip(got[quantity], getattr(exact, quantity), strict=True)
            for k, (ours, theirs) in enumerate(pairs):
                ours = np.atleast_1d(ours[i])
                ours = ours if entries is None else ours[entries]
                for j, (x, y) in enumerate(zip(ours, theirs, strict=True)):
                    yield from compare(quantity, x, y, (i, k, j), term, loss)


def compare(quantity, got, exact, where, term, loss):
    error = oracle.ulp_error(got, exact, got.dtype)
    if error > loss_budget(loss) / 2:
        shown = [x if np.ndim(x) == 0 or len(x) <= 8 else f"<{len(x)}>" for x in term]
        text = (
            f"at {where}: {got!r}, exact {float(exact.number)!r}, S {float(exact.S)!r}, of {shown}"
        )
    else:
        text = ""
    yield quantity, error, text


def loss_budget(loss):
    return cases.ROWS[loss.name]["ulp"]


def assert_close(loss, inputs, entries=None):
    """Fail with the worst place of every quantity that is beyond the budget of the loss's row."""
    worst = {}
    for quantity, error, text in errors(loss, inputs, entries):
        if error > worst.get(quantity, (0.0, ""))[0]:
            worst[quantity] = (error, text)
    bad = {q: w for q, w in worst.items() if w[0] > loss_budget(loss)}
    lines = "".join(f"\n  {q}: {error:.4g} ULP {text}" for q, (error, text) in bad.items())
    assert not bad, f"{loss}, {inputs[0].dtype}{lines}"
