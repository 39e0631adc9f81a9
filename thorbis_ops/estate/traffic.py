"""The application at work: many businesses through a few pooled connections.

Each call is one transaction of one business, chosen by its share of all traffic, with the
tenant set for that transaction only, as behind a pooler. A server that goes away is waited
for; whatever happens is told to the recorder and never raised.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import TypeAlias

import psycopg
from psycopg.rows import TupleRow

from thorbis_ops import database
from thorbis_ops.database import Connection
from thorbis_ops.errors import ConfigError, TargetError
from thorbis_ops.estate import parameters
from thorbis_ops.estate.statements import MIX, Statement, choose, refuse_unknown, statements
from thorbis_ops.estate.tenants import TENANTS, Tenant

MAX_RATE = 2000.0
MAX_CLIENTS = 60
_LOCK_TIMEOUT = 5.0
_STATEMENT_TIMEOUT = 30.0
_FIRST_WAIT = 0.1
_LONGEST_WAIT = 5.0
# Calls of one business after which its keys are read again, so that new records come into use.
_KEYS_LAST = 400
_SET_TENANT = "select pg_catalog.set_config('app.current_business_id', %s, true)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as the client saw it. ``fault`` is an SQLSTATE, "unreachable", or None if well."""

    statement: str
    kind: str
    seconds: float
    fault: str | None = None


Recorder: TypeAlias = Callable[[Call], None]


async def run(
    dsn_app: str,
    *,
    rate: float,
    clients: int,
    mix: Mapping[str, float] = MIX,
    seed: int,
    stop: asyncio.Event,
    recorder: Recorder,
) -> None:
    """Work as the role of ``dsn_app``, about ``rate`` calls a second over ``clients``, until stop.

    ConfigError where the DSN, the rate, the clients or the mix make no sense.
    """
    database.parse_dsn(dsn_app)
    if not 0 < rate <= MAX_RATE:
        raise ConfigError(f"rate: {rate} calls a second is not within 0 and {MAX_RATE:g}")
    if not 1 <= clients <= MAX_CLIENTS:
        raise ConfigError(f"clients: {clients} is not within 1 and {MAX_CLIENTS}")
    refuse_unknown(mix)
    async with asyncio.TaskGroup() as group:
        for i in range(clients):
            chance = Random(f"{seed} {i}")  # noqa: S311 repeatable, not secret
            client = _Client(chance, clients / rate, mix, stop, recorder)
            group.create_task(connected(dsn_app, client.work, stop, recorder))


async def connected(
    dsn: str, work: Callable[[Connection], Awaitable[None]], stop: asyncio.Event, recorder: Recorder
) -> None:
    """Do ``work`` on a connection, and again on a new one whenever it was lost, until stop."""
    wait = _FIRST_WAIT
    while not stop.is_set():
        started = time.monotonic()
        try:
            async with await open_pooled(dsn) as connection:
                wait = _FIRST_WAIT
                await work(connection)
        except (psycopg.Error, TargetError, OSError):
            seconds = time.monotonic() - started
            recorder(Call(statement="connect", kind="setup", seconds=seconds, fault="unreachable"))
            await pause(stop, wait)
            wait = min(wait * 2, _LONGEST_WAIT)


async def open_pooled(dsn: str) -> Connection:
    """A connection as the application's pool makes it; TargetError if there is none."""
    return await database.connect(
        dsn,
        application_name="thorbis app",
        lock_timeout=_LOCK_TIMEOUT,
        statement_timeout=_STATEMENT_TIMEOUT,
        read_only=False,
    )


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait, but not longer than until stop."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


async def set_tenant(connection: Connection, tenant: Tenant) -> None:
    """Act for ``tenant`` until the transaction ends."""
    await connection.execute(_SET_TENANT, [tenant.id])


@dataclass(slots=True)
class _Client:
    """One pooled connection's worth of work, which outlives the connection itself."""

    random: Random
    interval: float
    mix: Mapping[str, float]
    stop: asyncio.Event
    recorder: Recorder
    keys: dict[str, parameters.Keys] = field(default_factory=dict)
    calls: int = 0

    async def work(self, connection: Connection) -> None:
        """Calls at chance moments until stop; raises only when the connection is lost."""
        due = time.monotonic()
        while not self.stop.is_set():
            # A client that fell behind goes on from now: it does not catch up in a burst.
            due = max(due, time.monotonic()) + self.random.expovariate(1 / self.interval)
            await pause(self.stop, due - time.monotonic())
            if not self.stop.is_set():
                await self._call(connection)

    async def _call(self, connection: Connection) -> None:
        (tenant,) = self.random.choices(TENANTS, [t.share for t in TENANTS])
        statement = choose(self.random, self.mix)
        self.calls += 1
        if self.calls % _KEYS_LAST == 0:
            self.keys.clear()
        if tenant.id not in self.keys and not await self._learn(connection, tenant):
            return
        values = parameters.draw(statement, tenant.id, self.keys[tenant.id], self.random)
        await self._record(connection, tenant, statement, values)

    async def _learn(self, connection: Connection, tenant: Tenant) -> bool:
        statement = statements()["known_keys"]
        values: dict[str, object] = {"business_id": tenant.id}
        rows = await self._record(connection, tenant, statement, values)
        if rows is not None:
            self.keys[tenant.id] = parameters.known((str(k), str(v)) for k, v in rows)
        return rows is not None

    async def _record(
        self,
        connection: Connection,
        tenant: Tenant,
        statement: Statement,
        values: dict[str, object] | None,
    ) -> list[TupleRow] | None:
        """The rows of one transaction, or None where the server refused it."""
        started, fault, rows = time.monotonic(), None, None
        try:
            async with connection.transaction():
                await set_tenant(connection, tenant)
                started = time.monotonic()
                rows = await perform(connection, statement, values)
        except psycopg.Error as error:
            if connection.broken or connection.closed:
                raise
            fault = error.sqlstate or "unknown"
        seconds = time.monotonic() - started
        name, kind = statement.name, statement.kind
        self.recorder(Call(statement=name, kind=kind, seconds=seconds, fault=fault))
        return rows


async def perform(
    connection: Connection, statement: Statement, values: dict[str, object] | None
) -> list[TupleRow]:
    """Send the statement and read all that it gives."""
    async with connection.cursor() as cursor:
        if statement.kind == "export":
            async with cursor.copy(statement.sql) as copy:
                async for _ in copy:
                    pass
            return []
        await cursor.execute(statement.sql, values)
        return await cursor.fetchall() if cursor.description else []
