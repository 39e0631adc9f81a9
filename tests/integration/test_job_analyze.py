"""Statistics are collected where they are stale or missing, and nowhere else."""

from dataclasses import replace

import psycopg
import pytest
from psycopg import conninfo

from tests.maintenance import Bench, bench, decisions, outcomes

__all__ = ["bench"]
QUIET = "alter table {} set (autovacuum_enabled = off)"


def settled(bench: Bench, *tables: str) -> None:
    """Tables with statistics, out of autovacuum's reach."""
    for table in tables:
        bench.execute(QUIET.format(table), f"analyze {table}")


async def test_a_table_is_analyzed_once_it_changed_enough(bench: Bench) -> None:
    bench.execute("create table t as select g from generate_series(1, 10000) g")
    settled(bench, "t")
    bench.execute("update t set g = g where g <= 1000")
    assert decisions(await bench.plan("analyze"))["table:public.t"] == "leave"
    bench.execute("update t set g = g where g = 1")
    before = bench.value("select last_analyze from pg_stat_user_tables where relname = 't'")
    assert outcomes(await bench.run("analyze"))["table:public.t"] == "done"
    after = bench.value("select last_analyze from pg_stat_user_tables where relname = 't'")
    assert after > before
    plan = await bench.plan("analyze")
    assert decisions(plan)["table:public.t"] == "leave"
    assert "table:public.t" not in [s.object for s in plan.steps]


async def test_a_large_table_is_due_by_the_root_of_its_rows(bench: Bench) -> None:
    bench.execute("create table t as select g from generate_series(1, 400000) g")
    settled(bench, "t")
    bench.execute("update t set g = g where g <= 20001")
    step = next(s for s in (await bench.plan("analyze")).steps if s.object == "table:public.t")
    assert step.reason == "20001 rows modified, more than 20000"


async def test_a_plan_changes_nothing_and_shows_its_measure(bench: Bench) -> None:
    bench.execute("create table t as select g from generate_series(1, 100) g", QUIET.format("t"))
    plan = await bench.plan("analyze")
    shown = next(c for c in plan.considered if c.object == "table:public.t")
    assert (shown.value, shown.unit, shown.decision) == (100, "rows modified", "run")
    assert bench.value("select last_analyze from pg_stat_user_tables where relname = 't'") is None
    step = next(s for s in plan.steps if s.object == "table:public.t")
    assert step.weight_bytes >= 0
    assert {g.guard for g in step.guards} >= {"primary", "disk", "load", "replica_lag", "window"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("create index on t ((lower(b)))", "expressions of index t_lower_idx"),
        ("create statistics s (dependencies) on a, b from t", "extended statistics s"),
        ("alter table t add column c int default 1", "columns c"),
    ],
)
async def test_missing_statistics_are_a_reason_of_their_own(
    bench: Bench, change: str, says: str
) -> None:
    bench.execute("create table t as select g as a, g::text as b from generate_series(1, 1000) g")
    settled(bench, "t")
    bench.execute(change)
    step = next(s for s in (await bench.plan("analyze")).steps if s.object == "table:public.t")
    assert step.reason == f"no statistics on {says}"
    await bench.run("analyze")
    assert decisions(await bench.plan("analyze"))["table:public.t"] == "leave"


async def test_a_partitioned_parent_is_counted_by_its_leaves(bench: Bench) -> None:
    bench.execute(
        "create table p (a int) partition by range (a)",
        "create table p1 partition of p for values from (0) to (1000)",
        "create table p2 partition of p for values from (1000) to (2000)",
        "insert into p select g from generate_series(0, 1999) g",
    )
    settled(bench, "p1", "p2")
    bench.execute("analyze p")
    assert decisions(await bench.plan("analyze"))["table:public.p"] == "leave"
    bench.execute("update p set a = a where a < 150 or a between 1000 and 1149")
    first = await bench.run("analyze")
    assert outcomes(first)["table:public.p"] == "done"
    modern = bench.value("select current_setting('server_version_num')::int") >= 180000
    sent = next(r.step.statements for r in first.results if r.step.object == "table:public.p")
    assert sent == (f"analyze (skip_locked) {'only ' if modern else ''}public.p",)
    assert decisions(await bench.plan("analyze"))["table:public.p"] == "leave"
    # The journal remembers where the counters stood, so small changes do not count twice.
    bench.execute("update p set a = a where a = 1")
    shown = {c.object: c for c in (await bench.plan("analyze")).considered}["table:public.p"]
    assert (shown.value, shown.decision) == (1, "leave")


async def test_a_locked_table_is_left_for_later_and_others_are_done(bench: Bench) -> None:
    bench.execute(
        "create table busy as select g from generate_series(1, 100) g",
        "create table free as select g from generate_series(1, 100) g",
    )
    with psycopg.connect(bench.dsn) as other:
        other.execute("lock table busy in access exclusive mode")
        report = await bench.run("analyze")
    assert outcomes(report)["table:public.free"] == "done"
    assert outcomes(report)["table:public.busy"] == "guard"
    assert report.outcome == "guard"
    assert "lock" in report.detail
    assert outcomes(await bench.run("analyze"))["table:public.busy"] == "done"


async def test_odd_names_are_quoted(bench: Bench) -> None:
    bench.execute(
        'create schema "o dd"',
        'create table "o dd"."T ""x\'; drop table y; -- 🐘" (a int)',
        'insert into "o dd"."T ""x\'; drop table y; -- 🐘" values (1)',
        "create table y (a int)",
    )
    report = await bench.run("analyze")
    assert outcomes(report)['table:"o dd"."T ""x\'; drop table y; -- 🐘"'] == "done"
    assert bench.value("select count(*) from pg_class where relname = 'y'") == 1


async def test_a_role_that_may_not_analyze_is_refused_and_told(bench: Bench) -> None:
    bench.execute("create table t as select 1 as a", "drop role if exists stranger")
    bench.execute("create role stranger login superuser", "alter role stranger nosuperuser")
    try:
        order = bench.order("analyze")
        other = replace(order.target, dsn=psycopg_dsn(bench.dsn, user="stranger"))
        plan = await bench.plan("analyze", target=other)
        assert decisions(plan)["table:public.t"] == "refuse"
        assert plan.steps == ()
        assert "MAINTAIN" in plan.refused[0].reason
    finally:
        bench.execute("drop role stranger")


def psycopg_dsn(dsn: str, **changes: str) -> str:
    return conninfo.make_conninfo(dsn, **changes)
