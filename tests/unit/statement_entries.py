"""An entry of pg_stat_statements as the server keeps it, fed with durations that are known."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from thorbis_ops.statements.counters import Counters, Key, Sample

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
KEY: Key = (5, 10, 42, True)


@dataclass
class Entry:
    """The same arithmetic as the extension's, in the same double precision."""

    key: Key = KEY
    calls: int = 0
    rows: int = 0
    total: float = 0.0
    minimum: float = 0.0
    maximum: float = 0.0
    mean: float = 0.0
    squares: float = 0.0
    since: datetime | None = None
    extremes_since: datetime | None = None
    durations: list[float] = field(default_factory=list)

    def run(self, durations: Iterable[float]) -> Entry:
        for duration in durations:
            self._count(duration)
            self.durations.append(duration)
        return self

    def _count(self, duration: float) -> None:
        self.calls += 1
        self.rows += 1
        self.total += duration
        if self.calls == 1:
            self.minimum = self.maximum = self.mean = duration
            return
        before = self.mean
        self.mean += (duration - before) / self.calls
        self.squares += (duration - before) * (duration - self.mean)
        if self.minimum == 0 and self.maximum == 0:
            self.minimum = self.maximum = duration
        self.minimum = min(self.minimum, duration)
        self.maximum = max(self.maximum, duration)

    def reset_extremes(self, at: datetime) -> None:
        self.minimum = self.maximum = 0.0
        self.extremes_since = at

    def counters(self) -> Counters:
        deviation = math.sqrt(self.squares / self.calls) if self.calls > 1 else 0.0
        return Counters(
            *self.key,
            calls=self.calls,
            plans=0,
            rows=self.rows,
            total=self.total,
            minimum=self.minimum,
            maximum=self.maximum,
            mean=self.mean,
            deviation=deviation,
            since=self.since,
            extremes_since=self.extremes_since,
        )


def sample(seconds: float, *entries: Entry, **facts: object) -> Sample:
    """A sample taken so many seconds after the beginning."""
    counters = {entry.key: entry.counters() for entry in entries if entry.calls}
    given = {
        "taken_at": EPOCH + timedelta(seconds=seconds),
        "started_at": EPOCH,
        "system_identifier": "7000000000000000001",
        "counters": counters,
        "stats_reset": EPOCH,
        "deallocated": 0,
    }
    return Sample(**{**given, **facts})  # type: ignore[arg-type]
