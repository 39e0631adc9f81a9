"""From the configuration to what the runner is told: which jobs, on what, within what limits.

The daemon and ``job run`` both come through here, so that a job ordered by hand obeys the
same settings as one that its time has come for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from thorbis_ops.core.guard import Limits
from thorbis_ops.errors import ConfigError
from thorbis_ops.model import Job, Target
from thorbis_ops.runner.order import Order, PartitionSet
from thorbis_ops.settings import JobSettings, Settings


def configured(jobs: Iterable[Job], settings: Settings) -> tuple[Job, ...]:
    """The jobs as the configuration wants them; ConfigError for one that does not exist."""
    found = tuple(jobs)
    known = {job.name for job in found}
    for name in settings.jobs:
        if name not in known:
            raise ConfigError(f"jobs.{name}: there is no such job; see thorbis-ops job list")
    return tuple(_adjusted(job, settings.jobs.get(job.name, JobSettings())) for job in found)


def _adjusted(job: Job, own: JobSettings) -> Job:
    return replace(
        job,
        schedule=own.schedule or job.schedule,
        window=own.window or job.window,
        parallel=own.parallel or job.parallel,
        lock_timeout=own.lock_timeout or job.lock_timeout,
    )


def enabled(jobs: Iterable[Job], settings: Settings) -> tuple[Job, ...]:
    """The jobs that run by themselves."""
    return tuple(j for j in jobs if settings.jobs.get(j.name, JobSettings()).enabled)


def maintained(target: Target, settings: Settings) -> Target:
    """The same target by the role that may change it, where one is configured."""
    configured_dsn = {t.name: t.maintenance_dsn for t in settings.targets}.get(target.name)
    return replace(target, dsn=configured_dsn) if configured_dsn else target


def order(
    job: Job,
    target: Target,
    settings: Settings,
    *,
    at: datetime,
    now: datetime,
    scheduled_at: datetime | None = None,
) -> Order:
    """The order to plan or run ``job`` on ``target`` as of ``at``.

    With ``scheduled_at`` it is the daemon's, which answers to that due time; else a person's.
    """
    own = settings.jobs.get(job.name, JobSettings())
    return Order(
        job=job,
        target=maintained(target, settings),
        at=at,
        now=now,
        timezone=ZoneInfo(settings.schedule.timezone),
        by_hand=scheduled_at is None,
        scheduled_at=scheduled_at,
        limits=limits(settings),
        settings=own.settings,
        partitions=tuple(PartitionSet(**p.model_dump()) for p in settings.partitions),
        backup_paths=settings.backup.paths,
        backup_max_age=settings.backup.max_age,
    )


def limits(settings: Settings) -> Limits:
    """The limits at which guards wait or stop."""
    guards = settings.guards
    return Limits(
        replica_lag_seconds=guards.replica_lag_seconds,
        replica_lag_bytes=guards.replica_lag_bytes,
        long_transaction_seconds=guards.long_transaction,
        active_per_core=guards.active_per_core,
        cores=guards.cores,
        free_bytes=guards.free_bytes,
        unknown_disk=guards.unknown_disk,
    )
