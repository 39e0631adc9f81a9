"""A PostgreSQL of our own: started, asked, restarted, restored, stopped, leaving nothing."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from thorbis_ops import server
from thorbis_ops.errors import ServerError


@pytest.fixture
def place() -> Iterator[Path]:
    """A short directory within everyone's reach, which pytest's own is not."""
    path = Path(tempfile.mkdtemp(prefix="place-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def newest() -> server.Installation:
    return server.find_installation()


def eventually(holds: Callable[[], bool], seconds: float = 15.0) -> bool:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
    return holds()


def processes_of(directory: Path) -> list[str]:
    """Command lines that name a directory; an unreaped zombie has none."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if str(directory) in command and "pytest" not in command:
            found.append(command)
    return found


def one(dsn: str, query: str) -> object:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def test_a_server_has_what_observation_needs(pg: server.RunningServer) -> None:
    wanted = {
        "shared_preload_libraries": "pg_stat_statements",
        "data_checksums": "on",
        "compute_query_id": "on",
        "track_io_timing": "on",
        "log_destination": "jsonlog",
        "server_encoding": "UTF8",
        "listen_addresses": "127.0.0.1",
        "server_version_num": None,
    }
    found = {name: one(pg.dsn(), f"show {name}") for name in wanted}
    version = str(found.pop("server_version_num"))
    assert int(version) // 10_000 == pg.major
    assert found == {name: value for name, value in wanted.items() if value}
    assert [path.suffix for path in pg.log_directory.glob("postgresql-*.json")]


async def test_a_database_is_new_and_empty(db: str) -> None:
    async with await psycopg.AsyncConnection.connect(db) as connection:
        cursor = await connection.execute("select count(*) from pg_catalog.pg_stat_user_tables")
        assert await cursor.fetchone() == (0,)


def test_a_copy_of_the_estate_keeps_its_privileges(estate_db: str) -> None:
    temporary = "select has_database_privilege('thorbis_app', current_database(), 'temporary')"
    assert one(estate_db, temporary) is False
    assert one(estate_db, "select count(*) > 0 from tenant_mgmt.businesses") is True


def test_redis_answers(redis_server: str) -> None:
    with redis.Redis.from_url(redis_server) as client:
        assert client.ping()


def test_a_stopped_server_leaves_no_process_and_no_directory(newest: server.Installation) -> None:
    with server.running(newest, server.DISPOSABLE) as own:
        directory = own.directory
        assert directory.is_dir()
        assert processes_of(directory)
    assert not directory.exists()
    assert processes_of(directory) == []


def test_a_body_that_fails_leaves_nothing_either(newest: server.Installation) -> None:
    directories = []

    def fail() -> None:
        with server.running(newest, server.DISPOSABLE) as own:
            directories.append(own.directory)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not directories[0].exists()
    assert processes_of(directories[0]) == []


def test_a_killed_parent_leaves_nothing_either() -> None:
    script = (
        "import time\nfrom thorbis_ops import server\n"
        "with server.running(server.find_installation(), server.DISPOSABLE) as own:\n"
        "    print(own.directory, flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        directory = Path(parent.stdout.readline().decode().strip())
        assert directory.is_dir()
        assert processes_of(directory)
        parent.kill()
    assert eventually(lambda: not directory.exists())
    assert eventually(lambda: processes_of(directory) == [])


def test_a_server_restarts_on_its_port_with_its_data(newest: server.Installation) -> None:
    with server.running(newest, server.DISPOSABLE, tcp="trust") as own:
        port, pid = own.port, own.pid
        with psycopg.connect(own.dsn()) as connection:
            connection.execute("create table kept as select 7 as seven")
        own.restart()
        assert (own.port, one(own.dsn(over="tcp"), "select seven from kept")) == (port, 7)
        assert own.pid != pid


def test_a_server_that_crashed_or_was_stopped_is_started_again(
    newest: server.Installation,
) -> None:
    with server.running(newest, server.DISPOSABLE) as own:
        os.kill(own.pid, signal.SIGKILL)
        own.restart()
        assert one(own.dsn(), "select 1") == 1
        own.stop()
        own.stop()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(own.dsn())
        own.restart()
        assert one(own.dsn(), "select 2") == 2


def test_tcp_asks_for_the_password(pg: server.RunningServer) -> None:
    assert one(pg.dsn(over="tcp"), "select 1") == 1
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(pg.dsn(over="tcp"), password="wrong")
    assert str(pg.cluster.password) not in repr(pg.cluster)


def test_settings_and_names_keep_their_odd_characters(newest: server.Installation) -> None:
    settings = {**server.DISPOSABLE, "thorbis.name": r"it's a \ 'test'", "shared_buffers": "16MB"}
    with server.running(newest, settings) as own:
        assert one(own.dsn(), "show thorbis.name") == r"it's a \ 'test'"
        assert one(own.dsn(), "show shared_buffers") == "16MB"
        assert one(own.dsn(), "show listen_addresses") == ""
        with psycopg.connect(own.dsn(), autocommit=True) as connection:
            connection.execute(r"""create database "Odd 'name' \ 🐘" """)
        assert one(own.dsn(r"Odd 'name' \ 🐘"), "select current_database()") == r"Odd 'name' \ 🐘"


def test_a_base_backup_is_verified_and_started_as_a_copy(
    own_pg: server.RunningServer, place: Path
) -> None:
    with psycopg.connect(own_pg.dsn(), autocommit=True) as connection:
        connection.execute("create table kept as select 7 as seven")
        connection.execute("alter system set archive_mode = on")
        connection.execute("alter system set archive_command = 'cp %p /nowhere'")
        connection.execute("alter system set work_mem = '5MB'")
    copy = server.make_directory(place / "copy")
    made = own_pg.command("pg_basebackup", "-D", str(copy / "data"), "--checkpoint=fast")
    assert (made.returncode, made.stderr) == (0, "")
    verified = own_pg.command("pg_verifybackup", str(copy / "data"))
    assert (verified.returncode, verified.stderr) == (0, "")
    installation = own_pg.cluster.installation
    settings = {**server.DISPOSABLE, "work_mem": "6MB"}
    restored = server.start(server.adopt(copy, installation, settings))
    try:
        assert one(restored.dsn(), "select seven from kept") == 7
        assert one(restored.dsn(), "show archive_mode") == "off"
        assert one(restored.dsn(), "show work_mem") == "6MB"
        identifier = "select system_identifier from pg_catalog.pg_control_system()"
        assert one(restored.dsn(), identifier) == one(own_pg.dsn(), identifier)
    finally:
        restored.stop()
    assert processes_of(copy) == []


def test_a_cluster_of_ours_is_opened_again(newest: server.Installation, place: Path) -> None:
    home = place / "demo"
    first = server.start(server.create(home, newest, {**server.DISPOSABLE, "work_mem": "6MB"}))
    (home / "notes").touch()
    first.stop()
    again = server.start(server.reopen(home, newest))
    try:
        assert one(again.dsn(), "show work_mem") == "6MB"
    finally:
        again.stop()


def test_data_of_others_is_not_opened_as_ours(newest: server.Installation, place: Path) -> None:
    (place / "data").mkdir()
    (place / "data" / "PG_VERSION").write_text(f"{newest.major}\n")
    with pytest.raises(ServerError, match=f"^{place} was not made by us"):
        server.reopen(place, newest)


def test_data_of_another_version_is_not_adopted(place: Path) -> None:
    (place / "data").mkdir()
    (place / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(ServerError, match=r"^\S+ is of PostgreSQL 9, \S+ of \d+$"):
        server.adopt(place, server.find_installation(), {})


def test_a_directory_without_data_is_not_adopted(place: Path) -> None:
    with pytest.raises(ServerError, match="holds no PostgreSQL data"):
        server.adopt(place, server.find_installation(), {})


def test_a_directory_that_others_use_is_left_alone(
    newest: server.Installation, place: Path
) -> None:
    (place / "letters").touch()
    with pytest.raises(ServerError, match=r"holds letters already: choose an empty directory"):
        server.create(place, newest, {})
    assert [path.name for path in place.iterdir()] == ["letters"]
    assert place.stat().st_mode & 0o777 == 0o755


def test_a_path_too_long_for_a_socket_is_told_at_once(
    newest: server.Installation, place: Path
) -> None:
    with pytest.raises(ServerError, match="too long a path for a unix socket"):
        server.create(place / ("long" * 25), newest, {})
    assert list(place.iterdir()) == []


def test_a_long_temporary_directory_is_passed_over(
    newest: server.Installation, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = place / ("long" * 25)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    with server.running(newest, server.DISPOSABLE) as own:
        assert long not in own.directory.parents


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as someone else")
def test_the_server_may_not_write_beside_its_data(newest: server.Installation) -> None:
    """Else a superuser of SQL could plant a link there that root follows at the next start."""
    with server.running(newest, server.DISPOSABLE) as own:
        with psycopg.connect(own.dsn()) as connection, pytest.raises(psycopg.Error, match="denied"):
            connection.execute(f"copy (select 1) to '{own.directory}/start.log'")
        assert own.directory.stat().st_uid == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as someone else")
def test_a_closed_directory_is_named(newest: server.Installation, place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(ServerError, match=f"may not enter {closed}; use a directory outside"):
        server.create(closed / "inside", newest, {})


def test_a_port_in_use_is_named(newest: server.Installation) -> None:
    with socket.socket() as occupant:
        occupant.bind(("127.0.0.1", 0))
        occupant.listen()
        port = occupant.getsockname()[1]
        with (
            pytest.raises(ServerError, match=f"port {port} on 127.0.0.1 cannot be used: Address"),
            server.running(newest, server.DISPOSABLE, tcp="trust", port=port),
        ):
            pass


def test_a_wrong_setting_is_told_in_one_line(newest: server.Installation) -> None:
    settings = {**server.DISPOSABLE, "work_memory": "1MB"}
    with (
        pytest.raises(ServerError, match='"work_memory"') as caught,
        server.running(newest, settings),
    ):
        pass
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("settings", [{"work_mem = 1; x": "1"}, {"work_mem": "1\nfsync = off"}])
def test_a_setting_cannot_smuggle_in_another(
    settings: dict[str, str], newest: server.Installation
) -> None:
    with pytest.raises(ServerError, match="setting"), server.running(newest, settings):
        pass


def test_a_reason_that_only_the_log_knows_is_told(own_pg: server.RunningServer) -> None:
    own_pg.stop()
    for segment in (own_pg.data / "pg_wal").glob("0*"):
        segment.unlink()
    with pytest.raises(ServerError, match=r"could not locate a valid checkpoint record") as caught:
        own_pg.restart()
    assert "\n" not in str(caught.value)


def test_a_missing_client_program_is_named(pg: server.RunningServer) -> None:
    with pytest.raises(ServerError, match=r"bin/pg_imaginary is missing: install \S+$"):
        pg.command("pg_imaginary")


def test_a_client_program_that_hangs_is_given_up(pg: server.RunningServer) -> None:
    with pytest.raises(ServerError, match=r"^psql did not end within 0.5 s$"):
        pg.command("psql", "-c", "select pg_sleep(30)", timeout=0.5)
