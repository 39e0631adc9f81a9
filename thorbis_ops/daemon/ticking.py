"""What makes the daemon's rounds come round: APScheduler, kept honest by the monotonic clock.

A tick is only a hint to look; what is due the journal tells. The scheduler reckons in wall
time, so a clock that is set back would silence it for as long as that; whoever watches the
monotonic clock brings it back.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

ALIGN = 5.0
Act = Callable[[], Awaitable[None]]
_logger = logging.getLogger(__name__)


class Ticker:
    """Calls each act every so many seconds, never twice at once, from ``start`` to ``stop``."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        # A tick that is still at work when the next one comes is no news.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)

    def add(self, act: Act, seconds: float) -> None:
        """Calls ``act`` at once and every ``seconds``."""
        self._scheduler.add_job(
            _tick(act),
            IntervalTrigger(seconds=seconds, timezone=UTC),
            next_run_time=datetime.now(UTC),
            coalesce=True,
            misfire_grace_time=None,
            max_instances=1,
        )

    def start(self) -> None:
        """Begins to tick."""
        self._scheduler.start()

    def stop(self) -> None:
        """Ticks no more; an act at work is cancelled."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def forever(self) -> None:
        """Looks after the clock until cancelled."""
        while True:
            await asyncio.sleep(ALIGN)
            self.align(datetime.now(UTC))

    def align(self, now: datetime) -> None:
        """Brings to ``now`` what would come later than one interval from it."""
        late = [j for j in self._scheduler.get_jobs() if j.next_run_time - now > j.trigger.interval]
        if late:
            _logger.warning("the clock was set back; going on from %s", f"{now:%H:%M:%SZ}")
        for job in late:
            job.modify(next_run_time=now)


def _tick(act: Act) -> Act:
    """An act that the end may cancel: no fault, though the scheduler would tell it as one."""

    async def tick() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await act()

    return tick
