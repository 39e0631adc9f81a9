"""Asks one question and gives its answer, or says why there is none.

A question runs alone in a READ ONLY transaction that is rolled back, as a prepared
statement, so that the server itself refuses a second statement. Nothing raised by the
server leaves this module: it becomes an Unanswered with its reason.
"""

from __future__ import annotations

import time
from datetime import datetime

import psycopg
from psycopg import AsyncConnection, errors, sql
from psycopg.rows import TupleRow, dict_row

from thorbis_ops.database.connection import describe
from thorbis_ops.deadline import deadline
from thorbis_ops.model import Answer, Job, Question, Reason, Row, Server, Unanswered

GRACE = 2.0
_REASONS: tuple[tuple[type[psycopg.Error], Reason], ...] = (
    (errors.InsufficientPrivilege, "privilege"),
    (errors.LockNotAvailable, "locked"),
    (errors.QueryCanceled, "timeout"),
    (errors.UndefinedTable, "missing"),
    (errors.UndefinedFunction, "missing"),
    (errors.UndefinedColumn, "version"),
)


def unmet(asked: Question | Job, server: Server) -> tuple[Reason, str] | None:
    """The first need that ``server`` does not meet, as a reason, or None."""
    for need in asked.needs:
        missing = _missing(need, server)
        if missing is not None:
            return missing
    return None


def applies(question: Question, server: Server) -> bool:
    """Whether the question is for a server of this role at all."""
    roles = {n for n in question.needs if n in ("primary", "replica")}
    return not roles or server.role in roles


def _missing(need: str, server: Server) -> tuple[Reason, str] | None:
    kind, _, rest = need.partition(":")
    if kind == "extension" and rest not in server.extensions:
        return "missing", f"needs extension {rest}: create extension {rest}"
    if kind == "member" and not (server.superuser or rest in server.memberships):
        role = sql.Identifier(server.user).as_string()
        return "privilege", f"needs membership in {rest}: grant {rest} to {role}"
    if kind == "setting":
        name, _, value = rest.partition("=")
        if server.settings.get(name, value) != value:
            return "missing", f"needs {name} = {value}"
    return None


async def ask(
    connection: AsyncConnection[TupleRow], question: Question, at: datetime, timeout: float
) -> Answer | Unanswered:
    """The answer to one question; ``timeout`` in seconds bounds client and server alike."""
    began = time.perf_counter()

    def failed(reason: Reason, detail: str) -> Unanswered:
        seconds = time.perf_counter() - began
        return Unanswered(
            question=question.id, reason=reason, detail=detail, seconds=seconds, taken_at=at
        )

    try:
        with deadline(connection, timeout + GRACE):
            rows = await _rows(connection, question, timeout)
    except psycopg.Error as error:
        if connection.closed:
            return failed("timeout", _lost(time.perf_counter() - began, timeout))
        return failed(reason(error), describe(error))
    seconds = time.perf_counter() - began
    return Answer(question=question.id, rows=rows, seconds=seconds, taken_at=at)


def _lost(seconds: float, timeout: float) -> str:
    if seconds < timeout:
        return "the connection was lost"
    return f"the server did not answer in {timeout + GRACE:g} s"


def reason(error: psycopg.Error) -> Reason:
    """The kind of failure that a server's error stands for."""
    return next((r for kind, r in _REASONS if isinstance(error, kind)), "error")


async def _rows(
    connection: AsyncConnection[TupleRow], question: Question, timeout: float
) -> tuple[Row, ...]:
    async with connection.transaction(force_rollback=True):
        await connection.execute("set transaction read only")
        await connection.execute(
            "select pg_catalog.set_config('statement_timeout', %s, true)",
            (str(round(timeout * 1000)),),
        )
        async with connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(question.sql.encode(), prepare=True)
            return tuple(await cursor.fetchall())
