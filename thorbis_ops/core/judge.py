"""Rows and thresholds in, findings out: the one place where an answer is judged.

A row that reaches no threshold is healthy and says nothing. What a question could not
answer is never judged; it stays visible as unanswered. Pure; ``now`` is an argument.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase

from thorbis_ops.model import Answer, Finding, Mute, Question, Row, Severity, Snapshot, Unanswered

RESERVED = frozenset({"object", "value", "severity", "detail", "fix", "proven"})


def judge(snapshot: Snapshot, questions: Mapping[str, Question]) -> tuple[Finding, ...]:
    """All findings of a snapshot, worst first, then by check and object."""
    found = [
        finding
        for identifier, answer in snapshot.answers.items()
        if isinstance(answer, Answer)
        for finding in findings(snapshot.target, questions[identifier], answer)
    ]
    return tuple(sorted(found, key=lambda f: (-f.severity, f.check, f.object)))


def findings(target: str, question: Question, answer: Answer) -> list[Finding]:
    """The findings of one answer; a question that only measures has none."""
    graded = ((row, grade(question, row)) for row in answer.rows)
    return [_finding(target, question, row, s) for row, s in graded if s is not None]


def grade(question: Question, row: Row) -> Severity | None:
    """The severity that a row reaches, or None where it is healthy.

    A row may carry its own severity, which then stands; else the question's fixed one,
    else the highest threshold that ``value`` reaches. A NULL value reaches none.
    """
    own = row.get("severity")
    if isinstance(own, str):
        return Severity.parse(own)
    if question.facts or "severity" in row:
        return None
    return question.severity if question.severity is not None else _reached(question, row)


def _reached(question: Question, row: Row) -> Severity | None:
    value = number(row.get("value"))
    if value is None:
        return None
    sign = -1 if question.descending else 1
    reached = [s for s, limit in question.thresholds.items() if sign * value >= sign * limit]
    return max(reached, default=None)


def number(value: object) -> float | None:
    """A float of whatever number the driver gave; None for NULL and for what is no number."""
    if value is None or isinstance(value, str):
        return None
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None


def _finding(target: str, question: Question, row: Row, severity: Severity) -> Finding:
    return Finding(
        target=target,
        check=question.id,
        object=str(row.get("object")),
        severity=severity,
        title=question.title,
        detail=str(row.get("detail") or ""),
        value=number(row.get("value")),
        unit=question.unit,
        fix=str(row.get("fix") or ""),
        proven=row.get("proven") is True,
        evidence={k: v for k, v in row.items() if k not in RESERVED and v is not None},
    )


def mute(found: Iterable[Finding], mutes: Sequence[Mute], now: datetime) -> tuple[Finding, ...]:
    """The findings with those marked that a live mute covers; an expired mute is one more."""
    live = [m for m in mutes if m.until > now]
    marked = [replace(f, muted=any(_covers(m, f) for m in live)) for f in found]
    targets = sorted({f.target for f in marked})
    expired = [_expired(m, targets[0] if targets else "") for m in mutes if m.until <= now]
    return (*marked, *expired)


def _covers(mute_: Mute, finding: Finding) -> bool:
    return fnmatchcase(finding.check, mute_.check) and fnmatchcase(finding.object, mute_.object)


def _expired(mute_: Mute, target: str) -> Finding:
    return Finding(
        target=target,
        check="configuration.mute_expired",
        object=f"mute:{mute_.check}:{mute_.object}",
        severity=Severity.LOW,
        title="A mute has expired",
        detail=f"it ended {mute_.until:%Y-%m-%d}: {mute_.because}; "
        "renew the [[mute]] with a reason, or remove it",
    )


def unanswered(snapshot: Snapshot) -> tuple[Unanswered, ...]:
    """Everything that could not be asked, in the order of the checks."""
    found = (a for a in snapshot.answers.values() if isinstance(a, Unanswered))
    return tuple(sorted(found, key=lambda a: a.question))
