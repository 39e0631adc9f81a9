"""Real servers for the tests: PostgreSQL 15 and 18, and Redis.

Each worker of pytest-xdist starts its own servers when a test first asks, on free ports, and
keeps them for the session. What is not installed skips the tests that need it with the name of
the package; where CI is set it fails them, so that nothing goes untested unseen.
"""

import asyncio
import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest
import redis
from psycopg import sql

from thorbis_ops import estate, server
from thorbis_ops.errors import ServerError

MAJORS = (15, 18)
SETTINGS = {
    **server.DISPOSABLE,
    "max_connections": "100",
    "wal_level": "logical",
    "max_replication_slots": "10",
    "max_wal_senders": "10",
    "max_prepared_transactions": "10",
}
REDIS_SECONDS = 10.0


def not_installed(what: str) -> NoReturn:
    """Skip the test, or fail it in CI."""
    if os.environ.get("CI"):
        pytest.fail(f"CI must test everything, but {what}", pytrace=False)
    pytest.skip(what)


def execute(dsn: str, statement: sql.Composed) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statement)


@contextlib.contextmanager
def temporary_database(pg: server.RunningServer, template: str = "template0") -> Iterator[str]:
    """The DSN of a new database that is dropped afterwards."""
    name = f"test_{secrets.token_hex(6)}"
    create = sql.SQL("create database {} template {}")
    execute(pg.dsn(), create.format(sql.Identifier(name), sql.Identifier(template)))
    try:
        yield pg.dsn(name)
    finally:
        drop = sql.SQL("drop database if exists {} with (force)")
        execute(pg.dsn(), drop.format(sql.Identifier(name)))


Debian = Callable[[str, str], Path]


@pytest.fixture(scope="session")
def debian() -> Debian:
    """Find a program of a Debian package that the test needs: ``debian(program, package)``."""
    places = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"

    def find(program: str, package: str) -> Path:
        found = shutil.which(program, path=places)
        return (
            Path(found)
            if found
            else not_installed(f"{program} is missing: apt-get install {package}")
        )

    return find


ServerOf = Callable[[int], server.RunningServer]


@pytest.fixture(scope="session")
def server_of() -> Iterator[ServerOf]:
    """Start the session's server of a major version once, however the tests are ordered."""
    started: dict[int, server.RunningServer] = {}
    with contextlib.ExitStack() as stack:

        def of(major: int) -> server.RunningServer:
            if major not in started:
                started[major] = stack.enter_context(_running(major))
            return started[major]

        yield of


@contextlib.contextmanager
def _running(major: int) -> Iterator[server.RunningServer]:
    try:
        installation = server.find_installation(major)
    except ServerError as error:
        not_installed(str(error))
    with server.running(installation, SETTINGS, tcp="scram-sha-256") as found:
        yield found


@pytest.fixture(scope="session", params=MAJORS, ids=lambda major: f"pg{major}")
def pg(request: pytest.FixtureRequest, server_of: ServerOf) -> server.RunningServer:
    """A running PostgreSQL that all tests share: leave it as you found it."""
    return server_of(request.param)


@pytest.fixture(params=MAJORS, ids=lambda major: f"pg{major}")
def own_pg(request: pytest.FixtureRequest) -> Iterator[server.RunningServer]:
    """A PostgreSQL for one test alone, free to stop, restart, crash and reconfigure (1 s)."""
    with _running(request.param) as found:
        yield found


@pytest.fixture(scope="module", params=MAJORS, ids=lambda major: f"pg{major}")
def module_pg(request: pytest.FixtureRequest) -> Iterator[server.RunningServer]:
    """A PostgreSQL for one module, whose tests change the roles that all databases share."""
    with _running(request.param) as found:
        yield found


@pytest.fixture
def db(pg: server.RunningServer) -> Iterator[str]:
    """The DSN, as superuser, of a new empty database."""
    with temporary_database(pg) as dsn:
        yield dsn


@pytest.fixture(scope="session")
def estate_template() -> Callable[[server.RunningServer], str]:
    """Build the demo estate once on a server; the name of the database that holds it."""
    built: dict[int, str] = {}

    def of(pg: server.RunningServer) -> str:
        if pg.port not in built:
            _build_estate(pg, "estate_template")
            built[pg.port] = "estate_template"
        return built[pg.port]

    return of


def _build_estate(pg: server.RunningServer, name: str) -> None:
    identifier = sql.Identifier(name)
    execute(pg.dsn(), sql.SQL("create database {} template template0").format(identifier))
    await_in_thread(_load_and_seed(pg.dsn(name)))
    # A closed database has no sessions, autovacuum's neither, so it can always be copied.
    execute(pg.dsn(), sql.SQL("alter database {} allow_connections false").format(identifier))


async def _load_and_seed(dsn: str) -> None:
    await estate.load(dsn)
    await estate.seed(dsn, scale=0.02, seed=1, now=datetime.now(UTC))


def await_in_thread(coroutine: Coroutine[object, object, None]) -> None:
    """Run it on a loop of its own, apart from the loop that pytest-asyncio keeps."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, coroutine).result()


@pytest.fixture
def estate_db(
    pg: server.RunningServer, estate_template: Callable[[server.RunningServer], str]
) -> Iterator[str]:
    """The DSN, as superuser, of a new database that holds the demo estate."""
    template = estate_template(pg)
    with temporary_database(pg, template) as dsn:
        # Copying a database leaves its privileges behind.
        copy = sql.SQL(
            "update pg_catalog.pg_database set datacl = template.datacl "
            "from pg_catalog.pg_database as template "
            "where template.datname = {} and pg_database.datname = current_database()"
        )
        execute(dsn, copy.format(template))
        yield dsn


@pytest.fixture(scope="session")
def redis_server(debian: Debian, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real Redis that keeps nothing."""
    binary = debian("redis-server", "redis-server")
    directory = tmp_path_factory.mktemp("redis")
    port = _free_port()
    address = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(directory)]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [binary, *address, "--save", "", "--appendonly", "no"], stdout=log, stderr=log
        )
    try:
        url = f"redis://127.0.0.1:{port}/0"
        _await_redis(url, directory / "log")
        yield url
    finally:
        process.terminate()
        process.wait(REDIS_SECONDS)


def _await_redis(url: str, log: Path) -> None:
    deadline = time.monotonic() + REDIS_SECONDS
    while True:
        with redis.Redis.from_url(url) as client, contextlib.suppress(redis.ConnectionError):
            client.ping()
            return
        assert time.monotonic() < deadline, f"Redis did not start: {log.read_text()}"
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
