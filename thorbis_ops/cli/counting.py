"""One span of a target's statements: since the counters' reset, or of the next seconds."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from thorbis_ops.model import Target, Unanswered

if TYPE_CHECKING:
    from thorbis_ops.database import Connection
    from thorbis_ops.settings import Settings
    from thorbis_ops.slo.objective import Objective
    from thorbis_ops.span import Span

# Counters are settled when a statement ends, so a window shorter than this tells nothing.
PACE = 1.0


async def span(target: Target, settings: Settings, window: float) -> Span | Unanswered:
    """What the target's statements did; TargetError where it is not reached."""
    from thorbis_ops import database
    from thorbis_ops.database.taking import close
    from thorbis_ops.sampler import objectives_of, since_reset

    wanted = objectives_of(settings)
    connection = await database.connect(target.dsn)
    try:
        await database.discover(connection)
        if window:
            return await _watched(connection, target, wanted, window)
        return await since_reset(connection, wanted, datetime.now(UTC))
    finally:
        await close(connection)


async def _watched(
    connection: Connection, target: Target, wanted: tuple[Objective, ...], window: float
) -> Span | Unanswered:
    """Samples through the window: the shorter the samples, the tighter the bounds."""
    from datetime import timedelta

    from thorbis_ops.sampler import Sampler
    from thorbis_ops.span import joined

    sampler = Sampler(target.name, wanted)
    spans: list[Span] = []
    began = asyncio.get_running_loop().time()
    _tell(f"watching for {window:g} s")
    while True:
        taken = await sampler.sample(connection, datetime.now(UTC))
        if isinstance(taken, Unanswered):
            return taken
        if taken.fresh is None:
            spans.append(taken.span)
        left = began + window - asyncio.get_running_loop().time()
        if left <= 0:
            whole = joined(spans) or sampler.recent(timedelta(seconds=window))
            return whole or taken.span
        await asyncio.sleep(min(PACE, left))


def _tell(what: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"{what} …", err=True)


def refuse(target: Target, why: Unanswered) -> int:
    """Says why there is no answer, and gives the exit code for it."""
    click.echo(f"thorbis-ops: {target.name}: {why.reason}: {why.detail}", err=True)
    return 3
