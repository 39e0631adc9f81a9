"""One check of one target, summed up: what was found, what was not answered. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from thorbis_ops.core.judge import number
from thorbis_ops.model import Answer, Finding, Question, Server, Severity, Tenancy, Unanswered

OK, FOUND, UNANSWERED = 0, 1, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a check tells; ``error`` where the target was not reached.

    ``questions`` are all that could be asked of such a server, ``asked`` those that were.
    """

    target: str
    server: Server | None
    started_at: datetime
    seconds: float
    tenancy: Tenancy
    findings: tuple[Finding, ...]
    unanswered: tuple[Unanswered, ...]
    checks: int
    tables: int | None
    questions: Mapping[str, Question] = field(repr=False)
    asked: frozenset[str]
    error: str | None = None

    def visible(self) -> tuple[Finding, ...]:
        """The findings that nobody muted."""
        return tuple(f for f in self.findings if not f.muted)

    def worst(self) -> Severity | None:
        """The highest severity found."""
        return max((f.severity for f in self.visible()), default=None)

    def by_severity(self) -> dict[str, int]:
        """How many findings of each severity, worst first; none is not listed."""
        counts = Counter(f.severity for f in self.visible())
        return {severity.label: counts[severity] for severity in sorted(counts, reverse=True)}


def carried(now: Report, before: Report | None) -> Report:
    """The report with what was found before by checks that gave no answer now.

    A fault does not go away because nobody could look: silence is not health.
    """
    silent = {one.question for one in now.unanswered}
    known = {finding.key for finding in now.findings}
    past = before.findings if before else ()
    kept = [f for f in past if f.check in silent and f.key not in known]
    return replace(now, findings=(*now.findings, *kept))


def exit_code(reports: Iterable[Report], fail_on: Severity | None) -> int:
    """The contract's code: findings first, then what could not be reached or answered."""
    every = list(reports)
    if fail_on is not None and any(_fails(report, fail_on) for report in every):
        return FOUND
    return UNANSWERED if any(r.error or r.unanswered for r in every) else OK


def _fails(report: Report, fail_on: Severity) -> bool:
    worst = report.worst()
    return worst is not None and worst >= fail_on


def nagios_code(reports: Iterable[Report], fail_on: Severity | None) -> int:
    """A plug-in's code: 2 for a critical finding, 1 from ``fail_on`` up, 3 unknown, 0 fine."""
    every = list(reports)
    if fail_on is not None and any(r.worst() == Severity.CRITICAL for r in every):
        return 2
    code = exit_code(every, fail_on)
    return 3 if code == UNANSWERED else code


def tenancy_found(answers: Mapping[str, Answer | Unanswered], configured: Tenancy) -> Tenancy:
    """The configured tenancy, completed by what the catalogue shows."""
    answer = answers.get("isolation.tenancy")
    if not isinstance(answer, Answer) or not answer.rows:
        return configured
    row = answer.rows[0]
    return replace(
        configured,
        column=configured.column or _text(row.get("tenant_column")),
        setting=configured.setting or _text(row.get("setting")),
        app_roles=configured.app_roles or _texts(row.get("app_roles")),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(v) for v in value) if isinstance(value, list | tuple) else ()


def table_count(answers: Mapping[str, Answer | Unanswered]) -> int | None:
    """How many tables the target holds, where that was answered."""
    answer = answers.get("schema.tables")
    if not isinstance(answer, Answer) or not answer.rows:
        return None
    counted = number(answer.rows[0].get("value"))
    return None if counted is None else int(counted)
