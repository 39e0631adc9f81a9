"""When a job is due, derived from what the journal says was done. Pure.

The idea: a timer that fires is a hint, the journal is the truth. Of all the times a cron
line has named, only the latest one can be owed, so a long absence costs one run and a
finished run is never repeated. A cron line is read in local wall-clock time, each wall-clock
time once: the 02:30 that autumn shows twice is met at its first showing, the 02:30 that
spring leaves out is met an hour later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from thorbis_ops.core import cron
from thorbis_ops.core.cron import Cron
from thorbis_ops.model import Job, Run, Window

MAX_ATTEMPTS = 5
RETRY_AFTER_GUARD = timedelta(minutes=5)
_SHIFT = timedelta(hours=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A job that is owed a run, the scheduled time that the run answers to, and why now."""

    job: Job
    scheduled_at: datetime
    closes_at: datetime | None
    reason: str


def _instant(wall: datetime, timezone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=timezone, fold=0).astimezone(UTC)


def _wall(moment: datetime, timezone: ZoneInfo) -> datetime:
    return moment.astimezone(timezone).replace(tzinfo=None, fold=0)


def _near(line: Cron, wall: datetime, timezone: ZoneInfo) -> Iterator[datetime]:
    """The times around ``wall``, which a change of the clocks may have put out of order."""
    for minute in cron.following(line, wall - _SHIFT):
        if minute > wall + _SHIFT:
            return
        yield _instant(minute, timezone)


def next_after(text: str, moment: datetime, timezone: ZoneInfo) -> datetime | None:
    """The first time after ``moment`` that the cron line ``text`` names, in UTC."""
    line, wall = cron.parse(text), _wall(moment, timezone)
    near = min((at for at in _near(line, wall, timezone) if at > moment), default=None)
    if near is not None:
        return near
    far = next(cron.following(line, wall + _SHIFT), None)
    return None if far is None else _instant(far, timezone)


def latest(text: str, moment: datetime, timezone: ZoneInfo) -> datetime | None:
    """The last time at or before ``moment`` that the cron line ``text`` names, in UTC."""
    line, wall = cron.parse(text), _wall(moment, timezone)
    near = max((at for at in _near(line, wall, timezone) if at <= moment), default=None)
    if near is not None:
        return near
    far = cron.before(line, wall - _SHIFT)
    return None if far is None else _instant(far, timezone)


def opened_at(window: Window, moment: datetime, timezone: ZoneInfo) -> datetime | None:
    """When the window that holds ``moment`` opened, in UTC; None while it is closed."""
    wall = _wall(moment, timezone)
    minute = wall.hour * 60 + wall.minute
    if not window.holds(minute):
        return None
    midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0)
    days = 0 if window.opens <= minute else -1
    return _instant(midnight + timedelta(days=days, minutes=window.opens), timezone)


def closes_at(window: Window, moment: datetime, timezone: ZoneInfo) -> datetime | None:
    """When the window that holds ``moment`` closes, in UTC; None while it is closed."""
    wall = _wall(moment, timezone)
    minute = wall.hour * 60 + wall.minute
    if not window.holds(minute):
        return None
    midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0)
    days = 0 if minute < window.closes else 1
    return _instant(midnight + timedelta(days=days, minutes=window.closes), timezone)


def due(
    jobs: Iterable[Job], last_runs: Mapping[str, Run], now: datetime, timezone: ZoneInfo
) -> list[Due]:
    """The jobs that are owed a run at ``now``, each at most once, longest owed first.

    ``last_runs`` holds each job's latest run with ``scheduled_at <= now``. A job that never
    ran owes its latest time only. A missed time is caught up inside the job's window, unless
    the next regular time falls into the same one.
    """
    found = [_due(job, last_runs.get(job.name), now, timezone) for job in jobs]
    return sorted((d for d in found if d), key=lambda d: (d.scheduled_at, d.job.name))


def overdue(job: Job, last: Run | None, now: datetime, timezone: ZoneInfo) -> float:
    """Seconds since the latest scheduled time that no run has settled; 0 when none is owed."""
    owed = latest(job.schedule, now, timezone)
    if owed is None or (last is not None and last.scheduled_at >= owed and not _unsettled(last)):
        return 0.0
    return (now - owed).total_seconds()


def _unsettled(run: Run) -> bool:
    return run.outcome in {None, "guard", "window_closed", "interrupted"}


def _due(job: Job, last: Run | None, now: datetime, timezone: ZoneInfo) -> Due | None:
    owed = latest(job.schedule, now, timezone)
    opened = opened_at(job.window, now, timezone) if job.window else None
    running = last is not None and last.finished_at is None
    if owed is None or running or (job.window and opened is None):
        return None
    closes = closes_at(job.window, now, timezone) if job.window else None
    if last is None or last.scheduled_at < owed:
        reason = "on time" if opened is None or owed >= opened else "caught up"
    else:
        owed, reason = last.scheduled_at, _carried(last, now, opened)
    if reason in {"caught up", "carried over"} and _comes_soon(job, now, closes, timezone):
        return None
    return Due(job=job, scheduled_at=owed, closes_at=closes, reason=reason) if reason else None


def _comes_soon(job: Job, now: datetime, closes: datetime | None, timezone: ZoneInfo) -> bool:
    """Whether the regular time falls into the window that is open: then it does the rest."""
    coming = next_after(job.schedule, now, timezone)
    return closes is not None and coming is not None and coming < closes


def _carried(last: Run, now: datetime, opened: datetime | None) -> str:
    """Why a run that ended early goes on now; empty when it does not."""
    ended = last.finished_at or now
    if last.attempt >= MAX_ATTEMPTS:
        return ""
    if last.outcome == "interrupted":
        return "resumed"
    if last.outcome == "guard" and now >= ended + RETRY_AFTER_GUARD:
        return "tried again"
    if last.outcome == "window_closed" and opened is not None and ended < opened:
        return "carried over"
    return ""
