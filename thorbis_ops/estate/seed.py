"""Fills the estate with the history of twenty businesses, the same one for the same seed.

Rows are made in Python and streamed by COPY, one business after the other in one transaction.
Triggers that write the audit trail rest meanwhile: what is seeded is history, and brings
audit rows with dates of its own.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow

from thorbis_ops import database
from thorbis_ops.errors import ConfigError, ContentError
from thorbis_ops.estate.rows import Batch, Shop, batches
from thorbis_ops.estate.tenants import TENANTS

_LOCK_TIMEOUT = 10.0
_STATEMENT_TIMEOUT = 600.0
_AUDITED = """
select n.nspname, c.relname
from pg_catalog.pg_trigger as t
join pg_catalog.pg_class as c on c.oid = t.tgrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where t.tgname = 'audit' and not t.tgisinternal
order by n.nspname, c.relname
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedReport:
    """What was written: rows by table, a digest of all of them, and the seconds it took."""

    tables: Mapping[str, int]
    tenants: Mapping[str, int]
    checksum: str
    seconds: float

    @property
    def rows(self) -> int:
        """All rows together."""
        return sum(self.tables.values())


async def seed(dsn: str, *, scale: float, seed: int, now: datetime) -> SeedReport:
    """Fill the loaded, empty estate of the superuser ``dsn``; scale 1 is about 200,000 rows.

    ``now`` is the end of the history and must lie in the live partitions. ConfigError: the
    scale is not positive, or ``now`` has no zone. ContentError: there is no estate, or it
    is not empty.
    """
    if scale <= 0:
        raise ConfigError(f"scale: {scale} is not positive; 1 is about 200,000 rows")
    if now.tzinfo is None:
        raise ConfigError(f"now: {now} names no time zone")
    started = time.monotonic()
    async with await database.connect(
        dsn,
        application_name="thorbis-ops estate",
        lock_timeout=_LOCK_TIMEOUT,
        statement_timeout=_STATEMENT_TIMEOUT,
        read_only=False,
    ) as connection:
        tally = _Tally()
        async with connection.transaction():
            await _refuse_unfit(connection)
            await _fill(connection, tally, _shops(scale, seed, now))
        await _analyze(connection, tally.tables)
    return tally.report(time.monotonic() - started)


class _Tally:
    """Counts and digests the rows that pass on their way to the server."""

    def __init__(self) -> None:
        self.tables: Counter[str] = Counter()
        self._tenants: Counter[str] = Counter()
        self._digest = hashlib.sha256()

    def passing(self, shop: Shop, batch: Batch) -> Iterator[tuple[object, ...]]:
        """The rows of ``batch``, complete with business and time of change."""
        twice = batch.columns.endswith(" created_at")
        count = 0
        for row in batch.rows:
            whole = (shop.tenant.id, *row, row[-1]) if twice else (shop.tenant.id, *row)
            self._digest.update(repr(whole).encode())
            count += 1
            yield whole
        self.tables[batch.table] += count
        self._tenants[shop.tenant.id] += count

    def report(self, seconds: float) -> SeedReport:
        """What passed."""
        return SeedReport(
            tables=dict(self.tables),
            tenants=dict(self._tenants),
            checksum=self._digest.hexdigest(),
            seconds=seconds,
        )


def _shops(scale: float, seed: int, now: datetime) -> Iterator[Shop]:
    for tenant in TENANTS:
        chance = Random(f"{seed} {tenant.rank}")  # noqa: S311 repeatable, not secret
        yield Shop(tenant, scale * tenant.share, chance, now)


async def _refuse_unfit(connection: AsyncConnection[TupleRow]) -> None:
    try:
        found = await connection.execute("select from tenant_mgmt.businesses limit 1")
    except psycopg.errors.UndefinedTable:
        raise ContentError(
            f'database "{connection.info.dbname}" holds no estate; load it first'
        ) from None
    if await found.fetchone() is not None:
        raise ContentError(
            f'database "{connection.info.dbname}" is seeded already; seed a new estate'
        )


async def _fill(
    connection: AsyncConnection[TupleRow], tally: _Tally, shops: Iterable[Shop]
) -> None:
    audited = await (await connection.execute(_AUDITED)).fetchall()
    await _audit(connection, audited, sql.SQL("disable"))
    for shop in shops:
        for batch in batches(shop):
            await _copy(connection, batch, tally.passing(shop, batch))
    await _audit(connection, audited, sql.SQL("enable"))


async def _audit(
    connection: AsyncConnection[TupleRow], tables: Iterable[TupleRow], verb: sql.SQL
) -> None:
    for schema, table in tables:
        await connection.execute(
            sql.SQL("alter table {} {} trigger audit").format(sql.Identifier(schema, table), verb)
        )


async def _copy(
    connection: AsyncConnection[TupleRow], batch: Batch, rows: Iterator[tuple[object, ...]]
) -> None:
    columns = ["business_id", *batch.columns.split()]
    if columns[-1] == "created_at":
        columns.append("updated_at")
    statement = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(*batch.table.split(".")), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    try:
        async with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                await copy.write_row(row)
    except psycopg.errors.CheckViolation as error:
        raise ContentError(
            f"{batch.table}: {error.diag.message_primary}; nothing was seeded"
        ) from None


async def _analyze(connection: AsyncConnection[TupleRow], tables: Iterable[str]) -> None:
    for table in tables:
        name = sql.Identifier(*table.split("."))
        await connection.execute(sql.SQL("analyze {}").format(name))
