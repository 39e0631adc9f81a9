"""What the journal says of maintenance that was done: the base of due-ness and prediction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from thorbis_ops.model import Run
from thorbis_ops.store.connection import Store

#: Three heartbeats of a run.
SILENT = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The newest runs, newest first, and how many there are in all."""

    runs: tuple[Run, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PastStep:
    """What was once done, or was about to be done, to one object of a database.

    ``as_of`` is the time as which it was done, ``started_at`` the real one; an ``outcome`` of
    None was never written down.
    """

    job: str
    object: str
    statements: tuple[str, ...]
    oid: int | None
    filenode: int | None
    mark: float | None
    as_of: datetime
    started_at: datetime
    outcome: str | None


async def history(
    store: Store, *, target: str | None = None, job: str | None = None, limit: int = 50
) -> History:
    """The newest ``limit`` runs of a target, a job, or all."""
    values = {"target": target, "job": job, "limit": limit}
    async with store.transaction() as cursor:
        await cursor.execute(_TOTAL, values)
        counted = await cursor.fetchone()
        await cursor.execute(_HISTORY, values)
        runs = tuple(_run(row) for row in await cursor.fetchall())
    return History(runs=runs, total=counted["total"] if counted else 0)


async def last_runs(store: Store, identity: str, now: datetime) -> dict[str, Run]:
    """Each job's latest run on a database for a time not after ``now``.

    One that nobody ended, and whose owner gave no sign of life for ``SILENT``, counts as
    interrupted: its process was killed, and what it left is owed again.
    """
    async with store.transaction() as cursor:
        await cursor.execute(_LAST, {"identity": identity, "now": now, "silent": SILENT})
        return {row["job"]: _run(row) for row in await cursor.fetchall()}


async def last_successes(store: Store, identity: str) -> dict[str, datetime]:
    """When each job last ended well on a database."""
    async with store.transaction() as cursor:
        await cursor.execute(_SUCCESSES, {"identity": identity})
        return {row["job"]: row["finished_at"] for row in await cursor.fetchall()}


async def durations(store: Store, identity: str, job: str) -> dict[str, float]:
    """The seconds that each object took when the job last did it."""
    async with store.transaction() as cursor:
        await cursor.execute(_DURATIONS, {"identity": identity, "job": job})
        return {row["object"]: row["seconds"] for row in await cursor.fetchall()}


async def past_steps(store: Store, identity: str, job: str) -> tuple[PastStep, ...]:
    """All that a job did, or meant to do, to objects with an oid, oldest first."""
    async with store.transaction() as cursor:
        await cursor.execute(_PAST, {"identity": identity, "job": job})
        return tuple(
            PastStep(**{**row, "statements": tuple(row["statements"])})
            for row in await cursor.fetchall()
        )


def _run(row: Mapping[str, Any]) -> Run:
    return Run(
        job=row["job"],
        target=row["target"],
        scheduled_at=row["scheduled_at"],
        attempt=row["attempt"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        outcome=row["outcome"],
        detail=row["detail"],
        steps_done=row["steps_done"],
        steps_total=row["steps_total"],
    )


_COLUMNS = """job, target, scheduled_at, attempt, started_at, finished_at, outcome, detail,
  steps_done, steps_total"""

_WHERE = """
from thorbis_ops.runs
where (%(target)s::text is null or target = %(target)s)
  and (%(job)s::text is null or job = %(job)s)
"""

_TOTAL = f"select pg_catalog.count(*) as total {_WHERE}"

_HISTORY = f"select {_COLUMNS} {_WHERE} order by started_at desc, id desc limit %(limit)s"

_LAST = """
select distinct on (job) job, target, scheduled_at, attempt, started_at,
  case when dead then heartbeat_at else finished_at end as finished_at,
  case when dead then 'interrupted' else outcome end as outcome,
  detail, steps_done, steps_total
from (
  select r.*, r.finished_at is null
    and r.heartbeat_at < pg_catalog.clock_timestamp() - %(silent)s as dead
  from thorbis_ops.runs r
  where r.identity = %(identity)s and r.scheduled_at <= %(now)s
) runs
order by job, scheduled_at desc, attempt desc
"""

_SUCCESSES = """
select job, pg_catalog.max(finished_at) as finished_at from thorbis_ops.runs
where identity = %(identity)s and outcome in ('done', 'nothing_to_do') group by job
"""

_DURATIONS = """
select distinct on (s.object) s.object, s.seconds
from thorbis_ops.run_steps s join thorbis_ops.runs r on r.id = s.run_id
where r.identity = %(identity)s and r.job = %(job)s and s.outcome = 'done'
  and s.seconds is not null
order by s.object, s.finished_at desc
"""

_PAST = """
select r.job, s.object, s.statements, s.oid::bigint as oid, s.filenode::bigint as filenode,
  s.mark, s.as_of, s.started_at, s.outcome
from thorbis_ops.run_steps s join thorbis_ops.runs r on r.id = s.run_id
where r.identity = %(identity)s and r.job = %(job)s and s.oid is not null
order by s.as_of, s.run_id, s.position
"""
