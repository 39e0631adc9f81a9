"""One check from end to end: choose the questions, take the answers, judge, sum up.

What the command does once and the daemon does for ever; both come through here, so that
a DBA at a terminal and a dashboard never disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase

from thorbis_ops import database
from thorbis_ops.core import compute, judge
from thorbis_ops.core.report import Report, table_count, tenancy_found
from thorbis_ops.errors import ConfigError
from thorbis_ops.model import Answer, Mute, Question, Snapshot, Target, Unanswered
from thorbis_ops.settings import Settings

Facts = Mapping[str, Answer | Unanswered]


def configured(questions: Iterable[Question], settings: Settings) -> tuple[Question, ...]:
    """The questions as the configuration wants them: thresholds, intervals, some not at all."""
    found = tuple(questions)
    _known([q.id for q in found], settings)
    wanted = (q for q in found if q.id not in settings.checks or settings.checks[q.id].enabled)
    return tuple(_adjusted(q, settings) for q in wanted)


def _known(ids: Sequence[str], settings: Settings) -> None:
    for name in settings.checks:
        if name not in ids:
            raise ConfigError(f'checks."{name}": there is no such check; see thorbis-ops explain')


def _adjusted(question: Question, settings: Settings) -> Question:
    own = settings.checks.get(question.id)
    if own is None:
        return question
    thresholds = {**question.thresholds, **settings.thresholds(question.id)}
    return replace(question, thresholds=thresholds, every=own.every or question.every)


def select(questions: Sequence[Question], selectors: Sequence[str]) -> tuple[Question, ...]:
    """The questions that ids, areas or globs name, with what they read; all without any."""
    if not selectors:
        return tuple(questions)
    for selector in selectors:
        if not any(_selected(q, selector) for q in questions):
            raise ConfigError(f'no check is called "{selector}"; see thorbis-ops explain')
    chosen = {q.id for q in questions if any(_selected(q, s) for s in selectors)}
    needed = chosen | {r for q in questions if q.id in chosen for r in q.reads}
    return tuple(q for q in questions if q.id in needed or q.facts)


def _selected(question: Question, selector: str) -> bool:
    return selector in (question.id, question.area) or fnmatchcase(question.id, selector)


async def assess(
    target: Target,
    questions: Sequence[Question],
    facts: Facts,
    mutes: Sequence[Mute],
    at: datetime,
    progress: Callable[[str], None] = lambda _: None,
) -> Report:
    """Asks ``target`` once and sums up; a target that is not reached is a report as well."""
    taken = await database.take(target, questions, at, progress)
    return summed(target, questions, compute.complete(taken, questions, facts), mutes)


def summed(
    target: Target, questions: Sequence[Question], snapshot: Snapshot, mutes: Sequence[Mute]
) -> Report:
    """The report on a snapshot. Pure."""
    major = snapshot.server.major if snapshot.server else None
    by_id = {q.id: q for q in questions if _for(q, major)}
    found = judge.judge(snapshot, by_id)
    return Report(
        target=target.name,
        server=snapshot.server,
        started_at=snapshot.taken_at,
        seconds=snapshot.seconds,
        tenancy=tenancy_found(snapshot.answers, target.tenancy),
        findings=judge.mute(found, mutes, snapshot.taken_at),
        unanswered=judge.unanswered(snapshot),
        checks=len(snapshot.answers),
        tables=table_count(snapshot.answers),
        questions=by_id,
        asked=frozenset(snapshot.answers),
        error=snapshot.error,
    )


def _for(question: Question, major: int | None) -> bool:
    return major is None or question.versions[0] <= major <= question.versions[1]
