"""``thorbis-ops check`` as its users meet it: formats, exit codes, odd databases, bad days."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import psycopg
import pytest

from thorbis_ops.server import RunningServer, find_installation, running

SUMMARY = {"checks", "tables", "by_severity"}
FINDING = {
    "check", "object", "severity", "proven", "title", "detail", "value", "unit", "fix",
    "evidence", "muted",
}  # fmt: skip


def thorbis(*arguments: str, config: str = "", **environment: str) -> Any:
    """The command in a process of its own, away from this checkout's configuration."""
    return subprocess.run(
        [sys.executable, "-m", "thorbis_ops", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd="/",
        env={**os.environ, "THORBIS_OPS_CONFIG": config or str(EMPTY), **environment},
    )


EMPTY = Path(__file__).with_name("empty.toml")


def check(dsn: str, *arguments: str) -> tuple[int, dict[str, Any]]:
    ended = thorbis("check", "--dsn", dsn, "--format", "json", *arguments)
    assert "Traceback" not in ended.stderr, ended.stderr
    return ended.returncode, json.loads(ended.stdout)


def execute(dsn: str, *statements: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def objects(document: dict[str, Any], name: str) -> list[str]:
    return [f["object"] for f in document["findings"] if f["check"] == name]


def test_the_json_document_is_the_contracts(db: str) -> None:
    code, document = check(db)
    assert code in (0, 1, 3)
    assert document["version"] == 1
    assert document["server"]["role"] == "primary"
    assert document["server"]["version"].partition(".")[0] in ("15", "18")
    assert set(document["summary"]) == SUMMARY
    assert document["summary"]["checks"] >= 25
    assert set(document["tenancy"]) >= {"column", "setting", "app_roles", "inferred"}
    assert all(set(f) == FINDING for f in document["findings"])
    assert document["started_at"].endswith("Z")


@pytest.mark.parametrize("major", [15, 18])
def test_a_healthy_empty_database_is_exit_0(major: int) -> None:
    """Fresh from initdb, without our extension: all is answered, and nothing is high."""
    with running(find_installation(major)) as fresh:
        code, document = check(fresh.dsn())
    assert document["unanswered"] == []
    assert code == 0, document["findings"]
    lacking = {f["check"] for f in document["findings"]}
    assert lacking == {"backup.archive_mode", "statements.extension"}


def test_the_clean_estate_has_nothing_above_medium(estate_db: str) -> None:
    _, document = check(estate_db)
    serious = [f for f in document["findings"] if f["severity"] in ("high", "critical")]
    # The tests' own servers are disposable, and say so.
    assert [f["object"] for f in serious] == ["setting:fsync"]
    assert document["tenancy"]["column"] == "business_id"
    assert document["tenancy"]["inferred"]
    assert document["summary"]["tables"] >= 60


def test_a_planted_fault_is_found_named_and_cured_by_its_own_fix(estate_db: str) -> None:
    execute(estate_db, "alter table hs.customers disable row level security")
    code, document = check(estate_db, "isolation")
    assert code == 1
    found = [f for f in document["findings"] if f["object"] == "table:hs.customers"]
    assert found
    assert found[0]["severity"] == "critical"
    execute(estate_db, *(f["fix"] for f in found if f["fix"]))
    _, healed = check(estate_db, "isolation")
    assert [f for f in healed["findings"] if f["object"] == "table:hs.customers"] == []


ODD = 'Odd "Schema" 🐘'


def test_odd_names_are_shown_whole_and_their_fix_runs(db: str) -> None:
    execute(
        db,
        f'create schema "{ODD.replace(chr(34), chr(34) * 2)}"',
        f'create table "{ODD.replace(chr(34), chr(34) * 2)}"."Tab le; drop" (id int)',
        f'create index "In dex" on "{ODD.replace(chr(34), chr(34) * 2)}"."Tab le; drop" (id)',
        f'create index "In dex 2" on "{ODD.replace(chr(34), chr(34) * 2)}"."Tab le; drop" (id)',
    )
    _, document = check(db, "indexes.duplicate")
    (found,) = [f for f in document["findings"] if f["check"] == "indexes.duplicate"]
    assert 'index:"Odd ""Schema"" 🐘".' in found["object"]
    execute(db, found["fix"].removesuffix(";"))
    _, healed = check(db, "indexes.duplicate")
    assert objects(healed, "indexes.duplicate") == []


def test_every_format_says_the_same(estate_db: str) -> None:
    execute(estate_db, "alter table hs.customers disable row level security")

    def told(form: str) -> Any:
        return thorbis("check", "isolation", "--dsn", estate_db, "--format", form)

    sarif = json.loads(told("sarif").stdout)
    results = sarif["runs"][0]["results"]
    assert "table:hs.customers" in json.dumps(results)
    suite = ET.fromstring(told("junit").stdout)
    assert suite.findall(".//failure")
    assert "table:hs.customers" in told("markdown").stdout
    nagios = told("nagios")
    assert nagios.returncode == 2
    assert nagios.stdout.startswith("THORBIS CRITICAL - ")
    table = told("table")
    assert "table:hs.customers" in table.stdout
    assert table.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "--dsn", "host=127.0.0.1 port=1"], "127.0.0.1:1"),
        (["check", "--dsn", "host=no-such-host.invalid"], "no-such-host.invalid"),
    ],
)
def test_a_target_that_is_not_reached_is_one_line_and_exit_3(
    arguments: list[str], said: str
) -> None:
    ended = thorbis(*arguments)
    assert ended.returncode == 3
    assert said in ended.stdout
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "--dsn", "nonsense=1"], "not a libpq conninfo"),
        (["check", "no.such", "--dsn", "host=x"], 'no check is called "no.such"'),
        (["check"], "no [[targets]]"),
        (["check", "--target", "x"], "no [[targets]]"),
        (["check", "--fail-on", "awful", "--dsn", "host=x"], '"awful" is not a severity'),
        (["check", "--format", "xml"], "xml"),
        (["check", "--dsn", "host=x", "--target", "x"], "give one of them"),
        (["chekc"], "chekc"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(arguments: list[str], said: str) -> None:
    ended = thorbis(*arguments)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


def test_a_wrong_password_is_said_without_it(pg: RunningServer) -> None:
    execute(pg.dsn(), "drop role if exists walter", "create role walter login password 'right'")
    dsn = f"host=127.0.0.1 port={pg.port} user=walter password=wr0ng-s3cret dbname=postgres"
    ended = thorbis("check", "--dsn", dsn)
    execute(pg.dsn(), "drop role walter")
    assert ended.returncode == 3
    assert "password is wrong" in " ".join(ended.stdout.split())
    assert "wr0ng-s3cret" not in ended.stdout + ended.stderr


def test_a_plain_role_is_told_what_it_may_not_see(pg: RunningServer, db: str) -> None:
    execute(db, "drop role if exists plain_reader", "create role plain_reader login")
    code, document = check(db.replace("user='postgres'", "user='plain_reader'"))
    execute(db, "drop role plain_reader")
    assert code in (1, 3)
    lost = [u for u in document["unanswered"] if u["reason"] == "privilege"]
    assert lost
    assert all('to "plain_reader"' in u["detail"] for u in lost)


def test_nothing_of_ours_waits_for_a_locked_table(estate_db: str) -> None:
    with psycopg.connect(estate_db) as holder:
        holder.execute("lock table hs.customers in access exclusive mode")
        waits = _Waits(estate_db)
        began = time.monotonic()
        with waits:
            _, document = check(estate_db)
        assert time.monotonic() - began < 10
    assert waits.seen == []
    assert waits.looks > 3
    assert document["summary"]["checks"] >= 25
    assert [u for u in document["unanswered"] if u["reason"] == "timeout"] == []


class _Waits:
    """Watches from the side whether a session of ours waits for a lock."""

    def __init__(self, dsn: str) -> None:
        self._dsn, self._stop = dsn, threading.Event()
        self.seen: list[Any] = []
        self.looks = 0
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            while not self._stop.wait(0.02):
                self.looks += 1
                self.seen += connection.execute(
                    "select pid, query from pg_stat_activity"
                    " where application_name like 'thorbis-ops%' and wait_event_type = 'Lock'"
                ).fetchall()


def test_a_list_that_is_cut_says_of_how_many(db: str) -> None:
    execute(
        db,
        "create table t (a int)",
        *(f"create index i{n} on t (a)" for n in range(14)),
    )
    first = thorbis("check", "--dsn", db).stdout
    assert "of 13 more: thorbis-ops check indexes.duplicate" in " ".join(first.split())
    whole = thorbis("check", "indexes.duplicate", "--dsn", db).stdout
    assert sum(f"index:public.i{n}" in whole for n in range(1, 14)) == 13
