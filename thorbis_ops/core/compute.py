"""Questions whose rows come from other answers: asked last, and never by the database.

Pure: answers in, answers out. Where something that a question reads is unanswered, so is
the question, for the same reason; a fault in its code is an answer too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from thorbis_ops.model import Answer, Question, Snapshot, Unanswered

Answers = Mapping[str, Answer | Unanswered]


def complete(snapshot: Snapshot, questions: Iterable[Question], facts: Answers) -> Snapshot:
    """The snapshot with all that can be computed from it and the ``facts`` of other sources."""
    known = {**snapshot.answers, **facts}
    computed = {q.id: _ask(q, snapshot, known) for q in questions if _concerns(q, known)}
    return replace(snapshot, answers={**snapshot.answers, **computed})


def _concerns(question: Question, known: Answers) -> bool:
    return question.compute is not None and any(name in known for name in question.reads)


def _ask(question: Question, snapshot: Snapshot, known: Answers) -> Answer | Unanswered:
    read = [known.get(name) for name in question.reads]
    for answer in read:
        if isinstance(answer, Unanswered):
            return replace(answer, question=question.id)
    if None in read:
        return _missing(question, snapshot)
    return _computed(question, snapshot, [a for a in read if isinstance(a, Answer)])


def _missing(question: Question, snapshot: Snapshot) -> Unanswered:
    return Unanswered(
        question=question.id,
        reason="missing",
        detail=f"needs the answers of {', '.join(question.reads)}",
        seconds=0.0,
        taken_at=snapshot.taken_at,
    )


def _computed(question: Question, snapshot: Snapshot, read: list[Answer]) -> Answer | Unanswered:
    assert question.compute is not None  # noqa: S101 - _concerns has looked
    try:
        rows = tuple(question.compute(*read))
    except Exception as error:  # noqa: BLE001 - one faulty check must not blind the others
        fault = type(error).__name__
        return replace(_missing(question, snapshot), reason="error", detail=f"its code: {fault}")
    return Answer(question=question.id, rows=rows, seconds=0.0, taken_at=snapshot.taken_at)
