"""One run from plan to end: the workers, the order of the steps, and the reason for a stop.

Steps are done one object at a time by each worker. The plan is made anew as time passes,
so that what others did meanwhile is not done again; planning may take a tenth of the time.
A lock that cannot be had sends its step to the back of the queue, a few times, and then
into the next run. The first reason to stop stops all workers after their present step.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from thorbis_ops.core import guard
from thorbis_ops.core.guard import Need, Readings
from thorbis_ops.errors import JobError
from thorbis_ops.model import GuardVerdict, Outcome, Plan, Step
from thorbis_ops.runner import execution, locks, planning, readings
from thorbis_ops.runner.planning import Result, Work
from thorbis_ops.runner.session import Session, open_session
from thorbis_ops.store import pauses
from thorbis_ops.store.journal import Journal

LADDER = (0.25, 1.0, 3.0)
GUARD_POLL = 2.0
FRESH_SECONDS = 1.0
_OF_ONE_STEP = ("disk",)
_PREFLIGHT = """
select not pg_catalog.pg_is_in_recovery() and pg_catalog.left(pg_catalog.pg_walfile_name(
  pg_catalog.pg_current_wal_lsn()), 8) = %s and pg_catalog.pg_backend_pid() = %s as same
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """A step of a plan and what became of it."""

    step: Step
    outcome: Outcome
    detail: str = ""
    seconds: float | None = None


@dataclass(slots=True, kw_only=True)
class Running:
    """The state that the workers of one run share."""

    work: Work
    journal: Journal
    run: int
    durations: dict[str, float]
    plan: Plan
    results: list[StepResult] = field(default_factory=list)
    stop: Result | None = None
    _tried: dict[str, int] = field(default_factory=dict)
    _later: list[tuple[float, Step]] = field(default_factory=list)
    _timeline: str | None = None
    _position: int = 0
    _unseen: bool = False
    _planned_at: float = field(default_factory=time.monotonic)
    _planning_seconds: float = 0.0
    _seen: tuple[float, Readings] | None = None
    _choosing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def all(self) -> None:
        """Does every step of the plan, by as many workers as the job allows."""
        planned = self.plan.steps
        workers = min(self.work.order.job.parallel, len(planned))
        await self.journal.planned(self.run, len(planned))
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(self._worker())
        self._leave_the_rest(planned)

    async def _worker(self) -> None:
        order = self.work.order
        session = await open_session(order.target, order.job)
        try:
            if not await locks.take_shared(session.connection, locks.WORK, order.job.name):
                raise JobError(f"{order.job.name}: another runner works on it")
            while (step := await self._next()) is not None:
                await self._one(session, step)
        finally:
            await session.close()

    async def _next(self) -> Step | None:
        """The next step to do: a fresh one, else one that failed to get its lock a while ago."""
        while self.stop is None:
            async with self._choosing:
                await self._plan_again()
                fresh = self._fresh()
                if fresh is None and self._unseen:
                    # What the last steps left behind, such as a failed build, shows only now.
                    await self._plan_now()
                    fresh = self._fresh()
                if fresh is not None:
                    self._tried[fresh.object] = 0
                    return fresh
                if not self._later:
                    return None
                due, step = min(self._later, key=lambda entry: entry[0])
                if due <= time.monotonic():
                    self._later.remove((due, step))
                    again = next((s for s in self.plan.steps if s.object == step.object), None)
                    if again is not None:
                        return again
                    continue
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        return None

    def _fresh(self) -> Step | None:
        return next((s for s in self.plan.steps if s.object not in self._tried), None)

    async def _plan_again(self) -> None:
        """Makes the plan anew once the last one is ten times older than it took to make."""
        if self._tried and time.monotonic() - self._planned_at >= 10 * self._planning_seconds:
            await self._plan_now()

    async def _plan_now(self) -> None:
        began, self._unseen = time.monotonic(), False
        self.plan = planning.foreseen(await planning.plan(self.work), self.durations)
        self._planned_at = time.monotonic()
        self._planning_seconds = max(self._planned_at - began, 0.05)

    async def _one(self, session: Session, step: Step) -> None:
        """Guards, locks, journals and does one step."""
        step = await self._guarded(step)
        held = guard.deciding(step.guards)
        if held is not None:
            self._held(step, held)
            return
        relation = step.relation or step.object
        if not await locks.take(session.connection, locks.TABLE, relation):
            who = await locks.holder(session.connection, locks.TABLE, relation)
            busy = Result(outcome="guard", detail=f"{who} works on {relation}", again=True)
            self._settle(step, busy, None)
            return
        try:
            await self._journalled(session, step)
        finally:
            if not session.lost:
                await locks.give_back(session.connection, locks.TABLE, relation)

    async def _journalled(self, session: Session, step: Step) -> None:
        self._position += 1
        position, began = self._position, time.monotonic()
        if not await self._same_server(session):
            gone = "the server or its timeline changed during the run; nothing was sent"
            self._settle(step, Result(outcome="interrupted", detail=gone), None)
            return
        await self.journal.begin(self.run, position, step, self.work.order.as_of)
        result = await self._done(session, step)
        seconds = time.monotonic() - began
        await self.journal.end(self.run, position, result.outcome, result.detail, seconds)
        self._settle(step, result, seconds)

    async def _done(self, session: Session, step: Step) -> Result:
        job = self.work.order.job
        if not step.statements:
            return await planning.procedure(job).run(self.work, step)
        result = await execution.perform(session, job, step, self._breach)
        if result.unsure and step.verify and await self.work.session.holds(step.verify):
            return Result(outcome="done", detail=f"found done, in spite of: {result.detail}")
        return result

    async def _same_server(self, session: Session) -> bool:
        """Whether the session still talks to its backend, on the primary the run began on."""
        self._timeline = self._timeline or (await self._readings()).timeline
        row = (await session.rows(_PREFLIGHT, (self._timeline, session.pid)))[0]
        return bool(row["same"])

    def _settle(self, step: Step, result: Result, seconds: float | None) -> None:
        """Notes a result, or puts the step back where trying again may help."""
        tries = self._tried[step.object]
        if result.again and tries < len(LADDER):
            jitter = 0.5 + secrets.randbelow(1000) / 1000
            self._tried[step.object] = tries + 1
            self._later.append((time.monotonic() + LADDER[tries] * jitter, step))
            return
        self._note(step, result, seconds)
        if result.outcome in {"interrupted", "window_closed"} and self.stop is None:
            self.stop = result

    def _note(self, step: Step, result: Result, seconds: float | None) -> None:
        outcome, detail = result.outcome, result.detail
        self._unseen = True
        self.results.append(StepResult(step=step, outcome=outcome, detail=detail, seconds=seconds))

    def _held(self, step: Step, verdict: GuardVerdict) -> None:
        """A guard's word on one step alone skips it; on the server it stops the run."""
        result = Result(outcome=execution.stopped(verdict), detail=verdict.detail)
        self._note(step, result, None)
        left = self.work.order.window_seconds
        alone = verdict.guard in _OF_ONE_STEP or (verdict.guard == "window" and bool(left))
        if not alone and self.stop is None:
            self.stop = result

    def _leave_the_rest(self, planned: Sequence[Step]) -> None:
        """What was not reached carries the reason for the stop; what others did needs none."""
        others = Result(outcome="nothing_to_do", detail="no longer needed when its turn came")
        reported = {result.step.object for result in self.results}
        left = {s.object: s for s in (*planned, *self.plan.steps) if s.object not in reported}
        for step in left.values():
            self._note(step, self.stop or others, None)

    async def _guarded(self, step: Step) -> Step:
        """The step with what each guard says to it, after waiting while one says wait."""
        order = self.work.order
        deadline = time.monotonic() + order.patience
        while True:
            seen = await self._readings()
            verdicts = planning.judged(order.job, step, seen, order.limits)
            held = guard.deciding(verdicts)
            if held is None or held.verdict == "stop" or time.monotonic() > deadline:
                return replace(step, guards=verdicts)
            await asyncio.sleep(GUARD_POLL)

    async def _breach(self) -> GuardVerdict | None:
        """The reason to cancel a statement that runs: only what will not pass by itself.

        A pause is no such reason: what was begun is ended.
        """
        order = self.work.order
        seen = replace(await self._readings(), paused=None)
        held = guard.deciding(guard.judge(order.job.guards, seen, order.limits, Need()))
        return held if held is not None and held.verdict == "stop" else None

    async def _readings(self) -> Readings:
        """What the guards go by, at most a second old."""
        now = time.monotonic()
        if self._seen is None or now - self._seen[0] > FRESH_SECONDS:
            self._seen = (now, await look(self.work))
        return self._seen[1]


async def look(work: Work) -> Readings:
    """The readings of the server, and whether somebody paused the job."""
    order, held = work.order, None
    if work.store is not None:
        held = await pauses.paused(work.store, order.job.name, order.real)
    said = f"paused by {held.paused_by}: {held.reason}" if held else None
    return await readings.read(work.session, order, said)
