"""Planted slowness: a row that everybody needs and somebody holds too long.

The caller's statement is an ordinary one by key. It is slow because its row is locked, and
the wait counts as its execution time, as it does when a month's closing holds a counter.
"""

from __future__ import annotations

import asyncio
import time

import psycopg

from thorbis_ops import database
from thorbis_ops.database import Connection
from thorbis_ops.errors import ConfigError
from thorbis_ops.estate.tenants import TENANTS, Tenant
from thorbis_ops.estate.traffic import (
    Call,
    Recorder,
    connected,
    open_pooled,
    pause,
    set_tenant,
)

_HOLD = """
select next_number from tenant_mgmt.number_series
where business_id = %s and document_type = 'estimate' for update
"""
_CALL = """
update tenant_mgmt.number_series set next_number = next_number + 1
where business_id = %s and document_type = 'estimate' returning next_number
"""
# The caller needs a moment to arrive at the lock.
_MARGIN = 0.03
_LONGEST = 4.0


async def plant_slow(
    dsn_app: str,
    *,
    seconds: float,
    rate: float,
    stop: asyncio.Event,
    recorder: Recorder,
    tenant: Tenant = TENANTS[0],
) -> None:
    """Calls of one statement that each take ``seconds``, about ``rate`` a second, until stop.

    They come one after the other, so that the rate is at most 1 / ``seconds``. ConfigError
    where ``seconds`` is not between 0 and 4, since the application gives up waiting after 5.
    """
    database.parse_dsn(dsn_app)
    if not 0 < seconds <= _LONGEST or rate <= 0:
        raise ConfigError(f"seconds: {seconds} is not within 0 and {_LONGEST:g}, or no rate")

    async def work(holder: Connection) -> None:
        async with await open_pooled(dsn_app) as caller:
            while not stop.is_set():
                started = time.monotonic()
                recorder(await _one(holder, caller, tenant, seconds))
                await pause(stop, max(0.0, 1 / rate - (time.monotonic() - started)))

    await connected(dsn_app, work, stop, recorder)


async def _one(holder: Connection, caller: Connection, tenant: Tenant, seconds: float) -> Call:
    held = asyncio.Event()
    # Both end before a fault of either is raised: no task is left behind.
    called, holding = await asyncio.gather(
        _call(caller, tenant, held), _hold(holder, tenant, held, seconds), return_exceptions=True
    )
    if isinstance(holding, BaseException):
        raise holding
    if isinstance(called, BaseException):
        raise called
    return called


async def _hold(connection: Connection, tenant: Tenant, held: asyncio.Event, s: float) -> None:
    try:
        async with connection.transaction():
            await set_tenant(connection, tenant)
            await connection.execute(_HOLD, [tenant.id])
            held.set()
            await asyncio.sleep(s + _MARGIN)
    finally:
        held.set()


async def _call(connection: Connection, tenant: Tenant, held: asyncio.Event) -> Call:
    await held.wait()
    fault = None
    started = time.monotonic()
    try:
        async with connection.transaction():
            await set_tenant(connection, tenant)
            started = time.monotonic()
            await connection.execute(_CALL, [tenant.id])
    except psycopg.errors.LockNotAvailable as error:
        fault = error.sqlstate
    waited = time.monotonic() - started
    return Call(statement="next_estimate_number", kind="slow", seconds=waited, fault=fault)
