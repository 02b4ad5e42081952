"""Formulas of the losses of preferences."""


def dpo(x, chosen, rejected, ref_chosen, ref_rejected, *, beta, label_smoothing):
    h = beta * ((chosen - rejected) - (ref_chosen - ref_rejected))
    return [(1 - label_smoothing) * x.softplus(-h), label_smoothing * x.softplus(h)]
