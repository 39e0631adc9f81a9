"""From a job to a plan: the rows of its query, or what its procedure says.

A plan shows every candidate with its measure, also those left alone, and changes nothing.
What a row asks for and the job's header does not allow is refused here, before anything
is sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, cast

from thorbis_ops import content
from thorbis_ops.core import guard
from thorbis_ops.core.guard import Limits, Need, Readings
from thorbis_ops.errors import ContentError, JobError
from thorbis_ops.model import Considered, GuardVerdict, Job, Outcome, Plan, Refusal, Step
from thorbis_ops.runner.allowed import leading_words, refusal
from thorbis_ops.runner.order import Order
from thorbis_ops.runner.session import Session
from thorbis_ops.store import Store
from thorbis_ops.store.history import PastStep, past_steps

_COPYING = (("REINDEX",), ("CREATE", "INDEX"), ("CREATE", "UNIQUE", "INDEX"), ("CLUSTER",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a procedure works with: its order, a read-only session, and what was done before.

    ``past`` are the journalled steps of maintenance on this database, oldest first. The
    store is there for procedures that keep evidence; while only planning it may be None.
    """

    order: Order
    session: Session
    identity: str
    past: tuple[PastStep, ...] = ()
    store: Store | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one step; ``again`` when trying once more may help.

    ``unsure`` when it ended with an error behind which the act may have been done all the same.
    """

    outcome: Outcome
    detail: str = ""
    again: bool = False
    unsure: bool = False


class Procedure(Protocol):
    """A Python job: ``maintenance/<name>.py``. See the package's docstring."""

    async def plan(self, work: Work) -> Plan:
        """What the job would do; reads only."""

    async def run(self, work: Work, step: Step) -> Result:
        """Does one step that has no statements, and proves it done."""


def procedure(job: Job) -> Procedure:
    """The module of a Python job; ContentError when it lacks its plan."""
    module = content.module(job.path)
    if not hasattr(module, "plan"):
        raise ContentError(f"{job.path}: has no function plan(work); write one")
    return cast("Procedure", module)


async def plan(work: Work) -> Plan:
    """What the job would do as of now, each statement held against the job's commands."""
    job = work.order.job
    work = await _remembering(work)
    if job.sql is None:
        made = await procedure(job).plan(work)
    else:
        made = from_rows(work.order, await _rows(work))
    return _permitted(made, job)


async def _remembering(work: Work) -> Work:
    """The same work with what the journal says by now, this run's own steps included."""
    if work.store is None:
        return work
    past = await past_steps(work.store, work.identity, work.order.job.name)
    return replace(work, past=past)


async def _rows(work: Work) -> list[dict[str, Any]]:
    past = [_fact(step) for step in work.past]
    parameters = {
        "at": work.order.as_of.isoformat(),
        "past": json.dumps(past),
        **{name: str(value) for name, value in work.order.settings.items()},
    }
    for name, value in parameters.items():
        await work.session.set(f"thorbis.{name}", value)
    return await work.session.rows(work.order.job.sql or "")


def _fact(step: PastStep) -> Mapping[str, object]:
    return {
        "object": step.object,
        "oid": step.oid,
        "filenode": step.filenode,
        "mark": step.mark,
        "started_at": step.started_at.isoformat(),
        "outcome": step.outcome,
    }


def from_rows(order: Order, rows: Iterable[Mapping[str, Any]]) -> Plan:
    """The plan that a job's rows make; JobError for a row that cannot be read as one."""
    kept = list(rows)
    return Plan(
        job=order.job.name,
        at=order.as_of,
        considered=tuple(_considered(order.job, row) for row in kept),
        steps=tuple(_step(order.job, row) for row in kept if row.get("decision") == "run"),
        refused=tuple(
            Refusal(object=row["object"], reason=row["reason"])
            for row in kept
            if row.get("decision") == "refuse"
        ),
    )


def _considered(job: Job, row: Mapping[str, Any]) -> Considered:
    decision = row.get("decision")
    if not isinstance(row.get("object"), str) or decision not in {"run", "leave", "refuse"}:
        raise JobError(f"{job.path}: a row lacks its object, or its decision is not run or leave")
    value = row.get("value")
    return Considered(
        object=row["object"],
        value=None if value is None else float(value),
        unit=row.get("unit"),
        decision=str(decision),
        reason=row.get("reason") or "",
    )


def _step(job: Job, row: Mapping[str, Any]) -> Step:
    one, several = row.get("statement"), row.get("statements")
    statements = tuple(several) if several else (one,) if one else ()
    if not statements:
        raise JobError(f"{job.path}: {row['object']} is to run and has no statement")
    return Step(
        object=row["object"],
        statements=statements,
        reason=row.get("reason") or "",
        weight_bytes=int(row.get("weight") or 0),
        verify=row.get("verify"),
        relation=row.get("relation"),
        probe=row.get("probe"),
        oid=row.get("oid"),
        filenode=row.get("filenode"),
        mark=None if row.get("mark") is None else float(row["mark"]),
    )


def _permitted(made: Plan, job: Job) -> Plan:
    """The plan without the steps that the job's header does not allow; they are refused."""
    faults = {
        step.object: fault
        for step in made.steps
        for statement in step.statements
        if (fault := refusal(statement, job.commands))
    }
    refused = [Refusal(object=name, reason=fault) for name, fault in faults.items()]
    steps = tuple(step for step in made.steps if step.object not in faults)
    return replace(made, steps=steps, refused=(*made.refused, *refused))


def need(step: Step) -> Need:
    """What a step takes of the server."""
    starts = [leading_words(statement) for statement in step.statements]
    copies = any(words[: len(c)] == c for words in starts for c in _COPYING)
    return Need(
        weight_bytes=step.weight_bytes, copy=copies, predicted_seconds=step.predicted_seconds
    )


def judged(job: Job, step: Step, readings: Readings, limits: Limits) -> tuple[GuardVerdict, ...]:
    """What every guard says to a step; JobError for a guard that does not exist."""
    for name in job.guards:
        if not guard.known(name):
            raise JobError(f'{job.path}: there is no guard "{name}"; correct guards')
    return guard.judge(job.guards, readings, limits, need(step))


def foreseen(made: Plan, durations: Mapping[str, float]) -> Plan:
    """The plan with the seconds that each object took the last time."""
    steps = (replace(s, predicted_seconds=durations.get(s.object)) for s in made.steps)
    return replace(made, steps=tuple(steps))
