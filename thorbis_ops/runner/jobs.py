"""The two things that can be done with a job: plan it, and run it.

Planning takes no lock and writes nothing. Running takes the job's lock on the target,
settles what an earlier process left open, claims the run in the journal, works, and writes
its end down, also when it is cancelled or the server is lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import psycopg

from thorbis_ops import database
from thorbis_ops.database.asking import unmet
from thorbis_ops.errors import JobError, TargetError, ThorbisError
from thorbis_ops.model import Job, Outcome, Plan, Server, Step
from thorbis_ops.runner import locks, planning
from thorbis_ops.runner.order import Order
from thorbis_ops.runner.planning import Work
from thorbis_ops.runner.recovery import recover
from thorbis_ops.runner.running import Running, StepResult, look
from thorbis_ops.runner.session import open_session, reason
from thorbis_ops.store import Store, history
from thorbis_ops.store.journal import Claim, Journal
from thorbis_ops.store.lease import Lease

_LOG = logging.getLogger(__name__)
HEARTBEAT_SECONDS = 10.0
FAREWELL_SECONDS = 5.0
_WORST: tuple[Outcome, ...] = (
    "failed", "interrupted", "window_closed", "guard", "refused", "done", "nothing_to_do",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A run as it ended; ``run`` is its number in the journal, None when none was begun."""

    plan: Plan
    outcome: Outcome
    detail: str = ""
    results: tuple[StepResult, ...] = ()
    run: int | None = None


async def plan_job(order: Order, store: Store | None) -> Plan:
    """What the job would do as of ``order.at``, with what each guard says to each step."""
    async with _work(order, store) as (work, server):
        made = await _planned(work, server)
        if not made.steps:
            return made
        seen = await look(work)
        judged = (
            replace(s, guards=planning.judged(order.job, s, seen, order.limits)) for s in made.steps
        )
        return replace(made, steps=tuple(judged))


async def run_job(order: Order, store: Store, *, owner: str, lease: Lease | None = None) -> Report:
    """Runs the job once and gives its report; a run that is not ours to do is refused.

    Cancelling the task cancels what runs on the server and journals the run as interrupted.
    """
    async with _work(order, store) as (work, server):
        name = order.job.name
        connection = work.session.connection
        if not await locks.take(connection, locks.JOB, name):
            return _refused(order, f"{await locks.holder(connection, locks.JOB, name)} runs it")
        if not await locks.idle(connection, name):
            who = await locks.holder(connection, locks.WORK, name)
            return _refused(order, f"an earlier run's statement still runs: {who}")
        journal = Journal(store, lease)
        await recover(work.session, journal, identity(server, order), order.job)
        claimed = await journal.claim(
            Claim(
                identity=identity(server, order),
                target=order.target.name,
                job=name,
                scheduled_at=order.scheduled_at or order.at,
                owner=owner,
                by_hand=order.by_hand,
            )
        )
        if claimed is None:
            return _refused(order, "it was already run for this time")
        return await _claimed(work, server, journal, claimed.id)


def identity(server: Server, order: Order) -> str:
    """The database itself, whatever a configuration calls it."""
    if server.system_identifier is None:
        return f"target:{order.target.name}"
    return f"{server.system_identifier}/{server.database}"


def _refused(order: Order, detail: str) -> Report:
    return Report(plan=Plan(job=order.job.name, at=order.at), outcome="refused", detail=detail)


@contextlib.asynccontextmanager
async def _work(order: Order, store: Store | None) -> AsyncIterator[tuple[Work, Server]]:
    session = await open_session(order.target, order.job, reader=True)
    try:
        server = await database.discover(session.connection)
        _suited(order.job, server)
        place = identity(server, order)
        yield Work(order=order, session=session, identity=place, store=store), server
    except psycopg.Error as error:
        raise _told(error, f"{order.target.name}: {order.job.name}: ") from None
    finally:
        await session.close()


def _suited(job: Job, server: Server) -> None:
    missing = unmet(job, server)
    if missing is not None:
        raise JobError(f"{job.name}: {missing[1]}")


async def _planned(work: Work, server: Server) -> Plan:
    made = await planning.plan(work)
    if work.store is None:
        return made
    return planning.foreseen(made, await _durations(work, server))


async def _durations(work: Work, server: Server) -> dict[str, float]:
    if work.store is None:
        return {}
    return await history.durations(work.store, identity(server, work.order), work.order.job.name)


async def _claimed(work: Work, server: Server, journal: Journal, run: int) -> Report:
    """Carries out a claimed run and writes its end down, whatever the end."""
    try:
        durations = await _durations(work, server)
        made = planning.foreseen(await planning.plan(work), durations)
        running = Running(work=work, journal=journal, run=run, durations=durations, plan=made)
        await _carried_out(running)
    except BaseException as error:  # noqa: BLE001 - every end is journalled, then raised
        cause = _root(error)
        await _farewell(journal, run, cause)
        raise cause from None
    outcome, detail = _summary(running)
    await journal.finish(run, outcome, detail)
    results = tuple(running.results)
    return Report(plan=made, outcome=outcome, detail=detail, results=results, run=run)


async def _carried_out(running: Running) -> None:
    """Does the steps while a heart beats in the journal; a lost lease ends both."""
    async with asyncio.TaskGroup() as group:
        heart = group.create_task(_beating(running))
        await running.all()
        heart.cancel()


async def _beating(running: Running) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT_SECONDS)
        await running.journal.beat(running.run)


def _summary(running: Running) -> tuple[Outcome, str]:
    """The outcome of a run is the worst of its steps', with that step's reason."""
    refused = [
        StepResult(step=Step(object=r.object, statements=()), outcome="refused", detail=r.reason)
        for r in running.plan.refused
    ]
    results = sorted([*running.results, *refused], key=lambda r: _WORST.index(r.outcome))
    if not results:
        return "nothing_to_do", ""
    done = sum(r.outcome == "done" for r in results)
    worst = results[0]
    if worst.outcome == "done":
        return "done", f"{done} done"
    return worst.outcome, f"{done} of {len(results)} done; {worst.step.object}: {worst.detail}"


def _root(error: BaseException) -> BaseException:
    """The first fault of a group of tasks, as what it is to the user."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return _told(error) if isinstance(error, psycopg.Error) else error


def _told(error: psycopg.Error, where: str = "") -> ThorbisError:
    """A refusal of the server's is the job's fault; what time may mend is the target's."""
    kind = TargetError if isinstance(error, psycopg.OperationalError) else JobError
    return kind(f"{where}{reason(error)}")


async def _farewell(journal: Journal, run: int, cause: BaseException) -> None:
    """Writes down why the run ended early; what cannot be written, the next start finds out."""
    if isinstance(cause, asyncio.CancelledError):
        end = journal.finish(run, "interrupted", "the runner was told to stop")
    elif isinstance(cause, TargetError):
        end = journal.finish(run, "interrupted", str(cause))
    else:
        end = journal.finish(run, "failed", _words(cause))
    try:
        await asyncio.wait_for(asyncio.shield(asyncio.ensure_future(end)), FAREWELL_SECONDS)
    except (TimeoutError, ThorbisError) as error:
        _LOG.warning("run %s: its end could not be journalled: %s", run, error)


def _words(cause: BaseException) -> str:
    return str(cause) if isinstance(cause, ThorbisError) else type(cause).__name__
