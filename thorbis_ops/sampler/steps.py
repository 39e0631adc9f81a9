"""Counts one target's statements, sample by sample, from the daemon's start to its end.

With a store each step is kept before it is believed: a step that could not be written did not
happen, and the next one goes on from the last that was. Without a store the count lives in
memory and begins anew with the process.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from thorbis_ops.count import Advance, Count, advanced
from thorbis_ops.database import Connection
from thorbis_ops.database.statements import QUESTION, fetch_counters
from thorbis_ops.errors import StoreError
from thorbis_ops.model import Unanswered
from thorbis_ops.sampler.learning import learn
from thorbis_ops.slo.objective import Objective
from thorbis_ops.span import Span, joined, span_of
from thorbis_ops.statements.counters import Sample
from thorbis_ops.statements.deltas import delta
from thorbis_ops.store.connection import Cursor
from thorbis_ops.store.statements import load_count, save_count

#: What ``recent`` remembers.
REMEMBERED = timedelta(minutes=5)
#: Seconds that a sample waits for the store; whoever samples has other things to do.
PATIENCE = 3.0

_SLOW = "the store takes its time; what happens is counted later"
Transaction = Callable[[], AbstractAsyncContextManager[Cursor]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """One step: what happened since the last sample, and where the count stands.

    ``fresh`` says why nothing could be counted this time, if so; ``hidden`` is the number of
    entries of other roles that may not be seen.
    """

    span: Span
    count: Count
    fresh: str | None
    hidden: int


class Sampler:
    """Counts on from sample to sample, for as long as the target is watched.

    ``transaction`` gives a cursor on the store, fenced if need be; None counts in memory.
    """

    def __init__(
        self,
        target: str,
        objectives: Sequence[Objective],
        *,
        transaction: Transaction | None = None,
    ) -> None:
        self._target = target
        self._objectives = tuple(objectives)
        self._transaction = transaction
        self._count: Count | None = None if transaction else Count()
        self._asking: asyncio.Task[Count] | None = None
        self._recent: deque[Span] = deque()
        self._joined: dict[timedelta, Span] = {}

    async def sample(self, connection: Connection, now: datetime) -> Sampled | Unanswered:
        """Takes a sample and counts what is new; never raises for target or store.

        What could not be read or kept is an Unanswered, and is counted with the next sample.
        """
        try:
            before = await self._resumed()
            taken = await fetch_counters(connection, now)
            if isinstance(taken, Unanswered):
                return taken
            step = await self._step(connection, before, taken, now)
            return step if isinstance(step, Unanswered) else await self._keep(before, step)
        except StoreError as error:
            return Unanswered(
                question=QUESTION, reason="error", detail=str(error), seconds=0.0, taken_at=now
            )

    def recent(self, window: timedelta = timedelta(seconds=60)) -> Span | None:
        """The last spans that together cover ``window``, as one; None before there is any."""
        # Whoever shows it asks from another thread, while the next sample may come in.
        spans, known = tuple(self._recent), self._joined
        if not spans:
            return None
        if window not in known:
            since = spans[-1].to_at - window
            known[window] = joined([s for s in spans if s.to_at > since])
        return known[window]

    async def _resumed(self) -> Count:
        if self._asking is not None and not self._asking.done():
            raise StoreError(_SLOW)
        if self._count is None and self._transaction is not None:
            return await self._patiently(self._loaded(self._transaction))
        return self._count or Count()

    async def _loaded(self, transaction: Transaction) -> Count:
        async with transaction() as cursor:
            return await load_count(cursor, self._target)

    async def _saved(self, transaction: Transaction, before: Count, step: Advance) -> Count:
        async with transaction() as cursor:
            return await save_count(cursor, self._target, before, step)

    async def _patiently(self, asking: Coroutine[None, None, Count]) -> Count:
        """What the store says; StoreError when that takes long, and then it goes on by itself.

        No second one is begun before it has ended, however it ends.
        """
        self._asking = task = asyncio.create_task(asking)
        task.add_done_callback(_heard)
        try:
            await asyncio.wait({task}, timeout=PATIENCE)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not task.done():
            raise StoreError(_SLOW)
        return task.result()

    async def _step(
        self, connection: Connection, before: Count, taken: Sample, now: datetime
    ) -> Advance | Unanswered:
        found = delta(before.sample, taken)
        hashes = {key: digest for key, digest in before.hashes.items() if key not in found.reborn}
        learnt = await learn(connection, found, hashes, before.facts, now)
        if isinstance(learnt, Unanswered):
            return learnt
        facts = {**before.facts, **learnt}
        known = {key: facts[hashes[key]] for key in found.intervals if key in hashes}
        span = span_of(
            found,
            known,
            self._objectives,
            from_at=None if found.fresh else before.sampled_at,
            to_at=now,
        )
        return Advance(
            at=now,
            sample=taken,
            delta=found,
            span=span,
            objectives=self._objectives,
            hashes=hashes,
            learnt=learnt,
        )

    async def _keep(self, before: Count, step: Advance) -> Sampled:
        """Whatever interrupts the writing, the store alone then knows where the count stands."""
        if self._transaction is None:
            self._count = advanced(before, step)
        else:
            self._count = None
            self._count = await self._patiently(self._saved(self._transaction, before, step))
        self._remember(step)
        return Sampled(
            span=step.span,
            count=self._count,
            fresh=step.delta.fresh,
            hidden=step.sample.hidden_entries,
        )

    def _remember(self, step: Advance) -> None:
        self._joined = {}
        if step.delta.fresh:
            self._recent.clear()
            return
        self._recent.append(step.span)
        while self._recent[0].to_at <= step.at - REMEMBERED:
            self._recent.popleft()


def _heard(task: asyncio.Task[Count]) -> None:
    """A fault that nobody waits for any more is no news: the next sample meets it again."""
    if not task.cancelled():
        task.exception()
