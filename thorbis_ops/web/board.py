"""The one place where the daemon and its readers meet: the latest state, replaced whole.

A reader sees one tick or the next, never a mixture; a slow reader misses ticks and holds
nobody up. The board knows only durations, not the time of day.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import time
from dataclasses import dataclass
from datetime import datetime

#: Seconds without a publication after which what stands on the board is too old to be served.
STALE_AFTER = 120.0


@dataclass(frozen=True, slots=True)
class Body:
    """Bytes ready to send, plain and compressed."""

    plain: bytes
    gzipped: bytes

    @classmethod
    def of(cls, plain: bytes) -> Body:
        """Compressed once at the quickest level, so that no request has to."""
        return cls(plain, gzip.compress(plain, compresslevel=1, mtime=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """All that is served, as of ``at``. ``waiting`` names targets not yet asked for the first time.

    ``digest`` changes when what the console shows has changed, not with the time alone.
    """

    at: datetime
    waiting: tuple[str, ...]
    digest: str
    text: Body
    openmetrics: Body
    findings: Body
    jobs: Body
    slo: Body
    statements: Body
    targets: Body
    console: Body


class Board:
    """Holds the latest publication and wakes those who wait for the next one."""

    def __init__(self, first: Published, *, stale_after: float = STALE_AFTER) -> None:
        self._latest = first
        self._since = time.monotonic()
        self._stale_after = stale_after
        self._changed = asyncio.Event()
        self.closed = False

    @property
    def latest(self) -> Published:
        """What was published last."""
        return self._latest

    @property
    def silent_for(self) -> float | None:
        """Seconds since the last publication when that is too long ago, else None."""
        age = time.monotonic() - self._since
        return age if age > self._stale_after else None

    def publish(self, published: Published) -> None:
        """Replaces what stands and wakes all who wait. Called from the loop's thread."""
        self._latest = published
        self._since = time.monotonic()
        self._wake()

    def close(self) -> None:
        """Ends every subscription, so that the server can stop."""
        self.closed = True
        self._wake()

    async def changed(self, seen: Published, *, within: float) -> None:
        """Waits until something other than ``seen`` stands, for at most that many seconds."""
        if self._latest is seen and not self.closed:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), within)

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
