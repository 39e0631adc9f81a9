"""Counts one target's statements, sample by sample, from the daemon's start to its end.

With a store each step is kept before it is believed: a step that could not be written did not
happen, and the next one goes on from the last that was. Without a store the count lives in
memory and begins anew with the process.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from thorbis_ops.count import Advance, Count, advanced
from thorbis_ops.database import Connection
from thorbis_ops.database.statements import QUESTION, fetch_counters, fetch_texts
from thorbis_ops.errors import StoreError
from thorbis_ops.model import Unanswered
from thorbis_ops.settings import Settings
from thorbis_ops.slo.objective import Objective
from thorbis_ops.span import Span, joined, span_of
from thorbis_ops.statements.counters import Key, Sample
from thorbis_ops.statements.deltas import Delta, delta, lifetime
from thorbis_ops.statements.facts import Facts, text_hash, understand
from thorbis_ops.store.connection import Cursor
from thorbis_ops.store.statements import load_count, save_count

#: What ``recent`` remembers.
REMEMBERED = timedelta(minutes=5)
#: Seconds between the samples of ``observe``, and the most of them.
STEP, MOST_STEPS = 1.0, 60
_TOO_LONG = Facts(kind=None, shown="?", error="its text is too long, or the server lost it")

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
        if not self._recent:
            return None
        if window not in self._joined:
            since = self._recent[-1].to_at - window
            self._joined[window] = joined([s for s in self._recent if s.to_at > since])
        return self._joined[window]

    async def _resumed(self) -> Count:
        if self._count is None and self._transaction is not None:
            async with self._transaction() as cursor:
                return await load_count(cursor, self._target)
        return self._count or Count()

    async def _step(
        self, connection: Connection, before: Count, taken: Sample, now: datetime
    ) -> Advance | Unanswered:
        found = delta(before.sample, taken)
        hashes = {key: digest for key, digest in before.hashes.items() if key not in found.reborn}
        learnt = await _learn(connection, found, hashes, before.facts, now)
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
            async with self._transaction() as cursor:
                now = await save_count(cursor, self._target, before, step)
            self._count = now
        self._remember(step)
        return Sampled(
            span=step.span,
            count=self._count,
            fresh=step.delta.fresh,
            hidden=step.sample.hidden_entries,
        )

    def _remember(self, step: Advance) -> None:
        self._joined.clear()
        if step.delta.fresh:
            self._recent.clear()
            return
        self._recent.append(step.span)
        while self._recent[0].to_at <= step.at - REMEMBERED:
            self._recent.popleft()


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
    facts = await _learn(connection, found, hashes, {}, now)
    if isinstance(facts, Unanswered):
        return facts
    known = {key: facts[digest] for key, digest in hashes.items()}
    return span_of(found, known, objectives, from_at=None, to_at=now)


async def _learn(
    connection: Connection,
    found: Delta,
    hashes: dict[Key, bytes],
    facts: Mapping[bytes, Facts],
    now: datetime,
) -> dict[bytes, Facts] | Unanswered:
    """The facts of texts not met before; adds to ``hashes`` what they are the texts of.

    With the first sample all texts are read, so that few are left to ask for one by one.
    """
    used = found.changed if found.fresh else found.intervals
    wanted = [key for key in used if hashes.get(key) not in facts]
    if not wanted:
        return {}
    texts = await fetch_texts(connection, wanted, now)
    if isinstance(texts, Unanswered):
        return texts
    learnt = await asyncio.to_thread(_understood, set(texts.values()), facts)
    hashes |= {key: _digest(text) for key, text in texts.items()}
    return learnt


def _understood(texts: Iterable[str | None], known: Mapping[bytes, Facts]) -> dict[bytes, Facts]:
    """Parsing takes its time, so it happens beside the event loop."""
    return {
        digest: _TOO_LONG if text is None else understand(text)
        for text in texts
        if (digest := _digest(text)) not in known
    }


def _digest(text: str | None) -> bytes:
    return text_hash("\0" if text is None else text)
