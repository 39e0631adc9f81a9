"""A count that is kept survives whatever ends the one who counts."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.integration.counting import (
    Workload,
    connected,
    counting,
    refused,
    seen,
    stored,
    take,
)
from thorbis_ops.errors import StoreError
from thorbis_ops.sampler import Sampler
from thorbis_ops.slo.objective import DEFAULT_OBJECTIVES
from thorbis_ops.store import Store, lease
from thorbis_ops.store.connection import Cursor
from thorbis_ops.store.intervals import HEAVIEST, read_tallies
from thorbis_ops.store.statements import load_count

# Samples as fast as it can until it is killed.
COUNTER = """
import asyncio, sys
from datetime import UTC, datetime
from thorbis_ops import database
from thorbis_ops.sampler import Sampled, Sampler
from thorbis_ops.slo.objective import DEFAULT_OBJECTIVES
from thorbis_ops.store import open_store

async def main(dsn):
    store = await open_store(dsn, now=datetime.now(UTC))
    connection = await database.connect(dsn)
    sampler = Sampler("main", DEFAULT_OBJECTIVES, transaction=store.transaction)
    while True:
        taken = await sampler.sample(connection, datetime.now(UTC))
        assert isinstance(taken, Sampled), taken
        print(taken.count.sequence, flush=True)

asyncio.run(main(sys.argv[1]))
"""


def counter_of(dsn: str) -> subprocess.Popen[str]:
    """A process that samples, once it does."""
    counter = subprocess.Popen(
        [sys.executable, "-c", COUNTER, dsn], stdout=subprocess.PIPE, text=True
    )
    assert counter.stdout is not None
    assert counter.stdout.readline()
    return counter


@pytest.fixture
def workload(db: str) -> Iterator[Workload]:
    running = Workload(db)
    running.prepare()
    running.reset()
    yield running
    running.session.close()


@pytest.fixture
async def store(db: str) -> AsyncIterator[Store]:
    async with stored(db) as opened:
        yield opened


def totals(dsn: str) -> dict[str, int]:
    with psycopg.connect(dsn) as session:
        rows = session.execute("select objective, calls from thorbis_ops.objective_totals")
        return dict(rows.fetchall())


def value(dsn: str, query: str) -> object:
    with psycopg.connect(dsn) as session:
        row = session.execute(query.encode()).fetchone()
        assert row is not None
        return row[0]


async def test_killed_at_any_moment_it_loses_no_call_and_counts_none_twice(
    db: str, workload: Workload, store: Store
) -> None:
    async with connected(db) as connection:
        await take(counting(store.transaction), connection)
        for _ in range(5):
            counter = counter_of(db)
            until = time.monotonic() + 0.15
            while time.monotonic() < until:
                workload.run(oltp=7, analytics=2, bulk=1)
            os.kill(counter.pid, signal.SIGKILL)
            counter.communicate()
            workload.run(oltp=3)
        taken = await take(counting(store.transaction), connection)
    assert totals(db) == workload.calls
    assert taken.count.sequence > 5
    assert {name: total.tally.calls for name, total in taken.count.totals.items()} == totals(db)
    history = "select sum(calls)::int from thorbis_ops.objective_intervals where objective = 'oltp'"
    assert value(db, history) == workload.calls["oltp"]
    minutes = """select sum(calls)::int from thorbis_ops.statement_intervals i
        join thorbis_ops.statement_texts t on t.hash = i.text_hash
        where t.relations = '{counted}' and i.kind = 'oltp'"""
    assert value(db, minutes) == workload.calls["oltp"]


async def test_two_who_count_the_same_count_each_call_once(
    db: str, workload: Workload, store: Store
) -> None:
    one, other = counting(store.transaction), counting(store.transaction)
    async with connected(db) as connection:
        await take(one, connection)
        workload.run(bulk=3)
        await take(other, connection)
        workload.run(bulk=2)
        said = await refused(one, connection)
        assert "another daemon has counted on" in said.detail
        assert (await take(one, connection)).count.totals["bulk"].tally.calls == 5
        workload.run(bulk=4)
        await refused(other, connection)
        await take(other, connection)
    assert totals(db)["bulk"] == 9


async def test_what_could_not_be_kept_is_counted_later(
    db: str, workload: Workload, store: Store
) -> None:
    broken = False

    @asynccontextmanager
    async def sometimes() -> AsyncIterator[Cursor]:
        if broken:
            raise StoreError("the store cannot be reached")
        async with store.transaction() as cursor:
            yield cursor

    sampler = counting(sometimes)
    async with connected(db) as connection:
        await take(sampler, connection)
        workload.run(analytics=3)
        broken = True
        assert "cannot be reached" in (await refused(sampler, connection)).detail
        workload.run(analytics=2)
        broken = False
        assert seen(await take(sampler, connection))["analytics"] == 5
    assert totals(db)["analytics"] == 5


async def test_a_writing_that_fails_in_the_middle_leaves_nothing_behind(
    db: str, workload: Workload, store: Store
) -> None:
    sampler = counting(store.transaction)
    async with connected(db) as connection:
        await take(sampler, connection)
        workload.run(bulk=5)
        workload.session.execute("alter table thorbis_ops.objective_intervals rename to elsewhere")
        assert "lacks a table" in (await refused(sampler, connection)).detail
        assert totals(db)["bulk"] == 0
        workload.session.execute("alter table thorbis_ops.elsewhere rename to objective_intervals")
        await take(sampler, connection)
    assert totals(db)["bulk"] == 5


async def test_who_lost_the_lease_writes_nothing(db: str, workload: Workload, store: Store) -> None:
    held = await lease.acquire(store, "daemon", "one", timedelta(seconds=60))
    assert held is not None
    stale = replace(held, generation=held.generation - 1)
    async with connected(db) as connection:
        await take(counting(lambda: lease.fenced(store, held)), connection)
        workload.run(bulk=5)
        said = await refused(counting(lambda: lease.fenced(store, stale)), connection)
        assert "no longer held" in said.detail
        assert totals(db)["bulk"] == 0
        await take(counting(lambda: lease.fenced(store, held)), connection)
    assert totals(db)["bulk"] == 5


async def test_what_was_learnt_of_texts_is_not_asked_again(
    db: str, workload: Workload, store: Store
) -> None:
    async with connected(db) as connection:
        workload.run(oltp=2, analytics=2, bulk=2)
        first = await take(counting(store.transaction), connection)
        async with store.transaction() as cursor:
            kept = await load_count(cursor, "main")
        assert kept == first.count
        workload.run(oltp=1)
        before = value(db, "select xmin::text || ctid from thorbis_ops.statement_texts limit 1")
        assert seen(await take(counting(store.transaction), connection))["oltp"] == 1
        after = value(db, "select xmin::text || ctid from thorbis_ops.statement_texts limit 1")
        assert before == after


async def test_another_threshold_begins_a_new_total(
    db: str, workload: Workload, store: Store
) -> None:
    async with connected(db) as connection:
        await take(counting(store.transaction), connection)
        workload.run(bulk=5, analytics=5)
        await take(counting(store.transaction), connection)
        others = (*DEFAULT_OBJECTIVES[:2], replace(DEFAULT_OBJECTIVES[2], threshold_seconds=1.0))
        workload.run(bulk=2, analytics=2)
        await take(Sampler("main", others, transaction=store.transaction), connection)
    assert totals(db) == {"oltp": 0, "analytics": 7, "bulk": 2}


async def test_the_light_statements_are_summed_not_dropped(
    db: str, workload: Workload, store: Store
) -> None:
    async with connected(db) as connection:
        await take(counting(store.transaction), connection)
        for number in range(HEAVIEST + 30):
            terms = (f"v {'<>' if number >> bit & 1 else '='} 1" for bit in range(7))
            query = f"select v from counted where id = 1 and ({' or '.join(terms)})"
            workload.session.execute(query.encode())
        taken = await take(counting(store.transaction), connection)
    top = sum(load.calls for load in taken.span.loads if load.key[3])
    assert value(db, "select sum(calls)::int from thorbis_ops.statement_intervals") == top
    rest = "select statements from thorbis_ops.statement_intervals where queryid = 0"
    assert value(db, rest) == len(taken.span.loads) - HEAVIEST


async def test_the_past_is_summed_from_the_store(db: str, workload: Workload, store: Store) -> None:
    sampler = counting(store.transaction)
    begun = datetime.now(UTC)
    async with connected(db) as connection:
        await take(sampler, connection)
        for _ in range(3):
            workload.run(analytics=4)
            await take(sampler, connection)
        recent = sampler.recent()
    assert recent is not None
    assert recent.tallies["analytics"].calls == 12
    async with store.transaction() as cursor:
        past = await read_tallies(cursor, "main", begun)
        later = await read_tallies(cursor, "main", datetime.now(UTC))
    assert past["analytics"] == recent.tallies["analytics"]
    assert later == {}


async def test_a_sampling_that_is_cancelled_goes_on_from_the_store(
    db: str, workload: Workload, store: Store
) -> None:
    sampler = counting(store.transaction)
    async with connected(db) as connection:
        await take(sampler, connection)
        for delay in (0.0, 0.002, 0.005, 0.01, 0.02, 0.04):
            workload.run(bulk=3)
            task = asyncio.create_task(sampler.sample(connection, datetime.now(UTC)))
            await asyncio.sleep(delay)
            task.cancel()
            await asyncio.wait([task])
    async with connected(db) as connection:
        await take(sampler, connection)
    assert totals(db)["bulk"] == workload.calls["bulk"]
