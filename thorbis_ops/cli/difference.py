"""``check --diff``: what became of the findings since the daemon last looked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from thorbis_ops.core.changes import Changes, compare
from thorbis_ops.core.report import Report
from thorbis_ops.errors import ConfigError
from thorbis_ops.model import Finding

if TYPE_CHECKING:
    from thorbis_ops.settings import Settings

_STYLES = {"opened": "red", "worsened": "red", "improved": "green", "closed": "green"}


async def show_changes(settings: Settings, reports: Sequence[Report], form: str) -> None:
    """Prints what each report changes of the findings that stand in the store."""
    if form not in ("table", "json"):
        raise ConfigError(f"--diff prints table or json, not {form}")
    changes = await _changes(settings, reports)
    if form == "json":
        from thorbis_ops.render import document

        click.echo(document.dumps({"version": 1, "changes": [_document(*c) for c in changes]}))
    else:
        _print(changes)


async def _changes(settings: Settings, reports: Sequence[Report]) -> list[tuple[Report, Changes]]:
    from thorbis_ops.store import open_store
    from thorbis_ops.store.findings import open_findings

    dsn = settings.store_dsn()
    if dsn is None:
        raise ConfigError("--diff needs a store to compare with; set store.dsn or add [[targets]]")
    store = await open_store(dsn, now=datetime.now(UTC))
    try:
        known = {r.target: await open_findings(store, r.target) for r in reports}
    finally:
        await store.close()
    return [(r, _compared(r, [k.finding for k in known[r.target]])) for r in reports]


def _compared(report: Report, before: Sequence[Finding]) -> Changes:
    asked = [] if report.error else list(report.questions)
    unanswered = [u.question for u in report.unanswered]
    return compare(before, report.findings, asked=asked, unanswered=unanswered)


def _kinds(changes: Changes) -> Mapping[str, Sequence[Finding]]:
    return {
        "opened": changes.opened,
        "worsened": [r.finding for r in changes.worsened],
        "improved": [r.finding for r in changes.improved],
        "closed": changes.closed,
    }


def _document(report: Report, changes: Changes) -> dict[str, object]:
    from thorbis_ops.core import documents

    kinds = {kind: [documents.finding(f) for f in found] for kind, found in _kinds(changes).items()}
    counts = {"unchanged": len(changes.unchanged), "unseen": len(changes.unseen)}
    return {"target": report.target, **kinds, **counts, "error": report.error}


def _print(changes: Sequence[tuple[Report, Changes]]) -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console()
    for report, one in changes:
        console.print(f"\n[bold]{escape(report.target)}[/]")
        if report.error:
            console.print(f"  [bold red]not reached: {escape(report.error)}[/]")
        for kind, found in _kinds(one).items():
            for finding in found:
                line = f"{finding.severity.label} {finding.check} {finding.object}: {finding.title}"
                console.print(f"  [{_STYLES[kind]}]{kind}[/] {escape(line)}")
        console.print(f"  {len(one.unchanged)} unchanged, {len(one.unseen)} not seen this time")
