"""How long what was heard may be shown: the one place that tells fresh from stale.

An answer is fresh for two of its intervals. What is not fresh counts as not known, exactly as
if the question had not been answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from thorbis_ops.metrics.observed import Observed
from thorbis_ops.model import Answer, Question, Snapshot, Unanswered

#: Seconds that an answer may be late before it is called stale.
SLACK = 30.0
#: Seconds after which a target that was not heard from no longer counts as up.
UP_FOR = 90.0


@dataclass(frozen=True, slots=True)
class Silence:
    """A question whose answer is not known now: one of the reasons of old, or stale."""

    check: str
    reason: str
    detail: str


def is_up(snapshot: Snapshot | None, now: datetime) -> bool:
    """Whether the target was reached, and heard from within ``UP_FOR``."""
    if snapshot is None or snapshot.server is None:
        return False
    heard = max((a.taken_at for a in snapshot.answers.values()), default=snapshot.taken_at)
    return (now - max(heard, snapshot.taken_at)).total_seconds() <= UP_FOR


def is_stale(question: Question, reply: Answer | Unanswered, now: datetime) -> bool:
    """Whether the reply is older than two intervals of its question."""
    return (now - reply.taken_at).total_seconds() > 2 * question.every + SLACK


def silences(observed: Observed, now: datetime) -> list[Silence]:
    """The questions of one target without a fresh answer, and why, in the order of asking."""
    replies = observed.snapshot.answers if observed.snapshot else {}
    questions = {question.id: question for question in observed.questions}
    found = []
    for check, reply in replies.items():
        if check in questions and is_stale(questions[check], reply, now):
            found.append(Silence(check, "stale", f"last asked at {reply.taken_at:%H:%M:%SZ}"))
        elif isinstance(reply, Unanswered):
            found.append(Silence(check, reply.reason, reply.detail))
    return found
