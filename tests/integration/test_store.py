"""The store survives what happens to servers, and says what is wrong with it."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from thorbis_ops.errors import StoreError
from thorbis_ops.server import RunningServer
from thorbis_ops.store import Store, connect, connection, migrate, open_store, rotate

NOW = datetime.now(UTC)
INSERT = "insert into thorbis_ops.targets values ('x', now(), now())"


async def prepared(dsn: str) -> None:
    session = await connect(dsn)
    await migrate(session)
    await session.close()


@pytest.fixture
async def store(db: str) -> AsyncIterator[Store]:
    await prepared(db)
    async with await open_store(db, now=NOW) as opened:
        yield opened


def execute(dsn: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn, autocommit=True) as session:
        cursor = session.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


async def run(store: Store, *statements: str) -> None:
    async with store.transaction() as cursor:
        for statement in statements:
            await cursor.execute(statement.encode())


async def backend(store: Store) -> int:
    async with store.transaction() as cursor:
        await cursor.execute("select pg_catalog.pg_backend_pid() as pid")
        row = await cursor.fetchone()
        assert row is not None
        return int(row["pid"])


async def test_a_store_without_schema_names_the_command(db: str) -> None:
    with pytest.raises(StoreError, match="no schema thorbis_ops; run `thorbis-ops init --apply`"):
        await open_store(db, now=NOW)


async def test_an_older_store_names_the_command(db: str, store: Store) -> None:
    execute(db, "delete from thorbis_ops.migrations where number > 1")
    with pytest.raises(StoreError, match=r"older than this program .*0002_journal.*--apply`"):
        await open_store(db, now=NOW)


async def test_a_newer_store_asks_for_a_newer_program(db: str, store: Store) -> None:
    execute(db, "insert into thorbis_ops.migrations values (9999, 'future', 'x')")
    with pytest.raises(StoreError, match=r"newer than this program \(9999_future\)"):
        await open_store(db, now=NOW)


async def test_an_edited_migration_is_reported(db: str, store: Store) -> None:
    execute(db, "update thorbis_ops.migrations set checksum = 'other' where number = 1")
    with pytest.raises(StoreError, match="0001_base was edited after it had been applied"):
        await open_store(db, now=NOW)


async def test_two_that_migrate_at_once_apply_each_script_once(db: str) -> None:
    first, second = await asyncio.gather(connect(db), connect(db))
    done = await asyncio.gather(migrate(first), migrate(second))
    assert sorted(done[0] + done[1]) == sorted(set(done[0] + done[1]))
    assert "0001_base" in done[0] + done[1]
    assert await migrate(first) == ()
    await asyncio.gather(first.close(), second.close())


async def test_every_session_is_named_and_bounded(db: str, store: Store) -> None:
    async with store.transaction() as cursor:
        await cursor.execute(
            "select name, setting::int as value from pg_catalog.pg_settings where name like %s"
            " or name = 'idle_in_transaction_session_timeout'",
            ("%\\_timeout",),
        )
        found = {row["name"]: row["value"] for row in await cursor.fetchall()}
        await cursor.execute("select pg_catalog.current_setting('application_name') as name")
        assert await cursor.fetchone() == {"name": "thorbis-ops store"}
    assert 0 < found["lock_timeout"] < found["statement_timeout"]
    assert found["idle_in_transaction_session_timeout"] > 0


async def test_a_lost_connection_is_told_and_then_made_anew(db: str, store: Store) -> None:
    with pytest.raises(StoreError, match="the connection to the store was lost"):
        await run(store, INSERT, "select pg_terminate_backend(pg_backend_pid())")
    assert execute(db, "select name from thorbis_ops.targets") == []
    first = await backend(store)
    execute(db, f"select pg_catalog.pg_terminate_backend({first}, 5000)")
    assert await backend(store) != first


async def test_transactions_of_two_tasks_never_mix(store: Store) -> None:
    order: list[str] = []

    async def write(name: str) -> None:
        async with store.transaction() as cursor:
            for _ in range(3):
                await cursor.execute("select pg_catalog.pg_sleep(0.01)")
                order.append(name)

    await asyncio.gather(write("a"), write("b"))
    assert "".join(order) in ("aaabbb", "bbbaaa")


async def test_closing_does_not_wait_for_a_statement_under_way(store: Store) -> None:
    waiting = asyncio.create_task(run(store, "select pg_catalog.pg_sleep(9)"))
    await asyncio.sleep(0.1)
    began = time.monotonic()
    await store.close()
    with pytest.raises(StoreError, match="lost"):
        await waiting
    assert time.monotonic() - began < 2


async def test_a_transaction_within_a_transaction_fails_rather_than_waits(store: Store) -> None:
    async with store.transaction():
        with pytest.raises(RuntimeError, match="already holds"):
            async with store.transaction():
                pass


async def test_an_error_of_ours_rolls_everything_back(db: str, store: Store) -> None:
    async def fail() -> None:
        async with store.transaction() as cursor:
            await cursor.execute(INSERT)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert execute(db, "select name from thorbis_ops.targets") == []


async def test_a_table_that_somebody_locks_makes_the_store_busy_not_stuck(
    db: str, store: Store
) -> None:
    async with store.transaction() as cursor:
        await cursor.execute("select pg_catalog.set_config('lock_timeout', '50ms', false)")
    with psycopg.connect(db) as other:
        other.execute("lock table thorbis_ops.targets in access exclusive mode")
        with pytest.raises(StoreError, match=r"the store is busy: .*lock timeout"):
            await run(store, "select * from thorbis_ops.targets")


async def hang(store: Store, pid: int) -> None:
    async with store.transaction() as cursor:
        os.kill(pid, signal.SIGSTOP)
        await cursor.execute("select 1")


async def test_a_server_that_hangs_is_cut_off_at_our_own_deadline(
    own_pg: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await prepared(own_pg.dsn())
    monkeypatch.setattr(connection, "CONNECT_SECONDS", 1)
    monkeypatch.setattr(connection, "DEADLINE_SECONDS", 0.5)
    async with await open_store(own_pg.dsn(), now=NOW) as store:
        pid = await backend(store)
        try:
            began = time.monotonic()
            with pytest.raises(StoreError, match="lost"):
                await hang(store, pid)
            assert time.monotonic() - began < 3
        finally:
            os.kill(pid, signal.SIGCONT)
        assert await backend(store) != pid


@pytest.mark.parametrize(
    ("dsn", "told"),
    [
        ("host=127.0.0.1 port=1 password=geheim", "refused"),
        ("host=nowhere.invalid password=geheim", "nowhere.invalid"),
        ("this is geheim", "not a conninfo string or URI"),
        ("postgresql://u:geheim@[h/x", "not a conninfo string or URI"),
    ],
)
async def test_an_unreachable_store_is_one_line_without_its_secret(dsn: str, told: str) -> None:
    with pytest.raises(StoreError, match=told) as caught:
        await connect(dsn)
    assert "geheim" not in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_a_wrong_password_is_one_line(pg: RunningServer, db: str) -> None:
    dsn = f"host=127.0.0.1 port={pg.port} user=postgres password=geheim dbname=postgres"
    with pytest.raises(StoreError, match="password authentication failed") as caught:
        await connect(dsn)
    assert "geheim" not in str(caught.value)


_EVENT = (
    "insert into thorbis_ops.finding_events (at, target, check_id, object, event)"
    " values ('{at}', 'm', 'x', 'y', 'opened')"
)


async def test_partitions_stand_ahead_and_take_over_what_came_early(db: str, store: Store) -> None:
    early = NOW + timedelta(days=200)
    execute(db, _EVENT.format(at=early.isoformat()))
    assert execute(db, "select tableoid::regclass::text from thorbis_ops.finding_events") == [
        ("thorbis_ops.finding_events_default",)
    ]
    made = await rotate(store, early)
    assert execute(db, "select tableoid::regclass::text from thorbis_ops.finding_events") == [
        (f"thorbis_ops.finding_events_{early:%Y%m}",)
    ]
    assert f"finding_events_{early:%Y%m}" in [p.name for p in made.create]
    assert await rotate(store, early) == type(made)()


async def test_what_is_old_goes_and_a_clock_in_the_future_takes_nothing(
    db: str, store: Store
) -> None:
    past = NOW - timedelta(days=800)
    await rotate(store, past, timedelta(days=9999))
    for at in (past, NOW):
        execute(db, _EVENT.format(at=at.isoformat()))
    gone = (await rotate(store, NOW + timedelta(days=9000))).drop
    assert f"finding_events_{past:%Y%m}" in [p.name for p in gone]
    assert execute(db, "select count(*) from thorbis_ops.finding_events") == [(1,)]
