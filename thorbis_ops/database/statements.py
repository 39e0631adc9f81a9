"""The counters of pg_stat_statements, read so that they cost little and contradict nothing.

Counters come without texts: a third of the cost, and no temporary files. The functions are
called, not the views over them, so that no lock on a relation is waited for. What names the
epoch (resets, restarts) is read before and after, until both agree. Columns go by the version
of the extension, which an upgrade of the server leaves behind.
"""

from __future__ import annotations

from collections.abc import Collection, Coroutine
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Any, TypeVar

import psycopg
from psycopg import AsyncConnection, errors, sql
from psycopg.rows import TupleRow

from thorbis_ops.database.asking import reason
from thorbis_ops.database.connection import describe
from thorbis_ops.deadline import deadline
from thorbis_ops.model import Reason, Unanswered
from thorbis_ops.statements.counters import Counters, Key, Sample

_T = TypeVar("_T")

QUESTION = "statements.counters"
#: Bytes; a longer text stays on the server and is reported as not understood.
LONGEST_TEXT = 400_000
#: Keys asked for in one reading of the texts.
BATCH = 1_000
_DEADLINE = 12.0
_TRIES = 3
_OLDEST = (1, 8)

_HEADER = """
select e.extversion, n.nspname,
  pg_catalog.pg_postmaster_start_time(),
  case
    when pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'execute')
    then (select c.system_identifier::text from pg_catalog.pg_control_system() c)
  end,
  coalesce(pg_catalog.current_setting('pg_stat_statements.max', true)::int, 5000),
  pg_catalog.current_setting('compute_query_id', true) = 'off',
  pg_catalog.current_setting('pg_stat_statements.track', true) = 'none'
from pg_catalog.pg_extension e
join pg_catalog.pg_namespace n on n.oid = e.extnamespace
where e.extname = 'pg_stat_statements'
"""
_EPOCH = "select pg_catalog.clock_timestamp(), {dealloc}, {reset}{source}"
_COUNTERS = """
select dbid::bigint, userid::bigint, queryid, {toplevel}, calls, plans, rows,
  total_exec_time, min_exec_time, max_exec_time, mean_exec_time, stddev_exec_time,
  {since}, {extremes_since}
from {schema}.pg_stat_statements(false)
"""
_TEXTS = """
select dbid::bigint, userid::bigint, queryid, {toplevel},
  case when pg_catalog.octet_length(query) <= {longest} then query end
from {schema}.pg_stat_statements(true)
where queryid = any({queryids})
"""


class _RefusedError(Exception):
    """The extension cannot be read; reason and detail say why."""

    def __init__(self, why: Reason, detail: str) -> None:
        super().__init__(detail)
        self.why: Reason = why
        self.detail = detail


@dataclass(frozen=True, slots=True)
class _Extension:
    version: tuple[int, int]
    schema: str
    started_at: datetime
    system_identifier: str | None
    capacity: int


@dataclass(frozen=True, slots=True)
class _Epoch:
    at: datetime
    deallocated: int | None
    stats_reset: datetime | None


async def fetch_counters(
    connection: AsyncConnection[TupleRow], at: datetime
) -> Sample | Unanswered:
    """All counters as they are now, or why they cannot be had.

    ``at`` is the caller's time, for the Unanswered; the sample carries the server's.
    """
    return await _answered(connection, _sample(connection), at)


async def fetch_texts(
    connection: AsyncConnection[TupleRow], keys: Collection[Key], at: datetime
) -> dict[Key, str | None] | Unanswered:
    """The texts of ``keys``, or why they cannot be had; those gone by now are missing.

    A text is None where it is too long, or where the server lost it. Reading any text makes the
    server read all of them: ask rarely, and only for new ones.
    """
    return await _answered(connection, _texts(connection, keys), at)


async def _answered(
    connection: AsyncConnection[TupleRow], asking: Coroutine[Any, Any, _T], at: datetime
) -> _T | Unanswered:
    """The answer, or the reason why there is none; a server that hangs is cut off."""
    began = perf_counter()
    try:
        with deadline(connection, _DEADLINE):
            return await asking
    except _RefusedError as refused:
        why, detail = refused.why, refused.detail
    except errors.ObjectNotInPrerequisiteState:
        why, detail = "missing", "add pg_stat_statements to shared_preload_libraries and restart"
    except psycopg.Error as error:
        why, detail = reason(error), describe(error)
        if connection.closed and perf_counter() - began >= _DEADLINE:
            why, detail = "timeout", f"the server did not answer in {_DEADLINE:g} s"
    seconds = perf_counter() - began
    return Unanswered(question=QUESTION, reason=why, detail=detail, seconds=seconds, taken_at=at)


async def _sample(connection: AsyncConnection[TupleRow]) -> Sample:
    extension = await _extension(connection)
    epoch = await _epoch(connection, extension)
    for _ in range(_TRIES):
        rows = await _counters(connection, extension)
        after = await _epoch(connection, extension)
        if after.stats_reset == epoch.stats_reset:
            return _as_sample(rows, extension, epoch)
        epoch = after
    raise _RefusedError("error", "the counters were reset again and again while they were read")


def _as_sample(rows: list[TupleRow], extension: _Extension, epoch: _Epoch) -> Sample:
    seen = {row[:4]: Counters._make(row) for row in rows if row[2] is not None}
    hidden = [row[4] for row in rows if row[2] is None]
    return Sample(
        taken_at=epoch.at,
        started_at=extension.started_at,
        system_identifier=extension.system_identifier,
        counters=seen,
        stats_reset=epoch.stats_reset,
        deallocated=epoch.deallocated,
        capacity=extension.capacity,
        hidden_entries=len(hidden),
        hidden_calls=sum(hidden),
    )


async def _extension(connection: AsyncConnection[TupleRow]) -> _Extension:
    row = await (await connection.execute(_HEADER)).fetchone()
    if row is None:
        database = connection.info.dbname
        raise _RefusedError(
            "missing", f"create extension pg_stat_statements in database {database}"
        )
    version, *facts, without_queryid, untracked = row
    parts = version.split(".")
    if untracked:
        raise _RefusedError("missing", "pg_stat_statements.track is none; set it to top")
    if without_queryid:
        raise _RefusedError("missing", "compute_query_id is off; set it to auto")
    if (number := (int(parts[0]), int(parts[1]))) < _OLDEST:
        raise _RefusedError(
            "version", f"extension is {version}; alter extension pg_stat_statements update"
        )
    return _Extension(number, *facts)


async def _epoch(connection: AsyncConnection[TupleRow], extension: _Extension) -> _Epoch:
    known = extension.version >= (1, 9)
    source = " from {schema}.pg_stat_statements_info()" if known else ""
    query = sql.SQL(_EPOCH).format(
        dealloc=sql.SQL("dealloc" if known else "null::bigint"),
        reset=sql.SQL("stats_reset" if known else "null::timestamptz"),
        source=sql.SQL(source).format(schema=sql.Identifier(extension.schema)),
    )
    row = await (await connection.execute(query)).fetchone()
    if row is None:
        raise _RefusedError("error", "pg_stat_statements_info gave no row")
    return _Epoch(*row)


async def _counters(connection: AsyncConnection[TupleRow], extension: _Extension) -> list[TupleRow]:
    born = extension.version >= (1, 11)
    query = sql.SQL(_COUNTERS).format(
        toplevel=_toplevel(extension),
        since=sql.SQL("stats_since" if born else "null::timestamptz"),
        extremes_since=sql.SQL("minmax_stats_since" if born else "null::timestamptz"),
        schema=sql.Identifier(extension.schema),
    )
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(query)
        return await cursor.fetchall()


# One text of another database that this one's encoding cannot hold makes the server refuse
# all texts. Then none is known: calls go on being counted as not understood, until it has gone.
UNREADABLE = (errors.CharacterNotInRepertoire, errors.UntranslatableCharacter)


async def _texts(
    connection: AsyncConnection[TupleRow], keys: Collection[Key]
) -> dict[Key, str | None]:
    extension = await _extension(connection)
    query = sql.SQL(_TEXTS).format(
        toplevel=_toplevel(extension),
        longest=sql.Literal(LONGEST_TEXT),
        schema=sql.Identifier(extension.schema),
        queryids=sql.Placeholder(),
    )
    wanted = sorted({key[2] for key in keys})
    found: dict[Key, str | None] = {}
    for start in range(0, len(wanted), BATCH):
        try:
            rows = await connection.execute(query, (wanted[start : start + BATCH],))
        except UNREADABLE:
            return {}
        found |= {row[:4]: row[4] for row in await rows.fetchall()}
    return {key: found[key] for key in keys if key in found}


def _toplevel(extension: _Extension) -> sql.SQL:
    """Before 1.9 nested statements are told from others by nobody."""
    return sql.SQL("toplevel" if extension.version >= (1, 9) else "true")
