"""Formulas of the losses of regression."""


def gaussian_nll(x, mean, variance, target, *, eps, full):
    v = x.maximum(variance, eps)
    constant = [x.log(2 * x.pi) / 2] if full else []
    return [x.log(v) / 2, (mean - target) ** 2 / v / 2, *constant]


def gaussian_nll_curvature(x, mean, variance, target, *, eps, full):
    v = x.maximum(variance, eps)
    return [1 / v, 0 / v if variance < eps else 1 / (2 * v * v)]
