"""A whole operated database in one directory: server, estate, traffic, backups, daemon.

Everything here is the product used as its user would: the demo writes a configuration and
runs the daemon on it. What it starts it stops, also when it is told to stop half way.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from thorbis_ops import content, estate, server
from thorbis_ops.errors import ServerError
from thorbis_ops.server import RunningServer
from thorbis_ops.store import install, provision

DATABASE = "thorbis"
SCALE = 0.5
SEED = 7
SERVER = {
    "shared_buffers": "128MB",
    "max_connections": "100",
    "wal_level": "replica",
    "max_wal_senders": "4",
    "log_min_duration_statement": "1s",
}
READY_SECONDS = 60.0
# Days pass in minutes, so that a visitor sees each job work.
MINUTES = {"analyze": 1, "partitions_create": 2, "backup_verify": 3, "security_review": 3}
OTHER_MINUTES = 5
LOOK_SECONDS = 10
Say = Callable[[str], None]

CONFIGURATION = """\
# Written by thorbis-ops demo: the database, its maintenance by the minute, its backups.
[[targets]]
name = "demo"
dsn = {monitor}
maintenance_dsn = {maintenance}
labels = {{ env = "demo" }}

[store]
dsn = {store}

[web]
listen = "127.0.0.1:{port}"

[backup]
paths = [{backups}]

[guards]
unknown_disk = "go"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What stands: where to connect, and the configuration that describes it."""

    running: RunningServer
    configuration: Path
    port: int

    @property
    def dsn(self) -> str:
        """The database, as its superuser."""
        return self.running.dsn(DATABASE)

    @property
    def app_dsn(self) -> str:
        """The database, as the application."""
        return self.running.dsn(DATABASE, "thorbis_app")


@contextlib.contextmanager
def serving(directory: Path | None, say: Say) -> Iterator[RunningServer]:
    """A PostgreSQL 18 of our own, in ``directory`` or in one that is removed afterwards."""
    say("finding PostgreSQL 18")
    installation = server.find_installation(18)
    say(f"starting PostgreSQL {installation.version}")
    if directory is None:
        with server.running(installation, SERVER) as running:
            yield running
        return
    running = server.start(_cluster(directory, installation))
    try:
        yield running
    finally:
        running.stop()


def _cluster(directory: Path, installation: server.Installation) -> server.Cluster:
    if (directory / "data").exists():
        return server.reopen(directory, installation)
    return server.create(directory, installation, SERVER)


async def build(running: RunningServer, port: int, say: Say) -> Demo:
    """The estate, its data, the roles, the store, a backup and the configuration."""
    if not _exists(running):
        running.command("createdb", DATABASE)
        say("loading the estate")
        await estate.load(running.dsn(DATABASE))
        say("seeding twenty tenants")
        report = await estate.seed(
            running.dsn(DATABASE), scale=SCALE, seed=SEED, now=datetime.now(UTC)
        )
        say(f"seeded {report.rows:,} rows")
    say("making roles and the store")
    await _provide(running.dsn(DATABASE))
    say("taking a base backup")
    backups = _back_up(running)
    return Demo(running=running, configuration=_configure(running, port, backups), port=port)


def _exists(running: RunningServer) -> bool:
    listed = running.command("psql", "-XAtc", "select datname from pg_database")
    return DATABASE in listed.stdout.split()


async def _provide(dsn: str) -> None:
    async with install.installation(dsn) as connection:
        survey = await install.survey(connection)
        await install.apply(
            connection, provision.plan(survey, watch=True, store=True), lambda _: None
        )


def _back_up(running: RunningServer) -> Path:
    backups = server.make_directory(running.directory / "backups")
    latest = backups / f"base-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    taken = running.command(
        "pg_basebackup", "-D", str(latest), "-X", "stream", "-c", "fast", timeout=120
    )
    if taken.returncode != 0:
        raise ServerError(f"the base backup failed: {taken.stderr.strip().splitlines()[-1]}")
    for old in sorted(backups.iterdir())[:-1]:
        shutil.rmtree(old, ignore_errors=True)
    return backups


def _configure(running: RunningServer, port: int, backups: Path) -> Path:
    def quoted(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    roles = {
        "monitor": provision.MONITOR,
        "maintenance": provision.MAINTENANCE,
        "store": provision.STORE,
    }
    places = {name: quoted(running.dsn(DATABASE, role)) for name, role in roles.items()}
    path = running.directory / "config.toml"
    text = CONFIGURATION.format(**places, port=port, backups=quoted(str(backups)))
    path.write_text(text + _hurried_jobs() + _watched_closely(), encoding="utf-8")
    return path


def _hurried_jobs() -> str:
    names = sorted({job.name for job in content.load_jobs()})
    return "".join(
        f'\n[jobs.{name}]\nschedule = "*/{MINUTES.get(name, OTHER_MINUTES)} * * * *"\n'
        'window = "00:00-24:00"\n'
        for name in names
    )


def _watched_closely() -> str:
    """Isolation is asked often, so that a visitor who breaks it sees it found."""
    names = sorted({q.id for q in content.load_questions() if q.area == "isolation"})
    return "".join(f'\n[checks."{name}"]\nevery = "{LOOK_SECONDS}s"\n' for name in names)


def free_port(wanted: int | None) -> int:
    """``wanted``, or any port that is free; ServerError where the wanted one is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted or 0))
        except OSError:
            raise ServerError(f"port {wanted} is in use; name another with --port") from None
        port: int = probe.getsockname()[1]
        return port


@contextlib.asynccontextmanager
async def operated(demo: Demo) -> AsyncIterator[asyncio.subprocess.Process]:
    """The daemon as a process of its own, ended by SIGTERM on leaving."""
    daemon = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "thorbis_ops", "--config", str(demo.configuration), "run"
    )
    try:
        yield daemon
    finally:
        if daemon.returncode is None:
            daemon.terminate()
            await daemon.wait()


async def ready(demo: Demo, daemon: asyncio.subprocess.Process) -> None:
    """Waits until the first answers are in; ServerError when the daemon ends before."""
    deadline = time.monotonic() + READY_SECONDS
    while not await _answers(demo.port):
        if daemon.returncode is not None:
            raise ServerError(f"the daemon ended with exit code {daemon.returncode}")
        if time.monotonic() > deadline:
            raise ServerError(f"the daemon was not ready in {READY_SECONDS:g} s")
        await asyncio.sleep(0.2)


async def _answers(port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.write(b"GET /readyz HTTP/1.0\r\n\r\n")
    status = await reader.readline()
    writer.close()
    return b" 200 " in status
