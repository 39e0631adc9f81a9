"""``thorbis-ops statements``: the statements by load, each with its class and its share."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import click

from thorbis_ops.cli import options
from thorbis_ops.cli.invocation import invocation

if TYPE_CHECKING:
    from rich.table import Table

# The width of all columns but the statement's.
FIGURES = 52


@click.command(
    short_help="List the statements by load.",
    epilog="""\b
Examples:
  thorbis-ops statements --dsn service=main              since the counters were reset
  thorbis-ops statements --dsn service=main --window 30  of the next half minute
""",
)
@options.target
@options.dsn
@options.window
@click.option("--top", type=click.IntRange(1), default=20, show_default=True, help="How many.")
@options.json_or_table
def command(target: str | None, dsn: str | None, window: float, top: int, form: str) -> int:
    """List what pg_stat_statements counted, heaviest first.

    The share is of calls within the objective's threshold: it certainly lies between the two
    figures. Literal values are never shown.
    """
    from thorbis_ops.cli import counting
    from thorbis_ops.model import Unanswered
    from thorbis_ops.span import statements_of

    one = invocation().target(target, dsn)
    span = asyncio.run(counting.span(one, invocation().settings(), window))
    if isinstance(span, Unanswered):
        return counting.refuse(one, span)
    _print(statements_of(span, target=one.name, top=top), form)
    return 0


def _print(document: dict[str, Any], form: str) -> None:
    from thorbis_ops.render import document as documents

    if form == "json":
        click.echo(documents.dumps(document))
        return
    from rich.console import Console

    console = Console()
    console.print(_table(document, console.width - FIGURES))
    other, lost = document["other"], document["not_understood"]
    if other["statements"]:
        console.print(f"and {other['statements']} more with {other['calls']:,} calls")
    if lost["statements"]:
        console.print(f"{lost['statements']} statements were not understood")
    console.print(f"{document['coverage']:.1%} of all calls are covered")


def _table(document: dict[str, Any], room: int) -> Table:
    from rich.table import Table

    table = Table(box=None, padding=(0, 1))
    for heading in ("load", "calls", "mean ms", "class", "within", "statement"):
        left = heading in ("class", "statement")
        table.add_column(heading, justify="left" if left else "right", no_wrap=True)
    for row in document["statements"]:
        table.add_row(
            f"{row['load']:.1%}",
            f"{row['calls']:,}",
            f"{1000 * (row['mean_seconds'] or 0):.2f}",
            row["class"] or "?",
            _share(row),
            _one_line(row["statement"], room),
        )
    return table


def _share(row: dict[str, Any]) -> str:
    low, high = row["share_min"], row["share_max"]
    if low is None:
        return ""
    return f"{low:.1%}" if low == high else f"{low:.1%}–{high:.1%}"


def _one_line(text: str, room: int) -> str:
    from rich.markup import escape

    line = " ".join(text.split())
    return escape(line if len(line) <= room else f"{line[: room - 1]}…")
