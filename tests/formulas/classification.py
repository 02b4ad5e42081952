"""Formulas of the losses of classes: `pred` is a list, `target` a label or a list."""

import math


def weights(class_weight, pred):
    return [1] * len(pred) if class_weight is None else class_weight


def shares(x, pred, target, ignore_index):
    """Return the target of every class; an ignored label has none."""
    if isinstance(target, list):
        return target
    return [x.where((target == k) & (target != ignore_index), 1.0, 0.0) for k, _ in enumerate(pred)]


def of_label(x, values, target):
    """Return the entry that the label names; of a label that is no class, the first."""
    entry = values[0]
    for k, value in enumerate(values):
        entry = x.where(target == k, value, entry)
    return entry


def negative_log_likelihood(x, pred, target, *, class_weight, ignore_index):
    c = [
        w * t
        for w, t in zip(
            weights(class_weight, pred), shares(x, pred, target, ignore_index), strict=True
        )
    ]
    return [x.where(a <= 0, 0.0, -a * z) for a, z in zip(c, pred, strict=True)]


def multi_margin(x, pred, target, *, p, margin, class_weight, ignore_index):
    own = of_label(x, pred, target)
    weight = of_label(x, weights(class_weight, pred), target)
    terms = []
    for k, score in enumerate(pred):
        gap = x.maximum(margin - own + score, 0)
        cost = weight / len(pred) * (gap * gap if p == 2 else gap)
        terms.append(x.where((target == k) | (target == ignore_index), 0.0, cost))
    return terms


def kl_divergence(x, pred, target, *, from_logits, temperature, reverse):
    def times_log(weight, log):
        return x.where(weight > 0, weight * log, 0)

    def log(of):
        return x.where(of > 0, x.log(x.where(of > 0, of, 1)), -math.inf)

    if from_logits:
        z = [a / temperature for a in pred]
        top = z[0]
        for a in z[1:]:
            top = x.maximum(top, a)
        log_sum = x.log(sum(x.exp(a - top) for a in z))
        log_p = [a - top - log_sum for a in z]
        p = [x.exp(a) for a in log_p]
    else:
        p, log_p = pred, [log(a) for a in pred]
    log_t = [log(share) for share in target]
    weights, ours, theirs = (p, log_p, log_t) if reverse else (target, log_t, log_p)
    own = sum(times_log(w, a) for w, a in zip(weights, ours, strict=True))
    other = sum(times_log(w, a) for w, a in zip(weights, theirs, strict=True))
    return [temperature**2 * own, -(temperature**2) * other]


def multilabel_soft_margin(x, pred, target, *, class_weight):
    terms = []
    for w, z, t in zip(weights(class_weight, pred), pred, target, strict=True):
        terms += [w * t / len(pred) * x.softplus(-z), w * (1 - t) / len(pred) * x.softplus(z)]
    return terms
