"""How many calls took longer than a threshold: what is certain, from a few moments.

Let n values lie in [lo, hi] with a known sum and a known sum of squares Q, both about their
mean, so that the sum is 0. Suppose k of them lie above T and n − k do not.

* The sum allows it iff k·T + (n−k)·lo ≤ 0 ≤ k·hi + (n−k)·T.
* Q is least when both groups are level and as near to the mean as T lets them:
  k·n/(n−k)·T² if T ≥ 0, else (n−k)·n/k·T². This is Cantelli's inequality.
* Q is greatest for the vector that majorises all others: everything starts at its lower
  bound (T, or lo) and the values above T are raised to hi one by one, then the others to T.
  Without the last value, which stops in between, Q is linear in k on each side of
  k₀ = n·|lo|/(hi−lo), where it peaks at n·|lo|·hi (Bhatia and Davis 2000).

The set between is connected, so Q is reached iff it lies between the two. Hence, with
D = n·|lo|·hi − Q:  k₀ − D/((hi−lo)(hi−T)) ≤ k ≤ k₀ + D/((hi−lo)(T−lo)).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from thorbis_ops.statements.interval import Interval

_SLACK = 1e-9
_STEPS = 8


@dataclass(frozen=True, slots=True)
class _Moments:
    """n values about their mean: each in [lo, hi], threshold, squares, and error radii."""

    n: int
    low: float
    high: float
    threshold: float
    squares: float
    mean_error: float
    squares_error: float


def calls_above(interval: Interval, threshold: float) -> tuple[int, int]:
    """The least and the greatest number of calls that took longer than ``threshold`` ms.

    The truth is never outside, whatever the distribution; rounding is allowed for.
    """
    least, most = _calls_above(interval, threshold)
    if interval.otherwise is None:
        return least, most
    other_least, other_most = _calls_above(interval.otherwise, threshold)
    unseen = interval.otherwise.calls - interval.calls
    return min(least, max(0, other_least - unseen)), max(most, min(interval.calls, other_most))


def _calls_above(interval: Interval, threshold: float) -> tuple[int, int]:
    if interval.high <= threshold:
        return 0, 0
    if interval.low > threshold:
        return interval.calls, interval.calls
    met = interval.met if len(interval.met) <= interval.calls else ()
    above = sum(value > threshold for value in met)
    if len(met) == interval.calls:
        return above, above
    least, most = _solve(_without(interval, met, threshold))
    return above + least, above + most


def _without(interval: Interval, met: tuple[float, ...], threshold: float) -> _Moments:
    """The moments of the calls whose durations are not known one by one."""
    n, mean, squares = interval.calls, interval.mean, interval.squares
    error, squares_error = interval.total_error / n, interval.squares_error
    for value in met:
        away = value - mean
        squares -= n / (n - 1) * away * away
        squares_error += n / (n - 1) * (2 * abs(away) * error + error * error)
        mean -= away / (n - 1)
        error *= n / (n - 1)
        n -= 1
    width = max(abs(interval.high), abs(mean))
    error += 8 * 2.0**-53 * width
    return _Moments(
        n=n,
        low=min(0.0, interval.low - mean - error),
        high=max(0.0, interval.high - mean + error),
        threshold=threshold - mean,
        squares=squares,
        mean_error=error,
        squares_error=squares_error + 16 * n * 2.0**-53 * width * width,
    )


def _solve(m: _Moments) -> tuple[int, int]:
    """The least and greatest k; everything is possible where the moments contradict."""
    if m.squares < -m.squares_error:
        return 0, m.n
    least = max(0, math.ceil(_lower(m) - _slack(m.n)))
    most = min(m.n, math.floor(_upper(m) + _slack(m.n)))
    for _ in range(_STEPS):
        if least >= most or _greatest_squares(m, least) >= m.squares - m.squares_error:
            break
        least += 1
    for _ in range(_STEPS):
        if least >= most or _greatest_squares(m, most) >= m.squares - m.squares_error:
            break
        most -= 1
    return (least, most) if least <= most else (0, m.n)


def _slack(n: int) -> float:
    return _SLACK + 1e-12 * n


def _deficit(m: _Moments) -> float:
    """D: how far the squares stay behind the greatest that range and mean allow."""
    return max(0.0, m.n * -m.low * m.high - (m.squares - m.squares_error))


def _upper(m: _Moments) -> float:
    threshold = m.threshold - m.mean_error
    bounds = [float(m.n)]
    if (above_low := threshold - m.low) > 0:
        width = m.high - m.low
        bounds.append(m.n * -m.low / width + _deficit(m) / (width * above_low))
        bounds.append(m.n * -m.low / above_low)
    if threshold > 0:
        squares = m.squares + m.squares_error
        bounds.append(m.n * squares / (squares + m.n * threshold * threshold))
    return min(bounds)


def _lower(m: _Moments) -> float:
    threshold = m.threshold + m.mean_error
    bounds = [0.0]
    if (below_high := m.high - threshold) > 0:
        width = m.high - m.low
        bounds.append(m.n * -m.low / width - _deficit(m) / (width * below_high))
        bounds.append(m.n * -threshold / below_high)
    if threshold < 0:
        squares, away = m.squares + m.squares_error, m.n * threshold * threshold
        bounds.append(m.n * away / (squares + away))
    return max(bounds)


def _greatest_squares(m: _Moments, k: int) -> float:
    """The greatest sum of squares with k values above the threshold, the last value included.

    Raised by what an error of the mean could add.
    """
    over, under = m.high - m.threshold, m.threshold - m.low
    spare = max(0.0, -k * m.threshold - (m.n - k) * m.low)
    raised, rest = _fill(spare, over, k)
    lifted, rest = (0, rest) if raised < k else _fill(rest, under, m.n - k)
    at_threshold = k - raised + lifted
    at_low = m.n - k - lifted
    squares = raised * m.high**2 + at_threshold * m.threshold**2 + at_low * m.low**2
    start = m.threshold if raised < k else m.low
    return (
        squares
        + rest * (2 * start + rest)
        + 4 * m.n * m.mean_error * (m.high - m.low)
        + _SLACK * squares
    )


def _fill(spare: float, step: float, places: int) -> tuple[int, float]:
    """How many places ``spare`` fills by ``step`` each, and what is left of it."""
    if step <= 0:
        return places, spare
    filled = min(places, math.floor(spare / step))
    return filled, max(0.0, spare - filled * step)
