"""Maintenance held back by a person: one job or all, until a time or until resumed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from thorbis_ops.store.connection import Store

ALL = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Who holds back ``job`` (``*`` is every job), why, and until when; None: until resumed."""

    job: str
    paused_by: str
    reason: str
    paused_at: datetime
    until: datetime | None = None


async def pause(store: Store, wanted: Pause) -> None:
    """Holds back the job from now on; a second pause takes the place of the first."""
    async with store.transaction() as cursor:
        await cursor.execute(
            _PAUSE,
            {
                "job": wanted.job,
                "paused_by": wanted.paused_by,
                "reason": wanted.reason,
                "paused_at": wanted.paused_at,
                "until": wanted.until,
            },
        )


async def resume(store: Store, job: str) -> bool:
    """Lets the job go on; False when nothing held it under that name."""
    async with store.transaction() as cursor:
        await cursor.execute("delete from thorbis_ops.pauses where job = %s", (job,))
        return cursor.rowcount > 0


async def pauses(store: Store, at: datetime) -> tuple[Pause, ...]:
    """Every pause in force at ``at``, that of all jobs first."""
    async with store.transaction() as cursor:
        await cursor.execute(_IN_FORCE, {"at": at})
        return tuple(Pause(**row) for row in await cursor.fetchall())


async def paused(store: Store, job: str, at: datetime) -> Pause | None:
    """What holds back ``job`` at ``at``: its own pause or that of all jobs."""
    in_force = await pauses(store, at)
    return next((pause for pause in in_force if pause.job in (ALL, job)), None)


_PAUSE = """
insert into thorbis_ops.pauses (job, paused_by, reason, paused_at, until)
values (%(job)s, %(paused_by)s, %(reason)s, %(paused_at)s, %(until)s)
on conflict (job) do update set paused_by = excluded.paused_by, reason = excluded.reason,
  paused_at = excluded.paused_at, until = excluded.until
"""

_IN_FORCE = """
select job, paused_by, reason, paused_at, until from thorbis_ops.pauses
where paused_at <= %(at)s and (until is null or until > %(at)s)
order by job <> '*', job
"""
