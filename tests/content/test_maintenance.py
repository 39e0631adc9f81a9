"""Every job says what it does and why, runs under psql as it stands, and waits on nobody's lock."""

import time
from pathlib import Path

import psycopg
import pytest

from tests.maintenance import Bench, bench
from thorbis_ops import content
from thorbis_ops.core import cron, guard
from thorbis_ops.model import Job
from thorbis_ops.server import RunningServer

__all__ = ["bench"]
JOBS = content.load_jobs()
each = pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
sql = pytest.mark.parametrize("job", [j for j in JOBS if j.sql], ids=lambda job: job.name)


@each
def test_a_job_says_why_and_names_guards_that_exist(job: Job) -> None:
    assert len(job.why) > 80
    assert cron.parse(job.schedule)
    assert all(guard.known(name) for name in job.guards)
    assert 0 < job.lock_timeout <= 1
    assert set(job.guards) >= {"load"} or not job.commands or "replica_lag" in job.guards


@sql
def test_a_job_runs_under_psql_as_it_stands(pg: RunningServer, job: Job) -> None:
    ran = pg.command("psql", "-X", "-v", "ON_ERROR_STOP=1", "-f", str(Path(job.path)))
    assert ran.returncode == 0, ran.stderr
    assert "decision" in ran.stdout


@each
async def test_a_plan_waits_for_no_lock_of_anybodys(bench: Bench, job: Job) -> None:
    bench.execute(
        "create table p (a int, b text, at date) partition by range (at)",
        "create table p_2026_01 partition of p for values from ('2026-01-01') to ('2026-02-01')",
        "create index on p (lower(b))",
        "create statistics s on a, b from p",
        "insert into p select g, g::text, '2026-01-05' from generate_series(1, 1000) g",
        "alter table p enable row level security",
        "create policy one on p using (a = 1)",
        "create materialized view m as select * from p",
    )
    with psycopg.connect(bench.dsn) as other:
        other.execute("lock table p, p_2026_01 in access exclusive mode")
        other.execute("refresh materialized view m")
        began = time.monotonic()
        await bench.plan(job)
        assert time.monotonic() - began < 3
