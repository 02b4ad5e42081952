"""The oracle of the losses of pairs and triplets of vectors."""

from __future__ import annotations

from tests import reals
from tests.oracle import Exact, Term, add
from tests.reals import ZERO, real


def contrastive(a, b, target, *, margin):
    y, margin = real(target), real(margin)
    r = [x - z for x, z in zip(a, b, strict=True)]
    square = reals.fsum(x * x for x in r)
    d = reals.sqrt(square)
    near = d < margin
    short = margin - d if near else ZERO
    value = Exact(
        y * square + (1 - y) * short**2, max(y * square, (1 - y) * margin**2) if near else 0
    )
    grad, hess, positive = [], [], []
    for x in r:
        u = x / d if d > 0 else ZERO
        pull, push = 2 * y * x, -2 * (1 - y) * short * u
        grad.append(
            Exact(pull + push, max(abs(pull), 2 * (1 - y) * margin * abs(u)) if near else 0)
        )
        curved = [2 * y]
        if near and d > 0:
            steep = 2 * (1 - y) * margin / d
            curved += [2 * (1 - y), -steep, steep * u * u]
        hess.append(add(*curved, independent=near))
        positive.append(Exact(2 * y + (2 * (1 - y) * u * u if near else 0)))
    opposite = [Exact(-g.number, g.S) for g in grad]
    return Term(value, [grad, opposite], [hess, hess], [positive, positive])


def distance(x, y, p, squared):
    """Return d or its square, and along every coordinate of x its slope and terms of its bend."""
    r = [s - t for s, t in zip(x, y, strict=True)]
    size = [abs(s) for s in r]
    d = max(size) if p == reals.INF else reals.fsum(s**p for s in size) ** (1 / p)
    if d == 0:
        return d, [ZERO] * len(r), [(real(2) if squared and p == 2 else ZERO,)] * len(r)
    shared = sum(s == d for s in size)
    slope, bend = [], []
    for s in r:
        u = abs(s) / d
        if p == reals.INF:
            slope.append(reals.sign(s) / shared if u == 1 else ZERO)
        else:
            slope.append(reals.sign(s) * u ** (p - 1))
        if p in (1, reals.INF) or (u == 0 and p < 2):  # a kink counts as flat
            bend.append((ZERO,))
        else:
            flat = real(1) if p == 2 else u ** (p - 2)
            bend.append(((p - 1) * flat / d, -(p - 1) * u ** (2 * p - 2) / d))
    if squared:
        square = reals.fsum(s * s for s in size) if p == 2 else d * d
        bend = [
            (2 * g * g, *(2 * d * h for h in terms)) for g, terms in zip(slope, bend, strict=True)
        ]
        return square, [2 * d * g for g in slope], bend
    return d, slope, bend


def triplet(anchor, positive, negative, *, margin, p, squared, swap):
    p, margin = real(p), real(margin)
    d_ap = distance(anchor, positive, p, squared)
    d_an = distance(anchor, negative, p, squared)
    d_pn = distance(positive, negative, p, squared)
    share = ZERO  # of the distance from the positive to the negative
    if swap and d_pn[0] <= d_an[0]:
        share = real(1) if d_pn[0] < d_an[0] else real(1) / 2
    far = min(d_an[0], d_pn[0]) if swap else d_an[0]
    value = d_ap[0] - far + margin
    size = max(d_ap[0], far, margin)
    if value <= size * real(2) ** -200:  # the corner is 0 but for the roundings of the roots
        zeros = [[Exact(ZERO)] * len(anchor)] * 3
        return Term(Exact(ZERO, size), zeros, zeros, zeros)
    grad, hess = [[], [], []], [[], [], []]
    for i in range(len(anchor)):
        near, far_a, far_p = d_ap[1][i], (1 - share) * d_an[1][i], share * d_pn[1][i]
        for of, terms in enumerate([(near, -far_a), (-near, -far_p), (far_a, far_p)]):
            grad[of].append(add(*terms, independent=True))
        near = d_ap[2][i]
        far_a = [-(1 - share) * x for x in d_an[2][i]]
        far_p = [-share * x for x in d_pn[2][i]]
        for of, terms in enumerate([(*near, *far_a), (*near, *far_p), (*far_a, *far_p)]):
            hess[of].append(add(*terms, independent=True))
    positive = [[Exact(max(h.number, ZERO), h.S) for h in row] for row in hess]
    return Term(Exact(value, size), grad, hess, positive)


FUNCTIONS = {"contrastive": contrastive, "triplet": triplet}
