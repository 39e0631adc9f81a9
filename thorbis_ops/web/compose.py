"""From what the daemon knows to what is served: one pure step per tick, fit for a thread.

The slo and statements documents are the ones that the command line prints; here they are only
put side by side, so that a script reads the same from both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TypeAlias

import orjson

from thorbis_ops import metrics
from thorbis_ops.core import documents
from thorbis_ops.metrics import Observed
from thorbis_ops.metrics.freshness import is_up, silences
from thorbis_ops.model import Answer, Run
from thorbis_ops.web import console
from thorbis_ops.web.board import Body, Published

Document: TypeAlias = Mapping[str, object]


def compose(
    observed: Sequence[Observed],
    *,
    now: datetime,
    waiting: Sequence[str] = (),
    slo: Mapping[str, Document] | None = None,
    statements: Mapping[str, Document] | None = None,
) -> Published:
    """Everything that is served as of ``now``.

    ``waiting`` names the targets whose first answers are not in yet; ``slo`` and
    ``statements`` hold one document per target, by its name.
    """
    families = metrics.families(observed, now=now)
    body = console.body(observed, now=now, waiting=waiting, slo=slo or {})
    return Published(
        at=now,
        waiting=tuple(waiting),
        digest=hashlib.sha256(body.encode()).hexdigest()[:16],
        text=Body.of(metrics.render(families)),
        openmetrics=Body.of(metrics.render(families, openmetrics=True)),
        findings=_body(now, _findings(observed, now)),
        jobs=_body(now, {"jobs": [line for one in observed for line in _jobs(one)]}),
        slo=_body(now, {"targets": list((slo or {}).values())}),
        statements=_body(now, {"targets": list((statements or {}).values())}),
        targets=_body(now, {"targets": [_target(one, now) for one in observed]}),
        console=Body.of(console.page(body, now=now).encode()),
    )


def _body(at: datetime, document: Document) -> Body:
    whole = {"version": 1, "at": at, **document}
    return Body.of(orjson.dumps(whole, default=documents.plain, option=orjson.OPT_UTC_Z) + b"\n")


def _findings(observed: Sequence[Observed], now: datetime) -> Document:
    return {
        "findings": [
            {"target": finding.target, **documents.finding(finding)}
            for one in observed
            for finding in one.findings
        ],
        "unanswered": [
            {"target": one.target.name, **asdict(silence)}
            for one in observed
            for silence in silences(one, now)
        ],
    }


def _jobs(observed: Observed) -> list[Document]:
    return [
        {
            "target": observed.target.name,
            "job": job.job,
            "title": job.title,
            "schedule": job.schedule,
            "next_run": job.next_run,
            "last_success": job.last_success,
            "last_run": _run(job.last_run) if job.last_run else None,
            "overdue_seconds": job.overdue_seconds,
            "paused": job.paused,
        }
        for job in observed.jobs
    ]


def _run(run: Run) -> Document:
    return {
        "scheduled_at": run.scheduled_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "outcome": run.outcome,
        "detail": run.detail,
        "steps_done": run.steps_done,
        "steps_total": run.steps_total,
    }


def _target(observed: Observed, now: datetime) -> Document:
    snapshot = observed.snapshot
    server = snapshot.server if snapshot else None
    replies = snapshot.answers.values() if snapshot else ()
    return {
        "target": observed.target.name,
        "labels": dict(observed.target.labels),
        "up": is_up(snapshot, now),
        "server": {"version": server.version, "role": server.role} if server else None,
        "taken_at": snapshot.taken_at if snapshot else None,
        "error": snapshot.error if snapshot else None,
        "asked": len(replies),
        "answered": sum(isinstance(reply, Answer) for reply in replies),
        "tables": dict(observed.tables),
        "slo_coverage": observed.slo_coverage,
        "backup_age_seconds": observed.backup_age_seconds,
    }
