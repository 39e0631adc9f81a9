"""A count without a store: of the next seconds, or of all that the counters hold."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from thorbis_ops.database import Connection
from thorbis_ops.database.statements import fetch_counters
from thorbis_ops.model import Unanswered
from thorbis_ops.sampler.learning import learn
from thorbis_ops.sampler.steps import Sampler
from thorbis_ops.settings import Settings
from thorbis_ops.slo.objective import Objective
from thorbis_ops.span import Span, joined, span_of
from thorbis_ops.statements.counters import Key
from thorbis_ops.statements.deltas import lifetime

#: Seconds between the samples of ``observe``, and the most of them.
STEP, MOST_STEPS = 1.0, 60


async def observe(
    connection: Connection,
    objectives: Sequence[Objective],
    window: float,
    clock: Callable[[], datetime],
) -> Span | Unanswered:
    """What happens in the next ``window`` seconds, without a store.

    A sample a second, since the bounds on short spans are the tightest; fewer in a long window.
    """
    sampler = Sampler("", objectives)
    began, spans = time.monotonic(), list[Span]()
    taken = await sampler.sample(connection, clock())
    while not isinstance(taken, Unanswered):
        if taken.fresh is None:
            spans.append(taken.span)
        left = began + window - time.monotonic()
        if left <= 0 and spans:
            return joined(spans)
        await asyncio.sleep(max(0.0, min(left, max(STEP, window / MOST_STEPS))))
        taken = await sampler.sample(connection, clock())
    return taken


def objectives_of(settings: Settings) -> tuple[Objective, ...]:
    """What the configuration promises."""
    return tuple(
        Objective(
            name=one.name,
            statement_class=one.statement_class,
            threshold_seconds=one.threshold,
            objective=one.objective,
        )
        for one in settings.objectives
    )


async def since_reset(
    connection: Connection, objectives: Sequence[Objective], now: datetime
) -> Span | Unanswered:
    """Everything that the counters hold, over each entry's whole life."""
    taken = await fetch_counters(connection, now)
    if isinstance(taken, Unanswered):
        return taken
    found = lifetime(taken)
    hashes: dict[Key, bytes] = {}
    facts = await learn(connection, found, hashes, {}, now)
    if isinstance(facts, Unanswered):
        return facts
    known = {key: facts[digest] for key, digest in hashes.items()}
    return span_of(found, known, objectives, from_at=None, to_at=now)
