"""`doctor` reaches a server or says in one line why not; what it says is missing, is."""

import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import conninfo

from tests.integration.commands import thorbis_ops
from thorbis_ops.server import RunningServer

SECRET = "geheim"


def execute(dsn: str, *statements: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as session:
        for statement in statements:
            session.execute(statement.encode())


def examine(dsn: str) -> tuple[int, dict[str, dict[str, Any]]]:
    ran = thorbis_ops("doctor", "--dsn", dsn, "--format", "json")
    document = json.loads(ran.stdout)
    assert document["error"] is None
    return ran.returncode, {found["subject"]: found for found in document["diagnoses"]}


@pytest.fixture
def pg(module_pg: RunningServer) -> RunningServer:
    """Roles belong to the cluster, so this module has one of its own."""
    return module_pg


@pytest.fixture
def plain_role(db: str) -> Iterator[str]:
    """The DSN of a role that may log in and nothing else."""
    execute(db, "create role thorbis_test_plain login")
    try:
        yield conninfo.make_conninfo(db, user="thorbis_test_plain")
    finally:
        execute(db, "drop owned by thorbis_test_plain", "drop role thorbis_test_plain")


def test_what_it_says_is_missing_is_there_after_the_cure(db: str) -> None:
    code, found = examine(db)
    lacking = found["pg_stat_statements"]
    assert (code, lacking["verdict"]) == (1, "missing")
    assert lacking["cost"]
    execute(db, lacking["cure"])
    assert examine(db)[1]["pg_stat_statements"]["verdict"] == "ok"


def test_a_role_without_rights_sees_what_it_lacks(plain_role: str) -> None:
    code, found = examine(plain_role)
    assert code == 1
    assert found["pg_monitor"]["verdict"] == "missing"
    assert found["pg_monitor"]["cure"] == "grant pg_monitor to thorbis_test_plain;"
    assert found["store"]["detail"].startswith("the store has no schema thorbis_ops")
    assert found["store"]["cure"] == "thorbis-ops init --apply"
    assert found["maintenance role"]["verdict"] == "missing"


def test_the_store_is_well_after_init(db: str) -> None:
    try:
        assert thorbis_ops("init", "--dsn", db, "--apply").returncode == 0
        found = examine(db)[1]
        assert (found["store"]["verdict"], found["maintenance role"]["verdict"]) == ("ok", "ok")
        monitor = examine(conninfo.make_conninfo(db, user="thorbis_ops_monitor"))[1]
        assert monitor["pg_monitor"]["verdict"] == "ok"
        assert "may not write the store" in monitor["store"]["detail"]
    finally:
        for role in ("thorbis_ops_monitor", "thorbis_ops_maintenance", "thorbis_ops_store"):
            execute(db, f"drop owned by {role} cascade", f"drop role {role}")


def test_a_person_sees_costs_and_commands(plain_role: str) -> None:
    shown = thorbis_ops("doctor", "--dsn", plain_role, environment={"COLUMNS": "200"})
    assert shown.returncode == 1
    assert "are hidden" in shown.stdout
    assert "\n  grant pg_monitor to thorbis_test_plain;\n" in shown.stdout
    assert shown.stderr == ""


def refused(dsn: str) -> str:
    """What is told of a server that cannot be reached: one line, code 3, no secret."""
    ran = thorbis_ops("doctor", "--dsn", dsn)
    assert ran.returncode == 3, ran.stderr
    assert len(ran.stderr.splitlines()) == 1
    assert ran.stdout == ""
    assert SECRET not in ran.stderr
    in_json = thorbis_ops("doctor", "--dsn", dsn, "--format", "json")
    assert in_json.returncode == 3
    assert json.loads(in_json.stdout)["error"]
    return ran.stderr


def test_a_wrong_password_an_unknown_database_and_an_unknown_role(pg: RunningServer) -> None:
    tcp = f"host=127.0.0.1 port={pg.port} password={SECRET} user=postgres dbname=postgres"
    assert "password is wrong" in refused(tcp)
    assert "does not exist" in refused(pg.dsn("no such database"))
    assert "does not exist" in refused(pg.dsn(user="no such role"))


def test_a_refused_connection_and_an_unknown_host() -> None:
    assert "nothing listens there" in refused(f"host=127.0.0.1 port=1 password={SECRET}")
    assert "host name is unknown" in refused(f"host=nowhere.invalid password={SECRET}")


def test_a_server_that_accepts_and_never_answers_is_given_up_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        ran = thorbis_ops("doctor", "--dsn", f"host=127.0.0.1 port={silent.getsockname()[1]}")
        assert time.monotonic() - began < 15
    assert ran.returncode == 3
    assert "no answer" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_a_malformed_dsn_is_wrong_usage_and_not_repeated() -> None:
    ran = thorbis_ops("doctor", "--dsn", f"host=x {SECRET}")
    assert ran.returncode == 2
    assert SECRET not in ran.stderr
    assert len(ran.stderr.splitlines()) == 1
