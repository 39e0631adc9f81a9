"""The metrics of our own: a stable contract with dashboards and rules.

Each entry says what the numbers mean; the functions turn what is known of one target into
samples of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Literal, TypeAlias

from thorbis_ops.metrics.observed import Observed
from thorbis_ops.model import Answer, Metric, Unanswered

Sample: TypeAlias = tuple[str, dict[str, str], object]


def _metric(
    name: str, text: str, *labels: str, kind: Literal["gauge", "counter"] = "gauge"
) -> Metric:
    return Metric(name=name, type=kind, help=text, labels=labels)


_ALL = (
    _metric("thorbis_build_info", "The version that runs; always 1", "version"),
    _metric("thorbis_up", "Whether the target answers"),
    _metric("pg_up", "Whether the target answers, under the common exporter's name"),
    _metric("thorbis_question_answered", "Whether the last answer is there and fresh", "check"),
    _metric("thorbis_question_duration_seconds", "Time that the last asking took", "check"),
    _metric("thorbis_question_rows", "Rows of the last answer", "check"),
    _metric(
        "thorbis_question_rows_left_out", "Rows beyond the limit, not exposed as series", "check"
    ),
    _metric("thorbis_questions_unanswered", "Questions without a fresh answer", "reason"),
    _metric("thorbis_samples_dropped", "Samples missing from this exposition, and why", "reason"),
    _metric("thorbis_findings", "Faults that stand and are not muted", "check", "severity"),
    _metric("thorbis_findings_muted", "Faults that somebody decided to live with for a while"),
    _metric("thorbis_tables", "Tables by the state of their tenant isolation", "state"),
    _metric("thorbis_slo_events_total", "Calls counted", "slo", kind="counter"),
    _metric(
        "thorbis_slo_bad_events_total",
        "Calls over the threshold, by how that is known",
        "slo",
        "kind",
        kind="counter",
    ),
    _metric("thorbis_slo_objective_ratio", "Share of calls that must be good", "slo"),
    _metric("thorbis_slo_coverage_ratio", "Share of all calls that the count has seen"),
    _metric("thorbis_job_last_success_timestamp_seconds", "When the job last did well", "job"),
    _metric("thorbis_job_last_outcome", "How the last run ended; always 1", "job", "outcome"),
    _metric("thorbis_job_overdue_seconds", "Time since the job should have run", "job"),
    _metric("thorbis_backup_age_seconds", "Age of the newest usable backup"),
    _metric("thorbis_drill_last_success_timestamp_seconds", "When a restore last did well"),
    _metric("thorbis_drill_rto_seconds", "Time that the last restore took"),
    _metric("thorbis_drill_rpo_seconds", "Data that the last restore would have lost, in time"),
)

OWN: dict[str, Metric] = {metric.name: metric for metric in _ALL}


def samples(observed: Observed, unknown: frozenset[str]) -> Iterator[Sample]:
    """Findings, tables, objectives, jobs and backups; ``unknown`` are checks not answered."""
    yield from _findings(observed, unknown)
    for state, count in observed.tables.items():
        yield "thorbis_tables", {"state": state}, count
    yield from _objectives(observed)
    yield from _jobs(observed)
    yield from _backups(observed)


def _findings(observed: Observed, unknown: frozenset[str]) -> Iterator[Sample]:
    counts = Counter(_zeros(observed, unknown))
    counts.update((f.check, f.severity.label) for f in observed.findings if not f.muted)
    for (check, severity), count in sorted(counts.items()):
        yield "thorbis_findings", {"check": check, "severity": severity}, count
    yield "thorbis_findings_muted", {}, sum(finding.muted for finding in observed.findings)


def _zeros(observed: Observed, unknown: frozenset[str]) -> dict[tuple[str, str], int]:
    """Zero is said only where a question was answered."""
    answers = observed.snapshot.answers if observed.snapshot else {}
    return {
        (question.id, severity.label): 0
        for question in observed.questions
        if question.id in answers and question.id not in unknown
        for severity in (*question.thresholds, *filter(None, (question.severity,)))
    }


def _objectives(observed: Observed) -> Iterator[Sample]:
    for totals in observed.objectives:
        labels = {"slo": totals.slo}
        yield "thorbis_slo_events_total", labels, totals.events
        for kind, count in totals.bad.items():
            yield "thorbis_slo_bad_events_total", {**labels, "kind": kind}, count
        yield "thorbis_slo_objective_ratio", labels, totals.objective
    yield "thorbis_slo_coverage_ratio", {}, observed.slo_coverage


def _jobs(observed: Observed) -> Iterator[Sample]:
    for job in observed.jobs:
        labels = {"job": job.job}
        yield "thorbis_job_last_success_timestamp_seconds", labels, _epoch(job.last_success)
        if job.last_run and job.last_run.outcome:
            yield "thorbis_job_last_outcome", {**labels, "outcome": job.last_run.outcome}, 1
        yield "thorbis_job_overdue_seconds", labels, job.overdue_seconds


def _backups(observed: Observed) -> Iterator[Sample]:
    yield "thorbis_backup_age_seconds", {}, observed.backup_age_seconds
    success = _epoch(observed.drill_last_success)
    yield "thorbis_drill_last_success_timestamp_seconds", {}, success
    yield "thorbis_drill_rto_seconds", {}, observed.drill_rto_seconds
    yield "thorbis_drill_rpo_seconds", {}, observed.drill_rpo_seconds


def answer_samples(check: str, answer: Answer | Unanswered, *, left_out: int) -> Iterator[Sample]:
    """What is said of one fresh asking."""
    labels = {"check": check}
    yield "thorbis_question_duration_seconds", labels, answer.seconds
    yield "thorbis_question_answered", labels, isinstance(answer, Answer)
    if isinstance(answer, Answer):
        yield "thorbis_question_rows", labels, len(answer.rows)
        yield "thorbis_question_rows_left_out", labels, left_out


def _epoch(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
