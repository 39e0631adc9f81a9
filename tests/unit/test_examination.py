"""What the doctor says of a server: each lack with its cost and the command that cures it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from thorbis_ops.core.diagnosis import Diagnosis, Facts, StoreFacts, named, worst
from thorbis_ops.core.examination import diagnose
from thorbis_ops.model import Server

SETTINGS = {
    "archive_mode": "on",
    "compute_query_id": "auto",
    "data_checksums": "on",
    "log_destination": "stderr,jsonlog",
    "logging_collector": "on",
    "max_connections": "100",
    "shared_preload_libraries": "pg_stat_statements",
    "track_io_timing": "on",
}
SERVER = Server(
    version_num=180001,
    version="18.1",
    role="primary",
    database="thorbis",
    user="watch er",
    superuser=False,
    system_identifier="1",
    started_at=datetime(2026, 1, 1, tzinfo=UTC),
    extensions={"pg_stat_statements": "1.12"},
    settings=SETTINGS,
    memberships=frozenset({"pg_monitor"}),
)
FACTS = Facts(
    installable={"pg_stat_statements": "1.12", "pgstattuple": "1.5"},
    statements_preloaded=True,
    connections_used=10,
    connections_reserved=3,
    role_limit=-1,
    maintenance_role=True,
    quoted_user='"watch er"',
)
STORE = StoreFacts(fault=None, detail="schema at 0001_base")
NEEDS = {
    "extension:pg_stat_statements": {"statements.slow"},
    "extension:pgstattuple": {"reindex"},
    "member:pg_read_all_stats": {"activity.long"},
    "maintenance": {"analyze", "reindex"},
    "primary": {"vacuum.wraparound"},
}
HAS_ALL = {key: value for key, value in NEEDS.items() if key != "extension:pgstattuple"}


PRELOAD = "shared_preload_libraries = 'auto_explain', 'pg_cron', 'pg_stat_statements'"


def told(
    subject: str,
    server: Server = SERVER,
    facts: Facts = FACTS,
    store: StoreFacts = STORE,
    needs: Mapping[str, set[str]] = NEEDS,
) -> Diagnosis:
    (found,) = (d for d in diagnose(server, facts, store, needs) if d.subject == subject)
    return found


def settings(**changed: str) -> Server:
    return replace(SERVER, settings={**SETTINGS, **changed})


def test_a_server_that_has_all_gives_no_cure() -> None:
    found = diagnose(SERVER, FACTS, STORE, HAS_ALL)
    assert worst(found) == 0
    assert not [d for d in found if d.cure or d.cost or d.lost]


def test_one_lack_is_exit_code_1_and_one_unknown_3() -> None:
    hidden = replace(SERVER, settings={k: v for k, v in SETTINGS.items() if k != "track_io_timing"})
    assert worst(diagnose(hidden, FACTS, STORE, HAS_ALL)) == 3
    assert worst(diagnose(hidden, FACTS, STORE, NEEDS)) == 1


def test_without_pg_monitor_the_checks_that_need_it_are_named() -> None:
    found = told("pg_monitor", replace(SERVER, memberships=frozenset()))
    assert found.lost == ("activity.long",)
    assert found.cure == 'grant pg_monitor to "watch er";'


@pytest.mark.parametrize(
    ("server", "facts", "cure"),
    [
        (replace(SERVER, extensions={}), FACTS, "create extension pg_stat_statements;"),
        (
            replace(SERVER, extensions={"pg_stat_statements": "1.9"}),
            FACTS,
            "alter extension pg_stat_statements update;",
        ),
        (
            settings(shared_preload_libraries="auto_explain, pg_cron"),
            replace(FACTS, statements_preloaded=False),
            f"alter system set {PRELOAD}; -- restart",
        ),
        (SERVER, replace(FACTS, installable={}), "apt-get install postgresql-contrib"),
    ],
)
def test_each_state_of_the_statement_counters_has_its_cure(
    server: Server, facts: Facts, cure: str
) -> None:
    found = told("pg_stat_statements", server, facts)
    assert (found.verdict, found.cure) == ("missing", cure)


def test_statements_are_lost_only_while_nothing_counts() -> None:
    older = told("pg_stat_statements", replace(SERVER, extensions={"pg_stat_statements": "1.9"}))
    none = told("pg_stat_statements", replace(SERVER, extensions={}))
    assert older.lost == ()
    assert none.lost == ("statements.slow",)


def test_an_extension_that_only_a_job_needs_is_told_with_it() -> None:
    found = told("pgstattuple")
    assert (found.cure, found.lost) == ("create extension pgstattuple;", ("reindex",))
    odd = told("uuid-ossp", needs={"extension:uuid-ossp": {"x"}})
    assert odd.detail == "not installed on the machine"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("archive_mode", "off"),
        ("compute_query_id", "off"),
        ("data_checksums", "off"),
        ("track_io_timing", "off"),
        ("log_destination", "stderr"),
    ],
)
def test_a_setting_that_takes_sight_or_safety_has_cost_and_cure(name: str, value: str) -> None:
    found = told(name, settings(**{name: value}))
    assert found.verdict == "missing"
    assert value in found.detail
    assert found.cost
    assert found.cure


def test_the_log_needs_its_collector_and_a_form_that_the_version_knows() -> None:
    off = told("log_destination", settings(logging_collector="off"))
    assert "logging_collector = on; -- and restart" in off.cure
    oldest = replace(settings(log_destination="stderr"), version_num=140005)
    assert "'csvlog'" in told("log_destination", oldest).cure
    assert told("log_destination", settings(log_destination="csvlog")).verdict == "ok"


def test_connections_that_run_out_lock_the_monitor_out() -> None:
    found = told("max_connections", facts=replace(FACTS, connections_used=95))
    assert (found.verdict, found.detail) == ("missing", "2 of 100 free; 3 are needed")
    limited = told("connection limit", facts=replace(FACTS, role_limit=1))
    assert limited.cure == 'alter role "watch er" connection limit 10;'


def test_without_a_store_nothing_is_maintained_and_that_is_said() -> None:
    fault = StoreFacts(fault="the store has no schema", cure="thorbis-ops init --apply")
    found = told("store", store=fault)
    assert "no maintenance" in found.cost
    assert found.cure == "thorbis-ops init --apply"


def test_without_its_role_no_job_runs() -> None:
    found = told("maintenance role", facts=replace(FACTS, maintenance_role=False))
    assert found.lost == ("analyze", "reindex")


def test_a_long_list_says_of_how_many() -> None:
    assert named(["b", "a"]) == "a, b"
    assert named([f"c{n}" for n in range(9)]) == "c0, c1, c2, c3 and 5 of 9 more"
