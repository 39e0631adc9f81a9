"""Of two daemons one acts; a stale one is refused, whatever it believes."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from thorbis_ops.errors import StoreError
from thorbis_ops.store import Store, connect, migrate, open_store
from thorbis_ops.store.lease import acquire, fenced, release, renew

NOW = datetime.now(UTC)
LONG = timedelta(minutes=5)
BRIEF = timedelta(milliseconds=150)


@pytest.fixture
async def dsn(db: str) -> str:
    session = await connect(db)
    await migrate(session)
    await session.close()
    return db


@pytest.fixture
async def store(dsn: str) -> AsyncIterator[Store]:
    async with await open_store(dsn, now=NOW) as opened:
        yield opened


@pytest.fixture
async def other(dsn: str) -> AsyncIterator[Store]:
    async with await open_store(dsn, now=NOW) as opened:
        yield opened


async def test_one_of_two_has_it_until_it_is_released(store: Store, other: Store) -> None:
    first = await acquire(store, "jobs", "one", LONG)
    assert first is not None
    assert await acquire(other, "jobs", "two", LONG) is None
    await release(store, first)
    second = await acquire(other, "jobs", "two", LONG)
    assert second is not None
    assert second.generation == first.generation + 1


async def test_of_many_at_once_exactly_one_gets_it(store: Store, other: Store) -> None:
    wishes = [
        acquire(s, "jobs", f"{s is store} {n}", LONG) for n in range(5) for s in (store, other)
    ]
    assert len([lease for lease in await asyncio.gather(*wishes) if lease]) == 1


async def test_its_owner_keeps_it_and_the_generation(store: Store) -> None:
    first = await acquire(store, "jobs", "one", LONG)
    assert first is not None
    again = await acquire(store, "jobs", "one", 2 * LONG)
    renewed = await renew(store, first, 3 * LONG)
    assert again is not None
    assert renewed is not None
    assert first.generation == again.generation == renewed.generation
    assert first.expires_at < again.expires_at < renewed.expires_at


async def test_a_holder_that_slept_past_its_expiry_may_neither_renew_nor_write(
    dsn: str, store: Store, other: Store
) -> None:
    stale = await acquire(store, "jobs", "one", BRIEF)
    assert stale is not None
    taken = await until_free(other, "two")
    assert taken > stale.generation
    assert await renew(store, stale, LONG) is None
    with pytest.raises(StoreError, match="the lease jobs is no longer held by one"):
        async with fenced(store, stale) as cursor:
            await cursor.execute("insert into thorbis_ops.targets values ('x', now(), now())")
    with psycopg.connect(dsn) as session:
        assert session.execute("select count(*) from thorbis_ops.targets").fetchone() == (0,)
    await release(store, stale)
    assert await acquire(store, "jobs", "one", LONG) is None, "a stale release frees nothing"


async def until_free(store: Store, owner: str, seconds: float = 10) -> int:
    async with asyncio.timeout(seconds):
        while True:
            if (lease := await acquire(store, "jobs", owner, LONG)) is not None:
                return lease.generation
            await asyncio.sleep(0.02)


async def test_an_expired_self_comes_back_as_a_new_generation(store: Store) -> None:
    first = await acquire(store, "jobs", "one", timedelta())
    second = await acquire(store, "jobs", "one", LONG)
    assert first is not None
    assert second is not None
    assert second.generation == first.generation + 1


async def test_nobody_takes_it_over_while_a_fenced_write_is_under_way(
    store: Store, other: Store
) -> None:
    async with other.transaction() as cursor:
        await cursor.execute("select pg_catalog.set_config('lock_timeout', '100ms', false)")
    lease = await acquire(store, "jobs", "one", BRIEF)
    assert lease is not None
    async with fenced(store, lease) as cursor:
        await cursor.execute("select pg_catalog.pg_sleep(0.2)")
        assert await acquire(other, "jobs", "two", LONG) is None
        await cursor.execute("insert into thorbis_ops.targets values ('x', now(), now())")
    assert await acquire(other, "jobs", "two", LONG) is not None


async def test_after_a_failover_the_lease_is_void(dsn: str, store: Store, other: Store) -> None:
    lease = await acquire(store, "jobs", "one", LONG)
    assert lease is not None
    with psycopg.connect(dsn) as session:
        session.execute("update thorbis_ops.leases set timeline = '00000000'")
    assert await renew(store, lease, LONG) is None
    assert await acquire(other, "jobs", "two", LONG) is not None


HOLDER = """
import asyncio, datetime, sys
from thorbis_ops.store import open_store
from thorbis_ops.store.lease import acquire

async def hold() -> None:
    store = await open_store(sys.argv[1], now=datetime.datetime.now(datetime.UTC))
    print(await acquire(store, "jobs", "victim", datetime.timedelta(seconds=1)), flush=True)
    await asyncio.sleep(60)

asyncio.run(hold())
"""


async def test_a_killed_holder_is_succeeded_after_its_expiry(dsn: str, store: Store) -> None:
    victim = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, dsn, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert victim.stdout is not None
        assert b"generation=1" in await victim.stdout.readline()
        assert await acquire(store, "jobs", "heir", LONG) is None
    finally:
        victim.send_signal(signal.SIGKILL)
        await victim.wait()
    assert await until_free(store, "heir") == 2
