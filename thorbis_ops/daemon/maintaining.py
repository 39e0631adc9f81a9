"""Runs what is due: the journal says what is owed, the lease says whether it is ours.

A tick only looks and starts; one job at a time works on a target, the longest owed first.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from thorbis_ops import content, orders
from thorbis_ops.core import schedule
from thorbis_ops.core.schedule import Due
from thorbis_ops.daemon.standing import Standing
from thorbis_ops.daemon.watch import Watch
from thorbis_ops.errors import ThorbisError
from thorbis_ops.metrics import JobState
from thorbis_ops.model import Job, Run, Server
from thorbis_ops.runner.jobs import Report, identity, run_job
from thorbis_ops.settings import Settings
from thorbis_ops.store import Store, history, pauses
from thorbis_ops.store.lease import Lease

FAREWELL = 6.0
# A job that did not end well lets the others have their turn before it is tried again.
HOLD_OFF = 15.0
_logger = logging.getLogger(__name__)


class Maintaining:
    """The maintenance of all targets, for as long as the daemon runs."""

    def __init__(self, settings: Settings, jobs: Sequence[Job], standing: Standing) -> None:
        self.states: dict[str, tuple[JobState, ...]] = {}
        self._settings = settings
        self._jobs = tuple(jobs)
        self._standing = standing
        self._timezone = ZoneInfo(settings.schedule.timezone)
        self._working: dict[str, asyncio.Task[None]] = {}
        self._held_off: dict[tuple[str, str], float] = {}

    async def tick(self, watches: Sequence[Watch]) -> None:
        """Starts what is due on each primary that is reached, and notes where each job stands."""
        store = self._standing.store
        if store is None:
            return
        try:
            for watch in watches:
                if watch.server is not None and watch.server.role == "primary":
                    await self._look(store, watch, watch.server)
                else:
                    self.states.pop(watch.target.name, None)
        except ThorbisError as error:
            _logger.warning("nothing is begun: the journal cannot be read: %s", error)

    async def stop(self) -> None:
        """Cancels what runs and waits until it is written down."""
        running = list(self._working.values())
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=FAREWELL)

    async def _look(self, store: Store, watch: Watch, server: Server) -> None:
        now, name = datetime.now(UTC), watch.target.name
        jobs = content.for_version(self._jobs, server.major)
        place = self._identity(watch, server)
        last = await history.last_runs(store, place, now)
        successes = await history.last_successes(store, place)
        held = {p.job for p in await pauses.pauses(store, now)}
        self.states[name] = tuple(self._state(j, last, successes, held, now) for j in jobs)
        lease = self._standing.lease
        if self._settings.schedule.enabled and lease and watch.reached:
            owed = schedule.due(jobs, last, now, self._timezone)
            self._start(store, lease, watch, [due for due in owed if self._may(name, due, held)])

    def _may(self, target: str, due: Due, held: set[str]) -> bool:
        """Whether nobody paused the job, and it did not end badly a moment ago."""
        late = self._held_off.get((target, due.job.name), 0.0) <= time.monotonic()
        return late and not held & {pauses.ALL, due.job.name}

    def _identity(self, watch: Watch, server: Server) -> str:
        now = datetime.now(UTC)
        any_job = self._jobs[0]
        return identity(
            server,
            orders.order(any_job, watch.target, self._settings, at=now, now=now),
        )

    def _state(
        self,
        job: Job,
        last: dict[str, Run],
        successes: dict[str, datetime],
        held: set[str],
        now: datetime,
    ) -> JobState:
        run = last.get(job.name)
        return JobState(
            job=job.name,
            title=job.title,
            schedule=job.schedule,
            next_run=schedule.next_after(job.schedule, now, self._timezone),
            last_run=run,
            last_success=successes.get(job.name),
            overdue_seconds=schedule.overdue(job, run, now, self._timezone),
            paused=bool(held & {pauses.ALL, job.name}),
        )

    def _start(self, store: Store, lease: Lease, watch: Watch, owed: Sequence[Due]) -> None:
        name = watch.target.name
        if not owed or name in self._working:
            return
        run = self._run(store, lease, watch, owed[0])
        task = asyncio.create_task(run, name=f"job {owed[0].job.name}")
        self._working[name] = task
        task.add_done_callback(lambda _: self._working.pop(name, None))

    async def _run(self, store: Store, lease: Lease, watch: Watch, due: Due) -> None:
        where = f"{watch.target.name}: {due.job.name}"
        _logger.info("%s: begins, %s", where, due.reason)
        now = datetime.now(UTC)
        wanted = orders.order(
            due.job,
            watch.target,
            self._settings,
            at=now,
            now=now,
            scheduled_at=due.scheduled_at,
        )
        self._held_off[watch.target.name, due.job.name] = time.monotonic() + HOLD_OFF
        try:
            report = await run_job(wanted, store, owner=self._standing.owner, lease=lease)
        except ThorbisError as error:
            _logger.warning("%s: failed: %s", where, error)
        except Exception:
            _logger.exception("%s: failed by a fault of ours", where)
        else:
            _tell(where, report)
            if report.outcome in {"done", "nothing_to_do"}:
                del self._held_off[watch.target.name, due.job.name]


def _tell(where: str, report: Report) -> None:
    done = sum(result.outcome == "done" for result in report.results)
    detail = f": {report.detail}" if report.detail else ""
    level = logging.WARNING if report.outcome == "failed" else logging.INFO
    _logger.log(level, "%s: %s, %d of %d steps%s", where, report.outcome, done,
                len(report.results), detail)  # fmt: skip
