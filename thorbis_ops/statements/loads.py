"""What each statement weighed in a span of time, ranked by the time that it took."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from thorbis_ops.statements.counters import Key
from thorbis_ops.statements.deltas import Delta
from thorbis_ops.statements.facts import Facts
from thorbis_ops.statements.interval import Interval
from thorbis_ops.statements.losses import Loss
from thorbis_ops.statements.share import Share, share

#: By class of statement: the names of its objectives and their thresholds in seconds.
Thresholds: TypeAlias = Mapping[str, Mapping[str, float]]

_MISSING = Facts(kind=None, shown="?", error="its text is not there")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Calls, rows and seconds of one statement, and its share in each of its objectives.

    Nested statements are contained in those that called them and belong to no objective.
    """

    key: Key
    facts: Facts
    calls: int
    rows: int
    seconds: float
    shares: Mapping[str, Share] = field(default_factory=dict)

    def __add__(self, other: Load) -> Load:
        """The same statement over both spans, as it is known now."""
        names = (*self.shares, *(name for name in other.shares if name not in self.shares))
        none = Share(0, 0, 0, 0.0)
        return replace(
            other,
            calls=self.calls + other.calls,
            rows=self.rows + other.rows,
            seconds=self.seconds + other.seconds,
            shares={n: self.shares.get(n, none) + other.shares.get(n, none) for n in names},
        )


def loads(delta: Delta, facts: Mapping[Key, Facts], thresholds: Thresholds) -> tuple[Load, ...]:
    """The statements of a span by the time they took, the heaviest first."""
    found = (
        _load(key, facts.get(key, _MISSING), interval, thresholds)
        for key, interval in delta.intervals.items()
    )
    return ranked(found)


def ranked(found: Iterable[Load]) -> tuple[Load, ...]:
    """By time, then by key, so that the order never depends on chance."""
    return tuple(sorted(found, key=lambda load: (-load.seconds, load.key)))


def merged(found: Iterable[Load]) -> tuple[Load, ...]:
    """Spans that follow one another as one: each statement once, as it is known at the end."""
    sums: dict[Key, Load] = {}
    for load in found:
        sums[load.key] = sums[load.key] + load if load.key in sums else load
    return ranked(sums.values())


def counted(found: Iterable[Load]) -> int:
    """Calls that were counted and understood; nested ones are contained in their callers."""
    return sum(load.calls for load in found if load.key[3] and load.facts.kind is not None)


def not_understood(found: Iterable[Load]) -> Loss:
    """Calls of statements that belong to no class because their text says too little."""
    calls = sum(load.calls for load in found if load.key[3] and load.facts.kind is None)
    return Loss(cause="not_understood", calls=calls)


def _load(key: Key, facts: Facts, interval: Interval, thresholds: Thresholds) -> Load:
    limits = thresholds.get(facts.kind or "", {}) if key[3] else {}
    return Load(
        key=key,
        facts=facts,
        calls=interval.calls,
        rows=interval.rows,
        seconds=interval.total / 1000.0,
        shares={name: share(interval, limit) for name, limit in limits.items()},
    )
