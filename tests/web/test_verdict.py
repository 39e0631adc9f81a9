"""The first line of the console: never peace while something is not known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from thorbis_ops.metrics import JobState, Observed
from thorbis_ops.model import (
    Answer,
    Finding,
    Question,
    Run,
    Server,
    Severity,
    Snapshot,
    Target,
    Unanswered,
)
from thorbis_ops.web.verdict import ALL_IS_WELL, Verdict, verdict

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SERVER = Server(
    version_num=180001,
    version="18.1",
    role="primary",
    database="d",
    user="u",
    superuser=False,
    system_identifier="1",
    started_at=NOW,
    extensions={},
    settings={},
    memberships=frozenset(),
)
QUESTION = Question(id="a.b", title="t", sql="select", path=Path("q.sql"), every=60)


def judged(
    reply: Answer | Unanswered | None = None,
    *findings: Finding,
    server: Server | None = SERVER,
    waiting: tuple[str, ...] = (),
    job: JobState | None = None,
    slo: str = "met",
) -> Verdict:
    answers = {"a.b": reply or Answer(question="a.b", rows=(), seconds=0.0, taken_at=NOW)}
    one = Observed(
        target=Target(name="main", dsn=""),
        snapshot=Snapshot(target="main", taken_at=NOW, server=server, answers=answers),
        questions=(QUESTION,),
        findings=findings,
        jobs=(job,) if job else (),
    )
    objectives = {"main": {"objectives": [{"name": "oltp", "verdict": slo}]}}
    return verdict([one], now=NOW, waiting=waiting, slo=objectives)


def finding(severity: Severity, *, muted: bool = False) -> Finding:
    return Finding(
        target="main", check="a.b", object="table:t", severity=severity, title="t", muted=muted
    )


def test_peace_is_said_only_when_all_was_answered_and_nothing_found() -> None:
    assert judged() == Verdict("good", ALL_IS_WELL)


def test_what_burns_comes_first() -> None:
    told = judged(None, finding(Severity.HIGH), finding(Severity.CRITICAL), server=None)
    assert told.mood == "bad"
    assert told.headline == "No answer from main · 1 critical, 1 high findings"


def test_lesser_findings_ask_for_a_look() -> None:
    assert judged(None, finding(Severity.LOW)) == Verdict("doubt", "1 low finding")


def test_a_muted_finding_is_no_alarm() -> None:
    assert judged(None, finding(Severity.CRITICAL, muted=True)).mood == "good"


def test_an_unanswered_or_stale_question_is_no_peace() -> None:
    why = Unanswered(question="a.b", reason="timeout", detail="", seconds=10.0, taken_at=NOW)
    old = Answer(question="a.b", rows=(), seconds=0.0, taken_at=NOW - timedelta(hours=1))
    for reply in (why, old):
        assert judged(reply) == Verdict("doubt", "Not known: 1 question")


def test_a_target_that_was_not_asked_yet_is_not_called_down() -> None:
    told = judged(server=None, waiting=("main",))
    assert told == Verdict("doubt", "Waiting for the first answers of main")


def test_a_missed_objective_and_a_failed_or_late_job_are_told() -> None:
    run = Run(job="reindex", target="main", scheduled_at=NOW, started_at=NOW, outcome="failed")
    told = judged(job=JobState(job="reindex", last_run=run, overdue_seconds=5), slo="missed")
    assert told.headline == "Objective missed: oltp on main"
    assert told.rest == ("Job failed: reindex", "Job overdue: reindex")


def test_nothing_configured_is_no_peace() -> None:
    assert verdict([], now=NOW, waiting=(), slo={}).headline == "No target is configured"
