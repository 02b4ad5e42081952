"""Formulas of the losses of regression."""


def mean_squared_error(x, pred, target):
    return [(pred - target) ** 2]


def mean_absolute_error(x, pred, target):
    return [x.abs(pred - target)]


def huber(x, pred, target, *, delta):
    r = x.abs(pred - target)
    return [x.where(r <= delta, r**2 / 2, delta * (r - delta / 2))]


def gaussian_nll(x, mean, variance, target, *, eps, full):
    v = x.maximum(variance, eps)
    constant = [x.log(2 * x.pi) / 2] if full else []
    return [x.log(v) / 2, (mean - target) ** 2 / v / 2, *constant]


def gaussian_nll_curvature(x, mean, variance, target, *, eps, full):
    v = x.maximum(variance, eps)
    return [1 / v, 0 / v if variance < eps else 1 / (2 * v * v)]


def times_log(x, y, of):
    """Return ``y log(of)``, 0 for y = 0 whatever `of` is."""
    return y * x.log(x.where(y > 0, of, 1))


def relative_entropy(x, pred, target, *, log_target):
    t = x.exp(target) if log_target else target
    log_t = target if log_target else x.log(x.where(t > 0, t, 1))
    return [t * log_t, -t * pred]


def poisson(x, pred, target, *, log_input, full, deviance):
    mean = x.exp(pred) if log_input else pred
    if deviance and not log_input:
        apart = times_log(x, target, target) - times_log(x, target, mean)
        return [2 * (mean - target + apart)]
    fall = target * pred if log_input else times_log(x, target, pred)
    if deviance:
        return [2 * mean, -2 * fall, 2 * times_log(x, target, target), -2 * target]
    return [mean, -fall, *([x.log_factorial(target)] if full else [])]


def tweedie(x, pred, target, *, power, log_input, deviance):
    if power == 1:
        return poisson(x, pred, target, log_input=log_input, full=False, deviance=deviance)
    log_mean = pred if log_input else x.log(pred)
    if power == 2 and deviance and not log_input:
        return [2 * ((target - pred) / pred + (log_mean - x.log(target)))]
    if power == 2:
        addends = [log_mean, target * x.exp(-log_mean)]
        least = [-x.log(target), -1]
    else:
        a, b = 2 - power, power - 1
        addends = [x.exp(a * log_mean) / a, target * x.exp(-b * log_mean) / b]
        least = [-(x.where(target > 0, target, 1) ** a) * x.where(target > 0, 1, 0) / (a * b)]
    return [2 * part for part in addends + least] if deviance else addends


def tweedie_curvature(x, pred, target, *, power, log_input, deviance):
    times = 2 if deviance else 1
    if not log_input:
        return [times * (target / pred**2 if power == 1 else x.exp(-power * x.log(pred)))]
    a, b = 2 - power, power - 1
    return [times * (a * x.exp(a * pred) + b * target * x.exp(-b * pred))]
