"""One target's watch: stay connected, ask what is due, keep the latest answers.

Each target has a task of its own, so that one that is down or hangs delays nobody. One
connection serves questions and samples in turn. What was answered stands until it is asked
again; whoever shows it decides by its age.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from thorbis_ops import assess, database
from thorbis_ops.core import compute, governor
from thorbis_ops.core.report import Report, carried
from thorbis_ops.database.taking import close
from thorbis_ops.deadline import sever
from thorbis_ops.errors import ThorbisError
from thorbis_ops.model import Answer, Mute, Question, Server, Snapshot, Target, Unanswered

RETRY = 5.0
# A backend never gives its catalogue caches back, so a long-lived one is replaced at times.
RENEW_AFTER = 3600.0
# A session outlives a promotion, and what was created or set since it began.
DISCOVER_EVERY = 30.0
LONGEST_SLEEP = 2.0
SAMPLING = "statements.counters"
_logger = logging.getLogger(__name__)

Sample = Callable[[str, database.Connection, datetime], Awaitable[Unanswered | None]]
Told = Callable[["Watch", Sequence[str]], None]


class Watch:
    """Watches one target from the daemon's start to its end."""

    def __init__(
        self,
        target: Target,
        questions: Sequence[Question],
        mutes: Sequence[Mute],
        *,
        sample: Sample,
        sample_every: float,
        told: Told,
    ) -> None:
        self.target = target
        self.questions = tuple(questions)
        self.snapshot: Snapshot | None = None
        self.report: Report | None = None
        self.intervals: dict[str, float] = {}
        self.facts: assess.Facts = {}
        self._mutes = tuple(mutes)
        self._sample, self._sample_every = sample, sample_every
        self._told = told
        self._line: database.Connection | None = None
        self.server: Server | None = None
        self._connected_at = self._discovered_at = 0.0
        self._answers: dict[str, Answer | Unanswered] = {}
        self._due: dict[str, float] = {}
        self._sample_due = 0.0

    async def forever(self) -> None:
        """Watches until cancelled; no fault of the target ends it."""
        try:
            while True:  # noqa: ASYNC110 - what wakes it is the time
                await asyncio.sleep(await self._turn())
        finally:
            await self._hang_up()

    @property
    def reached(self) -> bool:
        """Whether the target was there at the last turn."""
        return self._line is not None

    def cut(self) -> None:
        """Cuts the connection at the socket: for a server that lets nobody go."""
        if self._line is not None:
            sever(self._line)

    async def _turn(self) -> float:
        """Does what is due and tells how long nothing will be, in seconds."""
        try:
            line, server = await self._connected()
            await self._take_sample(line)
            await self._ask(line, server)
        except ThorbisError as error:
            return await self._lost(str(error))
        except Exception:
            _logger.exception("%s: watching failed, by a fault of ours", self.target.name)
            return await self._lost("watching failed, by a fault of ours; the log says more")
        if line.closed:
            return await self._lost("the connection was lost")
        return self._pause()

    async def _connected(self) -> tuple[database.Connection, Server]:
        if self._line is not None and time.monotonic() - self._connected_at > RENEW_AFTER:
            await self._hang_up()
        if self._line is None or self.server is None:
            self._line = await database.connect(self.target.dsn)
            self.server = await self._discovered(self._line)
            self._connected_at = time.monotonic()
            _logger.info("%s: connected to PostgreSQL %s", self.target.name, self.server.version)
        elif time.monotonic() - self._discovered_at > DISCOVER_EVERY:
            self.server = await self._discovered(self._line)
        return self._line, self.server

    async def _discovered(self, line: database.Connection) -> Server:
        server = await database.discover(line)
        self._discovered_at = time.monotonic()
        if self.server is not None and self.server.role != server.role:
            _logger.warning("%s: is a %s now", self.target.name, server.role)
            self._due.clear()
        return server

    async def _take_sample(self, line: database.Connection) -> None:
        if time.monotonic() < self._sample_due:
            return
        self._sample_due = time.monotonic() + self._sample_every
        lost = await self._sample(self.target.name, line, datetime.now(UTC))
        if lost is None:
            self._answers.pop(SAMPLING, None)
        else:
            self._answers[SAMPLING] = lost

    async def _ask(self, line: database.Connection, server: Server) -> None:
        due = [q for q in self._suited(server) if self._due.get(q.id, 0.0) <= time.monotonic()]
        if not due:
            return
        taken = await database.take_from(line, server, self.target, due, datetime.now(UTC))
        self._answers |= taken.answers
        for question in due:
            self._plan(question, taken.answers.get(question.id))
        self._judge(taken, [q.id for q in due])

    def _suited(self, server: Server) -> list[Question]:
        return [q for q in self.questions if q.versions[0] <= server.major <= q.versions[1]]

    def _plan(self, question: Question, answer: Answer | Unanswered | None) -> None:
        seconds = answer.seconds if answer else 0.0
        wanted = governor.interval(question, seconds)
        if governor.is_held_back(question, seconds) and question.id not in self.intervals:
            _logger.warning(
                "%s: %s took %.2f s, more than 1 %% of its interval; asked every %.0f s",
                self.target.name, question.id, seconds, wanted,
            )  # fmt: skip
        self.intervals[question.id] = wanted
        self._due[question.id] = time.monotonic() + wanted

    def _judge(self, taken: Snapshot, asked: Sequence[str]) -> None:
        whole = Snapshot(
            target=self.target.name,
            taken_at=taken.taken_at,
            server=taken.server,
            answers=dict(self._answers),
            seconds=taken.seconds,
        )
        self.snapshot = compute.complete(whole, self.questions, self.facts)
        report = assess.summed(self.target, self.questions, self.snapshot, self._mutes)
        self.report = carried(report, self.report)
        computed = [q.id for q in self.questions if q.compute and q.id in self.snapshot.answers]
        self._told(self, [*asked, *computed])

    async def _lost(self, why: str) -> float:
        """The target is not there: say so, and try again soon."""
        if self.snapshot is None or self.snapshot.error != why:
            _logger.warning("%s: not reached: %s", self.target.name, why)
        await self._hang_up()
        self.snapshot = Snapshot(
            target=self.target.name,
            taken_at=datetime.now(UTC),
            server=None,
            answers=dict(self._answers),
            error=why,
        )
        self._due.clear()
        self._sample_due = 0.0
        return RETRY

    async def _hang_up(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            await close(line)

    def _pause(self) -> float:
        soonest = min([self._sample_due, *self._due.values()], default=0.0)
        return min(max(soonest - time.monotonic(), 0.05), LONGEST_SLEEP)
