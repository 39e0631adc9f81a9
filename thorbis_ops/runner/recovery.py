"""What to do about runs that nobody ended: killed, powered off, cut from the store.

The job's locks are held when this is asked, so whoever began those runs is gone, and so is
every backend that acted for them. Each step that was begun is proven or disproven by the
catalogue; what remains to be done shows in the next plan, because plans look at the
database and not at a list.
"""

from __future__ import annotations

import psycopg

from thorbis_ops.model import Job, Outcome
from thorbis_ops.runner.session import Session
from thorbis_ops.store.journal import Journal, OpenStep


async def recover(session: Session, journal: Journal, identity: str, job: Job) -> int:
    """Ends the unfinished runs of a job as interrupted, and says how many there were."""
    runs = await journal.unfinished(identity, job.name)
    for run in runs:
        for step in await journal.open_steps(run):
            outcome, detail = await _settled(session, step)
            await journal.end(run, step.position, outcome, detail, None)
        await journal.finish(run, "interrupted", "its process ended before it did")
    return len(runs)


async def _settled(session: Session, step: OpenStep) -> tuple[Outcome, str]:
    try:
        if step.verify is not None and await session.holds(step.verify):
            return "done", "found done after an interruption"
    except psycopg.Error:
        return "interrupted", "could not be verified after an interruption"
    return "interrupted", "begun and not found done"
