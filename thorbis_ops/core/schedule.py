"""When a job is due, derived from what the journal says was done. Pure.

The idea: a timer that fires is a hint, the journal is the truth. Of all the times a cron
line has named, only the latest one can be owed, so a long absence costs one run and a
finished run is never repeated. A cron line is read in local wall-clock time, each wall-clock
time once: the 02:30 that autumn shows twice is met at its first showing, the 02:30 that
spring leaves out is met an hour later. Five fields, Sunday = 0 or 7, and a day that is
restricted by month *and* week matches either, as in POSIX crontab(5).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from thorbis_ops.model import Job, Run, Window

MAX_ATTEMPTS = 5
RETRY_AFTER_GUARD = timedelta(minutes=5)
_HORIZON = timedelta(days=366 * 9)
_SHIFT = timedelta(hours=3)
_MINUTE = timedelta(minutes=1)
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_END = datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A job that is owed a run, the scheduled time that the run answers to, and why now."""

    job: Job
    scheduled_at: datetime
    closes_at: datetime | None
    reason: str


@lru_cache(maxsize=512)
def cron(text: str) -> tuple[CronTrigger, ...]:
    """The triggers of a cron line of five fields; ValueError says what is wrong with it."""
    fields = text.split()
    if len(fields) != 5:  # noqa: PLR2004
        raise ValueError(f'"{text}" has {len(fields)} fields; a cron line has five')
    minute, hour, day, month, weekday = fields
    weekdays = _weekdays(weekday)
    either = not day.startswith("*") and not weekday.startswith("*")
    pairs = [(day, "*"), ("*", weekdays)] if either else [(day, weekdays)]
    found = tuple(_trigger(text, minute, hour, month, pair) for pair in pairs)
    if not any(_next(t, datetime(2024, 1, 1, tzinfo=UTC)) for t in found):
        raise ValueError(f'"{text}" names no time that ever comes')
    return found


def _trigger(text: str, minute: str, hour: str, month: str, days: tuple[str, str]) -> CronTrigger:
    # Wall-clock time travels as UTC, so that the trigger knows no change of the clocks.
    try:
        return CronTrigger(
            minute=minute, hour=hour, day=days[0], month=month, day_of_week=days[1],
            timezone=UTC, end_date=_END,
        )  # fmt: skip
    except ValueError as error:
        raise ValueError(f'"{text}" is not a cron line: {error}') from None


def _weekdays(field: str) -> str:
    """The weekday field by names, since the trigger counts from Monday and cron from Sunday."""
    if field == "*":
        return field
    numbers = {day % 7 for part in field.lower().split(",") for day in _weekday_part(part)}
    return ",".join(_WEEKDAYS[day] for day in sorted(numbers))


def _weekday_part(part: str) -> range:
    span, slash, step = part.partition("/")
    first, dash, last = ("0", "-", "6") if span == "*" else span.partition("-")
    low = _weekday(first)
    high = _weekday(last) if dash else (6 if slash else low)
    if high == 0 and low > 0:
        high = 7
    if high < low or (slash and not (step.isdigit() and int(step))):
        raise ValueError(f'"{part}" is not a span of weekdays, such as 1-5')
    return range(low, high + 1, int(step) if slash else 1)


def _weekday(name: str) -> int:
    if name in _WEEKDAYS:
        return _WEEKDAYS.index(name)
    if name.isdigit() and int(name) <= len(_WEEKDAYS):
        return int(name)
    raise ValueError(f'"{name}" is not a weekday; write 0-7 (0 and 7 are Sunday) or sun to sat')


def _next(trigger: CronTrigger, wall: datetime) -> datetime | None:
    found: datetime | None = trigger.get_next_fire_time(None, wall)
    return found


def _next_wall(line: str, wall: datetime) -> datetime | None:
    """The first wall-clock time of ``line`` at or after ``wall``."""
    found = [t for t in (_next(trigger, wall) for trigger in cron(line)) if t is not None]
    return min(found, default=None)


def _walls(line: str, first: datetime, last: datetime) -> Iterator[datetime]:
    wall = _next_wall(line, first)
    while wall is not None and wall <= last:
        yield wall
        wall = _next_wall(line, wall + _MINUTE)


def _instant(wall: datetime, timezone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=timezone, fold=0).astimezone(UTC)


def _wall(moment: datetime, timezone: ZoneInfo) -> datetime:
    local = moment.astimezone(timezone)
    return local.replace(tzinfo=UTC, fold=0)


def next_after(line: str, moment: datetime, timezone: ZoneInfo) -> datetime | None:
    """The first time after ``moment`` that the cron ``line`` names, in UTC."""
    wall = _wall(moment, timezone)
    near = (_instant(w, timezone) for w in _walls(line, wall - _SHIFT, wall + _SHIFT))
    found = min((at for at in near if at > moment), default=None)
    if found is not None:
        return found
    far = _next_wall(line, wall + _SHIFT)
    return None if far is None else _instant(far, timezone)


def latest(line: str, moment: datetime, timezone: ZoneInfo) -> datetime | None:
    """The last time at or before ``moment`` that the cron ``line`` names, in UTC."""
    wall = _wall(moment, timezone)
    low, high = wall - _HORIZON, wall + _SHIFT
    while high - low > _MINUTE:
        middle = low + (high - low) / 2
        found = _next_wall(line, middle)
        if found is not None and _instant(found, timezone) <= moment:
            low = middle
        else:
            high = middle
    near = (_instant(w, timezone) for w in _walls(line, low - _SHIFT, high + _SHIFT))
    return max((at for at in near if at <= moment), default=None)


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
