"""Takes a snapshot: every question asked once, one after the other, on one connection.

One connection is enough and harmless; a question that fails costs itself only. When the
connection dies or hangs, what was not asked yet is said to be unanswered.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from thorbis_ops.database.asking import applies, ask, unmet
from thorbis_ops.database.connection import connect, describe
from thorbis_ops.database.discovery import discover
from thorbis_ops.deadline import deadline
from thorbis_ops.errors import TargetError
from thorbis_ops.model import Answer, Question, Server, Snapshot, Target, Tenancy, Unanswered

QUESTION_TIMEOUT = 10.0
Progress = Callable[[str], None]


async def take(
    target: Target,
    questions: Sequence[Question],
    at: datetime,
    progress: Progress = lambda _: None,
) -> Snapshot:
    """What ``target`` answers now; a target that is not reached gives its error as a value."""
    began = time.perf_counter()
    try:
        connection = await connect(target.dsn)
    except TargetError as error:
        return _unreached(target, at, str(error), time.perf_counter() - began)
    try:
        server = await discover(connection)
        return await take_from(connection, server, target, questions, at, progress)
    except TargetError as error:
        return _unreached(target, at, str(error), time.perf_counter() - began)
    finally:
        await close(connection)


def _unreached(target: Target, at: datetime, error: str, seconds: float) -> Snapshot:
    return Snapshot(
        target=target.name, taken_at=at, server=None, answers={}, error=error, seconds=seconds
    )


async def close(connection: AsyncConnection[TupleRow]) -> None:
    """Closes without waiting for a server that no longer talks."""
    with suppress(psycopg.Error), deadline(connection, 1.0):
        await connection.close()


async def take_from(
    connection: AsyncConnection[TupleRow],
    server: Server,
    target: Target,
    questions: Sequence[Question],
    at: datetime,
    progress: Progress = lambda _: None,
) -> Snapshot:
    """The same on a connection that is already there; variants for the server are chosen."""
    began = time.perf_counter()
    await _tell(connection, target.tenancy)
    answers: dict[str, Answer | Unanswered] = {}
    for question in _suited(questions, server):
        progress(question.id)
        answers[question.id] = await _one(connection, server, question, at)
    seconds = time.perf_counter() - began
    return Snapshot(
        target=target.name, taken_at=at, server=server, answers=answers, seconds=seconds
    )


def _suited(questions: Sequence[Question], server: Server) -> list[Question]:
    low_enough = (q for q in questions if q.versions[0] <= server.major <= q.versions[1])
    return [q for q in low_enough if q.compute is None and applies(q, server)]


async def _one(
    connection: AsyncConnection[TupleRow], server: Server, question: Question, at: datetime
) -> Answer | Unanswered:
    missing = unmet(question, server)
    if missing is None and not connection.closed and not connection.broken:
        return await ask(connection, question, at, question.timeout or QUESTION_TIMEOUT)
    reason, detail = missing or ("error", "the connection was lost before it could be asked")
    return Unanswered(question=question.id, reason=reason, detail=detail, seconds=0.0, taken_at=at)


async def _tell(connection: AsyncConnection[TupleRow], tenancy: Tenancy) -> None:
    """Parameters travel as settings, since a question holds no placeholders."""
    values = {
        "tenant_column": tenancy.column or "",
        "tenant_columns": json.dumps(dict(tenancy.columns)) if tenancy.columns else "",
        "setting": tenancy.setting or "",
        "context_functions": ",".join(tenancy.context_functions),
        "app_roles": ",".join(tenancy.app_roles),
        "schemas": ",".join(tenancy.schemas),
        "global_tables": ",".join(tenancy.global_tables),
    }
    try:
        with deadline(connection, QUESTION_TIMEOUT):
            for name, value in values.items():
                await connection.execute(
                    "select pg_catalog.set_config(%s, %s, false)", (f"thorbis.{name}", value)
                )
    except psycopg.Error as error:
        raise TargetError(f"the connection was lost: {describe(error)}") from None
