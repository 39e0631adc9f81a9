"""A report as Markdown, for a ticket or an auditor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from thorbis_ops.core.report import Report
from thorbis_ops.model import Finding
from thorbis_ops.render.document import rfc3339


def reports(found: Sequence[Report]) -> str:
    """All reports, one under the other."""
    return "\n".join(line for report in found for line in _report(report))


def _report(found: Report) -> Iterator[str]:
    server = f"PostgreSQL {found.server.version}, {found.server.role}" if found.server else ""
    yield f"# {_cell(found.target)}\n"
    yield f"{server}, {rfc3339(found.started_at)}, {found.checks} checks\n"
    if found.error:
        yield f"**Not reached:** {_cell(found.error)}\n"
    yield from _findings(found)
    yield from _unanswered(found)


def _findings(found: Report) -> Iterator[str]:
    if not found.findings:
        yield "Nothing found.\n"
        return
    yield "| severity | check | object | detail | cure |\n|---|---|---|---|---|"
    yield from map(_row, found.findings)
    yield ""


def _row(one: Finding) -> str:
    proof = " (proven)" if one.proven else ""
    muted = " (muted)" if one.muted else ""
    cure = f"`{_cell(one.fix)}`" if one.fix else ""
    cells = (f"{one.severity.label}{proof}{muted}", one.check, one.object, one.detail or one.title)
    return f"| {' | '.join(map(_cell, cells))} | {cure} |"


def _unanswered(found: Report) -> Iterator[str]:
    if not found.unanswered:
        return
    yield "## Not answered\n\n| check | reason | detail |\n|---|---|---|"
    for one in found.unanswered:
        yield f"| {one.question} | {one.reason} | {_cell(one.detail)} |"
    yield ""


def _cell(text: str) -> str:
    return " ".join(text.replace("\\", "\\\\").replace("|", "\\|").split())
