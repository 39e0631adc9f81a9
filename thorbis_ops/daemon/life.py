"""The daemon from start to end: what it starts, what the ticker drives, how it stops.

Stopping has an order and a deadline: take in nothing new, cancel what runs on servers, write
down how it ended, let another daemon act. A server that lets nobody go is cut off.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from thorbis_ops import assess, content, orders, sources
from thorbis_ops.daemon.keeping import Keeping
from thorbis_ops.daemon.maintaining import Maintaining
from thorbis_ops.daemon.sampling import Sampling
from thorbis_ops.daemon.showing import Showing
from thorbis_ops.daemon.standing import Standing
from thorbis_ops.daemon.ticking import Ticker
from thorbis_ops.daemon.watch import Watch
from thorbis_ops.errors import ConfigError
from thorbis_ops.model import Job
from thorbis_ops.settings import Settings

MAINTAIN, FACTS, SHOW, KEEP, ROTATE = 5, 30, 5, 2, 3600
LET_GO = 2.0
# A name server that is silent holds a thread for half a minute, while its target is tried again.
THREADS, THREADS_A_TARGET = 8, 4
_logger = logging.getLogger(__name__)


class Daemon:
    """Watches every target of the settings until it is told to stop."""

    def __init__(self, settings: Settings) -> None:
        if not settings.targets:
            raise ConfigError("no [[targets]]: the daemon has nothing to watch; add one")
        self._settings = settings
        self._standing = Standing(settings.store_dsn())
        self._sampling = Sampling(settings, self._standing)
        self._keeping = Keeping(self._standing)
        self._maintaining = Maintaining(settings, _jobs(settings), self._standing)
        self._watches = self._every_watch()
        self._showing = Showing(settings, self._watches, self._maintaining, self._sampling)
        self._ticker = Ticker()

    async def run(self, stop: asyncio.Event) -> None:
        """Lives until ``stop`` is set. ConfigError when the address cannot be had."""
        threads = THREADS + THREADS_A_TARGET * len(self._watches)
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(threads))
        await self._showing.open()
        tasks = [
            asyncio.create_task(self._standing.forever(), name="standing"),
            asyncio.create_task(self._ticker.forever(), name="ticker"),
            *(asyncio.create_task(w.forever(), name=w.target.name) for w in self._watches),
        ]
        try:
            await self._gather_facts()
            self._start_ticker()
            await self._until(stop, tasks)
        finally:
            await self._end(tasks)

    @property
    def port(self) -> int:
        """The port that the console and the metrics are served on."""
        return self._showing.port

    def _every_watch(self) -> list[Watch]:
        loaded = content.load_questions(self._settings.content.checks)
        questions = assess.configured(loaded, self._settings)
        mutes = [m.mute() for m in self._settings.mute]
        return [
            Watch(
                self._settings.target(one),
                questions,
                mutes,
                sample=self._sampling.sample,
                sample_every=self._settings.sampler.every,
                told=self._keeping.owe,
            )
            for one in self._settings.targets
        ]

    def _start_ticker(self) -> None:
        for seconds, act in (
            (MAINTAIN, self._maintain),
            (FACTS, self._gather_facts),
            (SHOW, self._showing.show),
            (KEEP, self._keeping.keep),
            (ROTATE, self._keeping.rotate),
        ):
            self._ticker.add(act, seconds)
        self._ticker.start()

    async def _maintain(self) -> None:
        await self._maintaining.tick(self._watches)

    async def _gather_facts(self) -> None:
        """Facts of other sources stand beside the first target's answers."""
        settings = self._settings
        now = datetime.now(UTC)
        facts = await sources.gather(settings.cache.urls, settings.backup.paths, now)
        self._watches[0].facts = facts

    async def _until(self, stop: asyncio.Event, tasks: Sequence[asyncio.Task[None]]) -> None:
        """Waits for the end; a task of ours that fails ends the daemon, never in silence."""
        told = asyncio.create_task(stop.wait())
        alive: set[asyncio.Task[object]] = {told, *tasks}
        while not told.done():
            done, alive = await asyncio.wait(alive, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {told}:
                task.result()
        _logger.info("stopping")

    async def _end(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        self._ticker.stop()
        await self._maintaining.stop()
        for task in tasks:
            task.cancel()
        _, stuck = await asyncio.wait(tasks, timeout=LET_GO)
        for watch in self._watches if stuck else ():
            watch.cut()
        if stuck:
            await asyncio.wait(stuck, timeout=LET_GO / 2)
        try:
            async with asyncio.timeout(LET_GO):
                await self._standing.leave()
        except TimeoutError:
            _logger.warning("the store does not answer; the lease runs out by itself")
        await self._showing.close()


def _jobs(settings: Settings) -> list[Job]:
    loaded = content.load_jobs(settings.content.maintenance)
    return list(orders.enabled(orders.configured(loaded, settings), settings))
