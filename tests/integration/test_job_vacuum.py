"""Dead rows go and old ones are frozen where it is needed, and what hinders that is shown."""

import psycopg

from tests.maintenance import Bench, bench, decisions, outcomes

__all__ = ["bench"]
QUIET = "alter table {} set (autovacuum_enabled = off)"


async def test_only_littered_tables_are_vacuumed_and_only_once(bench: Bench) -> None:
    for table in ("littered", "clean"):
        bench.execute(
            f"create table {table} as select g from generate_series(1, 50000) g",
            QUIET.format(table),
            f"analyze {table}",
        )
    bench.execute("delete from littered where g % 2 = 0", "delete from clean where g < 100")
    report = await bench.run("vacuum")
    assert outcomes(report) == {"table:public.littered": "done"}
    assert report.results[0].step.statements == (
        "vacuum (skip_locked, truncate false) public.littered",
    )
    left = await bench.plan("vacuum")
    assert decisions(left)["table:public.littered"] == "leave"
    shown = {c.object: c for c in left.considered}["table:public.clean"]
    assert (shown.value, shown.unit) == (99, "dead rows")


async def test_a_table_near_its_forced_vacuum_is_frozen_first(bench: Bench) -> None:
    bench.execute(
        "create table old (a int) with (autovacuum_freeze_max_age = 100000)",
        QUIET.format("old"),
        "insert into old values (1)",
    )
    ages = "select age(relfrozenxid) from pg_class where relname = 'old'"
    with psycopg.connect(bench.dsn, autocommit=True) as session:
        for _ in range(20):
            session.execute("select txid_current()")
    plan = await bench.plan("vacuum", settings={"freeze_percent": 0.01})
    step = next(s for s in plan.steps if s.object == "table:public.old")
    assert step.statements == ("vacuum (freeze, skip_locked, truncate false) public.old",)
    before = bench.value(ages)
    report = await bench.run("vacuum", settings={"freeze_percent": 0.01})
    assert outcomes(report)["table:public.old"] == "done"
    assert bench.value(ages) < before


async def test_what_holds_the_horizon_is_shown(bench: Bench) -> None:
    with psycopg.connect(bench.dsn) as other:
        other.execute("set transaction isolation level repeatable read")
        other.execute("select 1")
        plan = await bench.plan("vacuum")
        session = f"session:{other.info.backend_pid}"
    shown = {c.object: c for c in plan.considered}[session]
    assert (shown.decision, shown.unit) == ("leave", "transactions held back")
