"""Formulas of the losses of a yes-or-no target."""

from tests.jets import product


def chances(x, pred, from_logits, eps):
    """Return p, 1 - p and minus their logarithms, held within [eps, 1 - eps]."""
    if from_logits:
        p, q = x.sigmoid(pred), x.sigmoid(-pred)
        minus_log_p, minus_log_q = x.softplus(-pred), x.softplus(pred)
    else:
        p, q, minus_log_p, minus_log_q = pred, 1 - pred, -x.log(pred), -x.log1p(-pred)
    if not eps > 0:
        return p, q, minus_log_p, minus_log_q

    def held(low, high, open):
        return x.where(p <= eps, low, x.where(q <= eps, high, open))

    logs = -x.log(eps), -x.log1p(-eps)
    return (
        held(eps, 1 - eps, p),
        held(1 - eps, eps, q),
        held(*logs, minus_log_p),
        held(*logs[::-1], minus_log_q),
    )


def shares(target, label_smoothing):
    keep, spread = 1 - label_smoothing, label_smoothing / 2
    return target * keep + spread, (1 - target) * keep + spread


def unless_none(x, weight, number):
    return x.where(weight > 0, weight * number, 0)


def binary_cross_entropy(x, pred, target, *, from_logits, pos_weight, label_smoothing, eps):
    t, u = shares(target, label_smoothing)
    _, _, minus_log_p, minus_log_q = chances(x, pred, from_logits, eps)
    return [unless_none(x, pos_weight * t, minus_log_p), unless_none(x, u, minus_log_q)]


def wrong(x, pred, target, *, gamma, alpha, label_smoothing, eps, from_logits, **_):
    """Return the probability of being wrong and what multiplies the cross-entropy."""
    t, u = shares(target, label_smoothing)
    p, q, _, _ = chances(x, pred, from_logits, eps)
    chance = x.where(t < u, t + (u - t) * p, u + (t - u) * q)  # two slopes that cancel make S large
    return chance, (1 if alpha is None else alpha * t + (1 - alpha) * u) * chance**gamma


def binary_focal(x, pred, target, *, gamma, alpha, **params):
    _, factor = wrong(x, pred, target, gamma=gamma, alpha=alpha, **params)
    return [factor * addend for addend in binary_cross_entropy(x, pred, target, **params)]


def binary_focal_curvature(x, pred, target, *, gamma, alpha, **params):
    """From logits the weight of Gauss and Newton in R = Q' / Q; of probabilities the rule."""
    if gamma == 0 or not params["from_logits"]:
        return None
    chance, factor = wrong(x, pred, target, gamma=gamma, alpha=alpha, **params)
    entropy = sum(binary_cross_entropy(x, pred, target, **params))
    ratio = chance.d / chance.v if chance.v > 0 else 0
    return [product(factor.v, entropy.h + product(gamma * ratio**2, entropy.v))]


def hinge(x, pred, target, *, margin, squared, labels):
    y = target if labels == "pm1" else 2 * target - 1
    gap = x.maximum(margin - y * pred, 0)
    return [gap**2 if squared else gap]
