'''
title = "Review tenant isolation and keep the evidence"
why = """
Isolation is lost by small steps: a grant here, a new table there. Every question on isolation
and security is asked, the answer is kept with its date, and what opened or closed since the
last review is told. A fault whose question went unanswered this time stays open: silence is
not health.
"""
schedule = "0 5 1 * *"
guards = ["load"]
'''

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from thorbis_ops import assess, content, database
from thorbis_ops.core import changes, compute
from thorbis_ops.core.changes import Changes
from thorbis_ops.core.report import Report
from thorbis_ops.model import Considered, Finding, Plan, Question, Severity, Step
from thorbis_ops.runner import Result, Work
from thorbis_ops.store import evidence

AREAS = ("isolation", "security")
SUBJECT = "security_review"
NAMED = 5


async def plan(work: Work) -> Plan:
    """One step: ask all of it."""
    name = f"database:{work.order.target.name}"
    asked = len(_questions())
    return Plan(
        job=work.order.job.name,
        at=work.order.as_of,
        considered=(Considered(object=name, value=asked, unit="questions", decision="run"),),
        steps=(Step(object=name, statements=(), reason=f"ask {asked} questions and compare"),),
    )


def _questions() -> tuple[Question, ...]:
    return assess.select(content.load_questions(), AREAS)


async def run(work: Work, step: Step) -> Result:  # noqa: ARG001 - there is but one
    """Asks, compares with the last review, and keeps what was found."""
    if work.store is None:
        return Result(outcome="refused", detail="a review without a store leaves no evidence")
    report = await _report(work)
    target = work.order.target.name
    last = await evidence.last_evidence(work.store, target=target, subject=SUBJECT)
    before = _kept(target, last.result if last else {})
    found = changes.compare(
        before,
        report.findings,
        asked=list(report.questions),
        unanswered=[u.question for u in report.unanswered],
    )
    await evidence.keep_evidence(
        work.store,
        target=target,
        subject=SUBJECT,
        at=work.order.as_of,
        result=_evidence(report, found),
    )
    if report.unanswered and len(report.unanswered) == report.checks:
        return Result(outcome="failed", detail=f"no question was answered: {_silent(report)}")
    return Result(outcome="done", detail=_told(report, found, first=last is None))


async def _report(work: Work) -> Report:
    connection, target = work.session.connection, work.order.target
    server = await database.discover(connection)
    questions = _questions()
    taken = await database.take_from(connection, server, target, questions, work.order.as_of)
    return assess.summed(target, questions, compute.complete(taken, questions, {}), [])


def _kept(target: str, result: Mapping[str, Any]) -> list[Finding]:
    """The findings that stood at the last review."""
    return [
        Finding(
            target=target,
            check=one["check"],
            object=one["object"],
            severity=Severity.parse(one["severity"]),
            title=one["title"],
        )
        for one in result.get("open", ())
    ]


def _evidence(report: Report, found: Changes) -> dict[str, object]:
    return {
        "open": _listed([*report.findings, *found.unseen]),
        "opened": _listed(found.opened),
        "closed": _listed(found.closed),
        "unanswered": {u.question: u.reason for u in report.unanswered},
        "asked": report.checks,
    }


def _listed(findings: Iterable[Finding]) -> list[dict[str, str]]:
    return [
        {"check": f.check, "object": f.object, "severity": f.severity.label, "title": f.title}
        for f in sorted(findings, key=lambda f: (-f.severity, f.check, f.object))
    ]


def _told(report: Report, found: Changes, *, first: bool) -> str:
    parts = [f"{len(report.findings) + len(found.unseen)} open of {report.checks} questions"]
    if first:
        parts.append("the first review")
    else:
        parts += [_named("opened", found.opened), _named("closed", found.closed)]
    if report.unanswered:
        parts.append(f"not answered: {_silent(report)}")
    return "; ".join(parts)


def _named(word: str, findings: Sequence[Finding]) -> str:
    names = [f"{f.check} {f.object}" for f in findings[:NAMED]]
    more = f" and {len(findings) - NAMED} more" if len(findings) > NAMED else ""
    return f"{len(findings)} {word}" + (f": {', '.join(names)}{more}" if names else "")


def _silent(report: Report) -> str:
    names = [f"{u.question} ({u.reason})" for u in report.unanswered]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
