"""The journal of maintenance: the intent before the act, the result after it.

A run is claimed by inserting its row, which only one of two daemons can do for the same
scheduled time. Every write may carry a lease, and is refused when that lease has passed on:
a daemon that slept cannot write over the one that took its place. Times are the database's.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from thorbis_ops.errors import StoreError
from thorbis_ops.model import Outcome, Step
from thorbis_ops.store.connection import Cursor, Store
from thorbis_ops.store.lease import Lease, fenced


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A run that somebody wants to begin. ``identity`` names the database itself."""

    identity: str
    target: str
    job: str
    scheduled_at: datetime
    owner: str
    by_hand: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A run that is ours to carry out."""

    id: int
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenStep:
    """A step whose act was begun and whose end nobody wrote down."""

    position: int
    object: str
    verify: str | None


class Journal:
    """The way to write one claimed run down, from its claim to its end."""

    def __init__(self, store: Store, lease: Lease | None = None) -> None:
        self._store = store
        self._lease = lease

    @contextlib.asynccontextmanager
    async def _write(self) -> AsyncIterator[Cursor]:
        if self._lease is None:
            async with self._store.transaction() as cursor:
                yield cursor
        else:
            async with fenced(self._store, self._lease) as cursor:
                yield cursor

    async def claim(self, claim: Claim) -> Claimed | None:
        """The run, if it is still owed and nobody else has begun it; None otherwise.

        A run ordered by hand is owed always; a scheduled one until an attempt settled it.
        """
        generation = self._lease.generation if self._lease else None
        async with self._write() as cursor:
            await cursor.execute(
                _CLAIM,
                {
                    "identity": claim.identity,
                    "target": claim.target,
                    "job": claim.job,
                    "scheduled_at": claim.scheduled_at,
                    "owner": claim.owner,
                    "by_hand": claim.by_hand,
                    "generation": generation,
                },
            )
            row = await cursor.fetchone()
        return None if row is None else Claimed(id=row["id"], attempt=row["attempt"])

    async def planned(self, run: int, steps: int) -> None:
        """Writes down that the run has so many steps, and that its owner lives."""
        async with self._write() as cursor:
            await cursor.execute(_PLANNED, {"run": run, "steps": steps})
            _written(cursor, run)

    async def beat(self, run: int) -> None:
        """Writes down that the run's owner lives."""
        async with self._write() as cursor:
            await cursor.execute(_BEAT, {"run": run})
            _written(cursor, run)

    async def begin(self, run: int, position: int, step: Step, as_of: datetime) -> None:
        """Writes down what is about to be done to which object."""
        values = {
            "run": run,
            "position": position,
            "object": step.object,
            "reason": step.reason,
            "statements": list(step.statements),
            "verify": step.verify,
            "oid": step.oid,
            "filenode": step.filenode,
            "mark": step.mark,
            "weight": step.weight_bytes,
            "as_of": as_of,
        }
        async with self._write() as cursor:
            await cursor.execute(_BEGIN, values)
            _written(cursor, run)

    async def end(
        self, run: int, position: int, outcome: Outcome, detail: str, seconds: float | None
    ) -> None:
        """Writes down what became of a step."""
        values = {
            "run": run,
            "position": position,
            "outcome": outcome,
            "detail": detail,
            "seconds": seconds,
        }
        async with self._write() as cursor:
            await cursor.execute(_END, values)
            await cursor.execute(_COUNT, values)
            _written(cursor, run)

    async def finish(self, run: int, outcome: Outcome, detail: str) -> None:
        """Writes down how the run ended; steps left open end with it as interrupted."""
        values = {"run": run, "outcome": outcome, "detail": detail}
        async with self._write() as cursor:
            await cursor.execute(_CLOSE_STEPS, values)
            await cursor.execute(_FINISH, values)
            _written(cursor, run)

    async def unfinished(self, identity: str, job: str) -> Sequence[int]:
        """The runs of a job that were begun on a database and never ended, oldest first."""
        async with self._store.transaction() as cursor:
            await cursor.execute(_UNFINISHED, {"identity": identity, "job": job})
            return [row["id"] for row in await cursor.fetchall()]

    async def open_steps(self, run: int) -> Sequence[OpenStep]:
        """The steps of a run that were begun and never ended."""
        async with self._store.transaction() as cursor:
            await cursor.execute(_OPEN_STEPS, {"run": run})
            return [OpenStep(**row) for row in await cursor.fetchall()]


def _written(cursor: Cursor, run: int) -> None:
    if cursor.rowcount == 0:
        raise StoreError(f"run {run} has been ended by another; nothing was written")


_CLAIM = """
insert into thorbis_ops.runs
  (identity, target, job, scheduled_at, owner, by_hand, generation, attempt)
select %(identity)s, %(target)s, %(job)s, %(scheduled_at)s, %(owner)s, %(by_hand)s,
  %(generation)s, coalesce(pg_catalog.max(r.attempt), 0) + 1
from thorbis_ops.runs r
where r.identity = %(identity)s and r.job = %(job)s and r.scheduled_at = %(scheduled_at)s
having coalesce(pg_catalog.bool_and(r.finished_at is not null), true)
  and (%(by_hand)s or not coalesce(pg_catalog.bool_or(
    r.outcome in ('done', 'nothing_to_do', 'refused', 'failed')), false))
on conflict do nothing
returning id, attempt
"""

_PLANNED = """
update thorbis_ops.runs
set steps_total = %(steps)s, heartbeat_at = pg_catalog.clock_timestamp()
where id = %(run)s and finished_at is null
"""

_BEAT = """
update thorbis_ops.runs set heartbeat_at = pg_catalog.clock_timestamp()
where id = %(run)s and finished_at is null
"""

_BEGIN = """
insert into thorbis_ops.run_steps
  (run_id, position, object, reason, statements, verify, oid, filenode, mark,
    weight_bytes, as_of)
select r.id, %(position)s, %(object)s, %(reason)s, %(statements)s, %(verify)s, %(oid)s,
  %(filenode)s, %(mark)s, %(weight)s, %(as_of)s
from thorbis_ops.runs r where r.id = %(run)s and r.finished_at is null
"""

_END = """
update thorbis_ops.run_steps
set finished_at = pg_catalog.clock_timestamp(), outcome = %(outcome)s, detail = %(detail)s,
  seconds = %(seconds)s
where run_id = %(run)s and position = %(position)s
"""

_COUNT = """
update thorbis_ops.runs r
set heartbeat_at = pg_catalog.clock_timestamp(),
  steps_done = s.done, steps_total = greatest(r.steps_total, s.begun)
from (
  select pg_catalog.count(*) filter (where outcome = 'done') as done,
    pg_catalog.count(distinct object) as begun
  from thorbis_ops.run_steps where run_id = %(run)s
) s
where r.id = %(run)s and r.finished_at is null
"""

_CLOSE_STEPS = """
update thorbis_ops.run_steps
set finished_at = pg_catalog.clock_timestamp(), outcome = 'interrupted'
where run_id = %(run)s and finished_at is null
"""

_FINISH = """
update thorbis_ops.runs
set finished_at = pg_catalog.clock_timestamp(), outcome = %(outcome)s, detail = %(detail)s
where id = %(run)s and finished_at is null
"""

_UNFINISHED = """
select id from thorbis_ops.runs
where identity = %(identity)s and job = %(job)s and finished_at is null order by id
"""

_OPEN_STEPS = """
select position, object, verify from thorbis_ops.run_steps
where run_id = %(run)s and finished_at is null order by position
"""
