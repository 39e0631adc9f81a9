"""A session that does maintenance: its own backend, its own timeouts, its warnings heard.

A command that skips what it was asked to do still reports success and leaves a warning, so
warnings are collected and count as failures. Statements travel one at a time by the
extended protocol. Cancelling the task cancels the statement on the server.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow, dict_row

from thorbis_ops import database
from thorbis_ops.model import Job, Target

READ_TIMEOUT = 30.0
_SET = "select pg_catalog.set_config(%s, %s, false)"
_QUOTABLE_CLASSES = ("22", "23", "P0")


@dataclass(slots=True)
class Session:
    """One backend that acts for a job; ``warnings`` are (SQLSTATE, message) pairs."""

    connection: AsyncConnection[TupleRow]
    warnings: list[tuple[str, str]] = field(default_factory=list)

    @property
    def lost(self) -> bool:
        """Whether the connection is gone."""
        return self.connection.closed

    @property
    def pid(self) -> int:
        """The backend's process id, as it was told on connecting."""
        return self.connection.info.backend_pid

    async def rows(self, statement: str, parameters: Any = None) -> list[dict[str, Any]]:
        """The rows of one query."""
        async with self.connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(statement.encode(), parameters, binary=False, prepare=True)
            return await cursor.fetchall()

    async def holds(self, statement: str) -> bool:
        """Whether a query gives one row, whose first column is true."""
        async with self.connection.cursor() as cursor:
            await cursor.execute(statement.encode(), prepare=True)
            rows = await cursor.fetchall()
        return len(rows) == 1 and rows[0][0] is True

    async def set(self, name: str, value: str) -> None:
        """Sets a parameter for the session."""
        await self.connection.execute(_SET, (name, value))

    async def lock_timeout(self, seconds: float) -> None:
        """Bounds every wait for a lock from now on."""
        await self.set("lock_timeout", f"{round(seconds * 1000)}ms")

    async def send(self, statements: Sequence[str]) -> None:
        """Executes one statement, or several as one transaction; ``warnings`` are theirs."""
        self.warnings.clear()
        if len(statements) == 1:
            await self._send(statements[0])
        else:
            async with self.connection.transaction():
                for statement in statements:
                    await self._send(statement)

    async def probe(self, statement: str) -> None:
        """Executes a statement in a transaction that is rolled back."""
        async with self.connection.transaction(force_rollback=True):
            await self._send(statement)

    async def _send(self, statement: str) -> None:
        # The binary format makes psycopg use the extended protocol: one statement only.
        await self.connection.execute(statement.encode(), binary=True)

    async def close(self) -> None:
        """Ends the backend and with it every lock it holds."""
        await self.connection.close()


async def open_session(target: Target, job: Job, *, reader: bool = False) -> Session:
    """A new backend for a job; a ``reader`` may change nothing. TargetError if there is none."""
    name = f"thorbis-ops job {job.name}"
    connection = await database.connect(
        target.dsn,
        application_name=name,
        lock_timeout=job.lock_timeout,
        statement_timeout=READ_TIMEOUT if reader else job.statement_timeout,
        read_only=reader,
    )
    session = Session(connection)
    connection.add_notice_handler(lambda diagnostic: _hear(session, diagnostic))
    await session.set("client_connection_check_interval", "1s")
    if connection.info.server_version >= 170000:  # noqa: PLR2004
        await session.set("transaction_timeout", "0")
    return session


def _hear(session: Session, diagnostic: psycopg.errors.Diagnostic) -> None:
    if diagnostic.severity_nonlocalized == "WARNING":
        said = diagnostic.message_primary or "a warning without words"
        session.warnings.append((diagnostic.sqlstate or "", said))


def reason(error: psycopg.Error) -> str:
    """What the server refused, in one line that quotes no value of the user's data."""
    state = error.sqlstate
    if state is None:
        return database.explain(error)
    if state.startswith(_QUOTABLE_CLASSES):
        return f"the server refused with {type(error).__name__} ({state})"
    return f"{error.diag.message_primary} ({state})"
