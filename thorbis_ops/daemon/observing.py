"""From a target's latest answers to what is shown of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from thorbis_ops.core.judge import number
from thorbis_ops.core.report import Report
from thorbis_ops.metrics import JobState, ObjectiveTotals, Observed
from thorbis_ops.model import Answer, Question, Snapshot, Target, Unanswered

Answers = Mapping[str, Answer | Unanswered]


def observed(
    target: Target,
    snapshot: Snapshot | None,
    report: Report | None,
    questions: Sequence[Question],
    intervals: Mapping[str, float],
    *,
    objectives: tuple[ObjectiveTotals, ...] = (),
    coverage: float | None = None,
    jobs: tuple[JobState, ...] = (),
) -> Observed:
    """What the exposition and the console are made of."""
    answers = snapshot.answers if snapshot else {}
    major = snapshot.server.major if snapshot and snapshot.server else None
    asked = [q for q in questions if major is None or q.versions[0] <= major <= q.versions[1]]
    return Observed(
        target=target,
        snapshot=snapshot,
        questions=tuple(replace(q, every=intervals.get(q.id, q.every)) for q in asked),
        findings=report.findings if report else (),
        tables=_by(answers, "isolation.relations", "state"),
        objectives=objectives,
        slo_coverage=coverage,
        jobs=jobs,
        backup_age_seconds=_youngest(answers.get("backup.age")),
    )


def _rows(answers: Answers, question: str) -> Sequence[Mapping[str, object]]:
    answer = answers.get(question)
    return answer.rows if isinstance(answer, Answer) else ()


def _by(answers: Answers, question: str, label: str) -> dict[str, int]:
    measured = {str(row.get(label)): number(row.get("value")) for row in _rows(answers, question)}
    return {name: int(value) for name, value in measured.items() if value is not None}


def _youngest(answer: Answer | Unanswered | None) -> float | None:
    """The age of the newest backup wherever it lies; None where none is known."""
    if not isinstance(answer, Answer):
        return None
    ages = [number(row.get("value")) for row in answer.rows]
    return min((age for age in ages if age is not None), default=None)
