"""What happened to one entry between two samples, and how exactly that is known.

The server keeps running sums in double precision. Their difference carries the rounding of
each addition in between, so every interval states an error radius: what is derived from it
is certain although the arithmetic is not.

Sources: the running update of moments by Welford (1962), as pg_stat_statements does it, and
the merging of two sets by Chan, Golub and LeVeque (1983).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from thorbis_ops.statements.counters import Counters

_ROUND = 2.0**-53
_SAFETY = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Calls of one entry in a span of time; milliseconds.

    ``squares`` is the sum of squared deviations from the interval's mean. Every call lies in
    [``low``, ``high``], and a call of exactly each duration in ``met`` is among them.
    ``otherwise`` is what happened if, unseen, the entry was evicted and made anew in between.
    """

    calls: int
    rows: int
    total: float
    total_error: float
    squares: float
    squares_error: float
    low: float
    high: float
    met: tuple[float, ...] = ()
    otherwise: Interval | None = None

    @property
    def mean(self) -> float:
        """Mean duration of a call in milliseconds."""
        return self.total / self.calls

    @property
    def variance(self) -> float:
        """Population variance in ms²."""
        return self.squares / self.calls


def since_creation(now: Counters) -> Interval:
    """Everything that the entry has counted."""
    cut = now.extremes_since != now.since
    high = now.total if cut else now.maximum
    return Interval(
        calls=now.calls,
        rows=now.rows,
        total=now.total,
        total_error=_sum_error(now.calls, now.total),
        squares=now.square_sum,
        squares_error=_SAFETY * _running_error(now.calls, now.square_sum, high),
        low=0.0 if cut else now.minimum,
        high=high,
        met=_met(now),
    )


def between(before: Counters, now: Counters) -> Interval:
    """What one and the same entry counted from ``before`` to ``now``; there were calls.

    The mean before is the server's own running mean, so that whatever rounding it has
    gathered over its life cancels out.
    """
    calls = now.calls - before.calls
    total = max(0.0, now.total - before.total)
    error = _sum_error(calls, now.total)
    weight = before.calls * (calls / now.calls)
    shift = total / calls - before.mean
    low, high, met = _extremes(before, now, total + error)
    return Interval(
        calls=calls,
        rows=now.rows - before.rows,
        total=total,
        total_error=error,
        squares=max(0.0, now.square_sum - before.square_sum - weight * shift * shift),
        squares_error=_SAFETY
        * (
            _running_error(calls, now.square_sum, high)
            + 8 * _ROUND * before.square_sum
            + weight * _square_error(shift, error / calls + 4 * _ROUND * (before.mean + high))
        ),
        low=low,
        high=high,
        met=met,
    )


def _sum_error(calls: int, total: float) -> float:
    """Each addition to a running sum rounds by at most half a unit in its last place."""
    return (calls + 2) * _ROUND * total


def _running_error(calls: int, squares: float, high: float) -> float:
    """The rounding of ``calls`` updates of the running mean and squares, and of the root.

    The mean is off by at most one rounding a call; each update multiplies that by a
    deviation, and by Cauchy and Schwarz these sum up to at most sqrt(2 · calls · squares).
    """
    drift = calls * _ROUND * high
    updates = 2 * drift * math.sqrt(2 * calls * squares) + calls * drift * drift
    return (calls + 8) * _ROUND * squares + updates


def _square_error(value: float, error: float) -> float:
    """How far the square is off when the value is off by ``error``."""
    return 2 * abs(value) * error + error * error + 8 * _ROUND * value * value


def _met(now: Counters) -> tuple[float, ...]:
    """The extremes as durations that occurred; both are 0 where no call came after a reset."""
    if now.maximum == 0.0:
        return ()
    return (now.minimum, now.maximum) if now.minimum < now.maximum else (now.maximum,)


def _extremes(
    before: Counters, now: Counters, ceiling: float
) -> tuple[float, float, tuple[float, ...]]:
    """Bounds on each call of the interval, and the durations that it is known to hold.

    No call is longer than all of them together, which is all that remains to be said when the
    extremes were reset in between. An extreme that moved was met.
    """
    if now.extremes_since != before.extremes_since:
        return 0.0, ceiling, _met(now)
    if before.maximum == 0.0:
        return now.minimum, now.maximum, _met(now)
    fell = (now.minimum,) if now.minimum < before.minimum else ()
    rose = (now.maximum,) if now.maximum > before.maximum else ()
    return now.minimum, now.maximum, fell + rose
