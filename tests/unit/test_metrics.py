"""What a scraper gets: valid, fresh, bounded, and honest about what is missing."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import Metric as Parsed
from prometheus_client import parser as text_parser
from prometheus_client.openmetrics import parser as openmetrics_parser

from thorbis_ops.metrics import (
    OWN,
    Family,
    JobState,
    ObjectiveTotals,
    Observed,
    families,
    fault,
    render,
)
from thorbis_ops.metrics.exposition import block
from thorbis_ops.model import (
    Answer,
    Finding,
    Metric,
    Question,
    Row,
    Run,
    Server,
    Severity,
    Snapshot,
    Target,
    Unanswered,
)

Parse = Callable[[str], Iterable[Parsed]]
parse_text: Parse = text_parser.text_string_to_metric_families
parse_om: Parse = openmetrics_parser.text_string_to_metric_families

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SIZE = Metric(name="pg_table_size_bytes", type="gauge", help="Size", labels=("relname",))


def server() -> Server:
    return Server(
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


def question(*metrics: Metric, every: float = 60.0, **header: object) -> Question:
    return Question(
        id="storage.tables",
        title="t",
        sql="select",
        path=Path("q.sql"),
        every=every,
        metrics=metrics,
        **header,  # type: ignore[arg-type]
    )


def answer(*rows: Row, age: float = 0.0) -> Answer:
    taken = NOW - timedelta(seconds=age)
    return Answer(question="storage.tables", rows=rows, seconds=0.25, taken_at=taken)


def observed(reply: Answer | Unanswered, asked: Question, **more: object) -> Observed:
    return Observed(
        target=Target(name="main", dsn="", labels={"env": "prod"}),
        snapshot=Snapshot(
            target="main", taken_at=NOW, server=server(), answers={reply.question: reply}
        ),
        questions=(asked,),
        **more,  # type: ignore[arg-type]
    )


Samples = dict[str, list[tuple[dict[str, str], float]]]


def exposed(*seen: Observed, row_limit: int = 1000) -> Samples:
    """Name to (labels without target and env, value), read back by a strict parser."""
    made = families(seen, now=NOW, row_limit=row_limit)
    found: Samples = {}
    for family in parse_om(render(made, openmetrics=True).decode()):
        for sample in family.samples:
            labels = {k: v for k, v in sample.labels.items() if k not in {"target", "env"}}
            found.setdefault(sample.name, []).append((labels, sample.value))
    return found


def test_rows_become_samples_with_the_targets_labels() -> None:
    rows = ({"relname": "jobs", "value": 8192},)
    made = families([observed(answer(*rows), question(SIZE))], now=NOW)
    text = render(made).decode()
    assert 'pg_table_size_bytes{env="prod",relname="jobs",target="main"} 8192\n' in text
    assert "# TYPE pg_table_size_bytes gauge\n" in text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("1.5"), 1.5),
        (timedelta(minutes=1), 60.0),
        (True, 1.0),
        (2**40, 2.0**40),
        (float("inf"), math.inf),
    ],
)
def test_values_of_every_numeric_type_are_shown(value: object, shown: float) -> None:
    found = exposed(observed(answer({"relname": "t", "value": value}), question(SIZE)))
    assert found["pg_table_size_bytes"] == [({"relname": "t"}, shown)]


def test_null_is_no_sample_and_no_loss() -> None:
    found = exposed(observed(answer({"relname": "t", "value": None}), question(SIZE)))
    assert "pg_table_size_bytes" not in found
    assert ({"reason": "invalid"}, 0.0) in found["thorbis_samples_dropped"]


def test_a_value_that_is_no_number_is_counted_not_shown() -> None:
    found = exposed(observed(answer({"relname": "t", "value": "many"}), question(SIZE)))
    assert "pg_table_size_bytes" not in found
    assert ({"reason": "invalid"}, 1.0) in found["thorbis_samples_dropped"]


def test_a_label_set_occurs_once_and_the_others_are_counted() -> None:
    rows = ({"relname": "t", "value": 1}, {"relname": "t", "value": 2})
    found = exposed(observed(answer(*rows), question(SIZE)))
    assert found["pg_table_size_bytes"] == [({"relname": "t"}, 1.0)]
    assert ({"reason": "duplicate"}, 1.0) in found["thorbis_samples_dropped"]


def test_series_are_bounded_and_say_how_many_are_left_out() -> None:
    rows = tuple({"relname": f"t{n}", "value": n} for n in range(10))
    found = exposed(observed(answer(*rows), question(SIZE)), row_limit=3)
    assert len(found["pg_table_size_bytes"]) == 3
    check = {"check": "storage.tables"}
    assert found["thorbis_question_rows"] == [(check, 10.0)]
    assert found["thorbis_question_rows_left_out"] == [(check, 7.0)]
    assert ({"reason": "limit"}, 7.0) in found["thorbis_samples_dropped"]


@pytest.mark.parametrize(("age", "fresh"), [(0, True), (149, True), (151, False)])
def test_an_answer_older_than_two_intervals_is_not_shown_as_fresh(age: float, fresh: bool) -> None:
    found = exposed(observed(answer({"relname": "t", "value": 1}, age=age), question(SIZE)))
    assert ("pg_table_size_bytes" in found) is fresh
    assert found["thorbis_question_answered"] == [({"check": "storage.tables"}, float(fresh))]
    assert ({"reason": "stale"}, float(not fresh)) in found["thorbis_samples_dropped"]


def test_what_was_not_answered_says_so_with_the_reason() -> None:
    reply = Unanswered(
        question="storage.tables", reason="privilege", detail="", seconds=0.1, taken_at=NOW
    )
    found = exposed(observed(reply, question(SIZE, severity=Severity.HIGH)))
    assert found["thorbis_question_answered"] == [({"check": "storage.tables"}, 0.0)]
    assert found["thorbis_questions_unanswered"] == [({"reason": "privilege"}, 1.0)]
    assert "thorbis_findings" not in found


def test_zero_findings_is_said_only_of_an_answered_question() -> None:
    asked = question(thresholds={Severity.HIGH: 1.0, Severity.CRITICAL: 2.0})
    found = exposed(observed(answer(), asked))
    assert found["thorbis_findings"] == [
        ({"check": "storage.tables", "severity": "critical"}, 0.0),
        ({"check": "storage.tables", "severity": "high"}, 0.0),
    ]


def test_zero_findings_is_not_said_of_a_stale_answer() -> None:
    asked = question(severity=Severity.HIGH)
    assert "thorbis_findings" in exposed(observed(answer(age=100), asked))
    assert "thorbis_findings" not in exposed(observed(answer(age=1000), asked))


def finding(*, muted: bool = False) -> Finding:
    return Finding(
        target="main",
        check="isolation.rls_disabled",
        object="table:hs.jobs",
        severity=Severity.CRITICAL,
        title="t",
        muted=muted,
    )


def test_muted_findings_are_counted_apart() -> None:
    found = exposed(
        observed(answer(), question(), findings=(finding(), finding(), finding(muted=True)))
    )
    labels = {"check": "isolation.rls_disabled", "severity": "critical"}
    assert found["thorbis_findings"] == [(labels, 2.0)]
    assert found["thorbis_findings_muted"] == [({}, 1.0)]


def test_a_target_that_is_down_or_was_not_heard_from_is_not_up() -> None:
    never = Observed(target=Target(name="main", dsn=""))
    assert exposed(never)["thorbis_up"] == [({}, 0.0)]
    down = Snapshot(target="main", taken_at=NOW, server=None, answers={}, error="refused")
    assert exposed(Observed(target=never.target, snapshot=down))["pg_up"] == [({}, 0.0)]
    then = NOW - timedelta(minutes=5)
    silent = Snapshot(target="main", taken_at=then, server=server(), answers={})
    assert exposed(Observed(target=never.target, snapshot=silent))["thorbis_up"] == [({}, 0.0)]
    heard = Snapshot(target="main", taken_at=NOW, server=server(), answers={})
    assert exposed(Observed(target=never.target, snapshot=heard))["thorbis_up"] == [({}, 1.0)]


def done() -> Run:
    return Run(job="analyze", target="main", scheduled_at=NOW, started_at=NOW, outcome="done")


def everything() -> Observed:
    return observed(
        answer(),
        question(),
        findings=(finding(),),
        tables={"protected": 60, "exposed": 1, "global": 3, "unanswered": 0},
        objectives=(
            ObjectiveTotals(slo="oltp", objective=0.95, events=100, bad={"certain_min": 3}),
        ),
        slo_coverage=0.998,
        jobs=(JobState(job="analyze", last_success=NOW, last_run=done()),),
        backup_age_seconds=60.0,
        drill_last_success=NOW,
        drill_rto_seconds=9.0,
        drill_rpo_seconds=1.0,
    )


def test_every_metric_of_the_contract_is_shown() -> None:
    found = exposed(everything())
    unseen = {"thorbis_questions_unanswered"}
    assert set(OWN) - set(found) == unseen
    labels = {"slo": "oltp", "kind": "certain_min"}
    assert found["thorbis_slo_bad_events_total"] == [(labels, 3.0)]
    assert found["thorbis_job_last_success_timestamp_seconds"] == [
        ({"job": "analyze"}, NOW.timestamp())
    ]


def test_both_formats_hold_the_same_samples() -> None:
    made = families([everything()], now=NOW)

    def read(parsed: list[Parsed]) -> set[tuple[str, str, float]]:
        return {(s.name, block(s.labels), s.value) for f in parsed for s in f.samples}

    text = read(list(parse_text(render(made).decode())))
    assert text == read(list(parse_om(render(made, openmetrics=True).decode())))
    assert len(text) > len(OWN) - 2


def test_counters_have_a_type_in_openmetrics_only_where_the_format_allows() -> None:
    made = (
        Family("a_total", "counter", "h", {"": 1.0}),
        Family("b", "counter", "h", {"": 1.0}),
        Family("b_total", "counter", "h", {"": 1.0}),
    )
    types = {f.name: f.type for f in parse_om(render(made, openmetrics=True).decode())}
    assert types == {"a": "counter", "b": "unknown", "b_total": "unknown"}
    assert b"# TYPE b counter\n" in render(made)


def test_a_gauge_may_not_be_called_total() -> None:
    assert "only a counter" in str(fault(Metric(name="x_total", type="gauge", help="")))
    assert fault(Metric(name="x_total", type="counter", help="")) is None
    assert "label" in str(fault(Metric(name="x", type="gauge", help="", labels=("__a",))))


def test_two_questions_may_share_a_metric_but_not_its_type() -> None:
    other = Metric(name=SIZE.name, type="counter", help="", labels=("relname",))
    found = exposed(observed(answer({"relname": "t", "value": 1}), question(SIZE, other)))
    assert found["pg_table_size_bytes"] == [({"relname": "t"}, 1.0)]
    assert ({"reason": "invalid"}, 1.0) in found["thorbis_samples_dropped"]


@given(st.lists(st.text(max_size=12), max_size=8, unique=True), st.floats(), st.text(max_size=20))
def test_any_label_value_survives_the_trip(names: list[str], value: float, text: str) -> None:
    metric = Metric(name="m", type="gauge", help=text, labels=("relname",))
    rows = tuple({"relname": name, "value": value} for name in names)
    made = families([observed(answer(*rows), question(metric))], now=NOW)
    expected = {name.encode("utf-8", "replace").decode() for name in names}
    for parse, openmetrics in ((parse_text, False), (parse_om, True)):
        exposition = render(made, openmetrics=openmetrics).decode()
        family = next((f for f in parse(exposition) if f.name == "m"), None)
        shown = {s.labels.get("relname", "") for s in family.samples} if family else set()
        assert shown == expected
