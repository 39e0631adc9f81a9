"""One step: try the lock, send the statements, hear the warnings, prove the post-condition.

Nothing raised by the server leaves this module: it becomes a result with its reason. While
a statement runs, a watch is kept; when it calls, the statement is cancelled on the server.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

import psycopg
from psycopg import errors

from thorbis_ops.model import GuardVerdict, Job, Outcome, Step
from thorbis_ops.runner.planning import Result
from thorbis_ops.runner.session import Session, reason

WATCH_SECONDS = 5.0
VERIFY_SECONDS = 3.0
_POLL = 0.05
_NOT_GRANTED = "55P03"

Watch = Callable[[], Awaitable[GuardVerdict | None]]


async def perform(session: Session, job: Job, step: Step, watch: Watch) -> Result:
    """Does a step on ``session`` and says what became of it; never raises a server's error."""
    try:
        if step.probe is not None:
            await session.lock_timeout(job.lock_timeout)
            await session.probe(step.probe)
        bound = job.build_lock_timeout if step.probe and job.build_lock_timeout else None
        await session.lock_timeout(bound or job.lock_timeout)
        breach = await _watched(session, step, watch)
        if breach is not None:
            said = f"cancelled: {breach.detail}"
            return Result(outcome=stopped(breach), detail=said, unsure=True)
        return _heard(session) or await _proven(session, step)
    except psycopg.Error as error:
        return _failed(session, job, error)


def stopped(verdict: GuardVerdict) -> Outcome:
    """The outcome of a step that a guard held back."""
    return "window_closed" if verdict.guard == "window" else "guard"


async def _watched(session: Session, step: Step, watch: Watch) -> GuardVerdict | None:
    """Sends the statements; gives the verdict for which they were cancelled, if they were."""
    work = asyncio.create_task(session.send(step.statements))
    try:
        while not (await asyncio.wait({work}, timeout=WATCH_SECONDS))[0]:
            breach = await watch()
            if breach is not None and not work.done():
                return breach
        await work
        return None
    finally:
        if not work.done():
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError, psycopg.Error):
                await work


def _heard(session: Session) -> Result | None:
    """What the warnings mean: the command reported success and did not do it."""
    if not session.warnings:
        return None
    states = {state for state, _ in session.warnings}
    text = "; ".join(message for _, message in session.warnings)
    if states == {_NOT_GRANTED}:
        return Result(outcome="guard", detail=f"another session holds the lock: {text}", again=True)
    return Result(outcome="failed", detail=f"the server warned: {text}")


async def _proven(session: Session, step: Step) -> Result:
    """Whether the post-condition holds; statistics may take a moment to show it."""
    if step.verify is None:
        return Result(outcome="done")
    deadline = time.monotonic() + VERIFY_SECONDS
    while not await session.holds(step.verify):
        if time.monotonic() > deadline:
            return Result(
                outcome="failed", detail="the server reported success, the catalogue does not"
            )
        await asyncio.sleep(_POLL)
    return Result(outcome="done")


def _failed(session: Session, job: Job, error: psycopg.Error) -> Result:
    if isinstance(error, errors.LockNotAvailable | errors.DeadlockDetected):
        text = f"no lock within {job.lock_timeout:g} s: another session holds it"
        return Result(outcome="guard", detail=text, again=True, unsure=True)
    if session.lost:
        lost = f"the connection was lost: {reason(error)}"
        return Result(outcome="interrupted", detail=lost, unsure=True)
    return Result(outcome="failed", detail=reason(error), unsure=True)
