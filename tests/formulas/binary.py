"""Formulas of the losses of a yes-or-no target."""


def hinge(x, pred, target, *, margin, squared, labels):
    y = target if labels == "pm1" else 2 * target - 1
    gap = x.maximum(margin - y * pred, 0)
    return [gap**2 if squared else gap]
