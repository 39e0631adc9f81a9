"""Bloated indexes are rebuilt one at a time, and no rebuild leaves anything behind."""

import asyncio
import time
from dataclasses import replace

import psycopg
import pytest

from tests.maintenance import Bench, bench, decisions, job, outcomes
from thorbis_ops.core.guard import Limits
from thorbis_ops.model import Job
from thorbis_ops.runner import running

__all__ = ["bench"]
PKEY, OTHER = "index:hs.t_pkey", "index:hs.t_u_idx"
INVALID = "select count(*) from pg_index where not indisvalid"
AT_WORK = """select count(*) from pg_stat_activity
  where query like 'reindex index concurrently%' and state = 'active'
    and datname = current_database() and wait_event_type = 'Lock'"""


@pytest.fixture
def bloated(bench: Bench) -> Bench:
    """A table of which nine rows in ten are gone, and one that is as it was built."""
    bench.execute(
        "create schema hs",
        "create table hs.t (id bigint primary key, u uuid default gen_random_uuid())",
        "insert into hs.t select g from generate_series(1, 100000) g",
        "create index on hs.t (u)",
        "create table hs.fresh as select g as id from generate_series(1, 100000) g",
        "create index on hs.fresh (id)",
        "create index on hs.fresh using hash (id)",
        "delete from hs.t where id % 10 <> 0",
        "vacuum analyze hs.t",
        "vacuum analyze hs.fresh",
        "alter table hs.t set (autovacuum_enabled = off)",
    )
    return bench


async def until(bench: Bench, statement: str) -> None:
    deadline = time.monotonic() + 15
    while not await asyncio.to_thread(bench.value, statement):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


def filenode(bench: Bench, index: str) -> int:
    return int(bench.value(f"select pg_relation_filenode('{index}')"))


async def test_every_index_is_shown_with_its_estimate_and_only_bloated_ones_are_chosen(
    bloated: Bench,
) -> None:
    plan = await bloated.plan("reindex")
    shown = {c.object: c for c in plan.considered}
    assert [s.object for s in plan.steps] == [OTHER, PKEY]
    assert shown[PKEY].value == pytest.approx(0.9, abs=0.02)
    assert shown["index:hs.fresh_id_idx"].value == pytest.approx(0, abs=0.02)
    assert shown["index:hs.fresh_id_idx1"].value is None
    assert shown["index:hs.fresh_id_idx1"].reason == "no estimate for hash"
    assert all(c.value is None or 0 <= c.value <= 1 for c in plan.considered)
    disk = next(g for g in plan.steps[0].guards if g.guard == "disk")
    assert "free" in disk.detail


async def test_a_rebuild_is_proven_and_not_repeated(bloated: Bench) -> None:
    before = filenode(bloated, "hs.t_pkey")
    pages = bloated.value("select pg_relation_size('hs.t_pkey')")
    report = await bloated.run("reindex")
    assert outcomes(report) == {PKEY: "done", OTHER: "done"}
    assert filenode(bloated, "hs.t_pkey") != before
    assert bloated.value("select pg_relation_size('hs.t_pkey')") < pages / 5
    assert bloated.value(INVALID) == 0
    assert (await bloated.run("reindex")).outcome == "nothing_to_do"


async def test_unknown_room_stops_a_rebuild_unless_configured(
    bloated: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("thorbis_ops.runner.readings._is_local", lambda _: False)
    report = await bloated.run("reindex")
    assert set(outcomes(report).values()) == {"guard"}
    assert "unknown" in report.detail
    assert (await bloated.run("reindex", limits=Limits(unknown_disk="go"))).outcome == "done"


END = "select pg_{}_backend(pid) from pg_stat_activity where {} and datname = current_database()"
REINDEXING = "query like 'reindex index concurrently%'"
INSERTS, READS = "insert into hs.t values (-1)", "select count(*) from hs.t"


async def test_after_a_kill_the_leftover_goes_and_the_rebuild_is_done(bloated: Bench) -> None:
    with psycopg.connect(bloated.dsn) as writer:
        writer.execute(INSERTS)
        work = asyncio.create_task(bloated.run("reindex"))
        await until(bloated, AT_WORK)
        bloated.execute(END.format("terminate", REINDEXING))
        report = await work
    assert report.outcome == "interrupted"
    assert bloated.value(INVALID) == 1
    again = await bloated.run("reindex")
    assert outcomes(again) == {"index:hs.t_u_idx_ccnew": "done", OTHER: "done", PKEY: "done"}
    assert again.results[0].step.statements == ("drop index concurrently hs.t_u_idx_ccnew",)
    assert bloated.value(INVALID) == 0


async def test_a_rebuild_cut_off_after_it_succeeded_counts_and_the_old_index_goes(
    bloated: Bench,
) -> None:
    with psycopg.connect(bloated.dsn) as reader:
        reader.execute(READS)
        work = asyncio.create_task(bloated.run("reindex"))
        await until(bloated, AT_WORK)
        bloated.execute(END.format("cancel", REINDEXING))
        await until(bloated, AT_WORK.replace("reindex", "drop"))
        reader.rollback()
        report = await work
    assert outcomes(report) == {"index:hs.t_u_idx_ccold": "done", OTHER: "done", PKEY: "done"}
    assert "in spite of" in next(r.detail for r in report.results if r.step.object == OTHER)
    assert bloated.value(INVALID) == 0


async def test_a_cancelled_rebuild_is_cleared_up_in_the_same_run(bloated: Bench) -> None:
    with psycopg.connect(bloated.dsn) as writer:
        writer.execute(INSERTS)
        work = asyncio.create_task(bloated.run("reindex"))
        await until(bloated, AT_WORK)
        bloated.execute(END.format("cancel", REINDEXING))
        await until(bloated, AT_WORK.replace("reindex", "drop"))
        writer.rollback()
        report = await work
    assert outcomes(report) == {"index:hs.t_u_idx_ccnew": "done", OTHER: "failed", PKEY: "done"}
    assert bloated.value(INVALID) == 0


def hasty() -> Job:
    return replace(job("reindex"), build_lock_timeout=0.2)


async def test_a_build_that_waits_too_long_for_old_transactions_is_tried_again(
    bloated: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "LADDER", (0.1, 0.1, 0.5, 1.0, 1.0))
    with psycopg.connect(bloated.dsn) as writer:
        writer.execute(INSERTS)
        work = asyncio.create_task(bloated.run(hasty()))
        await until(bloated, INVALID)
        writer.rollback()
        report = await work
    assert outcomes(report)[OTHER] == "done"
    assert bloated.value(INVALID) == 0


@pytest.mark.parametrize("name", ["t_u_idx_ccnew", "t_u_idx_ccold", "other"])
async def test_an_invalid_index_of_somebody_else_is_never_dropped(
    bloated: Bench, name: str
) -> None:
    bloated.execute(
        f"create index {name} on hs.t (u)",
        f"update pg_index set indisvalid = false where indexrelid = 'hs.{name}'::regclass",
    )
    plan = await bloated.plan("reindex")
    assert decisions(plan)[f"index:hs.{name}"] == "leave"
    await bloated.run("reindex")
    assert bloated.value(f"select count(*) from pg_class where relname = '{name}'") == 1


async def test_a_table_locked_by_another_is_given_up_quickly(
    bloated: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "LADDER", ())
    with psycopg.connect(bloated.dsn) as other:
        other.execute("lock table hs.t in share update exclusive mode")
        began = time.monotonic()
        report = await bloated.run("reindex")
    assert set(outcomes(report).values()) == {"guard"}
    assert time.monotonic() - began < 3
    assert bloated.value(INVALID) == 0


async def test_odd_names_are_rebuilt_too(bench: Bench) -> None:
    table, index = '"o dd"."T ""x\'🐘"', '"o dd"."i ""x\'🐘"'
    bench.execute(
        'create schema "o dd"',
        f'create table {table} ("the id" bigint)',
        f"insert into {table} select g from generate_series(1, 100000) g",
        f'create index "i ""x\'🐘" on {table} ("the id")',
        f'delete from {table} where "the id" > 5000',
        f"vacuum analyze {table}",
    )
    report = await bench.run("reindex")
    assert outcomes(report) == {f"index:{index}": "done"}
