"""The oracle of the losses of class rows, in O(C): sums without one class come from both ends."""

from __future__ import annotations

import itertools
from collections import Counter

from tests import reals
from tests.jets import power
from tests.oracle import Exact, Term, add, times
from tests.reals import ZERO, real


def without(numbers, wanted):
    """Return, for every k wanted, the sum of all numbers but the k-th; nothing is subtracted."""
    if len(wanted) < len(numbers):
        counts = Counter(numbers)
        return {
            k: reals.fsum(x * (n - (x == numbers[k])) for x, n in counts.items()) for k in wanted
        }
    before = itertools.accumulate(numbers, initial=ZERO)
    after = list(itertools.accumulate(reversed(numbers), initial=ZERO))[-2::-1]
    return {k: x + y for k, (x, y) in enumerate(zip(before, after, strict=False))}


def phi(p, q, minus_log_p, gamma):
    """Return (1-p)^gamma (-log p) and its first two derivatives in s = log p."""
    if q == 0:
        return ZERO, ZERO if gamma else real(-1), ZERO
    ell = ZERO if p == 0 else minus_log_p  # p = 0: only p ell = 0 is meant below
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


def softmax(logits, wanted):
    """Return p, 1-p and -log p of the classes wanted; the differences to the maximum come first."""
    top = max(logits)
    peak = logits.index(top)
    powers = {z: reals.exp(z - top) for z in set(logits)}
    weights = [powers[z] for z in logits]
    rest = without(weights, wanted if peak in wanted else [*wanted, peak])
    total, log_total = 1 + rest[peak], reals.log1p(rest[peak])
    return {k: (weights[k] / total, rest[k] / total, top - logits[k] + log_total) for k in wanted}


def from_logits_terms(logits, coefficient, gamma, eps, entries):
    every = list(range(len(logits)))
    entries = every if entries is None else entries
    counted = [k for k, c in enumerate(coefficient) if c != 0]
    classes = softmax(logits, sorted({*entries, *counted}))
    value, first, second = ([ZERO] * len(logits) for _ in range(3))
    for k in counted:
        p, q, ell = classes[k]
        if eps > 0 and min(p, q) <= eps:
            held = real(eps) if p <= eps else 1 - real(eps)
            value[k] = coefficient[k] * phi(held, 1 - held, -reals.log(held), gamma)[0]
        else:
            value[k], first[k], second[k] = (coefficient[k] * x for x in phi(p, q, ell, gamma))
    total = -reals.fsum(first)
    first_rest, second_rest = without(first, entries), without(second, entries)
    grad, hess, positive = [], [], []
    for j in entries:
        p, q, _ = classes[j]
        size = max(p * total, -first[j]) if len(counted) > 1 else 0
        grad.append(Exact(first[j] * q - p * first_rest[j], size))
        curved = [second[j] * q**2, p**2 * second_rest[j], p * q * total]
        hess.append(add(*curved, independent=gamma != 0))
        positive.append(Exact(p * q * total))
    return Term(add(*value), [grad], [hess], [positive])


def bent_terms(logits, coefficient, eps, entries, price, cap, temperature):
    """Follow the chain from the bent logits, and add the price of the normaliser.

    S: beside the terms that are added, what a rounding of the largest bent logit would change.
    """
    tanh = [ZERO if cap is None else reals.tanh(x / real(cap)) for x in logits]
    capped = logits if cap is None else [real(cap) * t for t in tanh]
    z = [y / temperature for y in capped]
    entries = list(range(len(z))) if entries is None else entries
    base, top = from_logits_terms(z, coefficient, ZERO, eps, entries), max(z)
    lse = top + softmax(z, [z.index(top)])[z.index(top)][2]
    bent = cap is not None or temperature != 1
    unsure = max(abs(x) for x in z if reals.is_finite(x)) if bent else ZERO
    mass, largest = sum(coefficient), max(abs(top), abs(lse - top))
    value = base.value.number + price * lse**2
    size = max(base.value.S, mass * unsure, price * abs(lse) * (largest + unsure))
    grad, hess, positive = [], [], []
    chain = zip(entries, base.grad[0], base.hess[0], softmax(z, entries).items(), strict=True)
    for j, g, h, (_, (p, q, _)) in chain:
        first = [g.number, 2 * price * lse * p]
        second = [h.number, 2 * price * p**2, 2 * price * lse * p * q]
        unsure_of = p * q * (mass + 2 * price * abs(lse)) * unsure
        size_1 = max(g.S, abs(first[1]), 2 * price * p * largest, unsure_of)
        size_2 = max(h.S, *map(abs, second), 2 * price * p * q * largest, unsure_of)
        slope = (1 if cap is None else 1 / reals.cosh(logits[j] / real(cap)) ** 2) / temperature
        turn = ZERO if cap is None else -2 * tanh[j] * slope / real(cap)
        grad.append(Exact(times(slope, reals.fsum(first)), slope * size_1))
        curved = [times(slope**2, reals.fsum(second)), times(turn, reals.fsum(first))]
        size_2 = max(slope**2 * size_2, abs(turn) * size_1, *map(abs, curved))
        hess.append(Exact(reals.fsum(curved), size_2 if bent or price else 0))
        positive.append(Exact(max(hess[-1].number, ZERO), hess[-1].S))
    return Term(Exact(value, size), [grad], [hess], [positive])


def probability_terms(pred, coefficient, gamma, eps, entries):
    """On probabilities every class stands alone."""
    value, grad, hess, positive = [], [], [], []
    for k in range(len(pred)) if entries is None else entries:
        p, c, zero = pred[k], coefficient[k], Exact(ZERO)
        q = 1 - p
        held = eps > 0 and min(p, q) <= eps
        if held:
            p, q = (real(eps), 1 - real(eps)) if p <= eps else (1 - real(eps), real(eps))
        if c == 0:
            value.append(ZERO)
            terms = None
        else:
            ell = -reals.log(p) if p > 0 else reals.INF
            value.append(c * times(power(q, gamma), ell))
            terms = None if held else derivatives(p, q, ell, gamma)
        if terms is None:
            for out in (grad, hess, positive):
                out.append(zero)
            continue
        first, second = ([c * x for x in order] for order in terms)
        grad.append(add(*first))
        hess.append(add(*second, independent=gamma != 0))
        positive.append(Exact(max(reals.fsum(second), ZERO), hess[-1].S))
    return Term(add(*value), [grad], [hess], [positive])


def derivatives(p, q, ell, gamma):
    """Return the terms of the first two derivatives of q^gamma ell in p."""
    inf = reals.INF
    if p == 0:
        return [-inf], [inf]
    if q == 0:
        curved = real(1) if gamma == 0 else inf if gamma < 1 else real(2) if gamma == 1 else ZERO
        return [ZERO if gamma else real(-1)], [curved]
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
    z_loss=0.0,
    logit_softcap=None,
    temperature=1.0,
    entries=None,
):
    classes, ls = len(pred), real(label_smoothing)
    ignored = isinstance(target, int) and target == ignore_index
    if isinstance(target, int):
        target = [real(k == target) for k in range(classes)]
    coefficient, mass = [ZERO] * classes, ZERO
    if not ignored:
        weights, alphas = vector(class_weight, classes), vector(alpha, classes)
        coefficient = [
            w * a * (t * (1 - ls) + ls / classes)
            for w, a, t in zip(weights, alphas, target, strict=True)
        ]
        mass = (
            real(1)
            if class_weight is None
            else reals.fsum(w * t for w, t in zip(weights, target, strict=True))
        )
    if z_loss != 0 or logit_softcap is not None or temperature != 1:
        bend = (real(z_loss) * mass, logit_softcap, real(temperature))
        return bent_terms(pred, coefficient, eps, entries, *bend)
    terms = from_logits_terms if from_logits else probability_terms
    return terms(pred, coefficient, real(gamma), eps, entries)


def vector(values, classes):
    return [real(1)] * classes if values is None else [real(x) for x in values]


def log_of(x):
    return reals.log(x) if x > 0 else -reals.INF


def kl_divergence(pred, target, *, from_logits, temperature, reverse, entries=None):
    """Return the divergence either way; no target is 0 where p is not and `reverse` is set."""
    entries, heat = range(len(pred)) if entries is None else entries, real(temperature)
    if not from_logits:
        return divergence_of_probabilities(pred, target, heat, reverse, entries)
    classes = softmax([z / heat for z in pred], range(len(pred)))
    p, q, log_p = ([classes[k][i] for k in range(len(pred))] for i in range(3))
    log_p, log_t = [-x for x in log_p], [log_of(t) for t in target]
    weights, ours, theirs = (p, log_p, log_t) if reverse else (target, log_t, log_p)
    own, other = (
        [times(w, x) for w, x in zip(weights, logs, strict=True)] for logs in (ours, theirs)
    )
    value = add(heat**2 * reals.fsum(own), -(heat**2) * reals.fsum(other), independent=True)
    grad, hess = [], []
    if not reverse:
        mass = reals.fsum(target)
        rest = without(target, entries)
        soft = sum(t > 0 for t in target) > 1
        for k in entries:
            size = heat * max(p[k] * mass, target[k]) if soft else 0
            grad.append(Exact(heat * (p[k] * rest[k] - q[k] * target[k]), size))
            hess.append(Exact(mass * p[k] * q[k]))
    else:
        rest_own, rest_other = without(own, entries), without(other, entries)
        for k in entries:
            parts = [q[k] * log_p[k], -q[k] * log_t[k], -rest_own[k], rest_other[k]]
            parts = [times(p[k], x) if q[k] or p[k] else ZERO for x in parts]
            slope, size = reals.fsum(parts), max(map(abs, parts))
            grad.append(Exact(heat * slope, heat * size))
            hess.append(
                Exact(slope * (q[k] - p[k]) + p[k] * q[k], max(size * max(p[k], q[k]), p[k] * q[k]))
            )
    positive = [Exact(max(h.number, ZERO), h.S) for h in hess]
    return Term(value, [grad], [hess], [positive])


def divergence_of_probabilities(pred, target, heat, reverse, entries):
    value, grad, hess = [], [], []
    for k, (p, t) in enumerate(zip(pred, target, strict=True)):
        ratio = ZERO if p == t else log_of(t) - log_of(p)
        value.append(heat**2 * times(*((p, -ratio) if reverse else (t, ratio))))
        absent = p == t == 0 or (t == 0 and not reverse)
        if absent:
            slope, curve = [ZERO], ZERO
        elif p == 0:
            slope, curve = [-reals.INF], reals.INF
        else:
            slope, curve = ([1, -ratio], 1 / p) if reverse else ([-t / p], t / p**2)
        if k in entries:
            grad.append(add(*(heat**2 * x for x in slope), independent=reverse))
            hess.append(Exact(heat**2 * curve))
    return Term(add(*value, independent=True), [grad], [hess], [hess])


def sigmoid_parts(z):
    """Return p, 1-p and the first two derivatives of p, -log p and -log(1-p) in the logit."""
    p, q = 1 / (1 + reals.exp(-z)), 1 / (1 + reals.exp(z))
    rest = reals.log1p(reals.exp(-abs(z)))
    minus_log_p, minus_log_q = max(-z, ZERO) + rest, max(z, ZERO) + rest
    return (
        (p, p * q, -p * q * reals.tanh(z / 2)),
        (q, -p * q, p * q * reals.tanh(z / 2)),
        (minus_log_p, -q, p * q),
        (minus_log_q, p, p * q),
    )


def multilabel_soft_margin(pred, target, *, class_weight, entries=None):
    """Every class stands alone; its formula would go over all of them for each entry."""
    value, grad, hess = [], [], []
    weights = vector(class_weight, len(pred))
    for k, (z, t, w) in enumerate(zip(pred, target, weights, strict=True)):
        c = w / len(pred)
        _, _, (minus_log_p, minus_q, curved), (minus_log_q, p, _) = sigmoid_parts(z)
        value += [times(c * t, minus_log_p), times(c * (1 - t), minus_log_q)]
        if entries is None or k in entries:
            grad.append(add(c * t * minus_q, c * (1 - t) * p, independent=0 < t < 1))
            hess.append(Exact(c * curved))
    return Term(add(*value), [grad], [hess], [hess])


FUNCTIONS = {
    "kl_divergence": kl_divergence,
    "categorical_cross_entropy": categorical,
    "sparse_categorical_cross_entropy": categorical,
    "categorical_focal": categorical,
    "sparse_categorical_focal": categorical,
    "multilabel_soft_margin": multilabel_soft_margin,
}
