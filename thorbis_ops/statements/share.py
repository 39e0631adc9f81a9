"""The share of calls above a threshold: certain bounds, and an estimate within them.

The estimate fits a lognormal where the spread is moderate, else a gamma, by moments; it
errs by about two points on mixtures and may err either way, so nothing alarms on it alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from thorbis_ops.statements.bounds import calls_above
from thorbis_ops.statements.interval import Interval

#: Above this squared coefficient of variation a gamma fits better than a lognormal.
_MODERATE = 0.6
_TERMS = 400
_TINY = 1e-300
_CLOSE = 1e-15


@dataclass(frozen=True, slots=True)
class Share:
    """Of ``calls``, how many took too long: at least, at most, and by estimate."""

    calls: int
    above_min: int
    above_max: int
    above_estimated: float

    def __add__(self, other: Share) -> Share:
        """Both spans together; what is certain of each is certain of the sum."""
        return Share(
            self.calls + other.calls,
            self.above_min + other.above_min,
            self.above_max + other.above_max,
            self.above_estimated + other.above_estimated,
        )


def share(interval: Interval, threshold: float) -> Share:
    """The calls of ``interval`` that took longer than ``threshold`` seconds."""
    limit = threshold * 1000.0
    least, most = calls_above(interval, limit)
    guess = interval.calls * tail(interval.mean, interval.variance, limit) if least < most else 0
    return Share(interval.calls, least, most, min(float(most), max(float(least), guess)))


def tail(mean: float, variance: float, threshold: float) -> float:
    """The probability of exceeding ``threshold`` > 0 under the distribution of these moments."""
    if mean <= 0.0 or variance <= 1e-18 * mean * mean:
        return 1.0 if mean > threshold else 0.0
    spread = variance / (mean * mean)
    if spread <= _MODERATE:
        sigma = math.sqrt(math.log1p(spread))
        score = (math.log(threshold / mean) + sigma * sigma / 2) / sigma
        return math.erfc(score / math.sqrt(2)) / 2
    return _gamma_tail(1 / spread, threshold / mean / spread)


def _gamma_tail(shape: float, x: float) -> float:
    """The upper regularised incomplete gamma function.

    Its series below shape + 1 and its continued fraction by Lentz's method above
    (Abramowitz and Stegun, 6.5.29 and 6.5.31).
    """
    scale = math.exp(-x + shape * math.log(x) - math.lgamma(shape))
    if x < shape + 1:
        return max(0.0, 1.0 - scale * _series(shape, x))
    return min(1.0, scale * _fraction(shape, x))


def _series(shape: float, x: float) -> float:
    term = total = 1 / shape
    for step in range(1, _TERMS):
        term *= x / (shape + step)
        total += term
        if term < total * _CLOSE:
            break
    return total


def _fraction(shape: float, x: float) -> float:
    b = x + 1 - shape
    c, d = 1 / _TINY, 1 / b
    h = d
    for step in range(1, _TERMS):
        a = -step * (step - shape)
        b += 2
        d = 1 / (a * d + b or _TINY)
        c = b + a / c or _TINY
        h *= c * d
        if abs(c * d - 1) < _CLOSE:
            break
    return h
