"""The count of statements on every target, and what is shown of it.

Whoever holds the lease counts, and keeps each step in the store; a daemon that stands by
counts nothing, so that no event is counted twice. Where no store was made the count lives in
memory; while one is only out of reach nothing is shown, since a counter that fell and rose
again would read as events, and what happens meanwhile is counted later.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from thorbis_ops.daemon.standing import Standing
from thorbis_ops.database import Connection
from thorbis_ops.database.statements import QUESTION
from thorbis_ops.errors import StoreError
from thorbis_ops.metrics import ObjectiveTotals
from thorbis_ops.model import Unanswered
from thorbis_ops.sampler import Sampled, Sampler, objectives_of
from thorbis_ops.settings import Settings
from thorbis_ops.slo.objective import Objective
from thorbis_ops.span import Span, slo_of, statements_of
from thorbis_ops.store.connection import Cursor
from thorbis_ops.store.lease import fenced

WINDOW = timedelta(minutes=5)
TOP = 50
_logger = logging.getLogger(__name__)


class Sampling:
    """The samplers of all targets, and their latest step."""

    def __init__(self, settings: Settings, standing: Standing) -> None:
        self._enabled = settings.sampler.enabled
        self._objectives = objectives_of(settings)
        self._standing = standing
        self._counting: dict[str, Counting] = {
            target.name: Counting(target.name, self._objectives, standing)
            for target in settings.targets
        }

    async def sample(self, target: str, connection: Connection, now: datetime) -> Unanswered | None:
        """Counts what is new on ``target``; what could not be read is said, and counted later."""
        return await self._counting[target].step(connection, now) if self._enabled else None

    def totals(self, target: str) -> tuple[ObjectiveTotals, ...]:
        """All events so far of each objective; nothing where another daemon counts them."""
        last = self._counting[target].last
        if last is None:
            return ()
        return tuple(_shown(o, last) for o in self._objectives if o.name in last.count.totals)

    def coverage(self, target: str) -> float | None:
        """The share of calls that was counted lately, 0…1."""
        recent = self._counting[target].recent()
        return recent.coverage if recent else None

    def slo_documents(self) -> Mapping[str, Mapping[str, Any]]:
        """Compliance of the last minutes, a document a target."""
        return {name: slo_of(span, self._objectives, target=name) for name, span in self._recent()}

    def statement_documents(self) -> Mapping[str, Mapping[str, Any]]:
        """The statements of the last minutes by load, a document a target."""
        return {name: statements_of(span, target=name, top=TOP) for name, span in self._recent()}

    def _recent(self) -> list[tuple[str, Span]]:
        found = ((name, one.recent()) for name, one in self._counting.items())
        return [(name, span) for name, span in found if span is not None]


class Counting:
    """One target's count: in the store while there is one and we act, else in memory."""

    def __init__(self, target: str, wanted: tuple[Objective, ...], standing: Standing) -> None:
        self.last: Sampled | None = None
        self._target = target
        self._standing = standing
        self._in_memory = Sampler(target, wanted)
        self._kept = Sampler(target, wanted, transaction=self._transaction)
        self._sampler: Sampler | None = None

    async def step(self, connection: Connection, now: datetime) -> Unanswered | None:
        """Takes a sample, if it is ours to take."""
        self._sampler = self._chosen()
        if self._sampler is None:
            self.last = None
            return self._withheld(now)
        taken = await self._sampler.sample(connection, now)
        if isinstance(taken, Unanswered):
            return taken
        if taken.fresh and self.last is not None:
            _logger.info("%s: statements are counted anew: %s", self._target, taken.fresh)
        self.last = taken
        return None

    def _withheld(self, now: datetime) -> Unanswered | None:
        """Why nobody counts; None where another daemon does."""
        fault = self._standing.fault
        if fault is None:
            return None
        detail = f"counted later: {fault}"
        return Unanswered(
            question=QUESTION, reason="error", detail=detail, seconds=0.0, taken_at=now
        )

    def recent(self) -> Span | None:
        """What the last minutes held."""
        return self._sampler.recent(WINDOW) if self._sampler else None

    def _chosen(self) -> Sampler | None:
        if self._standing.alone:
            return self._in_memory
        return self._kept if self._standing.lease else None

    @contextlib.asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Cursor]:
        store, lease = self._standing.store, self._standing.lease
        if store is None or lease is None:
            raise StoreError("the store is out of reach; what happens is counted later")
        async with fenced(store, lease) as cursor:
            yield cursor


def _shown(objective: Objective, last: Sampled) -> ObjectiveTotals:
    tally = last.count.totals[objective.name].tally
    return ObjectiveTotals(
        slo=objective.name,
        objective=objective.objective,
        events=tally.calls,
        bad={
            "certain_min": tally.bad_min,
            "certain_max": tally.bad_max,
            "estimated": tally.bad_estimated,
        },
    )
