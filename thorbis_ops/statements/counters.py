"""What pg_stat_statements holds at one moment, as plain values.

Times are milliseconds, exactly as the server keeps them: a conversion here would round, and
what is certain about an interval depends on the last digit. They become seconds only where
they are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeAlias

#: (dbid, userid, queryid, toplevel)
Key: TypeAlias = tuple[int, int, int, bool]


class Counters(NamedTuple):
    """One entry: its key, and its counters since it was made.

    ``since`` and ``extremes_since`` are None before version 1.11 of the extension. A minimum
    and a maximum of 0 mean that the extremes were reset and no call came after. A tuple, since
    thousands are read every few seconds.
    """

    dbid: int
    userid: int
    queryid: int
    toplevel: bool
    calls: int
    plans: int
    rows: int
    total: float
    minimum: float
    maximum: float
    mean: float
    deviation: float
    since: datetime | None = None
    extremes_since: datetime | None = None

    @property
    def key(self) -> Key:
        """What makes it the same entry in the next sample."""
        return self[:4]

    @property
    def square_sum(self) -> float:
        """Sum of squared deviations from the mean, in ms²."""
        return self.calls * self.deviation * self.deviation


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """All entries of one server at ``taken_at`` by the server's own clock.

    ``stats_reset`` and ``deallocated`` (how often entries were evicted) are None before
    version 1.9. ``capacity`` is pg_stat_statements.max. Entries of other roles that may not be
    seen have no key: only their number and calls are known.
    """

    taken_at: datetime
    started_at: datetime
    system_identifier: str | None
    counters: Mapping[Key, Counters]
    stats_reset: datetime | None = None
    deallocated: int | None = None
    capacity: int = 5000
    hidden_entries: int = 0
    hidden_calls: int = 0

    @property
    def calls(self) -> int:
        """All calls in the counters that may be seen."""
        return sum(entry.calls for entry in self.counters.values())
