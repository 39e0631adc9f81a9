"""The daemon on real servers: several targets, no store, two daemons, bad days.

What asks a server is tried on each version. What only the daemon, its processes and its lease
do is the same on all, and is tried on one, since each start of a daemon takes seconds.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.daemons import RunningDaemon, daemon, execute, frozen, target, until
from tests.integration.commands import thorbis_ops
from thorbis_ops import content
from thorbis_ops.server import RunningServer

WATCH_ONLY = "[store]\nenabled = false\n"
QUICK = '[sampler]\nevery = "1s"\n'
# No other job, whatever the hour at which the tests run.
UNSCHEDULED = "[schedule]\nenabled = false\n"
BY_THE_MINUTE = '[jobs.analyze]\nschedule = "* * * * *"\nwindow = "00:00-24:00"\n' + "".join(
    f"[jobs.{job.name}]\nenabled = false\n" for job in content.load_jobs() if job.name != "analyze"
)
NEWEST = pytest.mark.parametrize("pg", [18], indirect=True, ids=["pg18"])


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        held: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    held.append(listener.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        for line in held:
            line.close()


@NEWEST
def test_a_target_that_is_down_or_silent_delays_nobody(
    db: str, silent_port: int, tmp_path: Path
) -> None:
    silent = f"host=127.0.0.1 port={silent_port} user=x dbname=x"
    configuration = target("silent", silent) + target("down", "host=127.0.0.1 port=1 dbname=x")
    with daemon(configuration + target("good", db) + WATCH_ONLY, tmp_path) as running:
        began = time.monotonic()
        until(lambda: running.metric("thorbis_up", target="good"), lambda up: up == 1, 15)
        assert time.monotonic() - began < 10
        assert running.metric("thorbis_up", target="silent") != 1
        running.said("silent: not reached")
        states = {t["target"]: t for t in running.api("targets")["targets"]}
        assert states["good"]["answered"] > 20
        assert "nothing listens there" in states["down"]["error"]
        running.ready()
        assert running.terminate() < 10
        assert running.process.returncode == 0


# Each version is once the one that is paused and once the one that is well.
@pytest.mark.parametrize(("own_pg", "pg"), [(15, 18), (18, 15)], indirect=True)
def test_a_paused_server_is_noticed_and_holds_up_neither_metrics_nor_the_end(
    own_pg: RunningServer, db: str, tmp_path: Path
) -> None:
    configuration = target("paused", own_pg.dsn()) + target("good", db)
    with daemon(configuration + WATCH_ONLY + QUICK, tmp_path) as running:
        running.ready()
        with frozen(own_pg):
            began = time.monotonic()
            assert running.get("/metrics")[0] == 200
            assert time.monotonic() - began < 1
            until(lambda: running.metric("thorbis_up", target="paused"), lambda up: up == 0, 40)
            assert running.metric("thorbis_up", target="good") == 1
            assert running.terminate() < 10


@NEWEST
def test_without_a_store_it_watches_says_so_and_changes_nothing(db: str, tmp_path: Path) -> None:
    with daemon(target("main", db) + BY_THE_MINUTE, tmp_path) as running:
        running.ready()
        log = running.said("no store: watching only, without journal and maintenance")
        assert "thorbis-ops init --apply" in log
        assert running.api("jobs")["jobs"] == []
        assert execute(db, "select 1 from pg_namespace where nspname = 'thorbis_ops'") == []


@pytest.fixture
def kept(db: str) -> str:
    """A database with a store and statements to count."""
    execute(db, "create extension pg_stat_statements")
    execute(db, "create table public.t (id int primary key)")
    assert thorbis_ops("init", "--dsn", db, "--apply").returncode == 0
    return db


def events(running: RunningDaemon) -> float:
    return running.metric("thorbis_slo_events_total", slo="oltp") or 0.0


def calls(dsn: str, count: int) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for number in range(count):
            connection.execute("select id from public.t where id = %s", (number,))


def counted(dsn: str) -> int:
    row = execute(
        dsn,
        "select coalesce(sum(calls), 0)::bigint from pg_stat_statements s"
        " join pg_database d on d.oid = s.dbid and d.datname = current_database()"
        " where query = 'select id from public.t where id = $1'",
    )
    return int(row[0][0])


def test_a_kill_loses_no_event_and_counts_none_twice(kept: str, tmp_path: Path) -> None:
    configuration = target("main", kept) + QUICK + UNSCHEDULED
    with daemon(configuration, tmp_path) as first:
        first.ready()
        until(lambda: first.metric("thorbis_slo_coverage_ratio"), bool)
        start = settled(first, kept)
        calls(kept, 40)
        until(lambda: events(first), lambda n: n >= start + 40)
        first.kill()
    calls(kept, 25)
    # The lease of the killed is run out at once; that it does by itself is tried below.
    execute(kept, "update thorbis_ops.leases set expires_at = now()")
    with daemon(configuration, tmp_path) as second:
        second.ready()
        second.said("acting under generation")
        until(lambda: events(second), lambda n: n >= start + 65, 40)
        assert counted(kept) == 65
        assert settled(second, kept) == start + 65


def settled(running: RunningDaemon, dsn: str) -> float:
    """The events shown, once two more samples were taken and shown."""
    sequence = "select sequence from thorbis_ops.statement_samples"
    total = "select calls from thorbis_ops.objective_totals where objective = 'oltp'"
    begun = execute(dsn, sequence)[0][0]
    until(lambda: execute(dsn, sequence)[0][0], lambda now: now >= begun + 2)
    return until(lambda: events(running), lambda shown: shown == execute(dsn, total)[0][0])


@NEWEST
def test_of_two_daemons_one_acts_and_the_other_takes_over(kept: str, tmp_path: Path) -> None:
    configuration = target("main", kept) + QUICK + BY_THE_MINUTE
    with daemon(configuration, tmp_path) as first:
        first.ready()
        first.said("acting under generation")
        with daemon(configuration, tmp_path) as second:
            second.ready()
            second.said("another daemon holds the lease: standing by")
            run = "select count(*) from thorbis_ops.runs where job = 'analyze'"
            until(lambda: execute(kept, run)[0][0], lambda n: n >= 1, 30)
            twice = "select 1 from thorbis_ops.runs group by job, scheduled_at having count(*) > 1"
            assert execute(kept, twice) == []
            first.kill()
            second.said("acting under generation", 40)


@NEWEST
def test_the_end_lets_another_act_at_once(kept: str, tmp_path: Path) -> None:
    configuration = target("main", kept) + UNSCHEDULED
    with daemon(configuration, tmp_path) as first:
        first.ready()
        first.said("acting under generation")
        assert first.terminate() < 10
    with daemon(configuration, tmp_path) as second:
        began = time.monotonic()
        second.said("acting under generation 2")
        assert time.monotonic() - began < 10


@NEWEST
def test_an_address_in_use_is_one_line(db: str, tmp_path: Path) -> None:
    with daemon(target("main", db) + WATCH_ONLY, tmp_path) as first:
        first.ready()
        path = tmp_path / "second.toml"
        path.write_text(
            f'{target("main", db)}{WATCH_ONLY}[web]\nlisten = "127.0.0.1:{first.port}"\n'
        )
        ended = thorbis_ops("--config", str(path), "run")
        assert ended.returncode == 2
        assert f"127.0.0.1:{first.port}" in ended.stderr
        assert "Traceback" not in ended.stderr


def test_a_locked_table_holds_nothing_of_ours(estate_db: str, tmp_path: Path) -> None:
    with daemon(target("main", estate_db) + WATCH_ONLY, tmp_path) as running:
        with psycopg.connect(estate_db) as holder:
            holder.execute("lock table hs.customers in access exclusive mode")
            running.ready()
            waits = (
                "select count(*) from pg_stat_activity where application_name like"
                " 'thorbis-ops%' and wait_event_type = 'Lock'"
            )
            for _ in range(20):
                assert execute(estate_db, waits) == [(0,)]
                time.sleep(0.1)
        findings = running.api("findings")
        assert [u for u in findings["unanswered"] if u["reason"] == "timeout"] == []
