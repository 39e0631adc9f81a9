"""``thorbis-ops metrics``: one exposition on standard output."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import click

from thorbis_ops.cli import options
from thorbis_ops.cli.invocation import invocation


@click.command(
    short_help="Print one exposition of the metrics.",
    epilog="""\b
Example:
  thorbis-ops metrics --dsn service=main | promtool check metrics
""",
)
@options.target
@options.dsn
def command(target: str | None, dsn: str | None) -> int:
    """Ask every question once and print what it measures, as Prometheus reads it."""
    text, reached = asyncio.run(_exposition(target, dsn))
    click.echo(text, nl=False)
    return 0 if reached else 3


async def _exposition(target: str | None, dsn: str | None) -> tuple[bytes, bool]:
    from thorbis_ops import assess, content, database, metrics, sources
    from thorbis_ops.core import compute
    from thorbis_ops.daemon.observing import observed

    settings = invocation().settings()
    questions = assess.configured(content.load_questions(settings.content.checks), settings)
    now = datetime.now(UTC)
    facts = await sources.gather(settings.cache.urls, settings.backup.paths, now)
    mutes = [m.mute() for m in settings.mute]
    seen = []
    for one in invocation().targets(target, dsn):
        taken = await database.take(one, questions, now)
        whole = compute.complete(taken, questions, facts)
        report = assess.summed(one, questions, whole, mutes)
        seen.append(observed(one, whole, report, questions, {}))
    families = metrics.families(seen, now=now)
    return metrics.render(families), all(o.snapshot and not o.snapshot.error for o in seen)
