"""What a formula of `formulas` is evaluated in: plain arrays, or jets of 256-bit numbers.

A `Jet` is a number with its first two derivatives by one input, and with the size of the largest
addend that each of the two was summed from: that is what an error is measured against where a
formula subtracts independent inputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tests import reals
from tests.reals import ZERO, real


def product(a, b):
    """Return ``a * b`` where 0 times infinity is 0: what is not there does not count."""
    return a * b if a and b else ZERO


def power(base, exponent):
    if exponent == 0:
        return real(1)
    if base == 0:
        return ZERO if exponent > 0 else reals.INF
    return base**exponent


@dataclass(slots=True)
class Jet:
    v: Any
    d: Any = ZERO
    h: Any = ZERO
    s1: Any = ZERO
    s2: Any = ZERO

    @staticmethod
    def of(x):
        return x if isinstance(x, Jet) else Jet(real(x))

    def constant(self):
        """Return whether it does not depend on the input; most do not, and take less work."""
        return not (self.d or self.h or self.s1 or self.s2)

    def __neg__(self):
        return Jet(-self.v, -self.d, -self.h, self.s1, self.s2)

    def __add__(self, other):
        b = Jet.of(other)
        sizes = max(self.s1, b.s1), max(self.s2, b.s2)
        return Jet(self.v + b.v, self.d + b.d, self.h + b.h, *sizes)

    def __mul__(self, other):
        a, b = self, Jet.of(other)
        if a.constant():
            a, b = b, a
        if b.constant():
            size = abs(b.v)
            return Jet(
                product(a.v, b.v),
                product(a.d, b.v),
                product(a.h, b.v),
                product(a.s1, size),
                product(a.s2, size),
            )
        first = (product(a.d, b.v), product(a.v, b.d))
        second = (product(a.h, b.v), 2 * product(a.d, b.d), product(a.v, b.h))
        return Jet(
            product(a.v, b.v),
            sum(first),
            sum(second),
            max(product(a.s1, abs(b.v)), product(abs(a.v), b.s1)),
            max(product(a.s2, abs(b.v)), 2 * product(a.s1, b.s1), product(abs(a.v), b.s2)),
        )

    def through(self, value, first, second):
        """Return f of this number, from f and its first two derivatives there."""
        if self.constant():
            return Jet(value)
        return Jet(
            value,
            product(first, self.d),
            product(second, self.d**2) + product(first, self.h),
            product(abs(first), self.s1),
            max(product(abs(second), self.s1**2), product(abs(first), self.s2)),
        )

    def __truediv__(self, other):
        b = Jet.of(other)
        if b.v == 0:
            return self * b.through(reals.INF, -reals.INF, reals.INF)
        return self * b.through(1 / b.v, -1 / b.v**2, 2 / b.v**3)

    def __pow__(self, n):
        """n is a number; 0^0 = 1."""
        if n == 2:
            return self * self
        if n == 0:
            return Jet(real(1))
        second = n * (n - 1) * power(self.v, n - 2) if n != 1 else ZERO
        return self.through(power(self.v, n), n * power(self.v, n - 1), second)

    def __sub__(self, other):
        return self + -Jet.of(other)

    def __rsub__(self, other):
        return Jet.of(other) - self

    def __rtruediv__(self, other):
        return Jet.of(other) / self

    def __lt__(self, other):
        return self.v < Jet.of(other).v

    def __le__(self, other):
        return self.v <= Jet.of(other).v

    def __gt__(self, other):
        return self.v > Jet.of(other).v

    def __ge__(self, other):
        return self.v >= Jet.of(other).v

    __radd__ = __add__
    __rmul__ = __mul__


def calmer(a, b):
    """Return the one of two equal numbers whose slope is smaller: the rule at a kink."""
    return a if abs(a.d) <= abs(b.d) else b


class Exact:
    """The functions over jets."""

    pi = reals.pi()

    @staticmethod
    def exp(x):
        x = Jet.of(x)
        y = reals.exp(x.v)
        return x.through(y, y, y)

    @staticmethod
    def log(x):
        x = Jet.of(x)
        if x.v == 0:
            return x.through(-reals.INF, reals.INF, -reals.INF)
        return x.through(reals.log(x.v), 1 / x.v, -1 / x.v**2)

    @staticmethod
    def log1p(x):
        x = Jet.of(x)
        y = 1 + x.v
        if y == 0:
            return x.through(-reals.INF, reals.INF, -reals.INF)
        return x.through(reals.log1p(x.v), 1 / y, -1 / y**2)

    @staticmethod
    def sqrt(x):
        x = Jet.of(x)
        y = reals.sqrt(x.v)
        if y == 0:
            return x.through(y, reals.INF, -reals.INF)
        return x.through(y, 1 / (2 * y), -1 / (4 * y**3))

    @staticmethod
    def sigmoid(x):
        x = Jet.of(x)
        p, q = 1 / (1 + reals.exp(-x.v)), 1 / (1 + reals.exp(x.v))
        return x.through(p, p * q, p * q * (q - p))

    @staticmethod
    def softplus(x):
        """log(1 + e^x)"""
        x = Jet.of(x)
        p, q = 1 / (1 + reals.exp(-x.v)), 1 / (1 + reals.exp(x.v))
        return x.through(max(x.v, ZERO) + reals.log1p(reals.exp(-abs(x.v))), p, p * q)

    @staticmethod
    def tanh(x):
        x = Jet.of(x)
        y = reals.tanh(x.v)
        slope = reals.sech(x.v) ** 2
        return x.through(y, slope, -2 * y * slope)

    @staticmethod
    def lgamma(x):
        x = Jet.of(x)
        value = reals.lgamma(x.v)
        if x.constant():
            return Jet(value)
        return x.through(value, reals.digamma(x.v), reals.trigamma(x.v))

    @staticmethod
    def log_factorial(x):
        """log gamma(1 + x) of a number that does not depend on the input"""
        return Jet(reals.log_factorial(Jet.of(x).v))

    @staticmethod
    def log_normal_tail(x):
        """log of the probability that a standard normal number exceeds x"""
        x = Jet.of(x)
        hazard = reals.normal_hazard(x.v)
        return x.through(reals.log_normal_tail(x.v), -hazard, -hazard * (hazard - x.v))

    @staticmethod
    def abs(x):
        x = Jet.of(x)
        return -x if x.v < 0 else x if x.v > 0 else Jet(ZERO)

    @staticmethod
    def maximum(a, b):
        a, b = Jet.of(a), Jet.of(b)
        return calmer(a, b) if a.v == b.v else a if a.v > b.v else b

    @staticmethod
    def minimum(a, b):
        a, b = Jet.of(a), Jet.of(b)
        return calmer(a, b) if a.v == b.v else a if a.v < b.v else b

    @staticmethod
    def where(condition, a, b):
        return Jet.of(a) if condition else Jet.of(b)


class Plain:
    """The same over arrays of float64."""

    pi = np.pi
    exp, log, log1p, sqrt, tanh = np.exp, np.log, np.log1p, np.sqrt, np.tanh
    abs, maximum, minimum, where = np.abs, np.maximum, np.minimum, np.where

    @staticmethod
    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    @staticmethod
    def softplus(x):
        return np.logaddexp(0, x)

    @staticmethod
    def lgamma(x):
        return np.vectorize(lambda y: float(reals.lgamma(real(y))), otypes=[float])(x)

    @staticmethod
    def log_factorial(x):
        return np.vectorize(lambda y: float(reals.log_factorial(real(y))), otypes=[float])(x)

    @staticmethod
    def log_normal_tail(x):
        return np.vectorize(lambda y: float(reals.log_normal_tail(real(y))), otypes=[float])(x)


def exact(value):
    """Return a parameter as a number of 256 bits, where it is one or several."""
    if isinstance(value, tuple):
        return tuple(real(x) for x in value)
    return value if value is None or isinstance(value, (str, bool)) else real(value)


def by_each(formula, inputs, params, differentiable, entries=None):
    """Return the addends of a term as plain numbers, and their sum as a jet by each entry.

    `inputs` are numbers, or lists of numbers for inputs of several entries; labels stay integers.
    The jets come as one list for each differentiable input, with one jet for each of its entries,
    or of those wanted.
    """
    params = {k: exact(v) for k, v in params.items()}

    def run(seeded, entry):
        given = []
        for i, x in enumerate(inputs):
            if isinstance(x, int):
                given.append(x)
                continue
            whole = x if isinstance(x, list) else [x]
            jets = [
                Jet(y, real(1), ZERO, real(1)) if (i, k) == (seeded, entry) else Jet(y)
                for k, y in enumerate(whole)
            ]
            given.append(jets if isinstance(x, list) else jets[0])
        return [Jet.of(term) for term in formula(Exact, *given, **params)]

    addends = [term.v for term in run(-1, -1)]
    jets = []
    for i in range(differentiable):
        every = range(len(inputs[i]) if isinstance(inputs[i], list) else 1)
        wanted = every if entries is None else entries
        jets.append([sum(run(i, k), Jet(ZERO)) for k in wanted])
    return addends, jets
