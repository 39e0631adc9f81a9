"""One span of a target's statements: since the counters' reset, or of the next seconds."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from thorbis_ops.model import Target, Unanswered

if TYPE_CHECKING:
    from thorbis_ops.settings import Settings
    from thorbis_ops.span import Span


async def span(target: Target, settings: Settings, window: float) -> Span | Unanswered:
    """What the target's statements did; TargetError where it is not reached."""
    from thorbis_ops import database
    from thorbis_ops.database.taking import close
    from thorbis_ops.sampler import objectives_of, observe, since_reset

    wanted = objectives_of(settings)
    connection = await database.connect(target.dsn)
    try:
        await database.discover(connection)
        if window:
            _tell(f"watching for {window:g} s")
            return await observe(connection, wanted, window, lambda: datetime.now(UTC))
        return await since_reset(connection, wanted, datetime.now(UTC))
    finally:
        await close(connection)


def _tell(what: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"{what} …", err=True)


def refuse(target: Target, why: Unanswered) -> int:
    """Says why there is no answer, and gives the exit code for it."""
    click.echo(f"thorbis-ops: {target.name}: {why.reason}: {why.detail}", err=True)
    return 3
