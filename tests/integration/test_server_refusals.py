"""What a server of our own refuses, in one line that names the thing and the cure."""

import os
import socket
import tempfile
from pathlib import Path

import psycopg
import pytest

from tests.integration.servers import newest, place
from thorbis_ops import server
from thorbis_ops.errors import ServerError

__all__ = ["newest", "place"]


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
