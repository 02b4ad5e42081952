"""The oracle of the losses of class rows, in O(C): sums without one class come from both ends."""

from __future__ import annotations

import itertools

import mpmath
from mpmath import mpf

from tests.oracle import Exact, Term, add, power, times


def without(numbers):
    """Return, for every k, the sum of all numbers but the k-th; nothing is subtracted."""
    before = list(itertools.accumulate(numbers, initial=mpf(0)))[:-1]
    after = list(itertools.accumulate(reversed(numbers), initial=mpf(0)))[-2::-1]
    return [x + y for x, y in zip(before, after, strict=True)]


def phi(p, q, minus_log_p, gamma):
    """Return (1-p)^gamma (-log p) and its first two derivatives in s = log p."""
    if q == 0:
        return mpf(0), mpf(0) if gamma else mpf(-1), mpf(0)
    ell = mpf(0) if p == 0 else minus_log_p  # p = 0: only p ell = 0 is meant below
    f0, f1, f2 = (
        power(q, gamma),
        gamma * power(q, gamma - 1),
        gamma * (gamma - 1) * power(q, gamma - 2),
    )
    return (
        f0 * minus_log_p,
        -f0 - f1 * p * ell,
        p * (f1 * (2 - ell) + f2 * p * ell),
    )


def softmax(logits):
    """Return p, 1-p and -log p; the differences to the maximum come first."""
    top = max(logits)
    weights = [mpmath.exp(z - top) for z in logits]
    rest = without(weights)
    total = mpmath.fsum(weights)
    log_total = mpmath.log1p(rest[logits.index(top)])
    return (
        [w / total for w in weights],
        [r / total for r in rest],
        [top - z + log_total for z in logits],
    )


def from_logits_terms(logits, coefficient, gamma, eps, entries):
    p, q, ell = softmax(logits)
    jets = []
    for k, c in enumerate(coefficient):
        if c == 0:
            jets.append((mpf(0), mpf(0), mpf(0)))
        elif eps > 0 and min(p[k], q[k]) <= eps:
            held = mpf(eps) if p[k] <= eps else 1 - mpf(eps)
            jets.append((c * phi(held, 1 - held, -mpmath.log(held), gamma)[0], mpf(0), mpf(0)))
        else:
            jets.append(tuple(c * x for x in phi(p[k], q[k], ell[k], gamma)))
    value, first, second = zip(*jets, strict=True)
    total = -mpmath.fsum(first)
    first_rest, second_rest = without(first), without(second)
    soft = sum(c != 0 for c in coefficient) > 1
    grad, hess, positive = [], [], []
    for j in range(len(logits)) if entries is None else entries:
        own, others = first[j] * q[j], -p[j] * first_rest[j]
        size = max(p[j] * total, -first[j]) if soft else 0
        grad.append(Exact(own + others, size))
        curved = [second[j] * q[j] ** 2, p[j] ** 2 * second_rest[j], p[j] * q[j] * total]
        hess.append(add(*curved, independent=gamma != 0))
        positive.append(Exact(p[j] * q[j] * total))
    return Term(add(*value), [grad], [hess], [positive])


def probability_terms(pred, coefficient, gamma, eps, entries):
    """On probabilities every class stands alone."""
    value, grad, hess, positive = [], [], [], []
    for k in range(len(pred)) if entries is None else entries:
        p, c, zero = pred[k], coefficient[k], Exact(mpf(0))
        q = 1 - p
        held = eps > 0 and min(p, q) <= eps
        if held:
            p, q = (mpf(eps), 1 - mpf(eps)) if p <= eps else (1 - mpf(eps), mpf(eps))
        if c == 0:
            value.append(mpf(0))
            terms = None
        else:
            ell = -mpmath.log(p) if p > 0 else mpmath.inf
            value.append(c * times(power(q, gamma), ell))
            terms = None if held else derivatives(p, q, ell, gamma)
        if terms is None:
            for out in (grad, hess, positive):
                out.append(zero)
            continue
        first, second = ([c * x for x in order] for order in terms)
        grad.append(add(*first))
        hess.append(add(*second, independent=gamma != 0))
        positive.append(Exact(max(mpmath.fsum(second), mpf(0)), hess[-1].S))
    return Term(add(*value), [grad], [hess], [positive])


def derivatives(p, q, ell, gamma):
    """Return the terms of the first two derivatives of q^gamma ell in p."""
    inf = mpmath.inf
    if p == 0:
        return [-inf], [inf]
    if q == 0:
        curved = mpf(1) if gamma == 0 else inf if gamma < 1 else mpf(2) if gamma == 1 else mpf(0)
        return [mpf(0) if gamma else mpf(-1)], [curved]
    f0, f1, f2 = (
        power(q, gamma),
        gamma * power(q, gamma - 1),
        gamma * (gamma - 1) * power(q, gamma - 2),
    )
    return [-f0 / p, -f1 * ell], [f0 / p**2, 2 * f1 / p, f2 * ell]


def categorical(
    pred,
    target,
    *,
    from_logits,
    class_weight,
    label_smoothing,
    eps,
    gamma=0.0,
    alpha=None,
    ignore_index=None,
    entries=None,
):
    classes, ls = len(pred), mpf(label_smoothing)
    ignored = isinstance(target, int) and target == ignore_index
    if isinstance(target, int):
        target = [mpf(k == target) for k in range(classes)]
    coefficient = [mpf(0)] * classes
    if not ignored:
        weights, alphas = vector(class_weight, classes), vector(alpha, classes)
        coefficient = [
            w * a * (t * (1 - ls) + ls / classes)
            for w, a, t in zip(weights, alphas, target, strict=True)
        ]
    terms = from_logits_terms if from_logits else probability_terms
    return terms(pred, coefficient, mpf(gamma), eps, entries)


def vector(values, classes):
    return [mpf(1)] * classes if values is None else [mpf(x) for x in values]


FUNCTIONS = {
    "categorical_cross_entropy": categorical,
    "sparse_categorical_cross_entropy": categorical,
    "categorical_focal": categorical,
    "sparse_categorical_focal": categorical,
}
