"""A cron line as the wall-clock minutes that it names. Pure, and without a time zone.

Five fields with lists, spans, steps and names. Sunday is 0 or 7, and a day that is
restricted by month *and* by week matches either, both as in crontab(5). (APScheduler's own
reading counts weekdays from Monday and asks for both; the tests hold the rest against it.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
# Eight years lie between two leap days around 1900 and 2100.
_HORIZON = 366 * 8 + 31
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """The sets of numbers that the fields of a line allow; weekdays count from Sunday = 0."""

    times: tuple[time, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool

    def holds(self, day: date) -> bool:
        """Whether the line names times on ``day``."""
        month, week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return day.month in self.months and (month or week if self.either else month and week)


@lru_cache(maxsize=512)
def parse(text: str) -> Cron:
    """The line ``text``; ValueError says which part is wrong, and how."""
    fields = text.split()
    if len(fields) != 5:  # noqa: PLR2004
        raise ValueError(f'"{text}" has {len(fields)} fields; a cron line has five')
    minutes, hours = _field(fields[0], 0, 59), _field(fields[1], 0, 23)
    line = Cron(
        times=tuple(time(hour, minute) for hour in sorted(hours) for minute in sorted(minutes)),
        days=_field(fields[2], 1, 31),
        months=_field(fields[3], 1, 12, _MONTHS),
        weekdays=frozenset(day % 7 for day in _field(fields[4], 0, 7, _WEEKDAYS)),
        either=not fields[2].startswith("*") and not fields[4].startswith("*"),
    )
    if next(following(line, datetime(2024, 1, 1)), None) is None:
        raise ValueError(f'"{text}" names no time that ever comes')
    return line


def following(line: Cron, wall: datetime) -> Iterator[datetime]:
    """The minutes that the line names, at or after the naive ``wall``, in order."""
    for offset in range(_HORIZON):
        day = wall.date() + offset * _DAY
        if line.holds(day):
            named = (datetime.combine(day, clock) for clock in line.times)
            yield from (minute for minute in named if minute >= wall)


def before(line: Cron, wall: datetime) -> datetime | None:
    """The last minute before the naive ``wall`` that the line names."""
    for offset in range(_HORIZON):
        day = wall.date() - offset * _DAY
        if line.holds(day):
            named = (datetime.combine(day, clock) for clock in reversed(line.times))
            found = next((minute for minute in named if minute < wall), None)
            if found is not None:
                return found
    return None


def _field(text: str, low: int, high: int, names: tuple[str, ...] = ()) -> frozenset[int]:
    return frozenset(
        number for part in text.lower().split(",") for number in _part(part, low, high, names)
    )


def _part(part: str, low: int, high: int, names: tuple[str, ...]) -> range:
    span, slash, step = part.partition("/")
    if slash and not (step.isdigit() and int(step) > 0):
        raise ValueError(f'"{part}" has a step that is not a positive number')
    # The week's second Sunday is a way to write a span, not a day of its own.
    last_day = high - 1 if names is _WEEKDAYS else high
    if span == "*":
        return range(low, last_day + 1, int(step or 1))
    first, dash, last = span.partition("-")
    start = _number(first, low, high, names)
    end = _number(last, low, high, names) if dash else (last_day if slash else start)
    if names is _WEEKDAYS and dash and end == 0:
        end = high
    if end < start:
        raise ValueError(f'"{part}" ends before it begins')
    return range(start, end + 1, int(step or 1))


def _number(text: str, low: int, high: int, names: tuple[str, ...]) -> int:
    if text in names:
        return names.index(text) + low
    if not text.isdigit() or not low <= int(text) <= high:
        raise ValueError(f'"{text}" is not a number from {low} to {high}')
    return int(text)
