"""One connection to the store that mends itself, and the lock that keeps its users apart.

The store is small and its writes are short, so one connection serves the whole process:
whoever wants it waits for the transaction before. A connection that was lost is made anew
at the next transaction; a server that stops answering is cut off at a deadline of our own,
because no timeout of the server's can end a wait for a server that hangs.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Self, TypeAlias

import psycopg
from psycopg.rows import DictRow, dict_row

from thorbis_ops.deadline import deadline, sever
from thorbis_ops.errors import StoreError
from thorbis_ops.store.faults import store_error, unreachable

Connection: TypeAlias = psycopg.AsyncConnection[DictRow]
Cursor: TypeAlias = psycopg.AsyncCursor[DictRow]

CONNECT_SECONDS = 5
DEADLINE_SECONDS = 20.0
SESSION = """
set application_name = 'thorbis-ops store';
set lock_timeout = '2s';
set statement_timeout = '10s';
set idle_in_transaction_session_timeout = '15s';
set client_connection_check_interval = '1s';
set default_transaction_read_only = off;
set search_path = pg_catalog;
set timezone = 'UTC';
set jit = off
"""


async def connect(dsn: str) -> Connection:
    """A session on the store's database, with every timeout set; StoreError says why not."""
    try:
        async with asyncio.timeout(2 * CONNECT_SECONDS):
            connection = await psycopg.AsyncConnection.connect(
                dsn, autocommit=True, row_factory=dict_row, **_network(dsn)
            )
        with deadline(connection, CONNECT_SECONDS):
            await connection.execute(SESSION)
    except TimeoutError:
        raise StoreError(
            f"the store did not answer within {2 * CONNECT_SECONDS} s of connecting"
        ) from None
    except psycopg.Error as error:
        raise unreachable(error) from None
    return connection


async def connect_as_owner(dsn: str) -> Connection:
    """The same, acting as the role that owns the schema wherever the login role may.

    So what a superuser makes belongs to the store's role, and a superuser does no more
    than that role could.
    """
    connection = await connect(dsn)
    try:
        with deadline(connection, CONNECT_SECONDS):
            await connection.execute(_ASSUME_OWNER)
    except psycopg.Error as error:
        await connection.close()
        raise unreachable(error) from None
    return connection


_ASSUME_OWNER = """
select pg_catalog.set_config('role', r.rolname, false)
from pg_catalog.pg_namespace n join pg_catalog.pg_roles r on r.oid = n.nspowner
where n.nspname = 'thorbis_ops' and r.rolname <> current_user
  and pg_catalog.pg_has_role(current_user, r.oid, 'member')
"""


def _network(dsn: str) -> dict[str, Any]:
    wanted = {
        "connect_timeout": CONNECT_SECONDS,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 15_000,
    }
    given = psycopg.conninfo.conninfo_to_dict(dsn)
    return {key: value for key, value in wanted.items() if key not in given}


class Store:
    """The way to the store, from opening to closing; made by ``open_store``."""

    def __init__(self, dsn: str, connection: Connection) -> None:
        self._dsn = dsn
        self._connection = connection
        self._lock = asyncio.Lock()
        self._owner: asyncio.Task[Any] | None = None

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Cursor]:
        """A cursor in a transaction that nobody else enters; commits when the block ends.

        Raises StoreError when the store cannot be reached, when the connection is lost on
        the way (nothing was written, unless it was lost in the commit), and when a lock or
        a statement takes longer than its timeout.
        """
        if self._owner is asyncio.current_task():
            raise RuntimeError("this task already holds a transaction on the store")
        async with self._lock:
            self._owner = asyncio.current_task()
            try:
                async with self._begun() as cursor:
                    yield cursor
            except psycopg.Error as error:
                raise store_error(error, lost=self._connection.closed) from error
            finally:
                self._owner = None

    @contextlib.asynccontextmanager
    async def _begun(self) -> AsyncIterator[Cursor]:
        connection = await self._alive()
        with deadline(connection, DEADLINE_SECONDS):
            async with connection.transaction(), connection.cursor() as cursor:
                yield cursor

    async def _alive(self) -> Connection:
        """The connection, made anew if the last one turns out to be gone."""
        if not self._connection.closed:
            try:
                with deadline(self._connection, CONNECT_SECONDS):
                    await self._connection.execute("select 1")
            except psycopg.Error:
                await self._connection.close()
        if self._connection.closed:
            self._connection = await connect_as_owner(self._dsn)
        return self._connection

    async def close(self) -> None:
        """Ends the session; a transaction under way is rolled back by the server."""
        if self._lock.locked():
            sever(self._connection)
        await self._connection.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
