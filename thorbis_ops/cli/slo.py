"""``thorbis-ops slo``: whether the objectives are met, as far as that is certain."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from thorbis_ops.cli import options
from thorbis_ops.cli.invocation import invocation

_STYLES = {"met": "green", "missed": "bold red", "undetermined": "yellow"}


@click.command(
    short_help="Hold the statements against their objectives.",
    epilog="""\b
Examples:
  thorbis-ops slo --dsn service=main               since the counters were reset
  thorbis-ops slo --dsn service=main --window 60   of the next minute: tighter bounds
""",
)
@options.target
@options.dsn
@options.window
@options.json_or_table
def command(target: str | None, dsn: str | None, window: float, form: str) -> int:
    """Say of each objective whether it is met, missed, or cannot be determined.

    The exit code is 0 when all are met, 1 when one is missed, 3 when the counters could not
    be read or leave a verdict open.
    """
    from thorbis_ops.cli import counting
    from thorbis_ops.model import Unanswered
    from thorbis_ops.sampler import objectives_of
    from thorbis_ops.span import slo_of

    one, settings = invocation().target(target, dsn), invocation().settings()
    span = asyncio.run(counting.span(one, settings, window))
    if isinstance(span, Unanswered):
        return counting.refuse(one, span)
    document = slo_of(span, objectives_of(settings), target=one.name)
    _print(document, form)
    return _code([o for o in document["objectives"] if o["calls"]])


def _code(called: list[dict[str, Any]]) -> int:
    verdicts = {objective["verdict"] for objective in called}
    return 1 if "missed" in verdicts else 3 if "undetermined" in verdicts else 0


def _print(document: dict[str, Any], form: str) -> None:
    from thorbis_ops.render import document as documents

    if form == "json":
        click.echo(documents.dumps(document))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, padding=(0, 1))
    for heading in ("objective", "promise", "calls", "certainly good", "estimate", "verdict"):
        right = heading in ("calls", "estimate")
        table.add_column(heading, justify="right" if right else "left", no_wrap=True)
    for row in document["objectives"]:
        table.add_row(*_cells(row))
    console = Console()
    console.print(table)
    console.print(f"{document['coverage']:.1%} of all calls are covered")


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    promise = f"{row['objective']:.0%} < {1000 * row['threshold_seconds']:g} ms"
    if not row["calls"]:
        return (row["name"], promise, "0", "", "", "no calls")
    low, high, guess = (row[f"good_{k}"] / row["calls"] for k in ("min", "max", "estimated"))
    verdict = f"[{_STYLES[row['verdict']]}]{row['verdict']}[/]"
    bounds = f"{100 * low:.2f} – {100 * high:.2f} %"
    return (row["name"], promise, f"{row['calls']:,}", bounds, f"{guess:.2%}", verdict)
