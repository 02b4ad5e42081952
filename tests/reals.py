"""Real numbers of 256 bits: MPFR's by gmpy2, and what it lacks by mpmath, which takes longer."""

import gmpy2
import mpmath

PRECISION = 256
_context = gmpy2.get_context()
_context.precision = PRECISION
_context.emin, _context.emax = gmpy2.get_emin_min(), gmpy2.get_emax_max()

real, pi, fsum = gmpy2.mpfr, gmpy2.const_pi, gmpy2.fsum
is_nan, is_infinite, is_finite = gmpy2.is_nan, gmpy2.is_infinite, gmpy2.is_finite
exp, expm1, log, log1p, sqrt = gmpy2.exp, gmpy2.expm1, gmpy2.log, gmpy2.log1p, gmpy2.sqrt
tanh, sech, cosh, erfc, digamma = gmpy2.tanh, gmpy2.sech, gmpy2.cosh, gmpy2.erfc, gmpy2.digamma
ZERO, INF = real(0), real("inf")


def two_to(exponent):
    return gmpy2.mul_2exp(real(1), exponent)


def leading(x):
    """Return the k of ``2^k <= |x| < 2^(k+1)``."""
    return gmpy2.get_exp(x) - 1


def sign(x):
    return real(gmpy2.sign(x))


def lgamma(x):
    return gmpy2.lgamma(x)[0]


def log_factorial(x):
    """Return log gamma(1 + x); of a small x in as many more digits as 1 + x takes from it."""
    if x == 0 or not is_finite(x):
        return lgamma(1 + x)
    with gmpy2.context(_context, precision=PRECISION + max(0, -leading(x))):
        return +lgamma(1 + x)


def of_mpmath(x):
    """Return one of mpmath's numbers, whose exponents have no limit."""
    mantissa, exponent = mpmath.mpf(x).man_exp
    return gmpy2.mul_2exp(real(int(mpmath.sign(x)) * mantissa), exponent)


def by_mpmath(function):
    def of(x):
        with mpmath.workprec(PRECISION):
            return of_mpmath(function(mpmath.ldexp(*map(int, x.as_mantissa_exp()))))

    return of


trigamma = by_mpmath(lambda x: mpmath.psi(1, x))


def _tail(x):
    """Return the probability that a standard normal number exceeds x; MPFR's underflows."""
    return mpmath.erfc(x / mpmath.sqrt(2)) / 2


log_normal_tail = by_mpmath(lambda x: mpmath.log(_tail(x)))
normal_hazard = by_mpmath(lambda x: mpmath.npdf(x) / _tail(x))
