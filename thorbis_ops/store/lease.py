"""Who may act: a lease with an expiry by the database's clock, and writes that carry it.

An advisory lock dies with its session and does not survive a failover; a clock of the
daemon's may be wrong. So the right to act is a row: its generation grows whenever it passes
on, and ``fenced`` lets a transaction write only while the generation it was given still
stands. A holder that slept too long is refused, whatever it believes. The lease is void as
well when the server behind it is another one, or the same on another timeline.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg import errors

from thorbis_ops.errors import StoreError
from thorbis_ops.store.connection import Cursor, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to act under ``name`` until ``expires_at`` by the database's clock.

    ``owner`` names one process for its lifetime: two that share an owner share the lease.
    """

    name: str
    owner: str
    generation: int
    expires_at: datetime


_ACQUIRE = """
insert into thorbis_ops.leases as held
  (name, owner, generation, acquired_at, expires_at, system_identifier, timeline)
select %(name)s, %(owner)s, 1, pg_catalog.clock_timestamp(),
  pg_catalog.clock_timestamp() + %(ttl)s, origin.system_identifier, origin.timeline
from thorbis_ops.origin
on conflict (name) do update set
  owner = excluded.owner,
  generation = held.generation + 1,
  acquired_at = excluded.acquired_at,
  expires_at = excluded.expires_at,
  system_identifier = excluded.system_identifier,
  timeline = excluded.timeline
where held.expires_at <= pg_catalog.clock_timestamp()
  or (held.system_identifier, held.timeline)
    is distinct from (excluded.system_identifier, excluded.timeline)
returning name, owner, generation, expires_at
"""

_RENEW = """
update thorbis_ops.leases held
set expires_at = pg_catalog.clock_timestamp() + %(ttl)s
from thorbis_ops.origin
where held.name = %(name)s and held.owner = %(owner)s and held.generation = %(generation)s
  and held.expires_at > pg_catalog.clock_timestamp()
  and held.system_identifier = origin.system_identifier and held.timeline = origin.timeline
returning held.name, held.owner, held.generation, held.expires_at
"""

_RELEASE = """
update thorbis_ops.leases set expires_at = pg_catalog.clock_timestamp()
where name = %(name)s and owner = %(owner)s and generation = %(generation)s
  and expires_at > pg_catalog.clock_timestamp()
"""

_FENCE = """
select 1 from thorbis_ops.leases
where name = %(name)s and owner = %(owner)s and generation = %(generation)s
  and expires_at > pg_catalog.clock_timestamp()
for share
"""


async def acquire(store: Store, name: str, owner: str, ttl: timedelta) -> Lease | None:
    """The lease, when it is free, expired, or this owner's already; None while another has it.

    The generation grows whenever the lease passes on, also from an expired self. A holder
    that is about to commit a fenced write counts as holding, however late it is.
    """
    try:
        async with store.transaction() as cursor:
            await cursor.execute("set local lock_timeout = '500ms'")
            return await _taken(cursor, name, owner, ttl) or await _kept(cursor, name, owner, ttl)
    except StoreError as error:
        if isinstance(error.__cause__, errors.LockNotAvailable):
            return None
        raise


async def _taken(cursor: Cursor, name: str, owner: str, ttl: timedelta) -> Lease | None:
    await cursor.execute(_ACQUIRE, {"name": name, "owner": owner, "ttl": ttl})
    return await _lease(cursor)


async def _kept(cursor: Cursor, name: str, owner: str, ttl: timedelta) -> Lease | None:
    await cursor.execute(
        "select generation from thorbis_ops.leases where name = %s and owner = %s", (name, owner)
    )
    row = await cursor.fetchone()
    return None if row is None else await _renewed(cursor, name, owner, row["generation"], ttl)


async def renew(store: Store, lease: Lease, ttl: timedelta) -> Lease | None:
    """The same lease with a later expiry; None when it was lost: stop acting at once."""
    async with store.transaction() as cursor:
        return await _renewed(cursor, lease.name, lease.owner, lease.generation, ttl)


async def release(store: Store, lease: Lease) -> None:
    """Lets another have it now rather than at its expiry; no error when it was lost before."""
    async with store.transaction() as cursor:
        await cursor.execute(_RELEASE, _identity(lease))


@contextlib.asynccontextmanager
async def fenced(store: Store, lease: Lease) -> AsyncIterator[Cursor]:
    """A transaction that only the holder of ``lease`` may enter, and during which it holds.

    The row stays locked to the end, so nobody takes the lease over between the check and
    the commit. Raises StoreError when the lease has passed on or run out.
    """
    async with store.transaction() as cursor:
        await cursor.execute(_FENCE, _identity(lease))
        if await cursor.fetchone() is None:
            raise StoreError(
                f"the lease {lease.name} is no longer held by {lease.owner} "
                f"(generation {lease.generation}); nothing was written"
            )
        yield cursor


def _identity(lease: Lease) -> dict[str, object]:
    return {"name": lease.name, "owner": lease.owner, "generation": lease.generation}


async def _renewed(
    cursor: Cursor, name: str, owner: str, generation: int, ttl: timedelta
) -> Lease | None:
    values = {"name": name, "owner": owner, "generation": generation, "ttl": ttl}
    await cursor.execute(_RENEW, values)
    return await _lease(cursor)


async def _lease(cursor: Cursor) -> Lease | None:
    row = await cursor.fetchone()
    return None if row is None else Lease(**row)
