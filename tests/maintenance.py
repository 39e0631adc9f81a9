"""A database with a journal, and jobs to run on it, for the tests of maintenance."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from thorbis_ops import content, runner
from thorbis_ops.model import Job, Outcome, Plan, Target
from thorbis_ops.runner import Order, Report
from thorbis_ops.server import RunningServer
from thorbis_ops.store import Store, connect, migrate, open_store


def execute(dsn: str, *statements: str) -> list[Any]:
    """Execute statements one by one; the rows of the last."""
    rows: list[Any] = []
    with psycopg.connect(dsn, autocommit=True) as session:
        for statement in statements:
            cursor = session.execute(statement.encode())
            rows = cursor.fetchall() if cursor.description else []
    return rows


async def prepare(dsn: str) -> None:
    session = await connect(dsn)
    await migrate(session)
    await session.close()


def job(name: str) -> Job:
    return next(j for j in content.load_jobs() if j.name == name)


def sql_job(tmp_path: Path, rows: str, name: str = "trial", **changes: Any) -> Job:
    """A job whose rows are those of ``rows``."""
    path = tmp_path / f"{name}.sql"
    commands = changes.pop("commands", ("SELECT",))
    made = Job(name=name, title=name, schedule="0 0 * * *", path=path, sql=rows, commands=commands)
    return replace(made, **changes)


@dataclass(frozen=True)
class Bench:
    """One database that is maintained and keeps its own journal."""

    dsn: str
    store: Store

    def order(self, wanted: Job | str, **changes: Any) -> Order:
        now = datetime.now(UTC)
        order = Order(
            job=job(wanted) if isinstance(wanted, str) else wanted,
            target=Target(name="main", dsn=self.dsn),
            at=now,
            now=now,
            by_hand=True,
            patience=0.0,
        )
        return replace(order, **changes)

    async def plan(self, wanted: Job | str, **changes: Any) -> Plan:
        return await runner.plan_job(self.order(wanted, **changes), self.store)

    async def run(self, wanted: Job | str, **changes: Any) -> Report:
        return await runner.run_job(self.order(wanted, **changes), self.store, owner="test")

    def execute(self, *statements: str) -> list[Any]:
        return execute(self.dsn, *statements)

    def value(self, statement: str) -> Any:
        return self.execute(statement)[0][0]


def outcomes(report: Report) -> dict[str, Outcome]:
    return {result.step.object: result.outcome for result in report.results}


def decisions(plan: Plan) -> dict[str, str]:
    return {c.object: c.decision for c in plan.considered}


# A journal is made once on each server, and then copied with its database.
_TEMPLATE = "bench_template"


async def _template(pg: RunningServer) -> None:
    found = execute(pg.dsn(), f"select 1 from pg_database where datname = '{_TEMPLATE}'")
    if not found:
        execute(pg.dsn(), f"create database {_TEMPLATE} template template0")
        await prepare(pg.dsn(_TEMPLATE))
        await (await open_store(pg.dsn(_TEMPLATE), now=datetime.now(UTC))).close()
        execute(pg.dsn(), f"alter database {_TEMPLATE} allow_connections false")


@pytest.fixture
async def bench(pg: RunningServer) -> AsyncIterator[Bench]:
    await _template(pg)
    name = f"bench_{secrets.token_hex(6)}"
    execute(pg.dsn(), f"create database {name} template {_TEMPLATE}")
    try:
        async with await open_store(pg.dsn(name), now=datetime.now(UTC)) as store:
            yield Bench(pg.dsn(name), store)
    finally:
        execute(pg.dsn(), f"drop database {name} with (force)")


# A job whose steps note what they did, once each; "seconds" makes a step slow.
NOTES = (
    "create table todo (id int primary key, seconds float not null default 0)",
    "create table notes (id int)",
)
NOTING = """
select 'note:' || t.id as object, 'run' as decision, 'to be noted' as reason,
  'insert into public.notes select ' || t.id
    || case when t.seconds > 0 then ' from pg_sleep(' || t.seconds || ')' else '' end as statement,
  'select exists (select from public.notes where id = ' || t.id || ')' as verify
from public.todo t
where not exists (select from public.notes n where n.id = t.id)
order by t.id
"""


def noting(tmp_path: Path, **changes: Any) -> Job:
    return sql_job(tmp_path, NOTING, commands=("INSERT",), **changes)
