"""A workload whose true calls are known, and the ways to count them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import psycopg

from thorbis_ops import database
from thorbis_ops.model import Unanswered
from thorbis_ops.sampler import Sampled, Sampler, Transaction
from thorbis_ops.slo.objective import DEFAULT_OBJECTIVES
from thorbis_ops.store import Store, connect, migrate, open_store

OLTP = "select v from counted where id = %s"
ANALYTICS = "select v, count(*) from counted group by v"
BULK = "update counted set v = v"


class Workload:
    """Runs statements on one table and knows how often."""

    def __init__(self, dsn: str) -> None:
        self.session = psycopg.connect(dsn, autocommit=True, prepare_threshold=None)
        self.calls = {"oltp": 0, "analytics": 0, "bulk": 0}

    def prepare(self) -> None:
        self.session.execute("create extension pg_stat_statements")
        self.session.execute("create table counted (id integer primary key, v integer)")
        self.session.execute("insert into counted select n, n % 3 from generate_series(1, 50) n")

    def run(self, oltp: int = 0, analytics: int = 0, bulk: int = 0) -> None:
        for _ in range(oltp):
            self.session.execute(OLTP, (7,))
        for _ in range(analytics):
            self.session.execute(ANALYTICS)
        for _ in range(bulk):
            self.session.execute(BULK)
        self.calls["oltp"] += oltp
        self.calls["analytics"] += analytics
        self.calls["bulk"] += bulk

    def reset(self) -> None:
        self.session.execute("select pg_stat_statements_reset()")

    def reset_one(self, text: str) -> None:
        self.session.execute(
            "select pg_stat_statements_reset(userid, dbid, queryid) from pg_stat_statements"
            " where query like %s",
            (text + "%",),
        )


def seen(taken: Sampled) -> dict[str, int]:
    """Calls on the table, by class."""
    found = {"oltp": 0, "analytics": 0, "bulk": 0}
    for load in taken.span.loads:
        if load.facts.relations == ("counted",) and load.facts.kind in found:
            found[load.facts.kind] += load.calls
    return found


async def take(sampler: Sampler, connection: database.Connection) -> Sampled:
    taken = await sampler.sample(connection, datetime.now(UTC))
    assert isinstance(taken, Sampled), taken
    return taken


async def refused(sampler: Sampler, connection: database.Connection) -> Unanswered:
    taken = await sampler.sample(connection, datetime.now(UTC))
    assert isinstance(taken, Unanswered), taken
    return taken


def counting(transaction: Transaction | None = None) -> Sampler:
    return Sampler("main", DEFAULT_OBJECTIVES, transaction=transaction)


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[database.Connection]:
    connection = await database.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def stored(dsn: str) -> AsyncIterator[Store]:
    session = await connect(dsn)
    await migrate(session)
    await session.close()
    async with await open_store(dsn, now=datetime.now(UTC)) as store:
        yield store
