"""``thorbis-ops check``: the daemon's judgement, once, on demand."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Self

import click

from thorbis_ops.cli import options
from thorbis_ops.cli.invocation import invocation
from thorbis_ops.core.report import Report, exit_code, nagios_code
from thorbis_ops.errors import ConfigError
from thorbis_ops.model import Severity, Target

FORMATS = ("table", "json", "sarif", "junit", "markdown", "nagios")


@click.command(
    short_help="Ask and judge once.",
    epilog="""\b
Examples:
  thorbis-ops check --dsn postgresql://monitor@db.internal/thorbis
  thorbis-ops check isolation                  every check of an area
  thorbis-ops check 'vacuum.*' --format json   one JSON document
  thorbis-ops check --fail-on critical         exit 1 only where it burns
""",
)
@click.argument("selectors", nargs=-1, metavar="[SELECTOR]...")
@options.target
@options.dsn
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="table", help="How to print it."
)
@options.fail_on
@click.option("--diff", is_flag=True, help="Show what changed since the daemon last looked.")
def command(
    selectors: tuple[str, ...],
    target: str | None,
    dsn: str | None,
    form: str,
    fail_on: Severity | None,
    diff: bool,
) -> int:
    """Ask every question, judge the answers, and say what is wrong and how to cure it.

    A SELECTOR is the id of a check, an area or a glob. The exit code is 0 when nothing
    reaches --fail-on, 1 when something does, 2 for wrong usage, 3 when the target was not
    reached or something could not be answered.
    """
    targets = invocation().targets(target, dsn)
    reports = asyncio.run(_reports(targets, selectors))
    _refuse_nothing(reports, selectors)
    if diff:
        from thorbis_ops.cli.difference import show_changes

        asyncio.run(show_changes(invocation().settings(), reports, form))
    else:
        _print(reports, form, fail_on, full=bool(selectors))
    return nagios_code(reports, fail_on) if form == "nagios" else exit_code(reports, fail_on)


def _refuse_nothing(reports: Sequence[Report], selectors: Sequence[str]) -> None:
    """A check that asks nothing must not look like one that found nothing."""
    if selectors and all(r.checks == 0 and not r.error for r in reports):
        named = " ".join(selectors)
        raise ConfigError(
            f"{named}: its source is not configured; add [cache] urls or [backup] paths"
        )


async def _reports(targets: Sequence[Target], selectors: Sequence[str]) -> list[Report]:
    from thorbis_ops import assess, content, sources

    settings = invocation().settings()
    loaded = content.load_questions(settings.content.checks)
    questions = assess.select(assess.configured(loaded, settings), selectors)
    now = datetime.now(UTC)
    facts = await sources.gather(settings.cache.urls, settings.backup.paths, now)
    mutes = [m.mute() for m in settings.mute]
    with _Progress(len(questions)) as progress:
        one_by_one = [
            assess.assess(target, questions, facts, mutes, now, progress) for target in targets
        ]
        return list(await asyncio.gather(*one_by_one))


class _Progress:
    """A bar on standard error while a person watches, and nothing otherwise."""

    def __init__(self, total: int) -> None:
        from rich.console import Console
        from rich.progress import Progress

        console = Console(file=sys.stderr)
        self._bar = Progress(console=console, transient=True, disable=not console.is_terminal)
        self._task = self._bar.add_task("checking", total=total)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def __call__(self, check: str) -> None:
        self._bar.update(self._task, advance=1, description=check)


def _print(reports: Sequence[Report], form: str, fail_on: Severity | None, *, full: bool) -> None:
    if form == "table":
        from rich.console import Console

        from thorbis_ops.render import screen

        screen.show(Console(), reports, full=full)
        return
    click.echo(rendered(reports, form, fail_on))


def rendered(reports: Sequence[Report], form: str, fail_on: Severity | None) -> str:
    """The reports in one of the formats that programs read."""
    from thorbis_ops import __version__
    from thorbis_ops.render import document, machines, markdown

    if form == "json":
        return document.reports(reports)
    if form == "markdown":
        return markdown.reports(reports)
    if form == "sarif":
        return machines.sarif(reports, __version__)
    if form == "junit":
        return machines.junit(reports, fail_on)
    return machines.nagios(reports, fail_on)
