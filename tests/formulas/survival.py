"""Formulas of the losses of the time until an event."""


def between(x, low, high, distribution):
    """Return -log of the probability between two numbers; a bound may be infinite."""
    if distribution == "logistic":
        return x.softplus(low) + x.softplus(-high) - x.log1p(-x.exp(low - high))
    if distribution == "extreme":
        return x.exp(low) - x.log1p(-x.exp(x.exp(low) - x.exp(high)))
    mirrored = low + high < 0
    near, far = x.where(mirrored, -high, low), x.where(mirrored, -low, high)
    nothing = far >= float("inf")
    of_near, of_far = x.log_normal_tail(near), x.log_normal_tail(x.where(nothing, 0, far))
    return -of_near - x.log1p(x.where(nothing, 0, -x.exp(of_far - of_near)))


def density(x, z, distribution):
    """Return the addends of -log of the density."""
    if distribution == "logistic":
        return [x.softplus(z), x.softplus(-z)]
    if distribution == "extreme":
        return [x.exp(z), -z]
    return [z**2 / 2, x.log(2 * x.pi) / 2]


def accelerated_failure_time(x, score, lower, upper, *, distribution, sigma):
    infinity = float("inf")
    event, from_start, to_end = lower >= upper, lower <= 0, upper >= infinity
    first = x.log(x.where(from_start, 1, lower))
    last = x.log(x.where(event | to_end, 2 * lower + 1, upper))
    z = (first - score) / sigma
    low = x.where(from_start, -infinity, z)
    high = x.where(to_end, infinity, (last - score) / sigma)
    one, other = density(x, z, distribution)
    parts = [x.where(event, part, 0) for part in (other, x.log(sigma), first)]
    return [x.where(event, one, between(x, low, high, distribution)), *parts]
