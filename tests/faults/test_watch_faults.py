"""What a watch, its sampler and the ticker make of a bad day, without a daemon around them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SETTINGS
from tests.daemons import execute, frozen, target
from tests.maintenance import prepare
from thorbis_ops import config, database, server
from thorbis_ops.daemon import Daemon
from thorbis_ops.daemon import watch as watching
from thorbis_ops.daemon.ticking import Ticker
from thorbis_ops.daemon.watch import Watch
from thorbis_ops.errors import ConfigError
from thorbis_ops.model import Target, Unanswered
from thorbis_ops.sampler import Sampled, Sampler
from thorbis_ops.sampler import steps as sampling
from thorbis_ops.server import RunningServer
from thorbis_ops.slo.objective import DEFAULT_OBJECTIVES
from thorbis_ops.store import open_store

NEWEST = pytest.mark.parametrize("pg", [18], indirect=True, ids=["pg18"])
OWN_NEWEST = pytest.mark.parametrize("own_pg", [18], indirect=True, ids=["pg18"])


async def nothing(_target: str, _line: database.Connection, _now: datetime) -> None:
    return None


def watch_of(dsn: str, sample: watching.Sample = nothing) -> Watch:
    target = Target(name="main", dsn=dsn)
    return Watch(target, (), (), sample=sample, sample_every=0.05, told=lambda *_: None)


@contextlib.asynccontextmanager
async def watched(watch: Watch) -> AsyncIterator[Watch]:
    task = asyncio.create_task(watch.forever())
    try:
        yield watch
        assert not task.done()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@NEWEST
async def test_a_fault_of_ours_costs_one_target_a_moment_and_the_daemon_nothing(
    db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "RETRY", 0.05)
    samples: list[int] = []
    recovered = asyncio.Event()

    async def sample(_target: str, _line: database.Connection, _now: datetime) -> None:
        samples.append(1)
        if len(samples) == 1:
            raise ValueError("a value that nobody foresaw")
        recovered.set()

    async with watched(watch_of(db, sample)) as watch:
        await asyncio.wait_for(recovered.wait(), 10)
        assert watch.snapshot is not None
        assert watch.snapshot.error is not None
        assert "fault of ours" in watch.snapshot.error


@pytest.fixture
def replica(own_pg: RunningServer) -> Iterator[RunningServer]:
    with tempfile.TemporaryDirectory(dir="/tmp") as temporary:
        Path(temporary).chmod(0o755)
        copy = server.make_directory(Path(temporary) / "copy")
        made = own_pg.command("pg_basebackup", "-D", str(copy / "data"), "-c", "fast", "-R")
        assert made.returncode == 0, made.stderr
        started = server.start(server.adopt(copy, own_pg.cluster.installation, SETTINGS))
        try:
            yield started
        finally:
            started.stop()


@OWN_NEWEST
async def test_a_promotion_is_noticed_by_the_session_that_outlives_it(
    replica: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "DISCOVER_EVERY", 0.1)
    async with watched(watch_of(replica.dsn())) as watch:
        await role(watch, "replica")
        execute(replica.dsn(), "select pg_promote()")
        await role(watch, "primary")


async def role(watch: Watch, wanted: str) -> None:
    async with asyncio.timeout(15):
        while watch.server is None or watch.server.role != wanted:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@NEWEST
@OWN_NEWEST
async def test_a_store_that_hangs_costs_a_sample_its_patience_once_and_no_event(
    own_pg: RunningServer, db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "PATIENCE", 0.3)
    execute(db, "create extension pg_stat_statements")
    await prepare(own_pg.dsn())
    line = await database.connect(db)
    async with await open_store(own_pg.dsn(), now=datetime.now(UTC)) as store:
        sampler = Sampler("main", DEFAULT_OBJECTIVES, transaction=store.transaction)
        first = await sample(sampler, line)
        with frozen(own_pg):
            began = time.monotonic()
            for _ in range(3):
                taken = await sampler.sample(line, datetime.now(UTC))
                assert isinstance(taken, Unanswered)
                assert "counted later" in taken.detail
            assert time.monotonic() - began < 2
            execute(db, *["select 1 from pg_catalog.pg_class limit 1"] * 7)
        last = await sample(sampler, line)
    await line.close()
    assert first.count.sample is not None
    assert last.count.sample is not None
    seen = total(last) - total(first)
    assert seen >= 7
    assert last.count.counted + last.count.lost - first.count.counted - first.count.lost == seen


def total(taken: Sampled) -> int:
    assert taken.count.sample is not None
    return sum(entry.calls for entry in taken.count.sample.counters.values())


async def sample(sampler: Sampler, line: database.Connection) -> Sampled:
    """The next sample that the store took."""
    async with asyncio.timeout(15):
        while True:
            taken = await sampler.sample(line, datetime.now(UTC))
            if isinstance(taken, Sampled):
                return taken
            await asyncio.sleep(0.05)


@OWN_NEWEST
async def test_a_statement_cancelled_on_a_server_that_hangs_is_cut_off(
    own_pg: RunningServer,
) -> None:
    line = await database.connect(own_pg.dsn(), statement_timeout=60)
    work = asyncio.create_task(line.execute("select pg_catalog.pg_sleep(60)"))
    await asyncio.sleep(0.2)
    with frozen(own_pg):
        began = time.monotonic()
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        assert time.monotonic() - began < 4
    assert line.closed


async def test_a_clock_set_back_does_not_silence_the_ticker() -> None:
    ticked, ticker = asyncio.Event(), Ticker()

    async def act() -> None:
        ticked.set()

    ticker.add(act, 3600)
    ticker.start()
    try:
        await asyncio.wait_for(ticked.wait(), 5)
        ticked.clear()
        ticker.align(datetime.now(UTC))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ticked.wait(), 0.2)
        ticker.align(datetime.now(UTC) - timedelta(hours=2))
        await asyncio.wait_for(ticked.wait(), 5)
    finally:
        ticker.stop()


@NEWEST
async def test_names_that_no_server_resolves_take_no_thread_from_the_others(
    db: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released, resolve = threading.Event(), socket.getaddrinfo

    def silent(host: str, *rest: Any, **named: Any) -> Any:
        if host.endswith(".silent.example"):
            released.wait()
            raise socket.gaierror("no answer")
        return resolve(host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    lost = "".join(target(f"lost{n}", f"host=db{n}.silent.example dbname=x") for n in range(40))
    path = tmp_path / "config.toml"
    path.write_text(
        lost + target("good", db) + '[store]\nenabled = false\n[web]\nlisten = "127.0.0.1:0"\n'
    )
    stop, one = asyncio.Event(), Daemon(config.load(path, {}, database.check_dsn))
    life = asyncio.create_task(one.run(stop))
    try:
        until_up = asyncio.create_task(_shown(one, 'thorbis_up{target="good"} 1'))
        await asyncio.wait_for(until_up, 20)
        stop.set()
        await asyncio.wait_for(life, 9)
    finally:
        released.set()


async def _shown(one: Daemon, text: str) -> None:
    """Waits for a line of ``/metrics``."""
    while True:
        await asyncio.sleep(0.2)
        with contextlib.suppress(OSError, RuntimeError, ConfigError):
            reader, writer = await asyncio.open_connection("127.0.0.1", one.port)
            writer.write(b"GET /metrics HTTP/1.0\r\n\r\n")
            reply = await reader.read()
            writer.close()
            if text.encode() in reply:
                return
