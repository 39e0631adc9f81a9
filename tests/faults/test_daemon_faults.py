"""Whatever happens to a daemon, its store or its servers: nothing lost, doubled or held up.

What is tried here is the daemon's own doing, the same whatever the server's version, so one
version is enough.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.daemons import RunningDaemon, daemon, execute, frozen, job, target, until
from tests.integration.commands import thorbis_ops
from tests.maintenance import NOTES, NOTING
from thorbis_ops.runner import locks
from thorbis_ops.server import RunningServer

QUICK = '[sampler]\nevery = "1s"\n'
AT_WORK = "select 1 from pg_stat_activity where query like 'insert into%' and state = 'active'"
NEWEST = pytest.mark.parametrize("pg", [18], indirect=True, ids=["pg18"])
OWN_NEWEST = pytest.mark.parametrize("own_pg", [18], indirect=True, ids=["pg18"])


@pytest.fixture
def kept(db: str) -> str:
    """A database with a store, statements to count, and notes for a job to write."""
    return made_ready(db)


def made_ready(dsn: str) -> str:
    execute(dsn, "create extension pg_stat_statements", *NOTES)
    execute(dsn, "insert into todo values (1, 0), (2, 60), (3, 0)")
    assert thorbis_ops("init", "--dsn", dsn, "--apply").returncode == 0
    return dsn


def noting(dsn: str, tmp_path: Path) -> str:
    return target("main", dsn) + QUICK + job(tmp_path / "jobs", "trial", NOTING)


def at_work(dsn: str) -> list[object]:
    return execute(dsn, f"{AT_WORK} and datname = current_database()")


def runs(dsn: str) -> list[str]:
    return [row[0] for row in execute(dsn, "select outcome from thorbis_ops.runs order by id")]


def noted(dsn: str) -> list[int]:
    return [row[0] for row in execute(dsn, "select id from notes order by id")]


def pass_time(dsn: str) -> None:
    """What half a minute of silence would do."""
    execute(
        dsn,
        "update thorbis_ops.leases set expires_at = now()",
        "update thorbis_ops.runs set heartbeat_at = now() - interval '1 minute'"
        " where finished_at is null",
    )


@NEWEST
def test_a_run_whose_daemon_was_killed_goes_on_where_it_stopped(kept: str, tmp_path: Path) -> None:
    with daemon(noting(kept, tmp_path), tmp_path) as first:
        until(lambda: at_work(kept), bool)
        first.kill()
    execute(kept, "update todo set seconds = 0")
    until(lambda: at_work(kept), lambda rows: not rows)
    pass_time(kept)
    with daemon(noting(kept, tmp_path), tmp_path):
        until(lambda: runs(kept), lambda outcomes: outcomes[:2] == ["interrupted", "done"])
    assert noted(kept) == [1, 2, 3]


@NEWEST
def test_sigterm_cancels_the_statement_journals_it_and_the_next_daemon_goes_on(
    kept: str, tmp_path: Path
) -> None:
    with daemon(noting(kept, tmp_path), tmp_path) as first:
        until(lambda: at_work(kept), bool)
        assert first.terminate() < 5
        assert first.process.returncode == 0
        assert at_work(kept) == []
        assert runs(kept) == ["interrupted"]
    execute(kept, "update todo set seconds = 0")
    with daemon(noting(kept, tmp_path), tmp_path):
        until(lambda: runs(kept), lambda outcomes: outcomes[:2] == ["interrupted", "done"])
    assert noted(kept) == [1, 2, 3]


@NEWEST
@OWN_NEWEST
def test_sigterm_while_the_server_hangs_is_journalled_and_ends_in_time(
    own_pg: RunningServer, kept: str, tmp_path: Path
) -> None:
    hanging = own_pg.dsn()
    execute(hanging, *NOTES, "insert into todo values (1, 60)")
    configuration = noting(hanging, tmp_path) + f'[store]\ndsn = "{kept}"\n'
    with daemon(configuration, tmp_path) as running:
        until(lambda: at_work(hanging), bool)
        with frozen(own_pg):
            assert running.terminate() < 10
            assert runs(kept) == ["interrupted"]
            assert execute(kept, "select 1 from thorbis_ops.leases where expires_at > now()") == []


@NEWEST
def test_a_job_that_is_held_up_elsewhere_lets_the_others_have_their_turn(
    kept: str, tmp_path: Path
) -> None:
    execute(kept, "update todo set seconds = 0")
    configuration = noting(kept, tmp_path) + job(tmp_path / "jobs", "another", NOTING).split("[")[0]
    with psycopg.connect(kept, autocommit=True) as holder:
        key = locks.key("another")
        holder.execute("select pg_advisory_lock(%s::int4, %s::int4)", (locks.JOB, key))
        with daemon(configuration, tmp_path) as running:
            running.said("another: refused")
            until(lambda: noted(kept), lambda ids: ids == [1, 2, 3])


@NEWEST
@OWN_NEWEST
def test_a_store_that_hangs_holds_up_no_target_and_no_end(
    own_pg: RunningServer, kept: str, tmp_path: Path
) -> None:
    made_ready(own_pg.dsn())
    often = '[checks."activity.idle_in_transaction"]\nevery = "1s"\n'
    configuration = target("main", kept) + QUICK + f'[store]\ndsn = "{own_pg.dsn()}"\n{often}'
    latest = (
        "select extract(epoch from now() - max(query_start))::float8 from pg_stat_activity"
        " where application_name = 'thorbis-ops' and datname = current_database()"
    )
    with daemon(configuration, tmp_path) as running:
        running.ready().said("acting under generation")
        until(lambda: running.metric("thorbis_slo_coverage_ratio", target="main"), bool)
        with frozen(own_pg):
            deadline = time.monotonic() + 12
            while time.monotonic() < deadline:
                assert execute(kept, latest)[0][0] < 8
                assert running.get("/metrics")[0] == 200
                time.sleep(0.5)
            assert running.terminate() < 10


@contextlib.contextmanager
def stopped(running: RunningDaemon) -> Iterator[None]:
    os.kill(running.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(running.process.pid, signal.SIGCONT)


@NEWEST
def test_a_daemon_that_slept_stands_by_and_doubles_nothing(kept: str, tmp_path: Path) -> None:
    execute(kept, "update todo set seconds = 8 where id = 2")
    configuration = noting(kept, tmp_path)
    with daemon(configuration, tmp_path) as first, daemon(configuration, tmp_path) as second:
        until(lambda: at_work(kept), bool)
        drift = until(lambda: drifted(kept), bool)
        asleep, awake = (
            (first, second) if "acting under" in first.log.read_text() else (second, first)
        )
        with stopped(asleep):
            pass_time(kept)
            awake.said("acting under generation 2")
            with psycopg.connect(kept, autocommit=True) as client:
                for number in range(30):
                    client.execute("select id from notes where id = %s", (number,))
            assert drifted(kept) == drift
        asleep.said("another daemon holds the lease: standing by")
        until(lambda: noted(kept), lambda ids: ids == [1, 2, 3])
        assert drifted(kept) == drift
    twice = (
        "select 1 from thorbis_ops.runs where outcome = 'done' group by scheduled_at"
        " having count(*) > 1"
    )
    assert execute(kept, twice) == []


def drifted(dsn: str) -> list[object]:
    """What tells the count from the counters that it ends at: the same at each sample."""
    return execute(
        dsn,
        "select sum(b.calls)::bigint - s.counted - s.lost from thorbis_ops.statement_samples s"
        " join thorbis_ops.statement_baselines b on b.target = s.target group by s.target",
    )
