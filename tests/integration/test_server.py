"""A PostgreSQL of our own: started, asked, restarted, restored, stopped, leaving nothing."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from tests.integration.servers import eventually, newest, one, place, processes_of
from thorbis_ops import server
from thorbis_ops.errors import ServerError

__all__ = ["newest", "place"]


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
