"""Checks whose faults concern the whole server: sessions, settings, archiving, replication."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from tests.conftest import SETTINGS
from tests.content.asking import Asker, asker, run, variant
from thorbis_ops import server
from thorbis_ops.model import Answer, Finding, Severity

ODD = "a'p\"p 🐘"


@contextlib.asynccontextmanager
async def session(dsn: str) -> AsyncIterator[psycopg.AsyncConnection[object]]:
    connection = await psycopg.AsyncConnection.connect(dsn, application_name=ODD)
    try:
        yield connection
    finally:
        await connection.close()


async def found(at: Asker, check: str, threshold: float | None = None) -> dict[str, Finding]:
    """Findings by object; ``threshold`` stands in for those that nobody would wait for."""
    question = variant(check, at.server.major)
    if threshold is not None:
        question = replace(question, thresholds={Severity.HIGH: threshold})
    return {f.object: f for f in await at.findings(question)}


async def until(ready: Callable[[], Awaitable[bool]], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not await ready():  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.05)


async def test_sessions_that_hold_others_back(db: str) -> None:
    """A long transaction, one that idles, and one that waits for it; each fix ends its own."""
    run(db, 'create table "T 🐘" (n int)')
    async with session(db) as idle, session(db) as busy, session(db) as late, asker(db) as at:
        await idle.execute('lock table "T 🐘" in access exclusive mode')
        tasks = [
            asyncio.create_task(busy.execute("select pg_sleep(30)")),
            asyncio.create_task(late.execute('select from "T 🐘"')),
        ]
        names = [f"session:{c.info.backend_pid}" for c in (idle, busy, late)]

        async def everybody_is_seen() -> bool:
            seen = [
                await found(at, check, 0.5)
                for check in (
                    "activity.idle_in_transaction",
                    "activity.long_transactions",
                    "activity.blocked",
                )
            ]
            return all(name in one for name, one in zip(names, seen, strict=True))

        await until(everybody_is_seen)
        blocked = (await found(at, "activity.blocked", 0.5))[names[2]]
        assert f"behind {names[0].replace(':', ' ')}" in blocked.detail
        assert '"T 🐘"' in blocked.detail
        assert not await found(at, "activity.blocked"), "a moment's wait is no fault"

        run(db, (await found(at, "activity.long_transactions", 0.5))[names[1]].fix)
        with pytest.raises(psycopg.errors.QueryCanceled):
            await tasks[0]
        run(db, blocked.fix)
        await tasks[1]
        assert names[0] not in await found(at, "activity.idle_in_transaction", 0.5)
        with pytest.raises(psycopg.errors.AdminShutdown):
            await idle.execute("select 1")


async def test_a_row_that_somebody_else_changes(db: str) -> None:
    """The lock waited for is a transaction's: it has no table to be named."""
    run(db, "create table t (n int);\ninsert into t values (1)")
    async with session(db) as first, session(db) as second, asker(db) as at:
        await first.execute("update t set n = 2")
        waiting = asyncio.create_task(second.execute("update t set n = 3"))
        name = f"session:{second.info.backend_pid}"

        async def is_seen() -> bool:
            return name in await found(at, "activity.blocked", 0.5)

        await until(is_seen)
        assert "transactionid" in (await found(at, "activity.blocked", 0.5))[name].detail
        await first.rollback()
        await waiting
        assert name not in await found(at, "activity.blocked", 0.5)


async def test_connections_by_share(db: str) -> None:
    run(
        db,
        "alter database {} connection limit 5".format(
            psycopg.conninfo.conninfo_to_dict(db)["dbname"]
        ),
    )
    name = f"database:{psycopg.conninfo.conninfo_to_dict(db)['dbname']}"
    async with asker(db) as at, contextlib.AsyncExitStack() as stack:
        assert name not in await found(at, "activity.connections")
        for _ in range(3):
            await stack.enter_async_context(session(db))
        assert (await found(at, "activity.connections"))[name].severity == Severity.MEDIUM
        await stack.enter_async_context(session(db))
        assert (await found(at, "activity.connections"))[name].severity == Severity.CRITICAL


async def test_archiving_is_not_advised_without_a_command(own_pg: server.RunningServer) -> None:
    """With archive_mode alone the server keeps all WAL until its disk is full."""
    async with asker(own_pg.dsn()) as at:
        assert (await found(at, "backup.archive_mode"))["setting:archive_mode"].fix == ""
    run(own_pg.dsn(), "alter system set archive_command = ':';\nselect pg_reload_conf()")

    async def advised() -> bool:
        async with asker(own_pg.dsn()) as at:
            return bool((await found(at, "backup.archive_mode"))["setting:archive_mode"].fix)

    await until(advised)


@pytest.fixture
def archiving(own_pg: server.RunningServer) -> server.RunningServer:
    """A server whose archive refuses everything."""
    run(
        own_pg.dsn(),
        "alter system set archive_mode = on;\nalter system set archive_command = 'false'",
    )
    own_pg.restart()
    return own_pg


async def test_settings_and_archiving(archiving: server.RunningServer) -> None:
    dsn = archiving.dsn()
    run(
        dsn,
        "create table t ();\nselect pg_switch_wal();\nalter system set max_connections = 77;\n"
        "alter system set autovacuum = off;\nselect pg_reload_conf()",
    )
    async with asker(dsn) as at:

        async def all_found() -> bool:
            seen = {
                *await found(at, "backup.archiving"),
                *await found(at, "settings.pending_restart"),
                *await found(at, "settings.dangerous"),
            }
            return seen >= {
                "server:archiver",
                "setting:max_connections",
                "setting:autovacuum",
                "setting:fsync",
            }

        await until(all_found, 30)
        dangerous = await found(at, "settings.dangerous")
        assert dangerous["setting:fsync"].severity == Severity.CRITICAL
        assert dangerous["setting:autovacuum"].severity == Severity.HIGH
        assert not await found(at, "backup.archive_mode")
        for finding in dangerous.values():
            run(dsn, finding.fix)
        run(dsn, "alter system set archive_command = 'true';\nselect pg_reload_conf()")

        async def all_cured() -> bool:
            return not {
                *await found(at, "backup.archiving"),
                *await found(at, "settings.dangerous"),
            }

        await until(all_cured, 70)
        backlog = await at.ask(variant("backup.archive_backlog", at.server.major))
        assert isinstance(backlog, Answer)
        assert backlog.rows[0]["value"] == 0


@pytest.fixture
def replica(own_pg: server.RunningServer) -> Iterator[server.RunningServer]:
    with tempfile.TemporaryDirectory(dir="/tmp") as temporary:
        Path(temporary).chmod(0o755)
        copy = server.make_directory(Path(temporary) / "copy")
        made = own_pg.command(
            "pg_basebackup",
            "-D",
            str(copy / "data"),
            "-c",
            "fast",
            "-R",
            "-C",
            "-S",
            "replica_slot",
        )
        assert made.returncode == 0, made.stderr
        started = server.start(server.adopt(copy, own_pg.cluster.installation, SETTINGS))
        try:
            yield started
        finally:
            started.stop()


async def test_replication(own_pg: server.RunningServer, replica: server.RunningServer) -> None:
    async with asker(own_pg.dsn()) as primary, asker(replica.dsn()) as standby:
        assert standby.server.role == "replica"
        answers = [await standby.ask(question) for question in standby.suited()]
        assert [a for a in answers if not isinstance(a, Answer)] == []

        async def streaming() -> bool:
            return not await found(standby, "replication.receiver")

        await until(streaming)
        assert "standby:walreceiver" in await found(primary, "replication.standbys", -1)
        assert not await found(primary, "backup.archive_mode")
        assert not await found(primary, "replication.slots_inactive")

        run(replica.dsn(), "select pg_wal_replay_pause()")
        run(own_pg.dsn(), "create table t as select generate_series(1, 50000) as n")
        paused = await found(standby, "replication.replay_paused")
        assert list(paused) == ["server:replay"]

        async def late() -> bool:
            seen = [
                await found(standby, "replication.lag", 0.001),
                await found(standby, "replication.lag_bytes", 1000),
                await found(primary, "replication.standbys", 1000),
            ]
            return all(seen)

        await until(late)
        run(replica.dsn(), paused["server:replay"].fix)

        async def caught_up() -> bool:
            return not await found(standby, "replication.lag", 0.001)

        await until(caught_up)
        assert not await found(standby, "replication.replay_paused")
    own_pg.stop()
    async with asker(replica.dsn()) as standby:

        async def cut_off() -> bool:
            return bool(await found(standby, "replication.receiver"))

        await until(cut_off)
