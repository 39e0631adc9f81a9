"""What somebody wants run: a job, on a database, as of a time, within limits.

``at`` is the time as which the job plans and acts, ``now`` the real time of the order; while
the job works, both move on. ``by_hand`` is an order of a person who is there: the window, which
keeps the daemon away from busy hours, then does not bind, unless another time was asked for.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from thorbis_ops.core import schedule
from thorbis_ops.core.guard import Limits
from thorbis_ops.model import Job, Target

Period = Literal["day", "week", "month", "year"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionSet:
    """How one table's partitions are made and retired.

    ``create_ahead`` and ``retention`` count periods, ``quarantine`` is in seconds; without
    ``retention`` nothing is retired.
    """

    table: str
    period: Period
    create_ahead: int = 3
    retention: int | None = None
    timezone: str = "UTC"
    quarantine: float = 7 * 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A job to plan or to run. ``patience`` is how long a guard's wait may last, in seconds.

    ``scheduled_at`` is the due time that the run answers to; by hand it is ``at``.
    """

    job: Job
    target: Target
    at: datetime
    now: datetime
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    by_hand: bool = False
    scheduled_at: datetime | None = None
    limits: Limits = field(default_factory=Limits)
    settings: Mapping[str, str | int | float] = field(default_factory=dict)
    partitions: tuple[PartitionSet, ...] = ()
    backup_paths: tuple[Path, ...] = ()
    backup_max_age: float = 26 * 3600.0
    patience: float = 300.0
    began: float = field(default_factory=time.monotonic)

    @property
    def as_of(self) -> datetime:
        """The time as which the job acts by now."""
        return self.at + timedelta(seconds=time.monotonic() - self.began)

    @property
    def real(self) -> datetime:
        """The real time by now."""
        return self.now + timedelta(seconds=time.monotonic() - self.began)

    @property
    def unbound(self) -> bool:
        """Whether the window does not bind, since a person wants it done now."""
        return self.by_hand and self.at == self.now

    @property
    def window_seconds(self) -> float | None:
        """The seconds that the job's window stays open; None for a job without one."""
        if self.job.window is None:
            return None
        closes = schedule.closes_at(self.job.window, self.as_of, self.timezone)
        return 0.0 if closes is None else (closes - self.as_of).total_seconds()
