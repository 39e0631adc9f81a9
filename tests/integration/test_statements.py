"""Every call is counted once, whatever happens to the counters of a real server."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.integration.counting import Workload, connected, counting, refused, seen, take
from tests.integration.servers import eventually
from thorbis_ops.database.statements import fetch_counters
from thorbis_ops.model import Unanswered
from thorbis_ops.sampler import observe, since_reset
from thorbis_ops.server import RunningServer
from thorbis_ops.slo.objective import DEFAULT_OBJECTIVES
from thorbis_ops.span import Span, slo_of, statements_of
from thorbis_ops.statements.counters import Sample

NOW = datetime.now(UTC)


@pytest.fixture
def workload(db: str) -> Iterator[Workload]:
    running = Workload(db)
    running.prepare()
    running.reset()
    yield running
    running.session.close()


async def test_calls_are_counted_by_class(db: str, workload: Workload) -> None:
    sampler = counting()
    workload.run(oltp=9)
    async with connected(db) as connection:
        first = await take(sampler, connection)
        assert first.fresh == "the first sample"
        assert first.span.seconds is None
        workload.run(oltp=20, analytics=5, bulk=3)
        taken = await take(sampler, connection)
        assert seen(taken) == {"oltp": 20, "analytics": 5, "bulk": 3}
        assert taken.span.coverage == 1.0
        assert taken.span.tallies["analytics"].calls == 5
        assert taken.span.tallies["analytics"].bad_max == 0
        assert seen(await take(sampler, connection)) == {"oltp": 0, "analytics": 0, "bulk": 0}
        assert taken.count.totals["bulk"].tally.calls == 3


async def test_a_reset_of_one_entry_and_of_all_counts_what_came_after(
    db: str, workload: Workload
) -> None:
    sampler = counting()
    async with connected(db) as connection:
        workload.run(oltp=20, analytics=20)
        await take(sampler, connection)
        workload.reset_one("select v from counted")
        workload.run(oltp=7, analytics=3)
        taken = await take(sampler, connection)
        assert seen(taken) == {"oltp": 7, "analytics": 3, "bulk": 0}
        assert taken.span.coverage < 1.0
        workload.run(oltp=5)
        workload.reset()
        workload.run(oltp=2, analytics=1)
        taken = await take(sampler, connection)
        assert seen(taken) == {"oltp": 2, "analytics": 1, "bulk": 0}
        assert {loss.cause for loss in taken.span.losses} == {"reset"}


async def test_slow_calls_lie_within_the_bounds(db: str, workload: Workload) -> None:
    sampler = counting()
    slow = "select pg_sleep(%s) from counted where id = 1"
    async with connected(db) as connection:
        workload.session.execute(slow, (0.001,))
        await take(sampler, connection)
        for seconds in (0.001,) * 6 + (0.12, 0.13):
            workload.session.execute(slow, (seconds,))
        taken = await take(sampler, connection)
    found = [load for load in taken.span.loads if "pg_sleep" in load.facts.shown]
    assert [load.calls for load in found] == [8]
    share = found[0].shares["oltp"]
    assert share.above_min <= 2 <= share.above_max
    assert share.above_min >= 1
    assert share.above_max <= 3
    document = slo_of(taken.span, DEFAULT_OBJECTIVES, target="main")
    row = next(s for s in document["statements"] if s["calls"] == 8)
    assert row["share_min"] <= 6 / 8 <= row["share_max"]
    assert row["class"] == "oltp"


async def test_the_lifetime_of_the_counters(db: str, workload: Workload) -> None:
    workload.run(oltp=30, analytics=2)
    async with connected(db) as connection:
        span = await since_reset(connection, DEFAULT_OBJECTIVES, NOW)
    assert isinstance(span, Span)
    document = statements_of(span, target="main", top=1)
    assert document["window_seconds"] is None
    assert len(document["statements"]) == 1
    assert document["other"]["statements"] == len(span.loads) - 1
    calls = {load.facts.kind: load.calls for load in span.loads if "group by" in load.facts.shown}
    assert calls == {"analytics": 2}


async def test_a_window_is_observed_without_a_store(db: str, workload: Workload) -> None:
    looks = 0

    def clock() -> datetime:
        """What runs before a look is counted with it; the first look counts nothing."""
        nonlocal looks
        looks += 1
        workload.run(oltp=10, bulk=1)
        return datetime.now(UTC)

    async with connected(db) as connection:
        span = await observe(connection, DEFAULT_OBJECTIVES, 0.2, clock)
    assert isinstance(span, Span)
    assert looks >= 2
    assert span.tallies["bulk"].calls == looks - 1
    assert span.tallies["oltp"].calls == 10 * (looks - 1)
    assert span.seconds == pytest.approx(0.2, abs=0.5)


async def test_nested_calls_belong_to_no_objective(db: str, workload: Workload) -> None:
    workload.session.execute("set pg_stat_statements.track = 'all'")
    workload.session.execute(
        "create function look() returns integer language plpgsql as"
        " $$ begin return (select v from counted where id = 3); end $$"
    )
    sampler = counting()
    async with connected(db) as connection:
        await take(sampler, connection)
        for _ in range(4):
            workload.session.execute("select look()")
        taken = await take(sampler, connection)
    nested = [load for load in taken.span.loads if not load.key[3]]
    assert sum(load.calls for load in nested) >= 4
    assert all(not load.shares for load in nested)
    called = [load for load in taken.span.loads if load.facts.shown == "select look()"]
    assert [load.calls for load in called] == [4]
    assert called[0].shares["oltp"].calls == 4


async def test_our_own_statements_and_other_monitors_count_for_nothing(
    db: str, workload: Workload
) -> None:
    sampler = counting()
    async with connected(db) as connection:
        for _ in range(4):
            workload.session.execute("select count(*) from pg_stat_activity")
            taken = await take(sampler, connection)
    assert all(tally.calls == 0 for tally in taken.span.tallies.values())


async def test_no_literal_is_shown(db: str, workload: Workload) -> None:
    workload.session.execute("create role test_counted_geheim password 'geheim-1'")
    workload.session.execute("drop role test_counted_geheim")
    workload.session.execute("set application_name = 'geheim-2'")
    workload.session.execute("select 'geheim-3' from counted where id = 1 -- geheim-4")
    workload.session.execute("do $$ begin perform 'geheim-5'; end $$")
    async with connected(db) as connection:
        span = await since_reset(connection, DEFAULT_OBJECTIVES, NOW)
    assert isinstance(span, Span)
    document = statements_of(span, target="main", top=1000)
    assert document["other"]["statements"] == 0
    assert "geheim-" not in str(document)


def versions(dsn: str) -> list[str]:
    with psycopg.connect(dsn) as session:
        rows = session.execute(
            "select version from pg_available_extension_versions"
            " where name = 'pg_stat_statements' and version = any(%s) order by 1",
            (["1.8", "1.9", "1.10", "1.11", "1.12"],),
        )
        return [row[0] for row in rows]


async def test_every_version_of_the_extension_in_any_schema(db: str) -> None:
    offered = versions(db)
    assert len(offered) >= 3
    for version in offered:
        with psycopg.connect(db, autocommit=True) as session:
            session.execute('drop schema if exists "Odd \'schema" cascade')
            session.execute('create schema "Odd \'schema"')
            create = "create extension pg_stat_statements schema {} version {}"
            name = sql.Identifier("Odd 'schema")
            session.execute(sql.SQL(create).format(name, sql.Literal(version)))
        async with connected(db) as connection:
            taken = await fetch_counters(connection, NOW)
        assert isinstance(taken, Sample), (version, taken)
        assert taken.counters
        entry = next(iter(taken.counters.values()))
        number = tuple(map(int, version.split(".")))
        assert (entry.since is not None) == (number >= (1, 11))
        assert (taken.stats_reset is not None) == (number >= (1, 9))


async def test_what_cannot_be_read_is_said(db: str) -> None:
    async with connected(db) as connection:
        taken = await refused(counting(), connection)
    assert taken.reason == "missing"
    assert "create extension pg_stat_statements" in taken.detail


async def test_without_the_privilege_what_is_hidden_is_said(db: str, workload: Workload) -> None:
    workload.session.execute("create role test_counted_stranger login")
    try:
        sampler = counting()
        stranger = f"{db} user=test_counted_stranger"
        async with connected(stranger) as connection:
            workload.run(oltp=5)
            await take(sampler, connection)
            workload.run(oltp=50)
            taken = await take(sampler, connection)
            assert taken.hidden > 0
            assert seen(taken)["oltp"] == 0
            assert taken.span.coverage < 0.2
            assert sum(loss.calls for loss in taken.span.losses if loss.cause == "hidden") >= 50
            workload.session.execute("grant pg_read_all_stats to test_counted_stranger")
            granted = await take(sampler, connection)
            assert granted.hidden == 0
            assert seen(granted)["oltp"] == 0
            workload.run(oltp=4)
            assert seen(await take(sampler, connection))["oltp"] == 4
    finally:
        workload.session.execute("drop role test_counted_stranger")


async def test_switched_off_is_not_silence(db: str, workload: Workload) -> None:
    for setting, value in (("pg_stat_statements.track", "none"), ("compute_query_id", "off")):
        async with connected(f"{db} options='-c {setting}={value}'") as connection:
            taken = await refused(counting(), connection)
        assert setting in taken.detail


async def test_a_statement_of_ours_that_hangs_ends_in_time(db: str, workload: Workload) -> None:
    """Nobody's lock on the view keeps us waiting."""
    with psycopg.connect(db) as other:
        other.execute("lock table pg_stat_statements in access exclusive mode")
        began = time.monotonic()
        async with connected(db) as connection:
            assert not isinstance(await fetch_counters(connection, NOW), Unanswered)
        assert time.monotonic() - began < 5.0


async def test_restart_and_crash(own_pg: RunningServer) -> None:
    sampler = counting()
    workload = Workload(own_pg.dsn())
    workload.prepare()
    workload.run(oltp=10)
    async with connected(own_pg.dsn()) as connection:
        await take(sampler, connection)
        workload.run(oltp=4)
    workload.session.close()
    own_pg.restart()
    workload.session = psycopg.connect(own_pg.dsn(), autocommit=True, prepare_threshold=None)
    workload.run(oltp=3)
    async with connected(own_pg.dsn()) as connection:
        assert seen(await take(sampler, connection))["oltp"] == 7
        workload.run(oltp=100)
    workload.session.close()
    os.kill(own_pg.pid, signal.SIGKILL)
    assert eventually(lambda: not Path(f"/proc/{own_pg.pid}/cwd").exists())
    own_pg.restart()
    workload.session = psycopg.connect(own_pg.dsn(), autocommit=True, prepare_threshold=None)
    workload.run(oltp=6)
    async with connected(own_pg.dsn()) as connection:
        taken = await take(sampler, connection)
    workload.session.close()
    assert seen(taken)["oltp"] == 6
    assert taken.span.coverage < 1.0


async def test_eviction_counts_what_is_left_and_bounds_what_is_not(own_pg: RunningServer) -> None:
    with psycopg.connect(own_pg.dsn(), autocommit=True) as session:
        session.execute("alter system set pg_stat_statements.max = 100")
    own_pg.restart()
    workload = Workload(own_pg.dsn())
    workload.prepare()
    sampler = counting()
    async with connected(own_pg.dsn()) as connection:
        workload.run(oltp=300)
        await take(sampler, connection)
        for number in range(400):
            terms = (f"v {'<>' if number >> bit & 1 else '='} 1" for bit in range(9))
            query = f"select v from counted where id = 1 and ({' or '.join(terms)})"
            workload.session.execute(query.encode())
        workload.run(oltp=11)
        taken = await take(sampler, connection)
    workload.session.close()
    assert seen(taken)["oltp"] >= 11
    issued = 400 + 11
    counted = sum(load.calls for load in taken.span.loads if load.facts.relations == ("counted",))
    assert counted < issued
    lost = sum(loss.calls for loss in taken.span.losses if loss.cause == "evicted")
    assert lost >= issued - counted
