"""``thorbis-ops explain``: why a thing matters, how to read it, how to cure it."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from thorbis_ops.cli.invocation import invocation
from thorbis_ops.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from thorbis_ops.model import Job, Question


@click.command(
    short_help="Explain a check, a job or an alert; list all without one.",
    epilog="""\b
Examples:
  thorbis-ops explain                       list everything
  thorbis-ops explain vacuum.wraparound     a check
  thorbis-ops explain analyze               a job
  thorbis-ops explain TargetDown            an alert and its runbook
""",
)
@click.argument("name", required=False)
def command(name: str | None) -> None:
    """Say why a check, a job or an alert matters, how to read it and how to cure it."""
    from rich.console import Console

    from thorbis_ops import content

    places = invocation().settings().content
    questions = content.load_questions(places.checks)
    jobs = content.load_jobs(places.maintenance)
    runbooks = {path.stem: path for path in (content.folder("alerts") / "runbooks").glob("*.md")}
    if name is None:
        _list(Console(), questions, jobs, runbooks)
    else:
        _explain(Console(), name, questions, jobs, runbooks)


def _list(
    console: Console,
    questions: Sequence[Question],
    jobs: Sequence[Job],
    runbooks: dict[str, Path],
) -> None:
    from rich.table import Table

    titles = {q.id: q.title for q in questions}, {j.name: j.title for j in jobs}
    alerts = {name: _title(path) for name, path in sorted(runbooks.items())}
    for heading, entries in zip(("checks", "jobs", "alerts"), (*titles, alerts), strict=True):
        table = Table.grid(padding=(0, 2))
        for entry, title in entries.items():
            table.add_row(f"  {entry}", title)
        console.print(f"[bold]{len(entries)} {heading}[/]")
        console.print(table, "")


def _title(runbook: Path) -> str:
    lines = runbook.read_text(encoding="utf-8").splitlines()
    prose = (line for line in lines if line.strip() and not line.startswith("#"))
    return next(prose, "")


def _explain(
    console: Console,
    name: str,
    questions: Sequence[Question],
    jobs: Sequence[Job],
    runbooks: dict[str, Path],
) -> None:
    from rich.markdown import Markdown

    named: dict[str, str] = {q.id: _check(q) for q in questions}
    named |= {j.name: _job(j) for j in jobs}
    named |= {alert: path.read_text(encoding="utf-8") for alert, path in runbooks.items()}
    if name not in named:
        near = difflib.get_close_matches(name, named, n=3, cutoff=0.5)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise ConfigError(f'nothing is called "{name}"{hint}; thorbis-ops explain lists all')
    console.print(Markdown(named[name]))


def _check(question: Question) -> str:
    return "\n\n".join(
        filter(
            None,
            (
                f"# {question.id}: {question.title}",
                question.why,
                f"**How to read it.** {_grades(question)}",
                question.fix and f"**How to cure it.** {question.fix}",
                f"**Needs.** {', '.join(question.needs)}" if question.needs else "",
                _metrics(question),
                question.sql and f"```sql\n{question.sql}\n```",
            ),
        )
    )


def _grades(question: Question) -> str:
    from thorbis_ops.render.screen import measure

    asked = f"Asked every {measure(question.every, 'seconds')}."
    if question.facts:
        return f"{asked} It feeds other checks and is not judged itself."
    if question.severity is not None:
        return f"{asked} Every row is a finding of severity {question.severity.label}."
    worse = "or less" if question.descending else "or more"
    limits = [
        f"{severity.label} from {measure(limit, question.unit)} {worse}"
        for severity, limit in question.thresholds.items()
    ]
    return f"{asked} {'; '.join(limits) or 'Rows say their severity, or are only measured'}."


def _metrics(question: Question) -> str:
    lines = [f"- `{metric.name}` ({metric.type}): {metric.help}" for metric in question.metrics]
    return "**Metrics.**\n\n" + "\n".join(lines) if lines else ""


def _job(job: Job) -> str:
    return "\n\n".join(
        filter(
            None,
            (
                f"# {job.name}: {job.title}",
                job.why,
                f"**When.** `{job.schedule}`",
                f"**Only while.** {', '.join(job.guards)}" if job.guards else "",
                f"**Sends.** {', '.join(job.commands)}" if job.commands else "",
                job.sql and f"```sql\n{job.sql}\n```",
            ),
        )
    )
