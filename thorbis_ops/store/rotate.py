"""Time series of the store: partitions made before they are needed, and dropped after.

What is there is read from the catalogue, never from names. A default partition catches
what comes too early or too late, so an insert never fails; its rows move when the partition
for them is made. Nothing is dropped that the database's own clock would keep.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from psycopg import sql

from thorbis_ops.store.connection import Cursor, Store

LOCK_KEY = 7_406_211_870_155_285
RETENTION = timedelta(days=730)
_BOUND = re.compile(r"FOR VALUES FROM \('([^']+)'\) TO \('([^']+)'\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A table partitioned by its column ``at``; ``ahead`` and ``keep`` count periods."""

    name: str
    period: Literal["day", "month"]
    ahead: int
    keep: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """The share of ``series`` from ``lower`` up to, not including, ``upper``."""

    series: str
    name: str
    lower: datetime
    upper: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """Partitions to make, and partitions whose time is over."""

    create: tuple[Partition, ...] = ()
    drop: tuple[Partition, ...] = ()


def start_of_period(period: Literal["day", "month"], at: datetime, shift: int = 0) -> datetime:
    """The UTC beginning of the period that holds ``at``, ``shift`` periods later."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "day":
        return day + timedelta(days=shift)
    months = day.year * 12 + day.month - 1 + shift
    return day.replace(year=months // 12, month=months % 12 + 1, day=1)


def plan_rotation(
    series: Series, present: Sequence[Partition], at: datetime, retention: timedelta = RETENTION
) -> Rotation:
    """What ``series`` needs at ``at``: this period and those ahead, without an overlap."""
    wanted = [_partition(series, at, shift) for shift in range(series.ahead + 1)]
    create = (w for w in wanted if not any(_overlap(w, p) for p in present))
    horizon = retention_horizon(series, at, retention)
    drop = (p for p in present if p.upper <= horizon)
    return Rotation(create=tuple(create), drop=tuple(drop))


def retention_horizon(series: Series, at: datetime, retention: timedelta) -> datetime:
    """Rows older than this may go: the later of the series' own limit and the general one."""
    general = at - retention
    if series.keep is None:
        return general
    return max(general, start_of_period(series.period, at, -series.keep))


def _partition(series: Series, at: datetime, shift: int) -> Partition:
    lower = start_of_period(series.period, at, shift)
    form = "%Y%m%d" if series.period == "day" else "%Y%m"
    upper = start_of_period(series.period, at, shift + 1)
    name = f"{series.name}_{lower.strftime(form)}"
    return Partition(series=series.name, name=name, lower=lower, upper=upper)


def _overlap(one: Partition, other: Partition) -> bool:
    return one.lower < other.upper and other.lower < one.upper


async def rotate(store: Store, at: datetime, retention: timedelta = RETENTION) -> Rotation:
    """Makes and drops what is due at ``at``, and says what it did; safe to call at any time.

    Closed findings, ended runs, and rows of any series, older than ``retention`` go in any case.
    Two daemons may call it at once: one waits. Each series is its own transaction, so what
    one of them refuses never keeps another from growing.
    """
    async with store.transaction() as cursor:
        every = await _series(cursor)
    made: list[Partition] = []
    gone: list[Partition] = []
    for series in every:
        async with store.transaction() as cursor:
            made += await _grow(cursor, series, at)
    for series in every:
        async with store.transaction() as cursor:
            gone += await _shrink(cursor, series, at, retention)
    async with store.transaction() as cursor:
        await cursor.execute(_FORGET, {"before": at - retention})
        await cursor.execute(_FORGET_RUNS, {"before": at - retention})
    return Rotation(create=tuple(made), drop=tuple(gone))


_FORGET = """
delete from thorbis_ops.findings
where closed_at < least(%(before)s, pg_catalog.now())
"""

_FORGET_RUNS = """
delete from thorbis_ops.runs
where finished_at < least(%(before)s, pg_catalog.now())
"""


async def _series(cursor: Cursor) -> tuple[Series, ...]:
    await cursor.execute("select name, period, ahead, keep from thorbis_ops.series order by name")
    return tuple(Series(**row) for row in await cursor.fetchall())


async def _grow(cursor: Cursor, series: Series, at: datetime) -> Iterable[Partition]:
    create = plan_rotation(series, await _locked_partitions(cursor, series), at).create
    if create:
        parent, default = _relation(series.name), _relation(f"{series.name}_default")
        await cursor.execute(
            sql.SQL("lock table only {} in share update exclusive mode").format(parent)
        )
        await cursor.execute(sql.SQL("lock table {} in access exclusive mode").format(default))
    for partition in create:
        await cursor.execute(creation(partition))
    return create


async def _shrink(
    cursor: Cursor, series: Series, at: datetime, retention: timedelta
) -> Iterable[Partition]:
    await cursor.execute("select pg_catalog.now() as now")
    row = await cursor.fetchone()
    sane = at if row is None else min(at, row["now"])
    present = await _locked_partitions(cursor, series)
    drop = plan_rotation(series, present, sane, retention).drop
    for partition in drop:
        await cursor.execute(sql.SQL("drop table {}").format(_relation(partition.name)))
    default = _relation(f"{series.name}_default")
    horizon = retention_horizon(series, sane, retention)
    await cursor.execute(sql.SQL("delete from {} where at < %s").format(default), (horizon,))
    return drop


def creation(partition: Partition) -> sql.Composed:
    """The statements that make a partition and take over its rows from the default one."""
    return sql.SQL(
        "create table {new} (like {parent} including defaults including constraints);"
        " with moved as (delete from {default} where at >= {lower} and at < {upper} returning *)"
        " insert into {new} select * from moved;"
        " alter table {parent} attach partition {new} for values from ({lower}) to ({upper})"
    ).format(
        new=_relation(partition.name),
        parent=_relation(partition.series),
        default=_relation(f"{partition.series}_default"),
        lower=sql.Literal(partition.lower.isoformat()),
        upper=sql.Literal(partition.upper.isoformat()),
    )


def _relation(name: str) -> sql.Identifier:
    return sql.Identifier("thorbis_ops", name)


async def _locked_partitions(cursor: Cursor, series: Series) -> list[Partition]:
    await cursor.execute("select pg_catalog.pg_advisory_xact_lock(%s)", (LOCK_KEY,))
    await cursor.execute(_PARTITIONS, {"series": series.name})
    return [
        Partition(
            series=series.name,
            name=row["name"],
            lower=datetime.fromisoformat(bound[1]),
            upper=datetime.fromisoformat(bound[2]),
        )
        for row in await cursor.fetchall()
        if (bound := _BOUND.fullmatch(row["bound"]))
    ]


_PARTITIONS = """
select c.relname as name, pg_catalog.pg_get_expr(c.relpartbound, c.oid) as bound
from pg_catalog.pg_inherits i
join pg_catalog.pg_class c on c.oid = i.inhrelid
join pg_catalog.pg_class p on p.oid = i.inhparent
join pg_catalog.pg_namespace n on n.oid = p.relnamespace
where n.nspname = 'thorbis_ops' and p.relname = %(series)s and c.relispartition
order by c.relname
"""
