"""What a person reads: statements that can be copied, warnings before them, counts."""

import io
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from thorbis_ops.core.report import Report
from thorbis_ops.model import Finding, Question, Severity, Tenancy, Unanswered
from thorbis_ops.render import screen

NOW = datetime(2026, 1, 15, tzinfo=UTC)
STATEMENT = f"alter table public.{'long_' * 30} alter column tenant set not null"
QUESTION = Question(
    id="area.name",
    title="A thing",
    sql="select",
    path=Path("area/name.sql"),
    severity=Severity.LOW,
    fix="Look at the\nreplicas first.",
)


def finding(number: int, fix: str = "") -> Finding:
    return Finding(
        target="t",
        check=QUESTION.id,
        object=f"table:public.t{number}",
        severity=Severity.LOW,
        title="A thing",
        fix=fix,
    )


def report(*findings: Finding, unanswered: tuple[Unanswered, ...] = ()) -> Report:
    return Report(
        target="t",
        server=None,
        started_at=NOW,
        seconds=0.1,
        tenancy=Tenancy(),
        findings=findings,
        unanswered=unanswered,
        checks=1,
        tables=None,
        questions={QUESTION.id: QUESTION},
        asked=frozenset({QUESTION.id}),
    )


def shown(found: Report) -> list[str]:
    console = Console(file=io.StringIO(), width=80)
    screen.show(console, [found])
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_statement_longer_than_the_line_is_whole() -> None:
    lines = shown(report(finding(1, f"begin;\n{STATEMENT}")))
    assert [line.strip() for line in lines if line.startswith(" " * 8)] == [
        "begin;",
        f"{STATEMENT};",
    ]


def test_what_to_mind_stands_before_the_statement() -> None:
    lines = shown(report(finding(1, STATEMENT)))
    warning = lines.index("    cure: Look at the replicas first.")
    assert warning < next(n for n, line in enumerate(lines) if STATEMENT in line)


def test_cut_list_is_counted() -> None:
    lines = shown(report(*(finding(n) for n in range(300))))
    assert "    … 292 of 300 more: thorbis-ops check area.name" in lines
    assert sum("table:public" in line for line in lines) == screen.SHOWN


def test_one_cause_is_told_once_with_all_that_it_silences() -> None:
    silent = tuple(
        Unanswered(
            question=f"area.{name}",
            reason="privilege",
            detail="needs membership in pg_monitor",
            seconds=0,
            taken_at=NOW,
        )
        for name in ("a", "b", "c")
    )
    lines = shown(report(unanswered=silent))
    assert lines.count("    privilege: needs membership in pg_monitor") == 1
    assert "        area.a, area.b, area.c" in lines


def test_markup_in_a_name_is_only_a_name() -> None:
    lines = shown(report(finding(1, 'drop index concurrently "[bold]x[/bold]"')))
    assert '        drop index concurrently "[bold]x[/bold]";' in lines
