"""Periods of time and the ranges of partitions: what is there, what is missing, what is old.

Bounds come from the catalogue, never from names. A bound is kept as naive local time in the
set's own time zone, so that a month is a month on both sides of a change of the clocks; only
a key of type timestamptz is turned into an instant, and that always with its offset. Pure.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Period = Literal["day", "week", "month", "year"]
KeyType = Literal["date", "timestamp", "timestamptz"]
PERIODS: tuple[Period, ...] = ("day", "week", "month", "year")
EVER = datetime.min, datetime.max
NAME_BYTES = 63
_BOUND = re.compile(r"FOR VALUES FROM \((MINVALUE|'([^']*)')\) TO \((MAXVALUE|'([^']*)')\)")
_FORMATS: dict[Period, tuple[str, ...]] = {
    "day": ("%Y_%m_%d", "%Y%m%d", "%Y-%m-%d"),
    "week": ("%G_w%V", "%Gw%V", "%Y_%m_%d", "%Y%m%d"),
    "month": ("%Y_%m", "%Y%m", "%Y-%m", "y%Ym%m", "%Y_%m_%d", "%Y%m%d"),
    "year": ("%Y", "y%Y"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A partition's bounds in local time: from ``lower``, up to and without ``upper``."""

    lower: datetime
    upper: datetime

    def meets(self, other: Range) -> bool:
        """Whether they share a moment."""
        return self.lower < other.upper and other.lower < self.upper


@dataclass(frozen=True, slots=True, kw_only=True)
class Existing:
    """A partition that stands, with its name as it is, unquoted and without schema."""

    name: str
    range: Range


def parse_bound(text: str, zone: ZoneInfo) -> Range | None:
    """The range in a bound as the catalogue writes it with DateStyle ISO; None for another kind.

    The time zone of the text must be UTC where the key has one.
    """
    match = _BOUND.fullmatch(text)
    if match is None:
        return None
    try:
        lower = EVER[0] if match[2] is None else _local(match[2], zone)
        upper = EVER[1] if match[4] is None else _local(match[4], zone)
    except ValueError:
        return None
    return Range(lower=lower, upper=upper)


def _local(text: str, zone: ZoneInfo) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.astimezone(zone).replace(tzinfo=None) if moment.tzinfo else moment


def literal(moment: datetime, key: KeyType, zone: ZoneInfo) -> str:
    """A bound as the text of a SQL literal that means the same in every session."""
    if key == "date":
        return moment.date().isoformat()
    if key == "timestamp":
        return moment.isoformat(sep=" ")
    return moment.replace(tzinfo=zone).astimezone(UTC).isoformat(sep=" ")


def start(period: Period, moment: datetime) -> datetime:
    """The start of the period that holds the naive ``moment``; weeks begin on Monday."""
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "week":
        return day - timedelta(days=day.weekday())
    if period == "month":
        return day.replace(day=1)
    return day.replace(month=1, day=1) if period == "year" else day


def shift(period: Period, begin: datetime, count: int) -> datetime:
    """The start of the period ``count`` periods after the one that starts at ``begin``."""
    if period == "day":
        return begin + timedelta(days=count)
    if period == "week":
        return begin + timedelta(weeks=count)
    if period == "year":
        return begin.replace(year=begin.year + count)
    months = begin.year * 12 + begin.month - 1 + count
    return begin.replace(year=months // 12, month=months % 12 + 1)


def wanted(period: Period, now: datetime, ahead: int) -> Iterator[Range]:
    """The period of the naive ``now`` and ``ahead`` more."""
    begin = start(period, now)
    for count in range(ahead + 1):
        lower = shift(period, begin, count)
        yield Range(lower=lower, upper=shift(period, lower, 1))


def crossing(need: Range, existing: Iterable[Existing]) -> Sequence[Existing]:
    """The partitions that cover ``need`` in part; empty where it is free or covered whole."""
    meeting = sorted((e for e in existing if e.range.meets(need)), key=lambda e: e.range.lower)
    return [] if covered(need, meeting) else meeting


def covered(need: Range, existing: Iterable[Existing]) -> bool:
    """Whether partitions hold every moment of ``need``."""
    reached = need.lower
    for one in sorted(existing, key=lambda e: e.range.lower):
        if one.range.lower <= reached < one.range.upper:
            reached = one.range.upper
    return reached >= need.upper


def expiry(period: Period, now: datetime, retention: int) -> datetime:
    """What lies wholly before this has outlived ``retention`` whole periods."""
    return shift(period, start(period, now), -retention)


def inferred(existing: Sequence[Existing]) -> Period | None:
    """The period that every bounded partition spans; None where they differ or there is none."""
    bounded = [e.range for e in existing if e.range.lower > EVER[0] and e.range.upper < EVER[1]]
    for period in PERIODS:
        if bounded and all(_spans(period, one) for one in bounded):
            return period
    return None


def _spans(period: Period, one: Range) -> bool:
    return start(period, one.lower) == one.lower and shift(period, one.lower, 1) == one.upper


def name_for(table: str, period: Period, need: Range, existing: Sequence[Existing]) -> str:
    """The name of a new partition, in the manner of the newest one whose name tells its bound."""
    for one in sorted(existing, key=lambda e: e.range.lower, reverse=True):
        if one.range.lower == EVER[0]:
            continue
        for form in _FORMATS[period]:
            tail = one.range.lower.strftime(form)
            if one.name.endswith(tail):
                return fitted(one.name.removesuffix(tail), need.lower.strftime(form))
    return fitted(f"{table}_", need.lower.strftime(_FORMATS[period][0]))


def fitted(head: str, tail: str) -> str:
    """A name of at most 63 bytes; a head that is too long is cut and told apart by a hash."""
    if len((head + tail).encode()) <= NAME_BYTES:
        return head + tail
    mark = hashlib.blake2b(head.encode(), digest_size=3).hexdigest() + "_"
    room = NAME_BYTES - len((mark + tail).encode())
    return head.encode()[:room].decode(errors="ignore") + mark + tail
