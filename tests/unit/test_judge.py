"""Judgement: which rows are findings, of what severity, and what is kept apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from thorbis_ops.core import compute, governor, judge
from thorbis_ops.core.report import Report, carried, exit_code, nagios_code
from thorbis_ops.model import (
    Answer,
    Finding,
    Mute,
    Question,
    Row,
    Severity,
    Snapshot,
    Tenancy,
    Unanswered,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GRADED = Question(
    id="vacuum.age",
    title="Old",
    sql="",
    path=Path("x"),
    thresholds={Severity.MEDIUM: 10, Severity.CRITICAL: 20},
)


def answer(*rows: Row, question: str = "vacuum.age") -> Answer:
    return Answer(question=question, rows=rows, seconds=0.1, taken_at=NOW)


def test_a_row_is_graded_by_the_highest_threshold_it_reaches() -> None:
    grades = [judge.grade(GRADED, {"value": v}) for v in (9.9, 10, Decimal(19), 20, None)]
    assert grades == [None, Severity.MEDIUM, Severity.MEDIUM, Severity.CRITICAL, None]


def test_lower_may_be_worse() -> None:
    falling = replace(
        GRADED, descending=True, thresholds={Severity.MEDIUM: 0.9, Severity.HIGH: 0.5}
    )
    grades = [judge.grade(falling, {"value": v}) for v in (0.95, 0.9, 0.4)]
    assert grades == [None, Severity.MEDIUM, Severity.HIGH]


def test_a_row_may_carry_its_own_severity_or_say_that_it_is_healthy() -> None:
    assert judge.grade(GRADED, {"value": 99, "severity": "low"}) is Severity.LOW
    fixed = replace(GRADED, thresholds={}, severity=Severity.HIGH)
    assert judge.grade(fixed, {"severity": None}) is None
    assert judge.grade(fixed, {}) is Severity.HIGH


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_a_higher_value_is_never_judged_milder(one: float, other: float) -> None:
    def rank(value: float) -> int:
        severity = judge.grade(GRADED, {"value": value})
        return -1 if severity is None else int(severity)

    assert rank(min(one, other)) <= rank(max(one, other))


def test_what_a_row_says_beside_its_value_is_evidence() -> None:
    row: Row = {
        "object": "database:x",
        "value": 30,
        "datname": "x",
        "fix": "vacuum",
        "nothing": None,
    }
    (found,) = judge.findings("main", GRADED, answer(row))
    assert (found.object, found.fix, found.evidence) == ("database:x", "vacuum", {"datname": "x"})
    assert not found.proven


def finding(
    check: str = "a.b", object_: str = "table:x", severity: Severity = Severity.HIGH
) -> Finding:
    return Finding(target="main", check=check, object=object_, severity=severity, title="t")


def mute(days: int) -> Mute:
    return Mute(check="a.*", object="table:x", until=NOW + timedelta(days=days), because="known")


def test_a_live_mute_marks_and_never_removes() -> None:
    muted, other = judge.mute([finding(), finding(object_="table:y")], [mute(1)], NOW)
    assert (muted.muted, other.muted) == (True, False)


def test_an_expired_mute_is_a_finding_and_mutes_nothing() -> None:
    first, second = judge.mute([finding()], [mute(-1)], NOW)
    assert not first.muted
    assert second.check == "configuration.mute_expired"


def snapshot(**answers: Answer | Unanswered) -> Snapshot:
    named = {name.replace("__", "."): one for name, one in answers.items()}
    return Snapshot(target="main", taken_at=NOW, server=None, answers=named)


def lost(question: str) -> Unanswered:
    return Unanswered(
        question=question, reason="privilege", detail="needs x", seconds=0, taken_at=NOW
    )


ONE = {Severity.LOW: 1}
COMPUTED = replace(
    GRADED, id="c.d", reads=("a.b",), compute=lambda a: [{"object": "o", "value": len(a.rows)}]
)


def test_a_computed_question_reads_other_answers() -> None:
    whole = compute.complete(snapshot(), [COMPUTED], {"a.b": answer({}, {})})
    assert isinstance(whole.answers["c.d"], Answer)
    assert whole.answers["c.d"].rows[0]["value"] == 2
    assert [f.check for f in judge.judge(whole, {"c.d": replace(COMPUTED, thresholds=ONE)})] == [
        "c.d"
    ]


def test_what_it_reads_is_unanswered_so_is_the_question() -> None:
    whole = compute.complete(snapshot(), [COMPUTED], {"a.b": lost("a.b")})
    assert whole.answers["c.d"] == lost("c.d")


def test_a_faulty_computation_is_an_answer_and_stops_nothing() -> None:
    def fails(_: Answer) -> list[Row]:
        raise ZeroDivisionError

    faulty = replace(COMPUTED, compute=fails)
    whole = compute.complete(snapshot(), [faulty], {"a.b": answer()})
    reply = whole.answers["c.d"]
    assert isinstance(reply, Unanswered)
    assert (reply.reason, reply.detail) == ("error", "its code: ZeroDivisionError")


def test_a_source_that_nobody_configured_is_not_asked() -> None:
    assert compute.complete(snapshot(), [COMPUTED], {}).answers == {}


@given(st.floats(0, 1e4), st.floats(1, 1e6))
def test_a_question_never_costs_more_than_its_share(seconds: float, every: float) -> None:
    question = replace(GRADED, every=every)
    assert seconds <= governor.SHARE * governor.interval(question, seconds) * (1 + 1e-9)
    assert governor.interval(question, seconds) >= every


def report(*found: Finding, unanswered: int = 0, error: str | None = None) -> Report:
    return Report(
        target="main",
        server=None,
        started_at=NOW,
        seconds=0.5,
        tenancy=Tenancy(),
        findings=found,
        unanswered=tuple(lost("a.b") for _ in range(unanswered)),
        checks=3,
        tables=None,
        questions={},
        asked=frozenset(),
        error=error,
    )


def test_exit_codes_follow_the_contract() -> None:
    high = Severity.HIGH
    assert exit_code([report()], high) == 0
    assert exit_code([report(finding())], high) == 1
    assert exit_code([report(finding(severity=Severity.MEDIUM))], high) == 0
    assert exit_code([report(replace(finding(), muted=True))], high) == 0
    assert exit_code([report(finding(), unanswered=1)], high) == 1
    assert exit_code([report(unanswered=1)], high) == 3
    assert exit_code([report(error="gone")], high) == 3
    assert exit_code([report(finding(severity=Severity.CRITICAL))], None) == 0


def test_a_fault_stands_while_its_check_gives_no_answer() -> None:
    before = report(finding(), finding(check="c.d"))
    silent = report(unanswered=1)
    assert [f.check for f in carried(silent, before).findings] == ["a.b"]
    assert carried(report(), before).findings == ()
    assert carried(carried(silent, before), carried(silent, before)).findings == (finding(),)


def test_nagios_codes_are_the_plug_ins() -> None:
    high = Severity.HIGH
    reports = [
        report(),
        report(finding()),
        report(finding(severity=Severity.CRITICAL)),
        report(unanswered=1),
    ]
    assert [nagios_code([r], high) for r in reports] == [0, 1, 2, 3]
